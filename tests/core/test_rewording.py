"""A rewritten text becomes small exact quotes, and they make exactly what was written."""

from hypothesis import given
from hypothesis import strategies as st

from loop.change.rewording import edits_between
from loop.change.sections.instructions import replace_quote

LINES = st.lists(
    st.sampled_from(["Be kind.", "Be brief.", "", "Say what happens next.", "Never promise a date."]), max_size=8
)
TEXTS = LINES.map("\n".join)
LIVE = "Be kind.\nRefunds take 10 days.\nNever promise a date.\nSay what happens next."


def made(before: str, after: str) -> str:
    text = before
    for one in edits_between(before, after):
        text = replace_quote(text, old=one.old, new=one.new)
    return text


@given(before=TEXTS, after=TEXTS)
def test_the_edits_make_exactly_the_text_that_was_written(before: str, after: str) -> None:
    assert made(before, after) == after


def test_a_text_that_is_the_same_needs_no_edit() -> None:
    assert edits_between(LIVE, LIVE) == ()


def test_one_word_quotes_its_line_and_nothing_else() -> None:
    (edit,) = edits_between(LIVE, LIVE.replace("10", "5"))
    assert (edit.old, edit.new) == ("Refunds take 10 days.", "Refunds take 5 days.")


def test_a_line_at_the_end_needs_no_quote() -> None:
    (edit,) = edits_between(LIVE, f"{LIVE}\nBe brief.")
    assert (edit.old, edit.new) == ("", "Be brief.")


def test_a_line_that_stands_twice_is_quoted_with_the_line_before_it() -> None:
    live = "# Refunds\nBe brief.\n# Parcels\nBe brief."
    (edit,) = edits_between(live, "# Refunds\nBe brief.\n# Parcels\nBe very brief.")
    assert edit.old == "# Parcels\nBe brief."
