"""The model: which one answers, and with what parameters."""

from collections.abc import Sequence

from loop.change import texts
from loop.change.acceptance import LINE_MAX
from loop.change.footprint import Footprint
from loop.change.sections.row import FormField, Reason, Section, Step
from loop.records import ModelChoice, StakesLevel


def _words(model: ModelChoice) -> str:
    return (
        f"Model: {model.name}\nTemperature: {model.temperature:.15g}\nLongest reply: {model.max_tokens} tokens\n"
        f"Examples per question: {model.examples_per_question}"
    )


def _check(model: ModelChoice) -> None:
    texts.check(model.name, field="model.name", cap=LINE_MAX)


def _summary(steps: Sequence[Step[ModelChoice]]) -> str:
    return f"Answer with {steps[0].new.name}" if steps[0].new else "Answer without a model"


MODEL: Section[ModelChoice] = Section(
    name="model",
    label="Model",
    noun="model",
    words=_words,
    title=lambda _: "Model",
    check=_check,
    summary=_summary,
    says=lambda _: (),
    stakes=lambda _: [Reason(StakesLevel.HIGH, "Changes the model or its parameters, and with them every answer.")],
    footprint=lambda _: Footprint(is_everything=True),
    fields=(
        FormField(name="name", label="Model", kind="line"),
        FormField(name="temperature", label="Temperature", kind="number", high=2),
        FormField(name="max_tokens", label="Longest reply, in tokens", kind="number", low=1),
        FormField(name="examples_per_question", label="Examples per question", kind="number", high=32),
    ),
    draft=None,
)
