"""Asking: versions made ready to answer, what they answered, models, the operator's own agent, and what was spent."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from loop.records import Answer, Bundle, EvalCase, Question


class Answerer(Protocol):
    """One version, ready to answer: by the built-in agent, by a model, or by the operator's own agent."""

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in the order of the questions, one each.

        Never raises for a single question: that answer has `method="failed"` and says why.
        Raises ModelFailed only when the whole endpoint is unusable.
        """
        ...


@runtime_checkable
class ConcurrentAnswerer(Answerer, Protocol):
    """One version whose answers are waited for: many questions are asked side by side, and each costs."""

    def answer_each(self, questions: Sequence[Question], *, permit: Callable[[], bool]) -> Iterator[tuple[int, Answer]]:
        """Answers as they come, each with the place of its question; answers that cost nothing among them.

        `permit` is called once before a question is put, from the thread that iterates; when it says no, no further
        question is put, and the iteration ends with the answers to those that were. Raises ModelFailed, after
        the answers there are, when the whole endpoint is unusable.
        """
        ...


Answerers = Callable[[Bundle], Answerer]
"""Makes a bundle ready to answer."""

Ask = Callable[[Bundle, Sequence[EvalCase]], Mapping[str, Answer]]
"""What a version answers to cases, by case id, through the memory of answers. Raises ModelFailed."""


class Model(Protocol):
    """A language model behind one verb."""

    @property
    def name(self) -> str:
        """What to print in a proposal and a report."""
        ...

    def complete(self, messages: Sequence[Mapping[str, str]], *, temperature: float, max_tokens: int) -> str:
        """The reply as text. Raises ModelFailed."""
        ...


class Endpoint(Protocol):
    """The operator's own agent behind one verb."""

    @property
    def concurrency(self) -> int:
        """Calls it takes at a time."""
        ...

    def call(self, request: Mapping[str, Any], *, bundle: Mapping[str, Any]) -> Mapping[str, Any]:
        """The reply to one request, as JSON. The bundle goes along as the endpoint wants it. Raises ModelFailed."""
        ...


class Answers(Protocol):
    """What versions answered, kept by bundle and case, so that no question is asked twice of the same version."""

    def answers(self, digest: str, case_ids: Iterable[str]) -> dict[str, Answer]:
        """Of the bundle with this digest; those that are kept, by case id."""
        ...

    def keep_answers(self, digest: str, answers: Mapping[str, Answer]) -> dict[str, Answer]:
        """By case id; one that is kept already stays as it is (first writer wins). Failed answers are not kept.

        Of those given, the ones that stand otherwise, as they stand: empty when nobody was first.
        """
        ...

    def take_asks(self, day: str, n: int, *, most: int) -> int:
        """Count questions about to be put on a day, and how many of the `n` may be: never more than `most` in all.

        Atomic, whoever else counts. Negative: so many were not put after all.
        """
        ...

    def asks_on(self, day: str) -> int:
        """Questions counted on a day."""
        ...
