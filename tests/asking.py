"""Versions asked in memory: the smallest store of answers, and an answerer that counts what it was asked."""

from collections.abc import Iterable, Mapping, Sequence

from loop.agent import LocalAgent
from loop.evaluate import AnswerMemory
from loop.records import Answer, Bundle, EvalCase, Question


class KeptAnswers:
    """`loop.ports.Answers` in a dict."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Answer] = {}

    def answers(self, digest: str, case_ids: Iterable[str]) -> dict[str, Answer]:
        return {key: self.rows[digest, key] for key in case_ids if (digest, key) in self.rows}

    def keep_answers(self, digest: str, answers: Mapping[str, Answer]) -> None:
        for key, answer in answers.items():
            self.rows.setdefault((digest, key), answer)


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
    return AnswerMemory(KeptAnswers(), LocalAgent).ask(bundle, cases)
