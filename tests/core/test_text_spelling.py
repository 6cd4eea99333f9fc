"""One question is one question in every stage: the same words, the same text, the same name."""

import random

from loop.collect.identity import question_group
from loop.heldout import split_of
from loop.records import Limits

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
        other_split += len({split_of(group, limits=Limits()) for group in groups}) > 1
    assert (other_group, other_split) == (0, 0)
    assert len({question_group("desk", question) for question in questions}) == len(set(questions))
