"""Both sides of a test are asked at the same time, and what went wrong is said of the first that failed."""

from collections.abc import Mapping, Sequence
from threading import Barrier, get_ident

import pytest

from loop.errors import AnswersPending, ModelFailed
from loop.evaluate.sides import ask_sides
from loop.records import Answer, Bundle, EvalCase, ModelChoice
from tests.builders import case

BASE = Bundle(instructions="First.", model=ModelChoice(name="openai/one"))
CANDIDATE = Bundle(instructions="Second.", model=ModelChoice(name="openai/one"))
CASES = (case(1), case(2))


def told(bundle: Bundle, cases: Sequence[EvalCase]) -> Mapping[str, Answer]:
    return {one.id: Answer(text=bundle.instructions, method="model") for one in cases}


def test_two_versions_that_are_called_are_asked_side_by_side_and_told_apart() -> None:
    together = Barrier(2, timeout=10)

    def ask(bundle: Bundle, cases: Sequence[EvalCase]) -> Mapping[str, Answer]:
        together.wait()  # raises when the other side is not being asked
        return told(bundle, cases)

    answers = ask_sides(ask, [BASE, CANDIDATE], CASES)
    assert [one[CASES[1].id].text for one in answers] == ["First.", "Second."]


def test_a_version_that_only_computes_is_asked_in_the_thread_that_asks() -> None:
    threads = []

    def ask(bundle: Bundle, cases: Sequence[EvalCase]) -> Mapping[str, Answer]:
        threads.append(get_ident())
        return told(bundle, cases)

    ask_sides(ask, [Bundle(), Bundle(instructions="Second.")], CASES)
    assert threads == [get_ident()] * 2
    assert ask_sides(ask, [BASE, CANDIDATE], ()) == []
    assert len(threads) == 2, "nothing is asked about nothing"


@pytest.mark.parametrize("sides", [[BASE, CANDIDATE], [Bundle(), CANDIDATE]])
def test_pending_is_said_when_every_side_was_asked(sides: list[Bundle]) -> None:
    asked = []

    def ask(bundle: Bundle, cases: Sequence[EvalCase]) -> Mapping[str, Answer]:
        asked.append(bundle.digest)
        raise AnswersPending("later")

    with pytest.raises(AnswersPending):
        ask_sides(ask, sides, CASES)
    assert sorted(asked) == sorted(one.digest for one in sides)


def test_the_live_versions_failure_is_the_one_that_is_told() -> None:
    def ask(bundle: Bundle, cases: Sequence[EvalCase]) -> Mapping[str, Answer]:
        raise ModelFailed(bundle.instructions)

    with pytest.raises(ModelFailed, match="First"):
        ask_sides(ask, [BASE, CANDIDATE], CASES)
