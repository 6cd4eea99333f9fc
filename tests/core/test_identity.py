"""Identity comes from content, in one canonical spelling."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from loop.records import (
    Bundle,
    EditInstructions,
    Example,
    RetireArticle,
    RetireRule,
    canonical,
    derived_id,
    digest,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_the_same_content_always_has_the_same_digest(value: object) -> None:
    assert digest(value) == digest(value)
    assert len(digest(value)) == 64


@given(st.dictionaries(st.text(), st.integers(), max_size=6))
def test_the_order_of_keys_does_not_count(value: dict[str, int]) -> None:
    assert canonical(value) == canonical(dict(reversed(list(value.items()))))


def test_the_order_of_elements_counts() -> None:
    one, two = Example(id="a", question="q"), Example(id="b", question="r")
    assert Bundle(examples=(one, two)).digest != Bundle(examples=(two, one)).digest


def test_members_of_a_union_are_told_apart_even_with_equal_fields() -> None:
    assert (
        len({digest(EditInstructions(new="x")), digest(RetireRule(rule_id="x")), digest(RetireArticle(article_id="x"))})
        == 3
    )


def test_one_moment_has_one_spelling_in_every_zone() -> None:
    there = timezone(timedelta(hours=5))
    assert canonical(datetime(2026, 6, 1, 17, tzinfo=there)) == canonical(datetime(2026, 6, 1, 12, tzinfo=UTC))


def test_a_derived_id_names_its_kind_and_depends_on_every_part() -> None:
    assert derived_id("case", "a", 1).startswith("case_")
    assert derived_id("case", "a", 1) != derived_id("case", "a", 2)
    assert derived_id("case", "ab", "c") != derived_id("case", "a", "bc")
