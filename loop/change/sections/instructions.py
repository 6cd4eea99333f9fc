"""Instructions: one text that every answer follows, edited piece by piece."""

from collections.abc import Iterable, Sequence

from loop.change import texts
from loop.change.footprint import Footprint
from loop.change.sections.row import Reason, Section, Step
from loop.errors import OperationRefused
from loop.records import EditInstructions, StakesLevel

INSTRUCTIONS_MAX = 20_000
"""Characters of the whole instructions."""


def replace_quote(text: str, *, old: str, new: str) -> str:
    """The text with one exactly quoted piece replaced; without a quote, `new` becomes the last line.

    Raises OperationRefused when the piece is missing or not unique, or the text grows past its room.
    """
    if old:
        place = text.find(old)
        if place < 0:
            raise OperationRefused(
                "The quoted piece is not in the instructions.", field="old", remedy="Quote it exactly as it stands."
            )
        if text.find(old, place + 1) >= 0:
            raise OperationRefused(
                "The quoted piece stands more than once in the instructions.",
                field="old",
                remedy="Quote more of the text around it.",
            )
        result = text[:place] + new + text[place + len(old) :]
    else:
        gap = "\n" if new and text and not text.endswith("\n") else ""
        result = text + gap + new
    if len(result) > max(INSTRUCTIONS_MAX, len(text)):
        raise OperationRefused(
            f"The instructions would have {len(result)} characters; the limit is {INSTRUCTIONS_MAX}.",
            field="new",
            remedy="Shorten the text or remove another line.",
        )
    return result


def _check(piece: str) -> None:
    texts.check(piece, field="new", cap=INSTRUCTIONS_MAX)


def _summary(steps: Sequence[Step[str]]) -> str:
    (step,) = steps
    if not step.old:
        return f"Add to the instructions: {step.new}"
    return f"Reword the instructions: {step.new}" if step.new else f"Take out of the instructions: {step.old}"


def _says(step: Step[str]) -> Iterable[str]:
    """A removed warning matters as much as an added promise."""
    return [piece for piece in (step.new, step.old) if piece]


INSTRUCTIONS: Section[str] = Section(
    name="instructions",
    label="Instructions",
    noun="instruction",
    words=str,
    title=lambda _: "Instructions",
    check=_check,
    summary=_summary,
    says=_says,
    stakes=lambda _: [Reason(StakesLevel.HIGH, "Edits the instructions, which every answer follows.")],
    footprint=lambda _: Footprint(is_everything=True),
    fields=(),
    draft=lambda _: EditInstructions(),
)
