"""Whether a claim stands in a text: entailment by form, strict on purpose, with the difference in words where not.

Who says something again may begin later or end earlier, and nothing else: a stretch of the text's words with none put
in or left out, every fact beside the same words and in the same direction, the same words that turn it round, nobody
new as who does it, and no limit left out that stands beside what is said again: “returns are free within 30 days” does
not say that returns are free. Every rule here is there because a wrong sentence passed without it
(`tests/bench/attack`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log

from loop.text.claims import ADDRESSES, Claim, Fact

NEAR = 0.5
"""Share of words two sentences share from which one with another fact contradicts the other."""
COMPARED = 20
"""Passages a claim is compared with, nearest first."""
FEWEST = 3
"""Words both have at least before a turn of the sentence makes one contradict the other: a title says nothing."""
_COMMON = 400
"""Passages with a word from which it is only looked up when the claim has no rarer one."""


@dataclass(frozen=True)
class Passage:
    """A sentence of a text that is believed, or two that follow each other."""

    text: str
    facts: tuple[Fact, ...]
    stems: tuple[str, ...]
    """Of the words that carry meaning, in order."""
    words: frozenset[str]
    """The stems as a set."""
    hinges: tuple[str, ...]
    turned: frozenset[str]
    people: tuple[str, ...]
    source: str
    """Where it stands, as a person would name it."""
    is_pair: bool = False
    """Two sentences."""


def passages_of(claims: Sequence[Claim], *, source: str) -> list[Passage]:
    """Every sentence of a text, and every two neighbours, for one may say in a sentence what was said in two."""
    single = [_passage([one], source=source) for one in claims]
    return single + [_passage(pair, source=source) for pair in pairwise(claims)]


def _passage(some: Sequence[Claim], *, source: str) -> Passage:
    people: list[str] = []
    for one in some:
        people += [who for who in one.people if not people or people[-1] != who]
    return Passage(
        text=" ".join(one.text for one in some),
        facts=tuple(fact for one in some for fact in one.facts),
        stems=tuple(stem for one in some for stem in one.stems),
        words=frozenset().union(*(one.words for one in some)),
        hinges=tuple(sorted(hinge for one in some for hinge in one.hinges)),
        turned=frozenset().union(*(one.turned for one in some)),
        people=tuple(people),
        source=source,
        is_pair=len(some) > 1,
    )


def stands_in(claim: Claim, passage: Passage) -> bool:
    """Whether the passage says what the claim says."""
    if not _is_stretch(claim.stems, of=passage.stems) or any(_is_left_out(fact, claim) for fact in passage.facts):
        return False
    if claim.hinges != passage.hinges or not claim.turned <= passage.turned:
        return False
    return _in_order(claim.people, within=passage.people) and all(_has(passage, fact) for fact in claim.facts)


def contradicts(claim: Claim, passage: Passage) -> bool:
    """Whether they are about the same and a fact, a direction or a turn of the sentence differs."""
    if passage.is_pair or len(claim.words & passage.words) < 2 or closeness(claim, passage) < NEAR:
        return False
    is_whole = min(len(claim.words), len(passage.words)) >= FEWEST
    if is_whole and (claim.hinges != passage.hinges or claim.turned != passage.turned):
        return True
    units = {fact.unit for fact in passage.facts}
    return any(fact.unit in units and not _has(passage, fact) for fact in claim.facts)


def closeness(claim: Claim, passage: Passage) -> float:
    """Share of their words that both have, 0 to 1, by the smaller of the two."""
    smaller = min(len(claim.words), len(passage.words))
    return len(claim.words & passage.words) / smaller if smaller else 0.0


def difference(claim: Claim, passage: Passage) -> str:
    """What the claim says that the passage does not, in words; empty when only the wording differs."""
    told = []
    for fact in claim.facts:
        if _has(passage, fact):
            continue
        others = [one for one in passage.facts if one.unit == fact.unit or (_is_span(one.unit) and _is_span(fact.unit))]
        told.append(f"{fact.words} instead of {others[0].words}" if others else f"{fact.words} is new")
    if claim.hinges != passage.hinges:
        more, less = Counter(claim.hinges) - Counter(passage.hinges), Counter(passage.hinges) - Counter(claim.hinges)
        told += [f"“{word}” added" for word in sorted(more)[:2]] + [f"“{word}” left out" for word in sorted(less)[:2]]
    new = [word for word in claim.stems if word not in passage.words]
    if new:
        shown = ", ".join(_written(claim, word) for word in dict.fromkeys(new[:5]))
        told.append(f"new words: {shown}" + (" …" if len(set(new)) > 5 else ""))
    if not _in_order(claim.people, within=passage.people):
        told.append("somebody else does it")
    return "; ".join(told)


@dataclass
class Shelf:
    """Passages found by their words, so that a claim is compared with a few of thousands."""

    passages: list[Passage] = field(default_factory=list)
    _places: dict[str, list[int]] = field(default_factory=dict)

    def add(self, some: Iterable[Passage]) -> None:
        """Put passages on it."""
        for passage in some:
            place = len(self.passages)
            self.passages.append(passage)
            for word in {*passage.words, *(fact.value for fact in passage.facts)}:
                self._places.setdefault(word, []).append(place)

    def nearest(self, claim: Claim) -> list[Passage]:
        """The COMPARED passages that share most with a claim, rare words counting more."""
        wanted = {*claim.words, *(fact.value for fact in claim.facts)}
        known = sorted((len(self._places[word]), word) for word in wanted if word in self._places)
        rare = [pair for pair in known if pair[0] <= _COMMON] or known[:3]
        scores: defaultdict[int, float] = defaultdict(float)
        for n, word in rare:
            weight = log(1 + len(self.passages) / n)
            for place in self._places[word]:
                scores[place] += weight
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], len(self.passages[pair[0]].words), pair[0]))
        return [self.passages[place] for place, _ in ranked[:COMPARED]]


def _has(passage: Passage, fact: Fact) -> bool:
    """Whether the passage states the fact of the same thing: beside the same words as there, more than any rival."""
    same = [one for one in passage.facts if one.key == fact.key and _is_one_direction(one.direction, fact.direction)]
    if not same:
        return False
    if fact.unit in ADDRESSES or not fact.beside:
        return True
    shared = max(len(one.beside & fact.beside) for one in same)
    rivals = [one for one in passage.facts if one.unit == fact.unit and one.value != fact.value]
    most = max((len(one.beside & fact.beside) for one in rivals), default=0)
    return shared >= most and (shared > 0 or not any(one.beside for one in same))


def _is_one_direction(one: str, other: str) -> bool:
    return one == other or "least" not in (one, other)


def _is_left_out(fact: Fact, claim: Claim) -> bool:
    """Whether the claim repeats what a fact stands beside, and neither the fact nor another of its unit."""
    return bool(fact.beside & claim.words) and all(one.unit != fact.unit for one in claim.facts)


def _is_stretch(some: Sequence[str], *, of: Sequence[str]) -> bool:
    """Whether they stand there in one piece."""
    return any(of[start : start + len(some)] == some for start in range(len(of) - len(some) + 1))


def _in_order(some: Sequence[str], *, within: Sequence[str]) -> bool:
    """Whether all of them come in the same order."""
    rest = iter(within)
    return all(any(one == other for other in rest) for one in some)


def _is_span(unit: str) -> bool:
    return unit in ("minute", "hour", "day", "workday", "week", "month", "year")


def _written(claim: Claim, root: str) -> str:
    """The first word of the claim with this stem, as written."""
    for word in claim.text.split():
        plain = word.strip(".,;:!?()[]\"'“”„»«")
        if plain.casefold().startswith(root[: max(3, len(root) - 1)]):
            return plain
    return root
