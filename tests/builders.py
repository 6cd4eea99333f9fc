"""Valid records with overrides: what a test does not care about is filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from loop.records import (
    Actor,
    Agent,
    Bundle,
    EvalCase,
    Example,
    Feedback,
    FeedbackKind,
    Grading,
    Interaction,
    Role,
    Split,
)

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
"""The moment every builder starts from."""


def at(minutes: float = 0) -> datetime:
    """NOON and some minutes."""
    return NOON + timedelta(minutes=minutes)


def agent(slug: str = "desk", **fields: Any) -> Agent:
    """An agent graded by label."""
    return Agent(**{"slug": slug, "name": slug.title(), "created_at": NOON} | fields)


def interaction(number: int = 1, **fields: Any) -> Interaction:
    """Question `number`, in an episode of its own."""
    filled = {
        "id": f"i{number}",
        "agent": "desk",
        "episode_id": f"e{number}",
        "customer": f"c{number}",
        "at": at(number),
        "question": f"Where is parcel {number}?",
        "answer": "On its way.",
        "label": "parcel",
    }
    return Interaction(**filled | fields)


def feedback(number: int = 1, **fields: Any) -> Feedback:
    """A label correction on interaction `number` by author a`number`."""
    filled = {
        "id": f"f{number}",
        "agent": "desk",
        "interaction_id": f"i{number}",
        "kind": FeedbackKind.LABEL,
        "label": "refund",
        "author": f"a{number}",
        "source": "test",
        "at": at(number),
        "received_at": at(number),
    }
    return Feedback(**filled | fields)


def case(number: int = 1, **fields: Any) -> EvalCase:
    """A sealed label case."""
    filled = {
        "id": f"case{number}",
        "agent": "desk",
        "split": Split.SEALED,
        "group": f"c{number}",
        "question": f"Where is parcel {number}?",
        "grading": Grading.LABEL,
        "expected": "parcel",
        "at": at(number),
    }
    return EvalCase(**filled | fields)


def example(number: int = 1, **fields: Any) -> Example:
    """A known-good question about a refund."""
    return Example(
        **{"id": f"x{number}", "question": f"I want my money back for order {number}", "label": "refund"} | fields
    )


def bundle(**fields: Any) -> Bundle:
    """An empty bundle unless told otherwise."""
    return Bundle(**fields)


def reviewer(name: str = "rita", **fields: Any) -> Actor:
    """A reviewer."""
    return Actor(**{"name": name, "role": Role.REVIEWER} | fields)
