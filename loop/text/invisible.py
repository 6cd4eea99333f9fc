"""Removes characters nobody sees but a model reads: tags, zero-width, bidi and control characters.

Kept are the few that legitimate text needs: joiners inside emoji and inside Arabic and Indic words,
one variation selector behind its character, and the three flags spelled with tags.
"""

import re
from collections import Counter

_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
    "]"
)
_FLAGS = tuple(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
_JOINED_SCRIPTS = (
    (0x0600, 0x06FF),  # Arabic, with Persian and Urdu
    (0x0700, 0x074F),  # Syriac
    (0x0750, 0x077F),
    (0x08A0, 0x08FF),
    (0x0900, 0x0DFF),  # Devanagari to Sinhala
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
)
_PICTURES = (
    (0x2190, 0x2BFF),
    (0x1F000, 0x1FAFF),
    (0x00A9, 0x00A9),
    (0x00AE, 0x00AE),
    (0x3030, 0x303D),
    (0x3297, 0x3299),
)
_IDEOGRAPHS = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_ZWNJ, _ZWJ = "\u200c", "\u200d"


def strip_hidden(text: str, found: Counter[str]) -> str:
    """The text without hidden characters; what was removed is counted in `found`.

    Keys: `hidden_tag`, `hidden_bidi`, `hidden_zero_width`, `hidden_control`.
    """
    if not _HIDDEN.search(text):
        return text
    flags = {at + offset for flag in _FLAGS for at in _places(text, flag) for offset in range(1, len(flag))}

    def judged(match: re.Match[str]) -> str:
        if match.start() in flags or _is_legitimate(text, match.start()):
            return match.group()
        found[_kind(match.group())] += 1
        return ""

    return _HIDDEN.sub(judged, text)


def _places(text: str, flag: str) -> list[int]:
    return [match.start() for match in re.finditer(flag, text)]


def _is_legitimate(text: str, at: int) -> bool:
    before = text[at - 1] if at else ""
    after = text[at + 1] if at + 1 < len(text) else ""
    if not before:
        return False
    letter = text[at]
    if letter in (_ZWJ, _ZWNJ) and after:
        if _within(before, _JOINED_SCRIPTS) and _within(after, _JOINED_SCRIPTS):
            return True
        return letter == _ZWJ and (_within(before, _PICTURES) or before == "\ufe0f") and _within(after, _PICTURES)
    if "\ufe00" <= letter <= "\ufe0f":
        return _within(before, _PICTURES) or _within(before, _IDEOGRAPHS) or before in "#*0123456789"
    if "\U000e0100" <= letter <= "\U000e01ef":
        return _within(before, _IDEOGRAPHS)
    if "\u180b" <= letter <= "\u180f":
        return "\u1820" <= before <= "\u18aa"
    return False


def _within(letter: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    point = ord(letter)
    return any(low <= point <= high for low, high in ranges)


def _kind(letter: str) -> str:
    point = ord(letter)
    if point >= 0xE0000:
        return "hidden_tag"
    if letter in "\u061c\u200e\u200f" or 0x202A <= point <= 0x202E or 0x2066 <= point <= 0x2069:
        return "hidden_bidi"
    if point < 0xA0:
        return "hidden_control"
    return "hidden_zero_width"
