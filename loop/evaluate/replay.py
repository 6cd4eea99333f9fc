"""Ask one version the questions of the cases, in batches."""

from collections.abc import Mapping, Sequence

from loop.errors import ModelFailed
from loop.ports import Answerer
from loop.records import Answer, EvalCase, Question

BATCH = 1024
"""Questions handed over at a time: bounds memory, and is long enough to keep concurrent calls busy."""


def replay(
    answerer: Answerer, cases: Sequence[EvalCase], *, known: Mapping[str, Answer] | None = None, batch: int = BATCH
) -> tuple[Answer, ...]:
    """One answer per case, in the order of the cases.

    `known`: answers of the same version by case id; those are not asked again.
    A question that fails is an answer with `method="failed"`. Raises ModelFailed when the endpoint as a
    whole cannot be used, or when it does not give one answer per question.
    """
    kept = known or {}
    asked = [case for case in cases if case.id not in kept]
    fresh: dict[str, Answer] = {}
    for start in range(0, len(asked), batch):
        part = asked[start : start + batch]
        answers = answerer.answer([Question(text=case.question, context=case.context) for case in part])
        if len(answers) != len(part):
            raise ModelFailed(
                f"The agent gave {len(answers)} answers to {len(part)} questions.",
                remedy="An answerer must give one answer per question, in order.",
            )
        fresh.update(zip((case.id for case in part), answers, strict=True))
    return tuple(fresh[case.id] if case.id in fresh else kept[case.id] for case in cases)


def failures(answers: Sequence[Answer]) -> int:
    """How many answers could not be had."""
    return sum(answer.method == "failed" for answer in answers)
