"""Examples: questions with the answer that is known to be right, added and retired as one bundle."""

from collections.abc import Iterable, Sequence

from loop.change import texts
from loop.change.acceptance import LINE_MAX, TEXT_MAX, check_id, check_words
from loop.change.footprint import Footprint
from loop.change.sections.row import FormField, Reason, Section, Step, shorten
from loop.records import ChangeExamples, Example, StakesLevel
from loop.text.counting import count


def _words(example: Example) -> str:
    """Lines: question, answer, label."""
    lines = [f"Question: {example.question}"]
    lines += [f"Answer: {example.answer}"] if example.answer else []
    lines += [f"Label: {example.label}"] if example.label is not None else []
    return "\n".join(lines)


def _title(example: Example) -> str:
    return shorten(f"{example.label}: {example.question}" if example.label else example.question)


def _check(example: Example) -> None:
    """Refuse an example without question, or without answer and label."""
    check_id(example.id, field="example.id")
    check_words(example.question, field="example.question")
    texts.check(example.question, field="example.question", cap=TEXT_MAX)
    texts.check(example.answer, field="example.answer", cap=TEXT_MAX)
    texts.check(example.label or "", field="example.label", cap=LINE_MAX)
    check_words(example.answer + (example.label or ""), field="example.answer")


def _summary(steps: Sequence[Step[Example]]) -> str:
    learned = sum(step.new is not None for step in steps)
    retired = len(steps) - learned
    if not retired:
        return f"Learn {count(learned, 'known-good example')}"
    return f"Learn {learned} and retire {retired} examples" if learned else f"Retire {count(retired, 'example')}"


def _says(step: Step[Example]) -> Iterable[str]:
    is_new = step.new is not None and (step.old is None or step.old.answer != step.new.answer)
    return [step.new.answer] if step.new and is_new and step.new.answer else []


def _stakes(steps: Sequence[Step[Example]]) -> Iterable[Reason]:
    retired = sum(step.new is None for step in steps)
    return [Reason(StakesLevel.MEDIUM, f"Retires {count(retired, 'known-good example')}.")] if retired else []


def _footprint(example: Example) -> Footprint:
    return Footprint(
        labels=frozenset({example.label} if example.label else ()),
        answers=frozenset({example.answer} if example.answer else ()),
        questions=frozenset({example.question}),
    )


EXAMPLES: Section[Example] = Section(
    name="examples",
    label="Examples",
    noun="example",
    words=_words,
    title=_title,
    check=_check,
    summary=_summary,
    says=_says,
    stakes=_stakes,
    footprint=_footprint,
    fields=(
        FormField(name="question", label="Question", kind="text"),
        FormField(name="answer", label="Right answer (empty: the label is the answer)", kind="text"),
        FormField(name="label", label="Right label", kind="name"),
    ),
    draft=lambda fresh_id: ChangeExamples(add=(Example(id=f"example-{fresh_id}", question=""),)),
)
