"""Ports of what a page asks a worker to do: put a question to versions, check the record."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from loop.records.probes import CheckFault, Probe, RecordCheck


class Probes(Protocol):
    """Questions a person puts to versions, kept until a worker has answered them, and for a while after."""

    def keep_probe(self, probe: Probe) -> None:
        """A new one, or one that is kept already; the oldest of many go, with what was answered to them."""
        ...

    def probe(self, probe_id: str) -> Probe | None:
        """None: there is none of this id."""
        ...

    def probes(self, *, limit: int) -> list[Probe]:
        """Newest first."""
        ...

    def version_digests(self, numbers: Collection[int]) -> dict[int, str]:
        """Digests of the versions with these numbers, candidates too; of those that exist, by number."""
        ...

    def waiting_probes(self) -> int:
        """How many nobody has answered yet."""
        ...

    def end_probe(self, probe: Probe) -> bool:
        """Keep what came of it. Whether it still waited: the first who ends it is right."""
        ...


class RecordChecks(Protocol):
    """The last check of an agent's record, and whether one is asked for."""

    def ask_record_check(self, *, actor: str, at: datetime) -> None:
        """Have a worker check the record; what runs already is left as it is."""
        ...

    def record_check(self) -> RecordCheck | None:
        """The last one; None: nobody ever asked."""
        ...

    def end_record_check(self, check: RecordCheck) -> None:
        """Keep what was found."""
        ...


class Errand(NamedTuple):
    """One piece of work that a person waits for."""

    kind: Literal["probe", "check"]
    agent: str
    id: str
    """Of the question; empty for a check."""
    is_given_up: bool
    """It was taken too often before: it is to be ended, not tried again."""


class Errands(Protocol):
    """Work that pages left for a worker, of all agents."""

    def take(self, now: datetime, *, patience: timedelta, limit: int) -> list[Errand]:
        """At most `limit` pieces that nobody is at, the longest waiting first; they are the caller's from now on.

        `patience`: how long a worker may be at one before another takes it.
        """
        ...


class RecordFindings(NamedTuple):
    """What following everything back to the journal found; see `loop.records.probes.RecordCheck`."""

    entries: int
    signed: int
    rows: int
    anchors: int
    faults: tuple[CheckFault, ...]
    notes: tuple[str, ...]
