"""A small world that makes the whole loop move: four intents, honest raters, two trusted leads."""

import random
from datetime import datetime, timedelta

from loop import desk
from loop.ports import Parts
from loop.records import (
    Actor,
    Agent,
    Feedback,
    FeedbackKind,
    Grading,
    Interaction,
    Limits,
    Role,
    StageReport,
    TurnReport,
)
from tests.builders import NOON

LEADS = ("lead-1", "lead-2")
OPERATOR = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)

_INTENTS = {
    "refund": ("I want my money back for {}", "please refund {}", "how do I return {} for a refund", "refund {} now"),
    "parcel": ("where is my parcel with {}", "track the delivery of {}", "has {} been shipped", "parcel {} is late"),
    "password": ("I forgot my password for {}", "reset the login of {}", "cannot sign in to {}", "locked out of {}"),
    "invoice": ("send me the invoice for {}", "I need a bill for {}", "download the receipt of {}", "invoice of {}?"),
}
_THINGS = ("the blue kettle", "order 17", "my lamp", "the desk", "a chair", "that rug", "the heater", "my account")


def agent() -> Agent:
    """Graded by label, with enough held-out cases to prove something in a few hundred rows."""
    return Agent(
        slug="desk",
        name="Desk",
        grading=Grading.LABEL,
        trusted_authors=LEADS,
        limits=Limits(dev_share=0.4, sealed_share=0.45, undo_seconds=0, undo_seconds_high=0),
        created_at=NOON,
    )


def arrive(
    parts: Parts, *, rows: int = 240, seed: int = 0, prefix: str = "", slug: str = "desk", start: datetime = NOON
) -> None:
    """Write questions and what people said they are, half of it by the leads; one a minute from `start`."""
    rng = random.Random(seed)
    interactions, feedback = [], []
    for number in range(rows):
        intent = rng.choice(sorted(_INTENTS))
        question = rng.choice(_INTENTS[intent]).format(rng.choice(_THINGS)) + f", ref {rng.randrange(10_000)}"
        key = f"{prefix}{number}"
        at = start + timedelta(minutes=number)
        interactions.append(
            Interaction(
                id=f"i{key}", agent=slug, episode_id=f"e{key}", customer=f"c{key}", at=at, question=question,
                answer="", method="handover", version=0, source="world",
            )
        )  # fmt: skip
        author = LEADS[number % 2] if number % 4 < 2 else f"rater-{number % 7}"
        feedback.append(
            Feedback(
                id=f"f{key}", agent=slug, interaction_id=f"i{key}", kind=FeedbackKind.LABEL, label=intent,
                author=author, source="dashboard", at=at, received_at=at,
            )
        )  # fmt: skip
    parts.store.append(interactions=tuple(interactions), feedback=tuple(feedback))


def approve(parts: Parts, proposal_id: str) -> None:
    """The operator approves what is shown of it now."""
    shown = parts.store.proposal(proposal_id).evidence_digest
    desk.approve(parts, proposal_id, actor=OPERATOR, seen_digest=shown, reason="the evidence says so")


def stage(report: TurnReport, name: str) -> StageReport:
    """What one stage of a turn did."""
    return next(one for one in report.stages if one.stage == name)
