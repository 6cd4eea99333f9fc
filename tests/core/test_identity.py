"""Identity comes from content, in one canonical spelling."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from loop.records import (
    Bundle,
    Condition,
    EditInstructions,
    Example,
    ModelChoice,
    RetireArticle,
    RetireRule,
    Rule,
    canonical,
    derived_id,
    digest,
    is_body_of,
)
from loop.records.identity import SCHEME, body_digest

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


def test_a_digest_covers_every_field_with_the_number_of_the_scheme_in_front() -> None:
    spelled = canonical([SCHEME, Example(id="a", question="q")])
    assert spelled == b'[2,{"answer":"","feedback_id":null,"id":"a","label":null,"question":"q"}]'
    assert digest(Example(id="a", question="q")) == hashlib.sha256(spelled).hexdigest()
    assert digest(["a", 1]) == hashlib.sha256(b'["a",1]').hexdigest(), "what is no record is spelled as it is"


RULES = st.builds(
    Rule,
    id=st.text(),
    when=st.lists(
        st.builds(Condition, field=st.text(min_size=1, max_size=80), op=st.just("at_least"), value=st.floats(0, 9)),
        min_size=1,
        max_size=2,
    ).map(tuple),
    answer=st.text(),
    label=st.none() | st.text(),
    hand_over=st.booleans(),
)


@given(rules=st.lists(RULES, max_size=3).map(tuple), instructions=st.text(), heat=st.floats(0, 2))
def test_the_digest_of_a_bundle_is_that_of_its_body(rules: tuple[Rule, ...], instructions: str, heat: float) -> None:
    bundle = Bundle(instructions=instructions, rules=rules, model=ModelChoice(temperature=heat))
    body = json.loads(bundle.model_dump_json())
    assert bundle.digest == body_digest(body)
    assert is_body_of(bundle.digest, body)
    assert not is_body_of(bundle.digest, body | {"instructions": f"{instructions}!"})


def test_a_bundle_keeps_the_name_it_was_stored_under_until_its_content_changes() -> None:
    kept = Bundle(instructions="Be kind.").named("d" * 64)
    assert kept.digest == "d" * 64
    assert kept == Bundle(instructions="Be kind.")
    assert kept.model_copy().digest == "d" * 64
    changed = kept.model_copy(update={"instructions": "Be short."})
    assert changed.digest == Bundle(instructions="Be short.").digest
    assert kept.digest == "d" * 64


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
