"""Text that gives orders to the system instead of saying what was wrong: phrases, role marks, hidden characters."""

from collections.abc import Iterator

from loop.records import Flag
from loop.text.invisible import find_invisible, strip_invisible
from loop.validate.context import Docket
from loop.validate.detectors.instruction_rules import matches

READ_CHARACTERS = 20_000
"""Of one text; a longer one is itself reported."""


def find_instruction(docket: Docket) -> Iterator[Flag]:
    """Feedback whose words, reason or label speak to a model, and corrections of questions that do.

    The question counts for corrections because a learned example would carry it into every later prompt.
    """
    ledger = docket.ledger
    seen: dict[str, str] = {}
    for row in range(len(ledger.items)):
        if not ledger.is_judged[row]:
            continue
        feedback, interaction = ledger.feedback(row), ledger.interactions[row]
        parts = [("The text", feedback.text), ("The reason", feedback.reason), ("The label", ledger.choice[row] or "")]
        if interaction is not None and ledger.family[row] == "correction":
            parts.append(("The question this would teach", interaction.question))
        for place, text in parts:
            if not text:
                continue
            said = seen.get(text)
            if said is None:
                said = seen[text] = describe(text)
            if said:
                yield Flag(feedback_id=feedback.id, detector="instruction", reason=f"{place} {said}.", at=docket.now)
                break


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
