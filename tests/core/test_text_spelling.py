"""One question is one question in every stage: the same words, the same text, the same name."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.collect.identity import question_group
from loop.heldout import GROUP_DRAW, keyed_draw
from loop.text.spelling import fold, name_key, normalise, says_hand_over

WORDS = "how can i get my money back when the card i ordered has not come and where's the form it's on"


def spellings(question: str) -> list[str]:
    """One question as people type it."""
    return [
        question,
        f"{question}?",
        f"  {question.upper()} ?!",
        question.capitalize().replace("'", "’") + "…",
        f"“{question}”",
        question.replace(" ", "\u00a0 "),
        question.replace(" my ", " my, ").replace("'", "´") + ".",
    ]


def test_one_question_is_one_group_whatever_its_punctuation() -> None:
    chance = random.Random(5)
    questions = [" ".join(chance.choices(WORDS.split(), k=9)) for _ in range(2_000)]
    other_group = other_split = 0
    for question in questions:
        groups = {question_group("desk", one) for one in spellings(question)}
        other_group += len(groups) > 1
        other_split += len({keyed_draw(b"", GROUP_DRAW, group) for group in groups}) > 1
    assert (other_group, other_split) == (0, 0)
    assert len({question_group("desk", question) for question in questions}) == len(set(questions))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("  Where’s my  CARD?! ", "wheres my card"),
        ("ﬁne STRASSE", "Fine straße"),
        ("don't", "don´t"),
        ("می\u200cخواهم", "میخواهم"),
        ("pay\u00adment", "payment"),
        ("I ❤\ufe0f it", "i it"),
        ("5% of €20", "5 % of € 20"),
        ("我要 退款。", "我要退款"),
        ("card_arrival", "Card-Arrival"),
    ],
)
def test_what_a_person_would_call_the_same_words_are_the_same_words(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"), [("€5", "$5"), ("5%", "5"), ("कि", "की"), ("won't it work", "will it work"), ("café", "cafe")]
)
def test_what_differs_for_a_person_differs(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert fold(fold(text)) == fold(text)


def test_the_same_text_keeps_its_punctuation_and_the_same_name_does_not() -> None:
    assert fold(" Plan\n A+ ") == fold("plan a+") != fold("plan a")
    assert name_key("Card_Arrival") == name_key("card arrival") != name_key("card")
    assert name_key("?!") != name_key("!")
    assert all(says_hand_over(said) for said in ("hand over", "HAND_OVER", "Handover.", "hand-over"))
    assert not says_hand_over("hand over to a person")
