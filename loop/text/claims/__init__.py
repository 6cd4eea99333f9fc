"""Claims: what a text tells its reader, sentence by sentence, in a form in which two ways of saying it compare.

A claim has facts (amounts, deadlines, shares, sizes, times, addresses, each with its direction and the words it stands
beside), the words that carry meaning, the words that turn it round, and who is spoken of. Pure: no language is
detected by anything but words.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from loop.text.claims.languages import LANGUAGES, languages_by_word, negations_in
from loop.text.claims.reading import Fact, Reader, spoken_of
from loop.text.claims.tokens import ADDRESSES, fold_text, tokens
from loop.text.sentences import sentences

__all__ = ["ADDRESSES", "LANGUAGES", "Claim", "Fact", "claims_of", "language_of", "negations_in"]

LONGEST = 600
"""Characters of one sentence that are read; the rest of it counts as a claim of its own."""
_SURE = 3
"""Words of a language from which a text is surely in it."""
_AHEAD = 1.5
"""How many times as many as of the next one."""
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_BREAK = re.compile(r";(?=\s)|(?<=\s)[•·▪–—-](?=\s)")
"""Semicolons, bullets and dashes inside what punctuation takes for one sentence."""


@dataclass(frozen=True)
class Claim:
    """One sentence of a text, taken apart."""

    text: str
    """As written."""
    key: str
    """Equal for two sentences that say the same in the same words, whatever their case, spelling of numbers,
    punctuation and function words."""
    facts: tuple[Fact, ...]
    stems: tuple[str, ...]
    """Of the words that carry meaning, in order."""
    hinges: tuple[str, ...]
    """Words that turn it round, sorted."""
    turned: frozenset[str]
    """The word after each of them."""
    people: tuple[str, ...]
    """`we` and `you`, in order, none twice in a row."""
    risks: frozenset[str]
    """Kinds of risk its words and addresses carry."""
    is_small_talk: bool
    """Says nothing a customer could rely on."""

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems as a set."""
        return frozenset(self.stems)


def claims_of(text: str) -> tuple[Claim, ...]:
    """A text's claims in order, small talk among them. Equal texts give equal claims."""
    return _claims_of(text)


@lru_cache(maxsize=20_000)
def _claims_of(text: str) -> tuple[Claim, ...]:
    language = next(iter(_votes(text)), "en")
    return tuple(claim for sentence in _pieces(text) if (claim := _claim(sentence, language=language)) is not None)


@lru_cache(maxsize=20_000)
def language_of(text: str) -> str:
    """Code of the language a text is surely in; empty when it is too short or mixed to tell."""
    ranked = [*_votes(text).items(), ("", 0.0)]
    (code, first), (_, second) = ranked[:2] if len(ranked) > 1 else (("", 0.0), ("", 0.0))
    return code if first >= _SURE and first >= _AHEAD * second else ""


@lru_cache(maxsize=20_000)
def _votes(text: str) -> dict[str, float]:
    """What its words say for each language, most first."""
    votes: defaultdict[str, float] = defaultdict(float)
    spoken = languages_by_word()
    for word in _LETTERS.findall(fold_text(text[:4_000])):
        for code in spoken.get(word, ()):
            votes[code] += 1 / len(spoken[word])
    return dict(sorted(votes.items(), key=lambda pair: (-pair[1], pair[0])))


def _pieces(text: str) -> Sequence[str]:
    found = []
    for sentence in sentences(text):
        for part in _BREAK.split(sentence):
            plain = part.strip()
            found += [plain[start : start + LONGEST] for start in range(0, len(plain), LONGEST)]
    return found


@lru_cache(maxsize=50_000)
def _claim(sentence: str, *, language: str) -> Claim | None:
    spoken = spoken_of(language)
    found = tokens(fold_text(sentence), language=language)
    if not found:
        return None
    reader = Reader(spoken, found, language)
    reader.read()
    facts = tuple(reader.facts)
    risks = frozenset(
        {reader.risks[word] for word in reader.risks} | {"address" for fact in facts if fact.unit in ADDRESSES}
    )
    is_small_talk = not facts and not reader.hinges and set(reader.stems) <= spoken.politeness
    return Claim(
        text=sentence,
        key=" ".join(reader.key),
        facts=facts,
        stems=tuple(reader.stems),
        hinges=tuple(sorted(reader.hinges)),
        turned=frozenset(reader.turned),
        people=tuple(reader.people),
        risks=risks,
        is_small_talk=is_small_talk,
    )
