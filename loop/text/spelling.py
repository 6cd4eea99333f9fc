"""How feedback texts are compared: one spelling, words, sentences, and a short quote for a reason."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^\w%€$£]+|_+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=\S)|\n+")
_SPACES = re.compile(r"\s+")

COMPARED_CHARACTERS = 600
"""Of a question, at most this much is compared; the rest is quoted history or a pasted document."""


def spelled(text: str) -> str:
    """Lower case, compatibility forms unified, words parted by one space, punctuation gone.

    Two texts that a person would call the same words have the same spelling.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def sentences(text: str) -> tuple[str, ...]:
    """The sentences and lines of a text, trimmed, in order, without empty ones."""
    return tuple(piece for part in _SENTENCE_END.split(text) if (piece := _SPACES.sub(" ", part).strip()))


def quote(text: str, *, limit: int = 60) -> str:
    """A piece of untrusted text for a sentence of ours: one line, printable, at most `limit` characters, in quotes."""
    line = _SPACES.sub(" ", "".join(mark if mark.isprintable() else " " for mark in text[: 4 * limit])).strip()
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return f"“{line}”"
