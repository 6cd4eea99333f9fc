"""How the engine asks versions: by the record where they answered elsewhere, else through the memory of answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from loop import evaluate
from loop.heldout import HIDDEN_SPLITS
from loop.ports import Ask, Model, Parts
from loop.records import Answer, Bundle, EvalCase
from loop.records.days import day_of


class CaseRequest(NamedTuple):
    """Cases one version is to be asked."""

    digest: str
    """Of the version's bundle."""
    case_ids: tuple[str, ...]


class Baseline(NamedTuple):
    """Whose answers stand for the base of a test."""

    words: str
    unanswered: frozenset[str]
    """Ids of cases to which its answer is not known."""


class Batch(NamedTuple):
    """What asking a batch came to."""

    answered: int
    """Answers that are kept now, those kept before included."""
    failed: int
    """Questions that failed by themselves."""


_UNRECORDED = Answer(method="failed", failure="What was really answered was not recorded.")


class RecordedAnswers:
    """What an agent that answers elsewhere really answered while its version here was empty; read when it is asked."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._elsewhere: dict[str, bool] = {}

    def answers(self, bundle: Bundle, cases: Sequence[EvalCase]) -> dict[str, Answer] | None:
        """By case id, those that are recorded; None when the version speaks for itself."""
        if not evaluate.is_silent(bundle):
            return None
        if bundle.digest not in self._elsewhere:
            known = self._read(bundle, self._parts.store.cases(HIDDEN_SPLITS))
            self._elsewhere[bundle.digest] = evaluate.is_from_elsewhere(known)
        return self._read(bundle, cases) if self._elsewhere[bundle.digest] else None

    def _read(self, bundle: Bundle, cases: Sequence[EvalCase]) -> dict[str, Answer]:
        store = self._parts.store
        incumbent = evaluate.Incumbent.of(bundle.digest, store.versions())
        interactions = store.interactions([case.interaction_id for case in cases if case.interaction_id])
        return evaluate.recorded_answers(cases, interactions, incumbent=incumbent)


def allowance_of(parts: Parts) -> evaluate.Allowance:
    """What the agent's ceiling of the day still allows to be asked."""
    agent = parts.store.agent
    return evaluate.Allowance(parts.store, most=agent.limits.asks_per_day, slug=agent.slug, clock=parts.clock)


def memory_of(parts: Parts) -> evaluate.AnswerMemory:
    """The memory of answers over these parts, within the day's ceiling."""
    contacts = parts.store.agent.own_contacts
    return evaluate.AnswerMemory(parts.store, parts.answerers, allowance=lambda: allowance_of(parts), contacts=contacts)


def spent_until(parts: Parts) -> datetime | None:
    """When asking goes on, where the day's ceiling is reached; None: it is not."""
    most, now = parts.store.agent.limits.asks_per_day, parts.clock()
    if most is None or parts.store.asks_on(day_of(now)) < most:
        return None
    return evaluate.next_day(now)


class BudgetedModel:
    """The model that drafts, within the day's ceiling (`loop.ports.Model`)."""

    def __init__(self, parts: Parts, model: Model) -> None:
        self._parts = parts
        self._model = model

    @property
    def name(self) -> str:
        """Of the model itself."""
        return self._model.name

    def complete(self, messages: Sequence[Mapping[str, str]], *, temperature: float, max_tokens: int) -> str:
        """The reply as text. Raises ModelFailed; BudgetSpent when nothing may be asked any more today."""
        allowance = allowance_of(self._parts)
        try:
            if not allowance.take():
                raise allowance.refusal()
        finally:
            allowance.close()
        return self._model.complete(messages, temperature=temperature, max_tokens=max_tokens)


def ask_of(parts: Parts) -> Ask:
    """How these parts are asked: what they bring, else the memory over their store.

    A version that is empty because the agent answers elsewhere is never asked: what is recorded is what it said, and
    what is not recorded counts as failed.
    """
    ask = parts.ask or memory_of(parts).ask
    record = RecordedAnswers(parts)

    def answer(bundle: Bundle, cases: Sequence[EvalCase]) -> Mapping[str, Answer]:
        recorded = record.answers(bundle, cases)
        if recorded is None:
            return ask(bundle, cases)
        return {case.id: recorded.get(case.id, _UNRECORDED) for case in cases}

    return answer


def baseline_of(parts: Parts, base: Bundle, cases: Sequence[EvalCase], *, candidate: Bundle) -> Baseline:
    """What the cases are compared with when a change of this version is tested, and who answers."""
    recorded = RecordedAnswers(parts).answers(base, cases)
    if recorded is None:
        words = evaluate.EMPTY if evaluate.is_silent(base) else evaluate.live_words(base, candidate)
        return Baseline(words, frozenset())
    return Baseline(evaluate.RECORDED, frozenset(case.id for case in cases if case.id not in recorded))


def grades_of(parts: Parts, bundle: Bundle, cases: Sequence[EvalCase]) -> dict[str, bool]:
    """Whether a version is right, by case id, as far as it costs nothing to know.

    The built-in agent is asked; of any other there is what it was asked anyhow, or what was recorded.
    """
    answers: Mapping[str, Answer] | None = RecordedAnswers(parts).answers(bundle, cases)
    if answers is None and bundle.model.is_local:
        answers = ask_of(parts)(bundle, cases)
    if answers is None:
        answers = parts.store.answers(bundle.digest, [case.id for case in cases])
    return {
        case.id: evaluate.grade(case, answers[case.id]).is_right
        for case in cases
        if case.id in answers and answers[case.id].method != "failed"
    }


def ask_batch(parts: Parts, wanted: CaseRequest) -> Batch:
    """Have a version answer some cases and keep the answers. Idempotent: what is kept is not asked again.

    Cases that were retired meanwhile are left out. Raises ModelFailed, NotFound.
    """
    cases = list(parts.store.cases_by_id(wanted.case_ids).values())
    answers = ask_of(parts)(parts.store.bundle(wanted.digest), cases)
    failed = sum(answer.method == "failed" for answer in answers.values())
    return Batch(answered=len(answers) - failed, failed=failed)
