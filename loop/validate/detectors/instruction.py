"""Text that gives orders to the system instead of saying what was wrong: in what was said, and in what it rests on."""

from collections.abc import Iterator

from loop.records import Feedback, Finding, Interaction
from loop.text.instructing import READ_CHARACTERS, find_instructing
from loop.text.spelling import quote

NAME = "instruction"
_FROM_OUTSIDE = frozenset({"tool", "retrieval"})
"""Steps whose output somebody else wrote."""


def find_instruction(feedback: Feedback, interaction: Interaction | None, *, choice: str) -> tuple[Finding, ...]:
    """Words, a reason or a label that speak to a model, and corrections of questions that do. One finding, or none.

    The question counts for corrections because a learned example would carry it into every later prompt; what a tool
    gave back counts where the answer that rests on it is kept or confirmed.
    """
    for place, text in _parts(feedback, interaction, choice=choice):
        if not text:
            continue
        if found := find_instructing(text):
            return (Finding(NAME, f"{place} {found.words}."),)
        if len(text) > READ_CHARACTERS and not place.startswith("What"):
            return (Finding(NAME, f"{place} is {len(text):,} characters long; nobody can review that."),)
    return ()


def _parts(feedback: Feedback, interaction: Interaction | None, *, choice: str) -> Iterator[tuple[str, str]]:
    """What is read, with the words a finding begins with."""
    yield "The text", feedback.text
    yield "The reason", feedback.reason
    yield "The label", choice
    if interaction is None or not feedback.kind.traits.corrects:
        return
    yield "The question this would teach", interaction.question
    for step in interaction.steps:
        if step.kind in _FROM_OUTSIDE:
            yield f"What the tool {quote(step.name or step.kind)} gave back under this answer", step.output
