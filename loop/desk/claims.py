"""What corrections say: why one waits, who said it, what one decision frees, and who stands behind what is taught."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from loop import validate
from loop.ports import Parts
from loop.records import FeedbackState, Moment, Record, Saying, named_people, person_of

SHOWN = 8
"""People named with a claim, at most."""
LISTED = 500
"""Newest held corrections that are gathered into decisions."""
LOOKED_THROUGH = 400
"""Sayings of a claim that are looked through for a screen."""


class Sayer(Record):
    """Somebody who said a claim."""

    name: str
    door: str
    """The source it came through."""
    is_staff: bool
    """No customer ever came through that door."""
    weight: str
    """`trusted`, `seasoned`, `new` or `unreliable`: what their word on texts counts for."""
    texts: int
    """Corrections in words they gave."""
    agreed: int
    """Of these, those in which others said the same."""
    since: Moment
    """When they first said anything in words."""
    said_at: Moment
    """When they said this."""

    @property
    def words(self) -> str:
        """In a sentence."""
        who = "staff" if self.is_staff else "customer"
        record = f"{self.agreed} of {self.texts} texts said by others too" if self.texts else "no record yet"
        return (
            f"{self.name} ({who}, {self.weight}; {record}; here since {self.since:%Y-%m-%d}) on {self.said_at:%Y-%m-%d}"
        )


class ClaimBacking(Record):
    """One claim of a correction, with what it rests on."""

    text: str
    """As written."""
    basis: str
    """What it rests on; see `loop.records.Basis`. Empty: on nothing, so the correction waits."""
    source: str
    """Who or what that is."""
    sayers: tuple[Sayer, ...] = ()
    """Of an open claim: who said it, first to last."""


class Support(Record):
    """A correction taken apart."""

    feedback_id: str
    claims: tuple[ClaimBacking, ...]
    frees: tuple[str, ...] = ()
    """Feedback ids of other corrections that wait for nothing else: letting this one pass frees them too."""

    @property
    def open_claims(self) -> tuple[ClaimBacking, ...]:
        """Those that rest on nothing."""
        return tuple(one for one in self.claims if not one.basis)

    @property
    def words(self) -> str:
        """Who stands behind it, in a sentence; empty when it says nothing that needs anybody."""
        sources = list(dict.fromkeys(one.source for one in self.claims if one.source))
        if self.open_claims:
            return "Nobody yet stands behind all of it."
        return f"Behind it: {'; '.join(sources[:3])}{' and more' if len(sources) > 3 else ''}." if sources else ""


def support_of(parts: Parts, feedback_ids: Collection[str], *, with_people: bool = False) -> dict[str, Support]:
    """Corrections in words taken apart, by id; others are left out. `with_people`: who said what is open."""
    store = parts.store
    items = store.feedback_items(feedback_ids)
    asked = store.interactions({item.feedback.interaction_id for item in items.values()})
    said: dict[str, list[Saying]] = {}
    for one in store.sayings("feedback_id", sorted(items)):
        said.setdefault(one.feedback_id, []).append(one)
    docs = store.kept("support", sorted({one.scope for some in said.values() for one in some}))
    ground = validate.ground_of(store.agent, store.bundle(store.head().digest))
    work = validate.Work(agent=store.agent, known=store, now=parts.clock(), keys=(), ground=ground)
    named = named_people(store.agent)
    found: dict[str, Support] = {}
    waiting: dict[str, list[str]] = {}
    for key, some in said.items():
        feedback = items[key].feedback
        if feedback.interaction_id not in asked:
            continue
        rests = validate.rests_of(
            work,
            feedback,
            asked[feedback.interaction_id],
            entries=docs.get(some[0].scope, {"claims": {}})["claims"],
            is_own=person_of(feedback) in named,
        )
        waiting[key] = [one.key for one in rests if not one.basis] if with_people else []
        people = _sayers(parts, waiting[key])
        found[key] = Support(
            feedback_id=key,
            claims=tuple(
                ClaimBacking(text=one.claim.text, basis=one.basis, source=one.source, sayers=people.get(one.key, ()))
                for one in rests
            ),
        )
    freed = _freed(parts, waiting)
    return {key: one.model_copy(update={"frees": freed.get(key, ())}) for key, one in found.items()}


class WaitingClaim(Record):
    """One decision to take: corrections that wait, of which letting the first pass frees all."""

    feedback_id: str
    """Of the correction whose release frees most."""
    reason: str
    """Why it waits: the claim, what comes nearest, the difference."""
    frees: tuple[str, ...]
    """Feedback ids that go with it."""


def waiting_claims(parts: Parts) -> tuple[WaitingClaim, ...]:
    """The decisions that free the corrections held for what they say, most freed first; of the newest LISTED."""
    items = {
        item.feedback.id: next(flag.reason for flag in item.flags if flag.detector == "claim")
        for item in parts.store.feedback([FeedbackState.HELD])[-LISTED:]
        if any(flag.detector == "claim" for flag in item.flags)
    }
    found = support_of(parts, list(items), with_people=True)
    ranked = sorted(found.values(), key=lambda one: (-len(one.frees), one.feedback_id))
    told: list[WaitingClaim] = []
    done: set[str] = set()
    for one in ranked:
        if one.feedback_id not in done and one.open_claims:
            done |= {one.feedback_id, *one.frees}
            told.append(WaitingClaim(feedback_id=one.feedback_id, reason=items[one.feedback_id], frees=one.frees))
    return tuple(told)


def _sayers(parts: Parts, claims: Collection[str]) -> dict[str, tuple[Sayer, ...]]:
    sayings = parts.store.sayings("claim", sorted(claims))[:LOOKED_THROUGH]
    people: Mapping[str, Mapping[str, Any]] = parts.store.kept("teller", sorted({one.person for one in sayings}))
    public = parts.store.kept("door", sorted({one.door for one in sayings}))
    found: dict[str, dict[str, Sayer]] = {}
    for one in sayings:
        body = people.get(one.person, {})
        found.setdefault(one.claim, {}).setdefault(
            one.person,
            Sayer(
                name=one.person,
                door=one.door,
                is_staff=validate.is_staff(one.door, public=public),
                weight=str(body.get("class", "new")),
                texts=int(body.get("texts", 0)),
                agreed=int(body.get("agreed", 0)),
                since=datetime.fromtimestamp(float(body.get("first_at") or one.at), UTC),
                said_at=datetime.fromtimestamp(one.at, UTC),
            ),
        )
    return {claim: tuple(some.values())[:SHOWN] for claim, some in found.items()}


def _freed(parts: Parts, waiting: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    """By correction: others that wait for some of its claims and for no other, so that one decision decides them."""
    saying: dict[str, set[str]] = {}
    for one in parts.store.sayings("claim", sorted({claim for claims in waiting.values() for claim in claims})):
        if one.is_open:
            saying.setdefault(one.claim, set()).add(one.feedback_id)
    others = {
        key: sorted(set().union(*(saying.get(claim, ()) for claim in claims)) - {key})[:LOOKED_THROUGH]
        for key, claims in waiting.items()
    }
    wanted: dict[str, set[str]] = {}
    for one in parts.store.sayings("feedback_id", sorted({other for some in others.values() for other in some})):
        if one.is_open:
            wanted.setdefault(one.feedback_id, set()).add(one.claim)
    return {
        key: tuple(other for other in some if other in wanted and wanted[other] <= set(waiting[key]))
        for key, some in others.items()
    }
