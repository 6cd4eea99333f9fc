"""Is this answer right: one answer against one case with a known good answer, with the reason in words."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from loop.records import Answer, EvalCase, Grade, Grading

SIMILAR_ENOUGH = 0.5
"""Token F1 from which two texts count as saying the same, next to the required pieces and facts.

A right answer may carry twice its length in further words, or lack two fifths of the expected words,
and still pass; what must not be missing is named by `must_include` or is a fact. Texts on different
subjects that share only small words stay well below."""
_REMEMBERED = 20_000
"""Texts whose words and facts are remembered: versions give the same answers, and cases stay, test after test."""
HAND_OVER = "hand over"
"""What `expected` says, in any spelling, when the right thing is to hand over to a person."""

_WORD = re.compile(r"[぀-ヿ㐀-鿿฀-๿]|[^\W_぀-ヿ㐀-鿿฀-๿]+")
"""Words; scripts written without spaces count by character."""
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"']+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.IGNORECASE
)
"""Every start and every length is bounded, so a hostile text costs no more than its length."""
_LIST_MARK = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]+", re.MULTILINE)
_MONTHS = (
    ("january", "jan"),
    ("february", "feb"),
    ("march", "mar"),
    ("april", "apr"),
    ("may",),
    ("june", "jun"),
    ("july", "jul"),
    ("august", "aug"),
    ("september", "sept", "sep"),
    ("october", "oct"),
    ("november", "nov"),
    ("december", "dec"),
)
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_MONTH = "|".join(_MONTH_NUMBERS)
_ISO_DATE = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b")
_DAY_FIRST = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b\.?(?:,? (?P<year>\d{{4}})\b)?", re.IGNORECASE
)
_MONTH_FIRST = re.compile(
    rf"\b(?P<month>{_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<year>\d{{4}})\b)?", re.IGNORECASE
)
_UNIT = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)*)([^\W\d_]{1,3})\b")
_NUMBER = re.compile(r"(?<![\w.,])(?P<digits>\d+(?:[.,]\d+)*)(?!\w)(?P<percent> ?%| per ?cent\b)?", re.IGNORECASE)
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])\w{3,}\b")
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
    expects_hand_over = _name(case.expected).replace(" ", "") == HAND_OVER.replace(" ", "")
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
        return 1.0 if _plain(one) == _plain(other) else 0.0
    return 2 * (ours & theirs).total() / total


@lru_cache(maxsize=_REMEMBERED)
def facts(text: str) -> frozenset[str]:
    """The numbers, dates, codes and addresses a text states, each in one spelling.

    1,000.00 is 1000; 5 per cent is 5%; 3 May 2026 is 2026-05-03; numbers of list items do not count.
    The currency of an amount is left to the words around it.
    """
    plain = _LIST_MARK.sub("", unicodedata.normalize("NFKC", text).casefold())
    found: set[str] = set()

    def take(match: re.Match[str]) -> str:
        found.update(_dates(match) if "day" in match.re.groupindex else {_address(match[0])})
        return " "

    for pattern in (_ADDRESS, _ISO_DATE, _DAY_FIRST, _MONTH_FIRST):
        plain = pattern.sub(take, plain)
    plain = _UNIT.sub(r"\1 \2", plain)
    found.update(_number(match["digits"]) + ("%" if match["percent"] else "") for match in _NUMBER.finditer(plain))
    found.update(match[0] for match in _CODE.finditer(plain))
    return frozenset(found)


def _grade_hand_over(*, expected: bool, happened: bool) -> Grade:
    match expected, happened:
        case True, True:
            return Grade(is_right=True, reason="Handed over to a person, as it should.")
        case True, False:
            return Grade(is_right=False, reason="Answered where it should hand over to a person.")
        case _:
            return Grade(is_right=False, reason="Handed over to a person instead of answering.")


def _grade_name(expected: str, given: str, what: str) -> Grade:
    if not _name(given):
        return Grade(is_right=False, reason=f"The answer has no {what}.")
    if _name(given) == _name(expected):
        return Grade(is_right=True, reason=f"The {what} is the expected one.")
    return Grade(is_right=False, reason=f"Another {what} than expected.")


def _grade_text(expected: str, given: str) -> Grade:
    if not _plain(expected):
        return Grade(is_right=bool(_plain(given)), reason="Judged by its required pieces alone.")
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
        return _plain(piece) in _plain(text)
    return f" {' '.join(wanted)} " in f" {' '.join(_words(text))} "


def _name(text: str) -> str:
    return " ".join(_words(text)) or _plain(text)


@lru_cache(maxsize=_REMEMBERED)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(_plain(text)))


def _plain(text: str) -> str:
    """One spelling: compatible forms joined, case and spacing ignored, apostrophes dropped."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("’", "").replace("'", "").split())


def _dates(match: re.Match[str]) -> set[str]:
    """A date with its year also states the day without it."""
    name = match["month"].lower()
    day = f"{_MONTH_NUMBERS.get(name, 0) or int(name):02d}-{int(match['day']):02d}"
    return {day, f"{match['year']}-{day}"} if match["year"] else {day}


def _address(found: str) -> str:
    return found.rstrip(".,;:!?)]}").rstrip("/").removeprefix("https://").removeprefix("http://").removeprefix("www.")


def _number(digits: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"\d+,\d+", digits):
        digits = digits.replace(",", ".")
    whole, point, rest = digits.partition(".")
    if "." in rest or "," in digits:
        return digits
    return (whole.lstrip("0") or "0") + (point + rest).rstrip("0").rstrip(".")


def _spelled_numbers(text: str) -> set[str]:
    return {str(_SPELLED.index(word)) for word in _words(text) if word in _SPELLED}
