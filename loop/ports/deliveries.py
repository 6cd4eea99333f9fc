"""Group commit of what programs send: many deliveries in one transaction, each once (idempotency keys)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from loop.records import Feedback, Import, Interaction, Moment, Note, RowCounts
from loop.records.raw import RawText


class Ticket(NamedTuple):
    """An idempotency key: the same client, key and content are one delivery, however often they come."""

    client: str
    key: str
    """SHA-256 of the key as the client sent it."""
    content: str
    """SHA-256 of what was asked."""


class EpisodeFeedback(NamedTuple):
    """Feedback about a whole episode: it goes to the episode's last interaction known when it comes."""

    episode_id: str
    feedback: Feedback
    """Its `interaction_id` is the episode's id until the interaction is known."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery, fit to keep: all of it is kept, or nothing."""

    door: str
    """As the records' `source` says, such as `api:helpdesk`."""
    interactions: tuple[Interaction, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    of_episodes: tuple[EpisodeFeedback, ...] = ()
    ticket: Ticket | None = None
    receipt: Mapping[str, Any] = field(default_factory=dict)
    """JSON. What is answered, now and when the same comes again."""
    is_retold: bool = False
    """Its interactions are told anew, longer each time: each counts once in capture health."""
    raw: tuple[RawText, ...] = ()
    """What was masked of these records, as it was written; kept apart."""


DAYS_KEPT = 21
"""Days of each door that are kept, to tell when one that spoke regularly falls silent."""


@dataclass(frozen=True, slots=True)
class Capture:
    """Capture health of one door of an agent: how much came, and what became of it. Counts only grow."""

    door: str
    calls: int = 0
    """Interactions that came, whatever became of them."""
    feedback: int = 0
    """Feedback that came, whatever became of it."""
    stored: int = 0
    """Of both, what is kept, or was known already."""
    with_outcome: int = 0
    """Interactions of this door that got feedback by any door."""
    orphans: int = 0
    """Feedback that came by this door and still waits for its interaction; the one count that also falls."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """By reason, in words that quote nothing."""
    dropped: int = 0
    """Records lost because the queue was full and the door may not wait."""
    last_at: Moment | None = None
    """When something last came; None: nothing yet."""
    days: Sequence[str] = ()
    """The last DAYS_KEPT days on which something came, ISO, UTC, in order."""


class DeliveryOutcome(NamedTuple):
    """What became of one parcel."""

    outcome: Literal["kept", "known", "conflict"]
    """`known`: it came before, and nothing was written. `conflict`: its key came before with other content."""
    receipt: Mapping[str, Any]
    """Of the first time, when it is known."""
    written: RowCounts = RowCounts()
    """What became of the records of all parcels kept with it."""


class ImportNote(NamedTuple):
    """What the journal and the list of imports say of a group, where it is a part of an import, such as a pull."""

    into: Import
    note: Note


class Deliveries(Protocol):
    """The way in for programs: no entry of the journal for each, the arrival log's signed totals hold them all."""

    def deliver(
        self, parcels: Sequence[Parcel], *, captured: Sequence[Capture], now: Moment, noted: ImportNote | None = None
    ) -> list[DeliveryOutcome]:
        """Keep parcels and add to what was captured, in one transaction; what became of each, in their order.

        `noted`: the import that they are a part of, noted with them when any of it was new or updated.
        Raises InvalidInput, NotFound and StoreUnavailable; then nothing is kept.
        """
        ...

    def captures(self) -> list[Capture]:
        """Capture health by door."""
        ...
