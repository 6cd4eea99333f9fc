"""Is this answer right: one answer against one case with a known good answer, with the reason in words."""

from collections import Counter
from functools import lru_cache

from loop.records import Answer, EvalCase, Grade, Grading
from loop.text.sentences import facts
from loop.text.spelling import fold, name_key, normalise, says_hand_over

SIMILAR_ENOUGH = 0.5
"""Token F1 from which two texts count as saying the same, next to the required pieces and facts.

A right answer may carry twice its length in further words, or lack two fifths of the expected words,
and still pass; what must not be missing is named by `must_include` or is a fact. Texts on different
subjects that share only small words stay well below."""
_REMEMBERED = 20_000
"""Texts whose words are remembered: versions give the same answers, and cases stay, test after test."""
_SPELLED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def grade(case: EvalCase, answer: Answer) -> Grade:
    """Whether the answer is right for the case, and why.

    label, article: the same name, where case, spaces, underscores and hyphens do not count.
    text: token F1 of at least SIMILAR_ENOUGH, and every number, amount, date, code and address of the
    expected text is there. For every kind: all of `must_include` and none of `must_exclude`.
    A failed answer is wrong. A hand-over is right exactly when the case expects one.
    The reason names what was missing by kind and never quotes the case.
    """
    if answer.method == "failed":
        return Grade(is_right=False, reason="No answer could be had.")
    expects_hand_over = says_hand_over(case.expected)
    if answer.method == "handover" or expects_hand_over:
        return _grade_hand_over(expected=expects_hand_over, happened=answer.method == "handover")
    match case.grading:
        case Grading.LABEL:
            found = _grade_name(case.expected, answer.label if answer.label is not None else answer.text, "label")
        case Grading.ARTICLE:
            found = _grade_name(case.expected, answer.article_id or "", "article")
        case Grading.TEXT:
            found = _grade_text(case.expected, answer.text)
    return _with_pieces(found, case, answer) if found.is_right else found


def similarity(one: str, other: str) -> float:
    """Token F1 of two texts, 0 to 1: twice the shared words over all words. Symmetric; 1 for equal words."""
    ours, theirs = Counter(_words(one)), Counter(_words(other))
    total = ours.total() + theirs.total()
    if total == 0:
        return 1.0 if fold(one) == fold(other) else 0.0
    return 2 * (ours & theirs).total() / total


def _grade_hand_over(*, expected: bool, happened: bool) -> Grade:
    match expected, happened:
        case True, True:
            return Grade(is_right=True, reason="Handed over to a person, as it should.")
        case True, False:
            return Grade(is_right=False, reason="Answered where it should hand over to a person.")
        case _:
            return Grade(is_right=False, reason="Handed over to a person instead of answering.")


def _grade_name(expected: str, given: str, what: str) -> Grade:
    if not name_key(given):
        return Grade(is_right=False, reason=f"The answer has no {what}.")
    if name_key(given) == name_key(expected):
        return Grade(is_right=True, reason=f"The {what} is the expected one.")
    return Grade(is_right=False, reason=f"Another {what} than expected.")


def _grade_text(expected: str, given: str) -> Grade:
    if not fold(expected):
        return Grade(is_right=bool(fold(given)), reason="Judged by its required pieces alone.")
    close = similarity(expected, given)
    missing = facts(expected) - facts(given) - _spelled_numbers(given)
    if missing:
        counted = "1 number, date or address" if len(missing) == 1 else f"{len(missing)} numbers, dates or addresses"
        return Grade(is_right=False, similarity=close, reason=f"Lacks {counted} of the expected answer.")
    if close < SIMILAR_ENOUGH:
        return Grade(
            is_right=False,
            similarity=close,
            reason=f"Says something else: {close:.0%} of the words are shared, {SIMILAR_ENOUGH:.0%} are needed.",
        )
    return Grade(is_right=True, similarity=close, reason=f"Says the same: {close:.0%} of the words are shared.")


def _with_pieces(found: Grade, case: EvalCase, answer: Answer) -> Grade:
    given = answer.text or answer.label or ""
    missing = sum(not _contains(given, piece) for piece in case.must_include)
    unwanted = sum(_contains(given, piece) for piece in case.must_exclude)
    if missing:
        return found.model_copy(
            update={"is_right": False, "reason": f"Lacks {missing} of {len(case.must_include)} required pieces."}
        )
    if unwanted:
        return found.model_copy(update={"is_right": False, "reason": f"Contains {unwanted} of the unwanted pieces."})
    return found


def _contains(text: str, piece: str) -> bool:
    """Whether the words of the piece stand in the text one after the other; '5 days' is not in '15 days'."""
    wanted = _words(piece)
    if not wanted:
        return fold(piece) in fold(text)
    return f" {' '.join(wanted)} " in f" {' '.join(_words(text))} "


@lru_cache(maxsize=_REMEMBERED)
def _words(text: str) -> tuple[str, ...]:
    """Normalised words; currency and percent signs are left to the facts."""
    return tuple(word for word in normalise(text).split() if len(word) > 1 or word.isalnum())


def _spelled_numbers(text: str) -> set[str]:
    return {str(_SPELLED.index(word)) for word in _words(text) if word in _SPELLED}
