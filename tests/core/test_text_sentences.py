"""Sentences end where a reader ends them, an edit is one difference, and a fact has one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.text.sentences import Replacement, compare, facts, find_facts, replaced_words, sentence_pieces, sentences

prose = st.lists(
    st.sampled_from(
        ["Hello.", "It takes 3 days", "!", "e.g.", "on 20. Mai", "\n", " ", "Dr.", "1.", "…", "。", "“Ok.”"]
    ),
    max_size=10,
).map(" ".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two!\nThree", ("One.", "Two!", "Three")),
        ("Use a form, e.g. the blue one. Then wait.", ("Use a form, e.g. the blue one.", "Then wait.")),
        ("Das gilt z. B. für Karten. Danke.", ("Das gilt z. B. für Karten.", "Danke.")),
        ("Wir öffnen am 20. Mai wieder. Bis dann.", ("Wir öffnen am 20. Mai wieder.", "Bis dann.")),
        ("It costs 20. Please wait.", ("It costs 20.", "Please wait.")),
        ("1. Open Settings.\n2. Tap Card.", ("1. Open Settings.", "2. Tap Card.")),
        ("Ask Dr. Roe at 3.5 Main St. today", ("Ask Dr. Roe at 3.5 Main St.", "today")),
        ("He said “Stop.” Then he left.", ("He said “Stop.”", "Then he left.")),
        ("我要退款。请帮我。", ("我要退款。", "请帮我。")),
        ("Wait… what?!  Really", ("Wait…", "what?!", "Really")),
        ("see https://a.example/b.html now", ("see https://a.example/b.html now",)),
    ],
)
def test_a_sentence_ends_where_a_reader_ends_it(text: str, expected: tuple[str, ...]) -> None:
    assert sentences(text) == expected


@given(prose | st.text(max_size=60))
def test_the_pieces_joined_are_the_text(text: str) -> None:
    assert "".join(sentence_pieces(text)) == text


def test_an_edit_is_what_was_added_removed_and_kept() -> None:
    edit = compare("Hello! Refunds take 3 days. Bye.", rewritten="hello. Refunds take 5 days. Bye")
    assert (edit.added, edit.removed, edit.kept) == (("Refunds take 5 days.",), ("Refunds take 3 days.",), 2)
    assert replaced_words(edit) == Replacement("3", "5")


@pytest.mark.parametrize(
    "rewritten", ["Send it to us now please.", "Please send the form to the member.", "Send the form. Thanks."]
)
def test_more_than_one_run_of_words_is_no_replacement(rewritten: str) -> None:
    edit = compare("Send the form to the customer.", rewritten=rewritten)
    assert replaced_words(edit) is None


@given(prose)
def test_an_unchanged_text_is_no_edit(text: str) -> None:
    edit = compare(text, rewritten=f"  {text.upper()} ")
    assert (edit.added, edit.removed) == ((), ())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,000.00 euros", "1000 euros"),
        ("5 per cent", "5%"),
        ("on 3 May 2026", "on 2026-05-03"),
        ("am 3. Mai 2026", "May 3rd, 2026"),
        ("see https://www.a.example/b/.", "see a.example/b or http://a.example/b"),
        ("Order AB-12X and 5gb", "order ab-12x and 5 GB"),
        ("1. Wait 3 days", "Wait 3 days"),
    ],
)
def test_one_fact_has_one_spelling(one: str, other: str) -> None:
    assert facts(one) <= facts(other)


@given(prose | st.text("0123456789.,% €abMay-/:@", max_size=40))
def test_a_fact_stands_where_it_says(text: str) -> None:
    found = find_facts(text)
    assert all(0 <= fact.start < fact.end <= len(text) for fact in found)
    assert all(text[fact.start : fact.end].strip() for fact in found)
    assert {fact.value for fact in found} <= facts(text)
