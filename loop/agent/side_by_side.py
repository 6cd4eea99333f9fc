"""Bounded concurrency (a sliding window): questions put side by side, and answers handed on as they come."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from loop.errors import ModelFailed
from loop.records import Answer

GIVE_UP_AFTER = 8
"""Failed calls, with none that worked, after which the endpoint is unusable and no further call is begun."""
_WINDOW = 2
"""Questions taken up for each call at a time: the next ones are ready while answers are being kept."""

T = TypeVar("T")


class _Health:
    """Whether an endpoint works at all, told by the calls that run at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._has_worked = False
        self._failures = 0
        self.first_failure: ModelFailed | None = None

    @property
    def is_hopeless(self) -> bool:
        return self._failures >= GIVE_UP_AFTER and not self._has_worked

    def worked(self) -> None:
        self._has_worked = True

    def failed(self, failure: ModelFailed) -> None:
        with self._lock:
            self._failures += 1
            self.first_failure = self.first_failure or failure


def ask_each(
    tasks: Iterable[tuple[int, T]], ask: Callable[[T], Answer], *, concurrency: int
) -> Iterator[tuple[int, Answer]]:
    """What `ask` makes of each task, with the task's place, in the order they end.

    `tasks` is read from the thread that iterates, a few ahead of the calls. A call that fails becomes an answer with
    `method="failed"`; after eight failures and nothing that worked, ModelFailed is raised. A defect is raised as it is.
    """
    health = _Health()
    done: SimpleQueue[tuple[int, Answer | Exception]] = SimpleQueue()

    def run(place: int, task: T) -> None:
        try:
            done.put((place, _asked(ask, task, health)))
        except Exception as defect:  # handed to the thread that iterates
            done.put((place, defect))

    source = iter(tasks)
    with ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="asking") as pool:
        waiting = 0
        try:
            while True:
                while waiting < _WINDOW * concurrency and not health.is_hopeless:
                    following = next(source, None)
                    if following is None:
                        break
                    pool.submit(run, *following)
                    waiting += 1
                if not waiting:
                    break
                place, answer = done.get()
                waiting -= 1
                if isinstance(answer, Exception):
                    raise answer
                yield place, answer
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    if health.is_hopeless and health.first_failure is not None:
        raise health.first_failure


def _asked(ask: Callable[[T], Answer], task: T, health: _Health) -> Answer:
    if health.is_hopeless:
        return Answer(method="failed", failure="Not asked: the endpoint is unusable.")
    try:
        answer = ask(task)
    except ModelFailed as failure:
        health.failed(failure)
        return Answer(method="failed", failure=str(failure))
    health.worked()
    return answer if _is_storable(answer) else Answer(method="failed", failure="The reply holds unusable characters.")


def _is_storable(answer: Answer) -> bool:
    """Whether a database can keep it: no NUL, no half of a surrogate pair."""
    said = "\n".join((answer.text, answer.label or "", answer.article_id or "", *answer.uses))
    try:
        said.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in said
