"""The picture of a change: nothing lost, nothing hidden, nothing interpreted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.elements import diff, marks, markup
from dashboard.components.elements.markup import Markup, tag
from dashboard.components.review import changes
from loop.records import Change
from loop.text.invisible import find_invisible, is_invisible, reveal
from tests.screens.reading import tags, words
from tests.screens.seed import HOSTILE, INSTRUCTIONS

LINES = st.lists(st.text(alphabet="ab c.\t<>&é", max_size=12), max_size=12).map("\n".join)


def change(before: str, after: str) -> Change:
    return Change(section="instructions", element_id="instructions", title="Instructions", before=before, after=after)


@given(before=LINES, after=LINES)
def test_both_texts_can_be_read_back_from_the_rows(before: str, after: str) -> None:
    rows = diff.compare(before, after).rows
    left = "\n".join("".join(one.text for one in row.left) for row in rows if row.left_number is not None)
    right = "\n".join("".join(one.text for one in row.right) for row in rows if row.right_number is not None)
    assert (left, right) == (before, after)


@given(before=LINES, after=LINES)
def test_line_numbers_run_without_gaps(before: str, after: str) -> None:
    rows = diff.compare(before, after).rows
    for numbers in ([row.left_number for row in rows], [row.right_number for row in rows]):
        told = [one for one in numbers if one is not None]
        assert told == list(range(1, len(told) + 1))


@given(before=LINES, after=LINES)
def test_only_what_is_the_same_is_unmarked(before: str, after: str) -> None:
    for row in diff.compare(before, after).rows:
        same = ["".join(one.text for one in side if one.mark == "same") for side in (row.left, row.right)]
        if not row.change:
            assert row.left == row.right
        elif None not in (row.left_number, row.right_number):
            assert same[0] == same[1]


@given(before=LINES, after=LINES, around=st.integers(0, 3))
def test_a_fold_hides_unchanged_rows_only_and_loses_none(before: str, after: str, around: int) -> None:
    compared = diff.compare(before, after)
    opened: list[diff.Row] = []
    for one in diff.fold(compared, around=around):
        opened.extend(one.rows if isinstance(one, diff.Fold) else [one])
        assert not isinstance(one, diff.Fold) or not any(row.change for row in one.rows)
    assert tuple(opened) == compared.rows


@given(before=LINES, after=LINES)
def test_changes_are_numbered_in_order(before: str, after: str) -> None:
    compared = diff.compare(before, after)
    numbers = list(dict.fromkeys(row.change for row in compared.rows if row.change))
    assert numbers == list(range(1, compared.changes + 1))
    assert (compared.changes == 0) == (before == after)


def test_a_changed_word_marks_that_word_and_not_its_neighbours() -> None:
    (row,) = diff.compare("Refunds take 10 business days.", "Refunds take 4 business days.").rows
    assert [one.text for one in row.left if one.mark == "gone"] == [" 10"]
    assert [one.text for one in row.right if one.mark == "new"] == [" 4"]


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("You can pause.", "Dear customer, You can pause.", ("", "Dear customer, ")),
        ("Dear customer, You can pause.", "You can pause.", ("Dear customer, ", "")),
        ("  You can pause.", "  Dear customer, You can pause.", ("", "Dear customer, ")),
        ("You can pause.", "They can pause.", ("You", "They")),
        ("pause it", "unpause it", ("pause", "unpause")),
    ],
)
def test_what_comes_before_the_first_word_of_a_line_leaves_that_word_unmarked(
    before: str, after: str, marked: tuple[str, str]
) -> None:
    (row,) = diff.compare(before, after).rows
    assert "".join(piece.text for piece in row.left if piece.mark == "gone") == marked[0]
    assert "".join(piece.text for piece in row.right if piece.mark == "new") == marked[1]
    assert "".join(piece.text for piece in row.left) == before
    assert "".join(piece.text for piece in row.right) == after


def test_only_words_are_counted_as_words() -> None:
    compared = diff.compare("Never say: free of charge", 'Say: "£5 – paid"!')
    assert (compared.words_removed, compared.words_added) == (5, 3)


def test_an_edited_line_stands_beside_its_new_self_when_lines_come_before_it() -> None:
    rows = diff.compare(
        "Say what happens next to the customer.", "# Tone\n\nSay what happens next to every customer."
    ).rows
    assert [(row.left_number, row.right_number) for row in rows] == [(None, 1), (None, 2), (1, 3)]


@pytest.mark.parametrize("layout", changes.LAYOUTS[:2])
@pytest.mark.parametrize("before", ["", INSTRUCTIONS])
def test_every_layout_shows_hostile_text_as_text(layout: changes.Layout, before: str) -> None:
    after = f"{INSTRUCTIONS}\n{HOSTILE}"
    html = changes.render(changes.folded([change(before, after)]), layout=layout, left="Live", right="Proposed")
    assert HOSTILE.replace(" ", "") in words(html).replace(" ", "")
    assert tags(html) <= markup.TAGS


def test_the_plain_layout_has_every_line_of_every_element() -> None:
    many = [change("", f"line {number}") for number in range(45)]
    assert changes.plain(many).count("+ line") == 45


# markup --------------------------------------------------------------------------------------------
@given(st.text())
def test_text_stays_text(value: str) -> None:
    html = tag("div", value, title=value)
    assert tags(html) == {"div"}
    assert words(html).replace("\r", "\n") == reveal(value, keep="\n\t")


@given(st.text())
def test_every_hidden_character_can_be_seen(value: str) -> None:
    shown = reveal(value, keep="\n\t")
    assert find_invisible(shown) == ()
    assert all(one.isprintable() or one in "\n\t" or is_invisible(one) for one in shown)


@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u202e", "\u00a0", "\u2066", "\U000e0041", "\ufeff", "\u3164", "\x00", "\r"]
)
def test_a_character_that_draws_nothing_is_told_by_its_code(hidden: str) -> None:
    assert markup.text(f"a{hidden}b") == f"a⟦U+{ord(hidden):04X}⟧b"


def test_ordinary_words_of_any_language_are_left_alone() -> None:
    for said in ("Größe", "日本語のテスト", "مرحبا", "naïve – “quoted” €5", "👍"):
        assert markup.text(said) == said


@pytest.mark.parametrize("name", ["script", "img", "a", "form", "iframe", "style", "input", "svg"])
def test_no_tag_that_loads_or_runs_can_be_made(name: str) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        tag(name, "x")


@pytest.mark.parametrize("attribute", ["onclick", "href", "src", "style", "srcdoc"])
def test_no_attribute_that_loads_or_runs_can_be_made(attribute: str) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        tag("div", "x", **{attribute: "y"})


@pytest.mark.parametrize("amount", ["red", "url(http://outside.invalid)", "1;color:red", "calc(1px)"])
def test_an_amount_is_a_number(amount: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        tag("div", amounts={"at": amount})


def test_only_markup_is_shown() -> None:
    with pytest.raises(TypeError):
        markup.show("<b>text</b>")  # type: ignore[arg-type]  # the mistake this guards against
    assert isinstance(tag("b", "x"), Markup)


def test_marked_words_are_heard_apart_from_the_word_before_them() -> None:
    both = marks.sides("It takes ten days, always.", "It takes four days, always.")
    assert words(both.before) == "It takes deleted:  ten days, always."
    assert words(both.after) == "It takes inserted:  four days, always."
    woven = words(marks.woven("It takes ten days, always.", "It takes four days, always."))
    assert woven == "It takes deleted:  ten inserted:  four days, always."
