"""Approaches: how issues of one type are resolved."""

from collections.abc import Iterable, Sequence

from loop.change import texts
from loop.change.acceptance import LINE_MAX, TEXT_MAX, check_id, check_words
from loop.change.footprint import Footprint
from loop.change.sections.row import FormField, Reason, Section, Step, shorten, summary_of_many
from loop.records import Approach, StakesLevel


def _words(approach: Approach) -> str:
    state = "enabled" if approach.is_enabled else "not enabled"
    return f"For: {approach.issue}\nApproach: {approach.name} ({state})\nInstruction: {approach.instruction}"


def _title(approach: Approach) -> str:
    return shorten(approach.name)


def _check(approach: Approach) -> None:
    """Refuse an approach without instruction."""
    check_id(approach.id, field="approach.id")
    check_words(approach.instruction, field="approach.instruction")
    texts.check(approach.issue, field="approach.issue", cap=LINE_MAX)
    texts.check(approach.name, field="approach.name", cap=LINE_MAX)
    texts.check(approach.instruction, field="approach.instruction", cap=TEXT_MAX)


def _summary(steps: Sequence[Step[Approach]]) -> str:
    if len(steps) != 1:
        return summary_of_many(steps, noun="approach", many="approaches")
    (step,) = steps
    if step.new is not None:
        return f"{'Enable' if step.new.is_enabled else 'Set'} the approach: {step.new.name}"
    return f"Retire the approach: {_title(step.old)}" if step.old else "Retire an approach"


def _stakes(steps: Sequence[Step[Approach]]) -> Iterable[Reason]:
    for step in steps:
        if step.new is None:
            yield Reason(StakesLevel.MEDIUM, "Retires an approach.")
        else:
            yield Reason(StakesLevel.HIGH, "Changes how a type of issue is resolved.")


APPROACHES: Section[Approach] = Section(
    name="approaches",
    label="Approach",
    noun="approach",
    words=_words,
    title=_title,
    check=_check,
    summary=_summary,
    says=lambda step: [step.new.name, step.new.instruction] if step.new else [],
    stakes=_stakes,
    footprint=lambda _: Footprint(is_everything=True),
    fields=(
        FormField(name="name", label="Name", kind="line"),
        FormField(name="instruction", label="What the agent is told", kind="long"),
        FormField(name="is_enabled", label="Enabled", kind="flag"),
    ),
    draft=None,
)
