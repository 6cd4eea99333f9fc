"""Versions asked in memory, and an answerer that counts what it was asked."""

from collections.abc import Sequence

from loop.agent import LocalAgent
from loop.evaluate import AnswerMemory
from loop.records import Answer, Bundle, EvalCase, Question
from tests.fakes import FakeAnswers


class Counting:
    """Makes built-in agents and remembers every question by version."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, bundle: Bundle) -> "_Counted":
        return _Counted(self, bundle)


class _Counted:
    def __init__(self, log: Counting, bundle: Bundle) -> None:
        self._log, self._bundle, self._agent = log, bundle, LocalAgent(bundle)

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        self._log.asked += [(self._bundle.digest, question.text) for question in questions]
        return self._agent.answer(questions)


def ask_local(bundle: Bundle, cases: Sequence[EvalCase]) -> dict[str, Answer]:
    """The built-in agent through a memory that is thrown away."""
    return AnswerMemory(FakeAnswers(), LocalAgent).ask(bundle, cases)
