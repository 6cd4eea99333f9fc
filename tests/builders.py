"""Valid records with overrides: what a test does not care about is filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from loop.records import (
    Actor,
    Agent,
    Bundle,
    EditInstructions,
    EvalCase,
    Evidence,
    Example,
    Feedback,
    FeedbackKind,
    Grading,
    Interaction,
    Proposal,
    Report,
    Role,
    Split,
    Stakes,
    StakesLevel,
    Tally,
    Verdict,
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
    """A label correction on interaction `number` by author a`number`, signed in at the desk."""
    filled = {
        "id": f"f{number}",
        "agent": "desk",
        "interaction_id": f"i{number}",
        "kind": FeedbackKind.LABEL,
        "label": "refund",
        "author": f"a{number}",
        "source": "dashboard",
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


def short_cases(n: int) -> list[EvalCase]:
    """Sealed label cases k0, k1, … that ask q0, q1, …"""
    return [case(number, id=f"k{number}", question=f"q{number}") for number in range(n)]


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


def proposal(name: str = "p1", **fields: Any) -> Proposal:
    """A person's edit of the instructions of version 0, low stakes."""
    filled = {
        "id": name,
        "agent": "desk",
        "base_number": 0,
        "base_digest": "b" * 64,
        "candidate_digest": "c" * 64,
        "operations": (EditInstructions(new=f"Be kind, says {name}."),),
        "changes": (),
        "title": "Ask for kindness",
        "rationale": "People said it was rude.",
        "proposer": "person",
        "stakes": Stakes(level=StakesLevel.LOW, reasons=("One line.",)),
        "created_at": NOON,
    }
    return Proposal(**filled | fields)


def evidence(*, fixed: int = 3, broken: int = 1, **fields: Any) -> Evidence:
    """A tally of ten cases."""
    tally = Tally(both_right=5, fixed=fixed, broken=broken, both_wrong=10 - 5 - fixed - broken)
    return Evidence(**{"tally": tally, "low": -0.05, "high": 0.4, "p_better": 0.2, "p_worse": 0.9} | fields)


def report(of: Proposal, **fields: Any) -> Report:
    """A promising report on a proposal: the sealed cases were asked, and no look was charged."""
    filled = {
        "id": f"report-{of.id}",
        "agent": of.agent,
        "proposal_id": of.id,
        "base_digest": of.base_digest,
        "candidate_digest": of.candidate_digest,
        "case_set_digest": "c" * 64,
        "dev": evidence(),
        "sealed": evidence(fixed=2),
        "verdict": Verdict.PROMISING,
        "reasons": ("Two more cases right.",),
        "power": 0.4,
        "power_for": 0.1,
        "cases_needed": 200,
        "sealed_looks": 1,
        "sealed_cases": 10,
        "method": "paired replay",
        "seed": 7,
        "at": at(5),
    }
    return Report(**filled | fields)
