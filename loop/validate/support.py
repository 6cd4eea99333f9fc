"""Level claim: which claims are supported under which label, by whom.

One vouched person carries a claim, or one whom a person at the desk let pass. Peers carry it when enough distinct
people with a record say it in the same words, in separate conversations and at separate times, one of them through a
door of the staff; newcomers count as one together. Peers never bring in payment data, credentials, addresses or
hazards, and never overrule what a vouched text or the agent's own articles say: for that a person decides once.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from loop.records import SEPARATOR, SUPPORTING, Basis, Saying
from loop.text.claims import Claim, claims_of
from loop.text.claims.standing import Passage, Shelf, contradicts, difference, passages_of, stands_in
from loop.text.spelling import quote
from loop.validate.ground import Ground
from loop.validate.sayings import claims_told, hash_of, is_staff
from loop.validate.work import Findings, Work

TOGETHER = 600.0
"""Seconds of one slot of the clock: the same words within one are one voice."""
READ = 400
"""First sayings of a claim that are weighed."""
_TRIED = 20_000
"""Combinations looked through, at most."""
_NAMED = 5
"""People kept with a claim."""
_SHOWN = 3
"""People named where a claim is quoted."""

Entry = dict[str, Any]
"""A claim of a label: `basis`, `text`, `who`, `why`."""


def weigh_claims(work: Work) -> Findings:
    """The basis of each claim; texts are judged again where the support of their label grew or shrank."""
    known, found = work.known, Findings()
    keys = [tuple(key.rsplit(SEPARATOR, 1)) for key in work.keys]
    sayings = _sayings(work, [claim for _, claim in keys])
    scopes = sorted({scope for scope, _ in keys})
    before = {scope: dict(body["claims"]) for scope, body in known.kept("support", scopes).items()}
    after = {scope: dict(before.get(scope, {})) for scope in scopes}
    people = {one.person for some in sayings.values() for one in some}
    weight = {name: str(body.get("class", "new")) for name, body in known.kept("teller", sorted(people)).items()}
    public = known.kept("door", sorted({one.door for some in sayings.values() for one in some}))
    carried: list[tuple[str, str]] = []
    for scope, claim in keys:
        some = [one for one in sayings[claim] if one.counts or one.is_released]
        basis, who = _vouched(some)
        if not basis and _is_carried(some, weight=weight, public=public, needed=work.agent.limits.min_sources):
            carried.append((scope, claim))
        _put(after[scope], claim, basis, who=who)
    texts = _texts(work, sayings, [*carried, *((scope, key) for scope, key in keys if key in after[scope])])
    for scope, claim in keys:
        if claim in after[scope] and claim in texts:
            after[scope][claim]["text"] = texts[claim].text
    for scope, claim in carried:
        if claim in texts:
            why = _objection(texts[claim], scope=scope, entries=after[scope], ground=work.ground)
            basis = "" if why else "peers"
            who = _names(sayings[claim])[: max(_SHOWN, work.agent.limits.min_sources)]
            after[scope][claim] = {"basis": basis, "text": texts[claim].text, "who": who, "why": why}
    for scope in scopes:
        _keep(work, found, scope, before=before.get(scope, {}), after=after[scope])
    return found


def shelf_of(entries: Mapping[str, Entry]) -> Shelf:
    """Passages of the supported claims of one label."""
    some = [(one["text"], source_of(one)) for one in entries.values() if one["basis"] in SUPPORTING]
    return _shelf(tuple(sorted(some)))


def passages_near(claim: Claim, *, scope: str, entries: Mapping[str, Entry], ground: Ground) -> list[Passage]:
    """What is believed and nearest to the claim, nearest first within each source."""
    shelves = (shelf_of(entries), ground.shelf_of(scope), ground.shelf)
    return [passage for shelf in shelves for passage in shelf.nearest(claim)]


def standing_in(claim: Claim, passages: Sequence[Passage]) -> Passage | None:
    """The first passage that says what the claim says."""
    return next((one for one in passages if stands_in(claim, one)), None)


def _sayings(work: Work, claims: Sequence[str]) -> defaultdict[str, list[Saying]]:
    found: defaultdict[str, list[Saying]] = defaultdict(list)
    for one in work.known.sayings("claim", sorted(set(claims))):
        if len(found[one.claim]) < READ or one.is_vouched or one.is_released:
            found[one.claim].append(one)
    return found


def _vouched(some: Sequence[Saying]) -> tuple[Basis, list[str]]:
    by_vouched = [one for one in some if one.is_vouched and one.counts]
    if by_vouched:
        return "vouched", _names(by_vouched)
    released = [one for one in some if one.is_released]
    return ("released", _names(released)) if released else ("", [])


def _put(entries: dict[str, Entry], claim: str, basis: Basis, *, who: list[str]) -> None:
    if not basis:
        entries.pop(claim, None)
        return
    text = entries.get(claim, {"text": ""})["text"]
    entries[claim] = {"basis": basis, "text": text, "who": who, "why": ""}


def _names(some: Sequence[Saying]) -> list[str]:
    return list(dict.fromkeys(one.person for one in some))[:_NAMED]


def _is_carried(some: Sequence[Saying], *, weight: Mapping[str, str], public: Collection[str], needed: int) -> bool:
    """Whether `needed` people can be found who said it apart from each other, one of them of the staff.

    A matching: no two share the person, the conversation or the ten minutes, and at most one is a newcomer. One more
    saying never makes it fail, as long as those before it are not more than READ or lead to more than _TRIED tries.
    """
    voices = [
        (one.person, one.conversation, int(one.at // TOGETHER), weight.get(one.person, "new") == "new")
        for one in some
        if weight.get(one.person) != "unreliable"
    ]
    if len({person for person, _, _, _ in voices}) < needed:
        return False
    staff = {
        (one.person, one.conversation, int(one.at // TOGETHER)) for one in some if is_staff(one.door, public=public)
    }
    voices = list(dict.fromkeys(voices))
    tries = [_TRIED]

    def grow(start: int, taken: list[tuple[str, str, int, bool]]) -> bool:
        if len(taken) == needed:
            return any(one[:3] in staff for one in taken)
        for place in range(start, len(voices)):
            tries[0] -= 1
            if tries[0] < 0:
                return False
            one = voices[place]
            is_free = all(one[0] != other[0] and one[1] != other[1] and one[2] != other[2] for other in taken)
            if is_free and not (one[3] and any(other[3] for other in taken)) and grow(place + 1, [*taken, one]):
                return True
        return False

    return grow(0, [])


def _texts(work: Work, sayings: Mapping[str, Sequence[Saying]], keys: Sequence[tuple[str, str]]) -> dict[str, Claim]:
    """By claim, its words as somebody wrote them first."""
    first = {
        claim: min(sayings[claim], key=lambda one: (one.seq, one.feedback_id)) for _, claim in keys if sayings[claim]
    }
    items = work.known.feedback_items({one.feedback_id for one in first.values()})
    found: dict[str, Claim] = {}
    for claim, one in first.items():
        if one.feedback_id in items:
            told = {hash_of(part, scope=one.scope): part for part in claims_told(items[one.feedback_id].feedback)}
            found |= {claim: told[claim]} if claim in told else {}
    return found


def _objection(claim: Claim, *, scope: str, entries: Mapping[str, Entry], ground: Ground) -> str:
    """Why peers cannot carry the claim, however many say it; empty when they can."""
    vouched = {key: one for key, one in entries.items() if one["basis"] in ("vouched", "released")}
    near = passages_near(claim, scope=scope, entries=vouched, ground=ground)
    if standing_in(claim, near):
        return ""
    if claim.risks:
        kinds = " and ".join(sorted("an address" if kind == "address" else kind for kind in claim.risks))
        return f"it is about {kinds}, which only somebody vouched for may bring in"
    against = next((one for one in near if contradicts(claim, one)), None)
    if against is None:
        return ""
    return f"it contradicts {against.source}, {quote(against.text, limit=120)}: {difference(claim, against)}"


def _keep(work: Work, found: Findings, scope: str, *, before: Mapping[str, Entry], after: Mapping[str, Entry]) -> None:
    if dict(before) == dict(after):
        return
    found.keep("support", scope, {"claims": dict(sorted(after.items()))})
    was, now = _supported(before), _supported(after)
    if was - now:
        found.give("text", {one.feedback_id for one in work.known.sayings("scope", [scope])})
    elif _quoted(before) != _quoted(after):  # whoever waits is told what is nearest and whose it is
        found.give("text", {one.feedback_id for one in work.known.sayings("scope", [scope], only_open=True)})
    if _grounds(before) != _grounds(after):  # what peers may say depends on what vouched people said
        others = [claim for claim, one in after.items() if one["basis"] not in ("vouched", "released")]
        found.give("claim", (f"{scope}{SEPARATOR}{claim}" for claim in others))


def _supported(entries: Mapping[str, Entry]) -> set[str]:
    return {claim for claim, one in entries.items() if one["basis"] in SUPPORTING}


def _grounds(entries: Mapping[str, Entry]) -> dict[str, tuple[str, str]]:
    some = {claim: one for claim, one in entries.items() if one["basis"] in ("vouched", "released")}
    return {claim: (one["text"], source_of(one)) for claim, one in some.items()}


def _quoted(entries: Mapping[str, Entry]) -> dict[str, tuple[str, str]]:
    supported = {claim: (one["text"], source_of(one)) for claim, one in entries.items() if one["basis"] in SUPPORTING}
    return supported | {claim: ("", one["why"]) for claim, one in entries.items() if one["why"]}


def source_of(entry: Entry) -> str:
    """Who carries a claim, as a person would name them."""
    who = ", ".join(entry["who"][:_SHOWN]) + (" and others" if len(entry["who"]) > _SHOWN else "")
    match entry["basis"]:
        case "vouched":
            return f"{who}, who {'is' if len(entry['who']) == 1 else 'are'} vouched for"
        case "released":
            return f"{who}, let pass at the desk"
        case _:
            return who


@lru_cache(maxsize=512)
def _shelf(some: tuple[tuple[str, str], ...]) -> Shelf:
    shelf = Shelf()
    for text, source in some:
        shelf.add(passages_of(claims_of(text), source=source))
    return shelf
