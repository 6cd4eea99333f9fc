"""The ports of whoever answers: a version made ready, the memory of answers, a language model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from loop.records import Answer, Bundle, EvalCase, Question


class Answerer(Protocol):
    """One version, ready to answer. The built-in agent and the LiteLLM agent are both one."""

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in the order of the questions, one each.

        Never raises for a single question: that answer has `method="failed"` and says why.
        Raises ModelFailed only when the whole endpoint is unusable.
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
