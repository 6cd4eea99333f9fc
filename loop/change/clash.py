"""Clash check: what is live and says the opposite of what a change teaches, sentence against sentence.

Two sentences clash when they are about the same (`loop.text.claims`) and cannot both hold: a number beside the same
words is another one, one says no and the other yes, or one forbids the words of the other. What only one of them
says, and what is worded otherwise, is no clash: whoever reads twenty alarms reads none. What the change itself takes
away does not clash with it; what stays does.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from loop.records import Bundle, SectionName
from loop.records.cards import Clash
from loop.text.claims import Claim, Fact, claims_of, negations_in
from loop.text.claims.standing import NEAR, Passage, Shelf, closeness, contradicts, passages_of

MOST = 8
"""Clashes shown, nearest first."""
COMPARED = 2_000
"""Different live texts that are compared: instructions, rules and articles first, then the newest examples."""
_READ = 3_000
"""Characters of one live element that are read."""
_SAME_THING = 0.5
"""Share of the words beside two numbers, by the fewer, above which both count the same thing: a price is no limit."""
_MUCH = 0.4
"""Share of the longer sentence's words from which another number clashes; else all of the shorter one's are there."""
_ORDER = 4
"""Words before the colon of a line that forbids what stands after it, at most: `Never say`."""
_SEPARATOR = "\0"


class ElementText(NamedTuple):
    """Where a text stands."""

    section: SectionName
    element_id: str
    text: str


def new_texts(base: Bundle, candidate: Bundle) -> list[ElementText]:
    """What the candidate tells people and the base did not: answers of examples and rules, articles, instructions."""
    known = {(one.section, one.element_id): one.text for one in customer_texts(base)}
    found = []
    for one in customer_texts(candidate):
        before = known.get((one.section, one.element_id), "")
        if before != one.text:
            lines = set(before.splitlines())
            fresh = [line for line in one.text.splitlines() if line not in lines]
            found.append(one._replace(text="\n".join(fresh)))
    return [one for one in found if one.text.strip()]


def customer_texts(bundle: Bundle) -> Iterator[ElementText]:
    """Every text of a version that a customer may be told."""
    if bundle.instructions.strip():
        yield ElementText("instructions", "", bundle.instructions)
    yield from (ElementText("rules", one.id, one.answer) for one in bundle.rules if one.answer)
    yield from (ElementText("articles", one.id, f"{one.title}\n{one.body}") for one in bundle.articles)
    yield from (ElementText("examples", one.id, one.answer) for one in reversed(bundle.examples) if one.answer)


def clashes(base: Bundle, candidate: Bundle) -> tuple[Clash, ...]:
    """What still stands in the candidate, or stood in the base in its place, against what is new, nearest first."""
    fresh = new_texts(base, candidate)
    if not fresh:
        return ()
    standing = {(one.section, one.element_id, line) for one in fresh for line in one.text.splitlines()}
    kept = [
        one._replace(text=text)
        for one in customer_texts(candidate)
        if (text := "\n".join(line for line in one.text.splitlines() if (*one[:2], line) not in standing)).strip()
    ]
    return tuple(_found(fresh, _shelf(kept)))


def replaced_claims(base: Bundle, candidate: Bundle) -> tuple[Clash, ...]:
    """What the base said instead, and the candidate says no more or says the opposite of: nearest first."""
    return tuple(_found(new_texts(base, candidate), _shelf(customer_texts(base))))


def _found(fresh: Iterable[ElementText], shelf: Shelf) -> list[Clash]:
    found: dict[tuple[SectionName, str], tuple[float, Clash]] = {}
    for claim in _claims(fresh):
        for passage in shelf.nearest(claim):
            told = _opposed(claim, passage)
            if not told:
                continue
            name, _, element_id = passage.source.partition(_SEPARATOR)
            section = cast(SectionName, name)
            one = Clash(
                section=section,
                element_id=element_id,
                says=passage.text,
                against=claim.text,
                difference=told,
            )
            key = (section, passage.text)
            near = closeness(claim, passage)
            if key not in found or found[key][0] < near:
                found[key] = (near, one)
    ranked = sorted(found.values(), key=lambda pair: (_rank(pair[1]), -pair[0]))
    return [one for _, one in ranked[:MOST]]


def _opposed(claim: Claim, passage: Passage) -> str:
    """Why both cannot hold, in words; empty where they can."""
    if banned := _banned(claim, passage):
        return f"it forbids “{banned}”"
    if not contradicts(claim, passage):
        return ""
    shared = len(claim.words & passage.words) / max(len(claim.words), len(passage.words))
    told = differs(claim, passage.facts)
    if told and (shared >= _MUCH or closeness(claim, passage) == 1):
        return told
    mine, theirs = negations_in(claim.hinges), negations_in(passage.hinges)
    if len(mine) % 2 == len(theirs) % 2 or shared < NEAR:
        return ""
    no, denied, other = (mine, claim.turned, passage) if len(mine) % 2 else (theirs, passage.turned, claim)
    return f"only one of them says “{no[0]}”" if denied & other.words else ""


def _banned(claim: Claim, passage: Passage) -> str:
    """The words of the claim that a line such as `Never say: free of charge` forbids; empty where it does not."""
    order, colon, words = passage.text.partition(":")
    quoted = " ".join(words.split()).strip(" .“”\"'")
    is_ban = colon and quoted and len(negations_in(passage.hinges)) == 1 and len(order.split()) <= _ORDER
    return quoted if is_ban and quoted.casefold() in " ".join(claim.text.split()).casefold() else ""


def differs(claim: Claim, was: Sequence[Fact]) -> str:
    """Facts of the claim against those of the same unit there, such as `5 days instead of 10 to 14 days`."""
    told = [f"{fact.words} instead of {span(others)}" for fact, others in rivals(claim, was)]
    return "; ".join(dict.fromkeys(told))


def rivals(claim: Claim, was: Sequence[Fact]) -> Iterator[tuple[Fact, list[Fact]]]:
    """Facts of the claim that are not there, each with those in their place: of the same unit, beside the same words,
    and not said by the claim as well."""
    known, mine = {one.key for one in was}, {one.key for one in claim.facts}
    for fact in claim.facts:
        others = [one for one in was if one.unit == fact.unit and one.key not in mine and _is_same_thing(one, fact)]
        if fact.key not in known and others:
            yield fact, others


def _is_same_thing(one: Fact, other: Fact) -> bool:
    """Whether two numbers count the same: beside the same words, and not one the least and the other no limit."""
    if one.direction != other.direction and "least" in (one.direction, other.direction):
        return False
    fewest = min(len(one.beside), len(other.beside))
    return not fewest or len(one.beside & other.beside) > _SAME_THING * fewest


def span(some: Sequence[Fact]) -> str:
    """One fact in words, or the first and the last of a range."""
    return some[0].words if len(some) == 1 else f"{some[0].value} to {some[-1].words}"


def _rank(one: Clash) -> int:
    """Instructions and rules go before what the agent has learned."""
    order: tuple[SectionName, ...] = ("instructions", "rules", "articles", "examples")
    return order.index(one.section)


def _claims(some: Iterable[ElementText]) -> Iterator[Claim]:
    seen: set[str] = set()
    for said in some:
        for claim in claims_of(said.text[:_READ]):
            if not claim.is_small_talk and claim.key not in seen:
                seen.add(claim.key)
                yield claim


def _shelf(some: Iterable[ElementText]) -> Shelf:
    shelf = Shelf()
    known: set[tuple[SectionName, str]] = set()
    for said in some:
        if (said.section, said.text) in known:
            continue
        if len(known) >= COMPARED:
            break
        known.add((said.section, said.text))
        source = f"{said.section}{_SEPARATOR}{said.element_id}"
        singles: list[Passage] = list(passages_of(claims_of(said.text[:_READ]), source=source))
        shelf.add(one for one in singles if not one.is_pair)
    return shelf
