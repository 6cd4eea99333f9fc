"""Memoised answers, keyed by (bundle, case): no question is asked twice of the same version.

Kept as they come, so that a process that dies loses at most one piece. What is kept first stays (first writer wins).
What others answered, a model or the operator's own agent, is redacted first, as everything is that is stored.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from loop.change.texts import texts_of
from loop.errors import AnswersPending
from loop.evaluate.allowance import Allowance
from loop.evaluate.replay import replay
from loop.ports import Answerer, Answerers, Answers, ConcurrentAnswerer
from loop.records import Answer, Bundle, EvalCase, Question
from loop.text.contacts import OwnContacts
from loop.text.redaction import Masker

PIECE = 24
"""Answers that cost kept at a time: what a crash may cost twice, beside the calls under way."""
LOCAL_PIECE = 1024
"""The same of the built-in agent, whose answers cost nothing: bounds memory."""


class AnswerMemory:
    """Asks a version only what it has not answered yet, and keeps what it says."""

    def __init__(
        self,
        kept: Answers,
        answerers: Answerers,
        *,
        allowance: Callable[[], Allowance] | None = None,
        contacts: Collection[str] = (),
    ) -> None:
        """`allowance`: what may be asked that costs; None: everything. `contacts`: the company's own, which stay."""
        self._kept = kept
        self._answerers = answerers
        self._allowance = allowance
        self._contacts = contacts

    def ask(self, bundle: Bundle, cases: Sequence[EvalCase]) -> dict[str, Answer]:
        """One answer per case, by case id.

        A question that fails is an answer with `method="failed"`, and is not kept: it is asked again next time.
        Raises ModelFailed when the endpoint as a whole cannot be used, BudgetSpent when the day's ceiling is
        reached; what was answered until then is kept.
        """
        digest = bundle.digest
        by_id = {case.id: case for case in cases}
        known = self._kept.answers(digest, by_id)
        asked = [case for key, case in by_id.items() if key not in known]
        if not asked:
            return known
        answerer = self._answerers(bundle)
        if isinstance(answerer, ConcurrentAnswerer):
            fresh = self._ask_each(answerer, asked, bundle=bundle)
        else:
            fresh = self._ask_in_pieces(answerer, asked, bundle=bundle)
        return known | fresh

    def _ask_in_pieces(self, answerer: Answerer, asked: Sequence[EvalCase], *, bundle: Bundle) -> dict[str, Answer]:
        size = LOCAL_PIECE if bundle.model.is_local else PIECE
        own = self._own(bundle)
        fresh: dict[str, Answer] = {}
        for start in range(0, len(asked), size):
            piece = asked[start : start + size]
            told = zip(piece, replay(answerer, piece), strict=True)
            if bundle.model.is_local:  # says nothing but what the version holds
                answers = {case.id: answer for case, answer in told}
            else:
                answers = {case.id: _redacted(answer, case, own=own) for case, answer in told}
            fresh |= self._keep(bundle.digest, answers)
        return fresh

    def _ask_each(
        self, answerer: ConcurrentAnswerer, asked: Sequence[EvalCase], *, bundle: Bundle
    ) -> dict[str, Answer]:
        """Answers are kept while the next questions are under way."""
        digest, own = bundle.digest, self._own(bundle)
        allowance = self._allowance() if self._allowance else None
        questions = [Question(text=case.question, context=case.context) for case in asked]
        fresh: dict[str, Answer] = {}
        piece: dict[str, Answer] = {}
        try:
            for place, answer in answerer.answer_each(questions, permit=allowance.take if allowance else _always):
                piece[asked[place].id] = _redacted(answer, asked[place], own=own)
                if len(piece) == PIECE:
                    fresh |= self._keep(digest, piece)
                    piece = {}
        finally:
            fresh |= self._keep(digest, piece)
            if allowance:
                allowance.close()
        if allowance and allowance.is_spent:
            raise allowance.refusal()
        return fresh

    def _own(self, bundle: Bundle) -> OwnContacts:
        """What the version itself holds is nobody's personal data."""
        return OwnContacts(self._contacts, texts=lambda: texts_of(bundle))

    def _keep(self, digest: str, answers: Mapping[str, Answer]) -> dict[str, Answer]:
        """The answers as they stand now: what somebody else kept first is what was said."""
        told = {key: one for key, one in answers.items() if one.method != "failed"}
        return {**answers, **(self._kept.keep_answers(digest, told) if told else {})}


def _always() -> bool:
    return True


def _redacted(answer: Answer, case: EvalCase, *, own: OwnContacts) -> Answer:
    """With the placeholders of the case: what was masked in the right answer is masked alike in this one, and what
    stands in it stands here too."""
    masker = Masker(own=own, spared="\n".join((case.expected, *case.must_include)))
    masker.mask(case.question)
    masker.walk(case.context)
    masked = {
        "text": masker.mask(answer.text),
        "label": None if answer.label is None else masker.mask(answer.label),
        "article_id": None if answer.article_id is None else masker.mask(answer.article_id),
        "uses": tuple(map(masker.mask, answer.uses)),
        "failure": masker.mask(answer.failure),
    }
    return answer.model_copy(update=masked) if masker.found else answer


class DeferredAnswers:
    """Hands out what is kept, and notes what is missing for others to ask: a stage never waits for a model."""

    def __init__(self, kept: Answers, *, asked: Mapping[str, Collection[str]] | None = None) -> None:
        """`asked`: cases that were asked already, by the digest of the bundle; not kept, they failed."""
        self._kept = kept
        self._asked = {digest: frozenset(ids) for digest, ids in (asked or {}).items()}
        self.wanted: dict[str, list[str]] = {}
        """Ids of cases still to be asked, by the digest of the bundle."""

    def ask(self, bundle: Bundle, cases: Sequence[EvalCase]) -> dict[str, Answer]:
        """Raises AnswersPending when any is still to be asked."""
        digest = bundle.digest
        known = self._kept.answers(digest, (case.id for case in cases))
        missing = [case.id for case in cases if case.id not in known]
        pending = [one for one in missing if one not in self._asked.get(digest, ())]
        if pending:
            self.wanted[digest] = list(dict.fromkeys([*self.wanted.get(digest, ()), *pending]))
            raise AnswersPending(f"{len(pending)} answers are being asked for first.")
        lost = Answer(method="failed", failure="The model did not answer this question.")
        return known | dict.fromkeys(missing, lost)
