"""Text that gives orders to the system instead of saying what was wrong: phrases, role marks, hidden characters."""

from functools import lru_cache

from loop.records import Feedback, Finding, Interaction
from loop.text.invisible import find_invisible, strip_invisible
from loop.validate.detectors.instruction_rules import matches

NAME = "instruction"

READ_CHARACTERS = 20_000
"""Of one text; a longer one is itself reported."""


def find_instruction(feedback: Feedback, interaction: Interaction | None, *, choice: str) -> tuple[Finding, ...]:
    """Words, a reason or a label that speak to a model, and corrections of questions that do. One finding, or none.

    The question counts for corrections because a learned example would carry it into every later prompt.
    """
    parts = [("The text", feedback.text), ("The reason", feedback.reason), ("The label", choice)]
    if interaction is not None and feedback.kind.traits.corrects:
        parts.append(("The question this would teach", interaction.question))
    for place, text in parts:
        if text and (said := describe(text)):
            return (Finding(NAME, f"{place} {said}."),)
    return ()


@lru_cache(maxsize=8_192)
def describe(text: str) -> str:
    """What is instruction-like about a text, as the end of a sentence; empty when nothing is."""
    if hidden := find_invisible(text):
        kinds = sorted({one.code for one in hidden})
        return f"carries {len(hidden)} invisible characters ({', '.join(kinds[:3])})"
    text = strip_invisible(text)
    found = list(matches(text[:READ_CHARACTERS]))
    if found:
        rest = f" and breaks {len(found) - 1} more instruction rules" if len(found) > 1 else ""
        return f"{found[0].reason} (rule {found[0].name}){rest}"
    if len(text) > READ_CHARACTERS:
        return f"is {len(text):,} characters long; nobody can review that"
    return ""
