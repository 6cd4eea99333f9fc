"""The languages texts are read in. Adding one is adding its data; nothing else knows their names.

Words are written as they come out of folding, and `stem` is applied where they are compared, so that one entry covers
its usual endings.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from loop.text.claims.germanic import DUTCH, ENGLISH, GERMAN
from loop.text.claims.language import Language
from loop.text.claims.romance import FRENCH, ITALIAN, PORTUGUESE, SPANISH

LANGUAGES: Mapping[str, Language] = {
    one.code: one for one in (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH, PORTUGUESE)
}
"""By code; English first, which is what a text without a word of any counts as."""


@lru_cache(maxsize=1)
def languages_by_word() -> Mapping[str, tuple[str, ...]]:
    """Function word to the languages it speaks for."""
    found: dict[str, list[str]] = {}
    for code, one in LANGUAGES.items():
        for word in {
            *one.politeness.split(),
            *one.function.split(),
            *one.we.split(),
            *one.you.split(),
            *one.hinges.split(),
        }:
            found.setdefault(word, []).append(code)
    return {word: tuple(codes) for word, codes in found.items()}


@lru_cache(maxsize=1)
def _negations() -> frozenset[str]:
    return frozenset(word for one in LANGUAGES.values() for word in one.negations.split())


def negations_in(hinges: Iterable[str]) -> list[str]:
    """Those of the words that turn a sentence round that say no."""
    return [word for word in hinges if word in _negations()]
