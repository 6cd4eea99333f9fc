"""Both sides of a test asked at the same time (fork-join): while one waits for its last answers, the other is asked."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from loop.errors import AnswersPending
from loop.ports import Ask
from loop.records import Answer, Bundle, EvalCase


def ask_sides(ask: Ask, sides: Sequence[Bundle], cases: Sequence[EvalCase]) -> list[Mapping[str, Answer]]:
    """What each side answered, in their order.

    All are asked before it is said that answers of one are pending, so that a round is one wait. Of several that
    fail the first one's error is raised. The built-in agent is asked alone: it only computes.
    """
    if not cases:
        return []
    if sum(not side.model.is_local for side in sides) < 2:
        return _all_told([_told(ask, side, cases) for side in sides])
    with ThreadPoolExecutor(max_workers=len(sides), thread_name_prefix="side") as pool:
        futures = [pool.submit(_told, ask, side, cases) for side in sides]
    return _all_told([future.result() for future in futures])


def _told(ask: Ask, side: Bundle, cases: Sequence[EvalCase]) -> Mapping[str, Answer] | AnswersPending:
    try:
        return ask(side, cases)
    except AnswersPending as pending:
        return pending


def _all_told(told: Sequence[Mapping[str, Answer] | AnswersPending]) -> list[Mapping[str, Answer]]:
    for one in told:
        if isinstance(one, AnswersPending):
            raise one
    return [one for one in told if not isinstance(one, AnswersPending)]
