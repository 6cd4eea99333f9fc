"""Sentences: one splitter, the difference an edit made, and the facts a text states."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from loop.text.spelling import fold, normalise

REPLACED_WORDS = 4
"""Words on each side of a replacement, at most; beyond it the sentence is another one."""
_REMEMBERED = 20_000
"""Texts whose facts are remembered: versions give the same answers, and cases stay, test after test."""

_MONTHS = (
    ("january", "jan", "januar", "jänner"),
    ("february", "feb", "februar"),
    ("march", "mar", "märz"),
    ("april", "apr"),
    ("may", "mai"),
    ("june", "jun", "juni"),
    ("july", "jul", "juli"),
    ("august", "aug"),
    ("september", "sept", "sep"),
    ("october", "oct", "oktober", "okt"),
    ("november", "nov"),
    ("december", "dec", "dezember", "dez"),
)
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_MONTH = "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True))

_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？؟।]+[”’」』)]*|(?=\n)")
_SHORTENED = re.compile(
    r"(?:^|[\s(\[\"'“‘])(?:[a-zäöü]|(?:[^\W\d_]\.\s?)+[^\W\d_]"
    r"|(?i:dr|mr|mrs|ms|prof|nr|vs|ca|approx|bzw|tel|inkl|zzgl|evtl|vgl))\.$"
)
"""Ends in a shortened word or a single letter: `e.g.`, `z. B.`, `Dr.`"""
_DAY = re.compile(r"(?:^|\s)\d{1,2}\.$")
_MONTH_NEXT = re.compile(rf"\s+(?:{_MONTH})\b", re.IGNORECASE)
_LIST_MARK = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]+(?=\S)", re.MULTILINE)
_ITEM = re.compile(r"[ \t]*(?:\d{1,2}|[a-zA-Z])\.")

_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"']+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.IGNORECASE
)
"""Every start and every length is bounded, so a hostile text costs no more than its length."""
_ISO_DATE = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b")
_DAY_FIRST = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?:\s+of)?\s+(?P<month>{_MONTH})\b\.?(?:,?\s+(?P<year>\d{{4}})\b)?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"\b(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>\d{{4}})\b)?", re.IGNORECASE
)
_NUMBER = re.compile(
    r"(?<![\w.,])(?P<digits>\d+(?:[.,]\d+)*)(?:(?=[^\W\d_]{1,3}\b)|(?!\w))(?P<percent>\s*%|\s+per\s*cent\b)?",
    re.IGNORECASE,
)
"""A number, with a unit of up to three letters written onto it or not."""
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])\w{3,}\b")
_WORD = re.compile(r"[\w'’-]+")


def sentence_pieces(text: str) -> Iterator[str]:
    """Pieces that end after a sentence or before a line end; joined they are the text again.

    Not split after an abbreviation, a single letter, a day before its month, or the number of a list item.
    """
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if end > start and not (match.group() == "." and _goes_on(text, start, end)):
            yield text[start:end]
            start = end
    if start < len(text):
        yield text[start:]


def sentences(text: str) -> tuple[str, ...]:
    """The sentences and lines of a text, one space between words, in order, without empty ones."""
    return tuple(piece for part in sentence_pieces(text) if (piece := " ".join(part.split())))


@dataclass(frozen=True)
class Edit:
    """The difference between a text and its rewriting, by sentence. Sentences as written."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    """Sentences that both have."""


@dataclass(frozen=True)
class Replacement:
    """A few words of a sentence that became others. Words as written."""

    old: str
    new: str


def compare(text: str, *, rewritten: str) -> Edit:
    """Sentences only one of the two has; case, punctuation and spacing do not count as a change."""
    before = {normalise(sentence): sentence for sentence in sentences(text)}
    after = {normalise(sentence): sentence for sentence in sentences(rewritten)}
    return Edit(
        added=tuple(sentence for key, sentence in after.items() if key and key not in before),
        removed=tuple(sentence for key, sentence in before.items() if key and key not in after),
        kept=sum(bool(key) and key in after for key in before),
    )


def replaced_words(edit: Edit) -> Replacement | None:
    """What one sentence had replaced, when that is all the edit did: one run of at most REPLACED_WORDS words."""
    if len(edit.removed) != 1 or len(edit.added) != 1:
        return None
    old, new = _WORD.findall(edit.removed[0]), _WORD.findall(edit.added[0])
    matcher = SequenceMatcher(a=[one.casefold() for one in old], b=[one.casefold() for one in new], autojunk=False)
    moves = [one for one in matcher.get_opcodes() if one[0] != "equal"]
    if len(moves) != 1 or moves[0][0] != "replace":
        return None
    _, start, end, new_start, new_end = moves[0]
    if max(end - start, new_end - new_start) > REPLACED_WORDS:
        return None
    return Replacement(" ".join(old[start:end]), " ".join(new[new_start:new_end]))


@dataclass(frozen=True)
class Fact:
    """A number, date, code or address, where it stands in its text."""

    kind: Literal["address", "date", "number", "code"]
    value: str
    """In one spelling: 1,000.00 is 1000; 5 per cent is 5%; 3 May 2026 is 2026-05-03."""
    start: int
    end: int


def find_facts(text: str) -> tuple[Fact, ...]:
    """The facts of a text in order; numbers of list items do not count.

    The currency of an amount is left to the words around it.
    """
    rest = _LIST_MARK.sub(_blank, text)
    found: list[Fact] = []
    for match in _ADDRESS.finditer(rest):
        shown = match[0].rstrip(".,;:!?)]}")
        found.append(Fact("address", _address(shown), match.start(), match.start() + len(shown)))
    rest = _ADDRESS.sub(_blank, rest)
    for pattern in (_ISO_DATE, _DAY_FIRST, _MONTH_FIRST):
        found += [Fact("date", _date(match), match.start(), match.end()) for match in pattern.finditer(rest)]
        rest = pattern.sub(_blank, rest)
    for match in _NUMBER.finditer(rest):
        value = _number(unicodedata.normalize("NFKC", match["digits"])) + ("%" if match["percent"] else "")
        found.append(Fact("number", value, match.start(), match.end()))
    numbered = {at for fact in found if fact.kind == "number" for at in range(fact.start, fact.end)}
    found += [
        Fact("code", fold(match[0]), match.start(), match.end())
        for match in _CODE.finditer(rest)
        if match.start() not in numbered
    ]
    return tuple(sorted(found, key=lambda fact: fact.start))


@lru_cache(maxsize=_REMEMBERED)
def facts(text: str) -> frozenset[str]:
    """The values of a text's facts. A date with its year also states the day without it."""
    found = find_facts(text)
    days = {fact.value[-5:] for fact in found if fact.kind == "date"}
    return frozenset({fact.value for fact in found} | days)


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether the full stop before `end` ends no sentence."""
    line = text[max(start, text.rfind("\n", start, end) + 1) : end]
    if _ITEM.fullmatch(line) or _SHORTENED.search(line[-24:]):
        return True
    return _DAY.search(line) is not None and _MONTH_NEXT.match(text, end) is not None


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _date(match: re.Match[str]) -> str:
    name = match["month"].casefold()
    day = f"{_MONTH_NUMBERS.get(name, 0) or int(name):02d}-{int(match['day']):02d}"
    return f"{match['year']}-{day}" if match["year"] else day


def _address(found: str) -> str:
    return fold(found).rstrip("/").removeprefix("https://").removeprefix("http://").removeprefix("www.")


def _number(digits: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"\d+,\d+", digits):
        digits = digits.replace(",", ".")
    whole, point, rest = digits.partition(".")
    if "." in rest or "," in digits:
        return digits
    return (whole.lstrip("0") or "0") + (point + rest).rstrip("0").rstrip(".")
