"""Deliveries of programs: what one request, export or call brings, made fit to keep. Pure, and idempotent.

Every door makes a `Delivery` of frozen records and hands it to the intake (`loop.serve.intake`), which makes it a
`Parcel` here and keeps many of them in one transaction. Where a provider named its response (`chatcmpl-…`,
`gen_ai.response.id`), that name is the interaction's id at every door, so that feedback finds it by whatever door.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from loop.collect.identity import stable_id
from loop.collect.sanitize import RefusedRecord, sanitize
from loop.ports.deliveries import Capture, EpisodeFeedback, Parcel, Ticket
from loop.records import Feedback, Interaction, Moment
from loop.text.contacts import OwnContacts
from loop.text.redaction import Redaction


class Unfit(NamedTuple):
    """A record of a delivery that is not kept."""

    place: int
    """0-based place in the request."""
    reason: str
    """In words that quote nothing."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one request brings for one agent. It is kept whole, or not at all; unfit records are refused alone."""

    agent: str
    door: str
    """The `source` of its records, which tells people of different programs apart: `api:CLIENT`, `gateway:CLIENT`."""
    interactions: Sequence[Interaction] = ()
    feedback: Sequence[Feedback] = ()
    of_episodes: Sequence[EpisodeFeedback] = ()
    ticket: Ticket | None = None
    """Idempotency key; None: the ids of the records alone make it harmless to repeat."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Records the door refused before, by reason; only counted."""
    refused: Sequence[Unfit] = ()
    """Records the door refused before and the sender is told of; counted too."""
    places: Sequence[int] = ()
    """Where in the request each record stood, interactions first, then feedback, then feedback about episodes; empty:
    in this order."""
    is_retold: bool = False
    """Its interactions are told anew whenever something is added to them."""

    @property
    def size(self) -> int:
        """Records to keep."""
        return len(self.interactions) + len(self.feedback) + len(self.of_episodes)


@dataclass(frozen=True, slots=True)
class PreparedDelivery:
    """A delivery, ready to be kept."""

    parcel: Parcel
    capture: Capture


def prepare(
    delivery: Delivery,
    *,
    at: Moment,
    redaction: Redaction = Redaction.ALL,
    own: OwnContacts | None = None,
    keeps_raw: bool = False,
) -> PreparedDelivery:
    """Sanitise a delivery. Its receipt names what is kept by id, and what is refused by place and reason.

    `keeps_raw`: what is masked goes along as it was written, to be kept apart.
    """
    about = [one.feedback for one in delivery.of_episodes]
    told = [*delivery.feedback, *about]
    fit = sanitize(delivery.interactions, told, redaction=redaction, own=own, raw_at=at if keeps_raw else None)
    refused = {id(one.record): one.reason for one in fit.refused}
    kept = iter(fit.feedback)
    feedback = [next(kept) for one in delivery.feedback if id(one) not in refused]
    of_episodes = [
        EpisodeFeedback(stable_id("e", delivery.agent, one.episode_id), next(kept))
        for one in delivery.of_episodes
        if id(one.feedback) not in refused
    ]
    receipt: dict[str, Any] = {
        "interactions": [one.id for one in fit.interactions],
        "feedback": [one.id for one in (*feedback, *(one.feedback for one in of_episodes))],
        "refused": [one._asdict() for one in _refusals(delivery, fit.refused)],
    }
    is_empty = not (fit.interactions or feedback or of_episodes)
    parcel = Parcel(
        door=delivery.door,
        interactions=fit.interactions,
        feedback=tuple(feedback),
        of_episodes=tuple(of_episodes),
        ticket=None if is_empty else delivery.ticket,  # nothing was kept: the key may be used again
        receipt=receipt,
        is_retold=delivery.is_retold,
        raw=fit.raw,
    )
    return PreparedDelivery(parcel, _capture(delivery, fit.refused, at=at))


def dropped_capture(delivery: Delivery, *, at: Moment) -> Capture:
    """What is counted of a delivery that could not be kept because too much was waiting."""
    return Capture(
        door=delivery.door,
        calls=len(delivery.interactions),
        feedback=delivery.size - len(delivery.interactions),
        dropped=delivery.size,
        last_at=at,
    )


def add_captures(one: Capture, other: Capture) -> Capture:
    """The counts of both, of one door."""
    return Capture(
        door=one.door,
        calls=one.calls + other.calls,
        feedback=one.feedback + other.feedback,
        rejected=dict(Counter(one.rejected) + Counter(other.rejected)) if one.rejected or other.rejected else {},
        dropped=one.dropped + other.dropped,
        last_at=other.last_at or one.last_at,
    )


def _capture(delivery: Delivery, refused: Sequence[RefusedRecord], *, at: Moment) -> Capture:
    reasons: dict[str, int] = {}
    if delivery.rejected or delivery.refused or refused:
        unfit = Counter([*(one.reason for one in delivery.refused), *(one.reason for one in refused)])
        reasons = dict(Counter(delivery.rejected) + unfit)
    before = sum(delivery.rejected.values()) + len(delivery.refused)
    told = len(delivery.interactions)
    feedback = delivery.size - told
    brings_calls = told and not feedback
    calls = 0 if delivery.is_retold else told  # where they are told again, only who keeps them knows which are new
    return Capture(
        door=delivery.door,
        calls=calls + (before if brings_calls else 0),
        feedback=feedback + (0 if brings_calls else before),
        rejected=reasons,
        last_at=at,
    )


def _refusals(delivery: Delivery, refused: Sequence[RefusedRecord]) -> list[Unfit]:
    """By place in the request."""
    if not (refused or delivery.refused):
        return []
    given = (*delivery.interactions, *delivery.feedback, *(one.feedback for one in delivery.of_episodes))
    places = {id(record): place for record, place in zip(given, delivery.places or range(len(given)), strict=True)}
    return sorted([*delivery.refused, *(Unfit(places[id(one.record)], one.reason) for one in refused)])
