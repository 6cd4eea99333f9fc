"""Memoised answers, keyed by (bundle, case): no question is asked twice of the same version.

Kept as they come, so that a process that dies loses at most one piece. What is kept first stays (first writer wins).
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from loop.errors import AnswersPending
from loop.evaluate.allowance import Allowance
from loop.evaluate.replay import replay
from loop.ports import Answerer, Answerers, Answers, ConcurrentAnswerer
from loop.records import Answer, Bundle, EvalCase, Question

PIECE = 24
"""Answers that cost kept at a time: what a crash may cost twice, beside the calls under way."""
LOCAL_PIECE = 1024
"""The same of the built-in agent, whose answers cost nothing: bounds memory."""


class AnswerMemory:
    """Asks a version only what it has not answered yet, and keeps what it says."""

    def __init__(
        self, kept: Answers, answerers: Answerers, *, allowance: Callable[[], Allowance] | None = None
    ) -> None:
        """`allowance`: what may be asked that costs; None: everything."""
        self._kept = kept
        self._answerers = answerers
        self._allowance = allowance

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
            fresh = self._ask_each(answerer, asked, digest=digest)
        else:
            fresh = self._ask_in_pieces(answerer, asked, bundle=bundle)
        return known | fresh

    def _ask_in_pieces(self, answerer: Answerer, asked: Sequence[EvalCase], *, bundle: Bundle) -> dict[str, Answer]:
        size = LOCAL_PIECE if bundle.model.is_local else PIECE
        fresh: dict[str, Answer] = {}
        for start in range(0, len(asked), size):
            piece = asked[start : start + size]
            answers = dict(zip((case.id for case in piece), replay(answerer, piece), strict=True))
            fresh |= self._keep(bundle.digest, answers)
        return fresh

    def _ask_each(self, answerer: ConcurrentAnswerer, asked: Sequence[EvalCase], *, digest: str) -> dict[str, Answer]:
        """Answers are kept while the next questions are under way."""
        allowance = self._allowance() if self._allowance else None
        questions = [Question(text=case.question, context=case.context) for case in asked]
        fresh: dict[str, Answer] = {}
        piece: dict[str, Answer] = {}
        try:
            for place, answer in answerer.answer_each(questions, permit=allowance.take if allowance else _always):
                piece[asked[place].id] = answer
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

    def _keep(self, digest: str, answers: Mapping[str, Answer]) -> dict[str, Answer]:
        """The answers as they stand now: what somebody else kept first is what was said."""
        told = {key: one for key, one in answers.items() if one.method != "failed"}
        return {**answers, **(self._kept.keep_answers(digest, told) if told else {})}


def _always() -> bool:
    return True


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
