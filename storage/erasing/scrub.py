"""Scrubbing: a subject's names and words taken out of texts and JSON. Pure, and idempotent."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from loop.records.erasure import ERASED

WHOLE_MIN = 6
"""Characters from which a text that is somebody's own is looked for as a whole."""
QUOTE_MIN = 12
"""Characters from which it is looked for inside other texts."""
CUT_MIN = 24
"""Characters of its beginning that are enough where a quote was cut short."""
NAME_MIN = 3
"""Characters from which a name is looked for inside other texts; a shorter one only where it stands alone."""
_CUTS = ("", "…", '"', "”", "»")
_LINKS = ("feedback_id", "case_id", "interaction_id")
"""Fields of an object that say whose it is."""
_WORDS = frozenset({"question", "answer", "label", "text", "expected", "reason", "body", "title", "base", "candidate"})
"""Fields of such an object that hold words."""
_KINDS = frozenset({"kind", "state", "was", "now", "verb", "split", "grading", "verdict", "mode", "level", "section",
                    "proposer", "detector", "role", "door", "stage", "field", "op"})  # fmt: skip
"""Fields that hold words of ours; a person who is called like one of them is not looked for there."""


class Scrub:
    """What to take out."""

    def __init__(self, *, names: Mapping[str, str], texts: Iterable[str], ids: Collection[str] = ()) -> None:
        """`names`: each with what stands in its place; `ids`: of rows that are the subject's."""
        self._names = dict(names)
        self._ids = frozenset(ids)
        spelled = {form for text in texts for form in (text, " ".join(text.split())) if form and form != ERASED}
        self._whole = frozenset(text for text in spelled if len(text) >= WHOLE_MIN)
        self._heads: dict[str, list[str]] = {}
        for text in sorted(spelled, key=len, reverse=True):
            if len(text) >= QUOTE_MIN:
                self._heads.setdefault(text[:QUOTE_MIN], []).append(text)
        inside = sorted((name for name in names if len(name) >= NAME_MIN), key=len, reverse=True)
        self._inside = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, inside))})(?![\w-])") if inside else None

    def text(self, text: str) -> str:
        """A text without what is the subject's."""
        if not text or text == ERASED:
            return text
        if text in self._names:
            return self._names[text]
        if text in self._whole:
            return ERASED
        if self._heads and len(text) >= QUOTE_MIN:
            text = self._unquoted(text)
        if self._inside is not None:
            text = self._inside.sub(lambda found: self._names[found[0]], text)
        return text

    def walk(self, value: Any) -> Any:
        """The same for JSON values. What an object says of a row that is the subject's goes whatever it is."""
        match value:
            case str():
                return self.text(value)
            case dict():
                is_theirs = any(isinstance(value.get(link), str) and value[link] in self._ids for link in _LINKS)
                return {
                    self._names.get(name, name): item
                    if name in _KINDS and isinstance(item, str)
                    else _blank(item)
                    if is_theirs and name in _WORDS
                    else self.walk(item)
                    for name, item in value.items()
                }
            case list():
                return [self.walk(item) for item in value]
            case _:
                return value

    def _unquoted(self, text: str) -> str:
        pieces: list[str] = []
        start = at = 0
        last = len(text) - QUOTE_MIN
        while at <= last:
            n = self._quoted(text, at) if text[at : at + QUOTE_MIN] in self._heads else 0
            if n:
                pieces += [text[start:at], ERASED]
                start = at = at + n
            else:
                at += 1
        return "".join(pieces) + text[start:] if pieces else text

    def _quoted(self, text: str, at: int) -> int:
        """How many characters from here on are a quote; 0 for none."""
        for own in self._heads[text[at : at + QUOTE_MIN]]:
            if text.startswith(own, at):
                return len(own)
            n = next((k for k, (a, b) in enumerate(zip(own, text[at:], strict=False)) if a != b), len(text) - at)
            is_cut = text[at + n : at + n + 1] in _CUTS or text.startswith("...", at + n)
            if n >= CUT_MIN and is_cut:
                return n
        return 0


def _blank(item: Any) -> Any:
    match item:
        case str():
            return ERASED if item else item
        case dict():
            return {name: _blank(one) for name, one in item.items()}
        case list():
            return [_blank(one) for one in item]
        case _:
            return item
