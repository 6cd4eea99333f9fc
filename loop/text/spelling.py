"""Text normalisation: when two texts are the same text, the same words, or the same name.

Whoever compares texts compares them here, so that a question is one question in every stage.
"""

import re
import unicodedata
from functools import lru_cache

from loop.text.invisible import is_invisible

COMPARED_CHARACTERS = 600
"""Of a question, at most this much is compared; the rest is quoted history or a pasted document."""
HAND_OVER = "hand over"
"""A label, expected answer or reply that says so, in any spelling, means: hand over to a person."""
_NAME_CHARACTERS = 100
"""Names up to this length are kept with their keys."""

_APOSTROPHE = re.compile(r"(?<=\w)['’‘ʼ`´＇](?=\w)")
_SPACES = re.compile(r"\s+")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts written without spaces: Thai, Lao, Burmese, Khmer, kana, Han."""


class _WordSigns(dict[int, str | None]):
    """What becomes of each character of a folded text, decided once per character (for `str.translate`)."""

    def __missing__(self, point: int) -> str | None:
        sign = chr(point)
        match unicodedata.category(sign):
            case _ if is_invisible(sign):
                found: str | None = None
            case "Sc":
                found = f" {sign} "
            case category if category[0] in "LN" and _UNSPACED.match(sign):
                found = f" {sign}"
            case category if category[0] in "LNM":
                found = sign
            case _:
                found = f" {sign} " if sign == "%" else " "
        self[point] = found
        return found


_WORD_SIGNS = _WordSigns()


def fold(text: str) -> str:
    """The same text: compatibility forms unified (NFKC), case folded, one space between words. Punctuation stays."""
    return " ".join(_case_folded(text).split())


def normalise(text: str) -> str:
    """The same words: folded, apostrophes inside words and all other punctuation gone, one space between words.

    Texts that agree here are the same question, whatever their punctuation. The percent sign and currency
    signs are words. Letters keep their marks; scripts written without spaces count by character.
    """
    words = " ".join(_case_folded(_APOSTROPHE.sub("", text)).translate(_WORD_SIGNS).split())
    # What was left out may have stood between a letter and its mark.
    return words if words.isascii() else unicodedata.normalize("NFKC", words)


def name_key(text: str) -> str:
    """The same name: equal for labels and ids that differ in case, spaces, hyphens and other punctuation only."""
    return _kept_name_key(text) if len(text) <= _NAME_CHARACTERS else _name_key(text)


def _name_key(text: str) -> str:
    return normalise(text).replace(" ", "") or fold(text)


_kept_name_key = lru_cache(maxsize=4096)(_name_key)
"""Names come again and again: every answer of a test is compared with the same few."""


def says_hand_over(text: str) -> bool:
    """Whether a label or a reply says to hand over to a person."""
    return name_key(text) == name_key(HAND_OVER)


def quote(text: str, *, limit: int = 60) -> str:
    """A piece of untrusted text for a sentence of ours: one line, printable, at most `limit` characters, in quotes."""
    line = _SPACES.sub(" ", "".join(mark if mark.isprintable() else " " for mark in text[: 4 * limit])).strip()
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return f"“{line}”"


def _case_folded(text: str) -> str:
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
