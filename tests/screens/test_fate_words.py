"""What a person reads of their own correction once it is live: how many questions, how many customers, or not known."""

import pytest

from dashboard.components.corrections.fates import sentence
from loop import desk
from storage.queries.corrections import AnswersSince
from tests.builders import NOON

LIVE = desk.Fate(feedback_id="f1", stage="live", needed=3, number=5, since=NOON)


@pytest.mark.parametrize(
    ("helped", "words"),
    [
        (AnswersSince(7, 7, 2, is_more=False), "7 questions about refunds were answered since, asked by 2 customers."),
        (AnswersSince(1, 1, 1, is_more=False), "1 question about refunds was answered since, asked by 1 customer."),
        (
            AnswersSince(5, 3, 1, is_more=False),
            "5 questions about refunds were answered since, asked by at least 1 customer.",
        ),
        (
            AnswersSince(84, 0, 0, is_more=False),
            "84 questions about refunds were answered since; by how many customers is not known.",
        ),
        (
            AnswersSince(2000, 2000, 900, is_more=True),
            "2,000 or more questions about refunds were answered since, asked by at least 900 customers.",
        ),
        (AnswersSince(0, 0, 0, is_more=False), "No question about refunds was answered with it yet."),
    ],
)
def test_customers_who_are_not_named_are_not_nobody(helped: AnswersSince, words: str) -> None:
    assert sentence(LIVE, helped=helped, topic="refunds") == f"Live in v5. {words}"
