"""Memoised answers, keyed by (bundle, case): no question is asked twice of the same version.

Kept as they come, so that a process that dies loses at most one piece. What is kept first stays (first writer wins).
"""

from collections.abc import Collection, Mapping, Sequence

from loop.errors import AnswersPending
from loop.evaluate.replay import replay
from loop.ports import Answerers, Answers
from loop.records import Answer, Bundle, EvalCase

PIECE = 24
"""Answers of a paid model kept at a time: what a crash may cost twice; a multiple of the usual concurrency of 8."""
LOCAL_PIECE = 1024
"""The same of the built-in agent, whose answers cost nothing: bounds memory."""


class AnswerMemory:
    """Asks a version only what it has not answered yet, and keeps what it says."""

    def __init__(self, kept: Answers, answerers: Answerers) -> None:
        self._kept = kept
        self._answerers = answerers

    def ask(self, bundle: Bundle, cases: Sequence[EvalCase]) -> dict[str, Answer]:
        """One answer per case, by case id.

        A question that fails is an answer with `method="failed"`, and is not kept: it is asked again next time.
        Raises ModelFailed when the endpoint as a whole cannot be used; what was answered until then is kept.
        """
        digest = bundle.digest
        by_id = {case.id: case for case in cases}
        known = self._kept.answers(digest, by_id)
        asked = [case for key, case in by_id.items() if key not in known]
        if not asked:
            return known
        answerer = self._answerers(bundle)
        size = LOCAL_PIECE if bundle.model.is_local else PIECE
        fresh: dict[str, Answer] = {}
        for start in range(0, len(asked), size):
            piece = asked[start : start + size]
            answers = dict(zip((case.id for case in piece), replay(answerer, piece), strict=True))
            fresh |= answers
            self._kept.keep_answers(digest, {key: one for key, one in answers.items() if one.method != "failed"})
        return known | fresh | self._kept.answers(digest, fresh)


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
