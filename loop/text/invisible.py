"""Invisible characters, in one table: what nobody sees but a model reads, and where it is legitimate.

Tags, zero-width, bidirectional and control characters smuggle text past a reviewer. A few are part of honest
writing and are not touched: joiners between letters of joining scripts (Persian, Hindi …) and inside emoji, one
presentation selector behind its character, and the three flags spelled with tags. A soft hyphen inside a word and
odd line ends are harmless: they are tidied away and never reported.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["hidden_tag", "hidden_bidi", "hidden_zero_width", "hidden_control"]

_TABLE = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters except tab and line ends
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners and fillers that draw nothing
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"  # zero width, odd line ends, direction
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"  # selectors, annotation, no characters at all
    "\ud800-\udfff"  # half of a character
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags and further selectors: the usual way to smuggle text
    "]"
)
_LINE_ENDS = "\x85\u2028\u2029"
_SOFT_HYPHEN = "\u00ad"
_FLAG = re.compile(
    "\U0001f3f4(?:"
    + "|".join("".join(chr(0xE0000 + ord(letter)) for letter in region) for region in ("gbeng", "gbsct", "gbwls"))
    + ")\U000e007f"
)
"""England, Scotland, Wales: the only tag sequences Unicode recommends (UTS #51, ED-14a)."""
_JOINED_SCRIPTS = (
    (0x0600, 0x06FF),  # Arabic, with Persian and Urdu
    (0x0700, 0x07FF),  # Syriac, Thaana, N'Ko
    (0x0860, 0x08FF),
    (0x0900, 0x0DFF),  # Devanagari to Sinhala
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0xFB50, 0xFDFF),
    (0xFE70, 0xFEFC),
)
_JOINS_AT_A_WORDS_END = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u0647"
"""The Indic viramas, and the Kurdish vowel written as heh with a non-joiner."""
_PICTURES = (
    (0x2190, 0x2BFF),
    (0x1F000, 0x1FAFF),
    (0x00A9, 0x00A9),
    (0x00AE, 0x00AE),
    (0x203C, 0x2049),
    (0x2122, 0x2139),
    (0x3030, 0x303D),
    (0x3297, 0x3299),
)
_IDEOGRAPHS = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_ODD = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp", "Zs"})
_UNUSUAL = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True)
class Invisible:
    """One character that hides something."""

    at: int
    character: str
    kind: Kind

    @property
    def code(self) -> str:
        """`U+200B`."""
        return code_of(self.character)


def find_invisible(text: str) -> tuple[Invisible, ...]:
    """What hides in a text, in order; legitimate and harmless uses are not listed."""
    return tuple(Invisible(at, text[at], _kind(text[at])) for at in _places(text) if not _is_harmless(text, at))


def strip_invisible(text: str, *, found: Counter[str] | None = None) -> str:
    """The text without invisible characters; how many of each kind were removed is added to `found`.

    Harmless ones go uncounted: a soft hyphen inside a word, and odd line ends, which become a line feed.
    """
    pieces: list[str] = []
    done = 0
    for at in _places(text):
        pieces += [text[done:at], "\n" if text[at] in _LINE_ENDS else ""]
        done = at + 1
        if found is not None and not _is_harmless(text, at):
            found[_kind(text[at])] += 1
    return "".join(pieces) + text[done:] if done else text


def reveal(text: str, *, keep: str = "") -> str:
    """The text with what a reader could not see or tell apart shown as ⟦U+200B⟧; `keep`: line ends and tabs that stay.

    Besides the table: private and unassigned characters, and every space that is not the usual one.
    """
    if not _UNUSUAL.search(text):
        return text
    hidden = set(_places(text))

    def shown(match: re.Match[str]) -> str:
        sign = match.group()
        if sign in keep:
            return sign
        is_odd = match.start() in hidden or (not _TABLE.match(sign) and unicodedata.category(sign) in _ODD)
        return f"⟦{code_of(sign)}⟧" if is_odd else sign

    return _UNUSUAL.sub(shown, text)


def is_invisible(character: str) -> bool:
    """Whether a single character, taken by itself, draws nothing."""
    return _TABLE.match(character) is not None


def code_of(character: str) -> str:
    """`U+200B`."""
    return f"U+{ord(character):04X}"


def _places(text: str) -> Iterator[int]:
    """Where characters of the table stand that are not part of honest writing."""
    if not _TABLE.search(text):
        return
    flags = {at for flag in _FLAG.finditer(text) for at in range(flag.start() + 1, flag.end())}
    visible_before = hidden = -1
    for match in _TABLE.finditer(text):
        at = match.start()
        if at - 1 != hidden or text[hidden] in _LINE_ENDS:  # an odd line end stays, as a line feed
            visible_before = at - 1
        if at in flags or _is_legitimate(text, at, before=text[visible_before] if visible_before >= 0 else ""):
            continue
        hidden = at
        yield at


def _is_harmless(text: str, at: int) -> bool:
    if text[at] == _SOFT_HYPHEN:
        return 0 < at < len(text) - 1 and text[at - 1].isalpha() and text[at + 1].isalpha()
    return text[at] in _LINE_ENDS


def _is_legitimate(text: str, at: int, *, before: str) -> bool:
    """`before`: the nearest character before it that stays."""
    after = text[at + 1] if at + 1 < len(text) else ""
    if not before:
        return False
    letter = text[at]
    if letter in (_ZWJ, _ZWNJ):
        if before in _JOINS_AT_A_WORDS_END or (
            after and _within(before, _JOINED_SCRIPTS) and _within(after, _JOINED_SCRIPTS)
        ):
            return True
        is_picture = _within(before, _PICTURES) or before == "\ufe0f"
        return letter == _ZWJ and bool(after) and is_picture and _within(after, _PICTURES)
    if letter in "\ufe0e\ufe0f":
        return _within(before, _PICTURES) or before in "#*0123456789"
    if "\ufe00" <= letter <= "\ufe02" or "\U000e0100" <= letter <= "\U000e01ef":
        return _within(before, _IDEOGRAPHS)
    if "\u180b" <= letter <= "\u180f":
        return "\u1820" <= before <= "\u18aa"
    return False


def _within(letter: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    point = ord(letter)
    return any(low <= point <= high for low, high in ranges)


def _kind(letter: str) -> Kind:
    point = ord(letter)
    if point >= 0xE0000:
        return "hidden_tag"
    if letter in "\u061c\u200e\u200f" or 0x202A <= point <= 0x202E or 0x2066 <= point <= 0x2069:
        return "hidden_bidi"
    if point < 0xA0 or 0xD800 <= point <= 0xDFFF:
        return "hidden_control"
    return "hidden_zero_width"
