"""Ask one version the questions of the cases."""

from collections.abc import Sequence

from loop.errors import ModelFailed
from loop.ports import Answerer
from loop.records import Answer, EvalCase, Question


def replay(answerer: Answerer, cases: Sequence[EvalCase]) -> tuple[Answer, ...]:
    """One answer per case, in the order of the cases.

    A question that fails is an answer with `method="failed"`. Raises ModelFailed when the endpoint as a
    whole cannot be used, or when it does not give one answer per question.
    """
    answers = answerer.answer([Question(text=case.question, context=case.context) for case in cases])
    if len(answers) != len(cases):
        raise ModelFailed(
            f"The agent gave {len(answers)} answers to {len(cases)} questions.",
            remedy="An answerer must give one answer per question, in order.",
        )
    return tuple(answers)


def failures(answers: Sequence[Answer]) -> int:
    """How many answers could not be had."""
    return sum(answer.method == "failed" for answer in answers)
