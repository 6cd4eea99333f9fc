"""Pulls: another tool's traces into the arrivals of an agent, page by page, on a person's order or by the worker.

At least once, and idempotent: a page is kept before its cursor is, and a page that comes twice is known. The same pull
by two at once costs twice and doubles nothing.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loop import desk
from loop.collect import Delivery, connectors, prepare
from loop.errors import RatchetError, SourceFailed
from loop.outbound.destinations import Destinations, SourceTarget
from loop.outbound.sources import HttpSource
from loop.ports import Clock, Parts
from loop.ports.cursors import Cursor, Cursors
from loop.ports.deliveries import Deliveries, ImportNote, Parcel
from loop.records import Import, JournalAction, Note, RowCounts, derived_id, digest
from loop.records.people import PULLED

FIRST = timedelta(days=30)
"""How far back the first pull begins when nobody says."""


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """What became of one page."""

    written: RowCounts
    """In records."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """By reason."""
    is_last: bool = True
    """Nothing was left to read when it was asked for."""
    into: str = ""
    """Id of the import that the round is, where the page brought something; to take it back."""


class Puller:
    """Pulls for the agents of one database."""

    def __init__(
        self,
        cursors: Cursors,
        *,
        parts: Callable[[str], Parts],
        deliveries: Callable[[str], Deliveries],
        clock: Clock,
        pause: Callable[[float], object],
    ) -> None:
        """`parts`, `deliveries`: of one agent. `pause` waits where the other tool is busy."""
        self._cursors = cursors
        self._parts = parts
        self._deliveries = deliveries
        self._clock = clock
        self._pause = pause

    def pull(
        self, name: str, target: SourceTarget, *, agent: str, since: datetime | None = None, actor: str = "engine"
    ) -> Generator[PageOutcome, None, None]:
        """What is new, page by page, each kept when it is given out; goes on where the last pull was.

        A round is one import, whoever goes on with it, and can be taken back like a file; what was taken back does not
        come in again by itself. `since`: begin there, whatever was read before. `actor`: who ordered it.
        Raises NotFound, InvalidInput, StoreUnavailable, SourceFailed.
        """
        parts, store = self._parts(agent), self._deliveries(agent)
        own = desk.own_contacts(parts)
        place = connector_of(name, target)
        now = self._clock()
        cursor = self._cursors.read(agent, place) if since is None else None
        cursor = cursor or Cursor(since=since or now - FIRST)
        end, door = cursor.until or now, f"{PULLED}{name}"
        own_id = derived_id("import", agent, place, cursor.since, end)
        into = Import(id=own_id, agent=agent, name=door, actor=actor, at=end)
        source = connectors.Source(agent=agent, door=door, author=f"somebody at {name}")
        http = HttpSource(name, target, pause=self._pause)
        try:
            tool = connectors.CONNECTORS[target.kind](target.project, http.ask)
            for page in connectors.pages(tool, source=source, cursor=cursor, now=now):
                delivery = Delivery(
                    agent=agent,
                    door=source.door,
                    interactions=page.interactions,
                    feedback=page.feedback,
                    rejected=page.rejected,
                )
                ready = prepare(delivery, at=now, own=own, keeps_raw=parts.store.agent.limits.raw_days > 0)
                noted = ImportNote(into, _note(ready.parcel, actor=actor, agent=agent, at=now))
                (told,) = store.deliver([ready.parcel], captured=[ready.capture], now=now, noted=noted)
                self._cursors.keep(agent, place, page.cursor, now=now)
                brought = own_id if told.written.new or told.written.updated else ""
                rejected = ready.capture.rejected
                yield PageOutcome(told.written, rejected, is_last=page.cursor.until is None, into=brought)
        except connectors.Unreadable as error:
            raise SourceFailed(f"{name} cannot be read. {error}", remedy="Check its address and its version.") from None
        finally:
            http.close()


def _note(parcel: Parcel, *, actor: str, agent: str, at: datetime) -> Note:
    counts = {"interactions": str(len(parcel.interactions)), "feedback": str(len(parcel.feedback))}
    return Note(
        actor=actor, action=JournalAction.PULL, subject=agent, at=at, digests={"name": digest(parcel.door), **counts}
    )


class Rounds:
    """The worker's pulls: each source that is given an agent, when it is due, a page at a time."""

    def __init__(
        self, puller: Puller, *, destinations: Destinations, clock: Clock, report: Callable[[str], None]
    ) -> None:
        """`report` takes one line for the log."""
        self._puller = puller
        self._destinations = destinations
        self._clock = clock
        self._report = report
        self._due: dict[tuple[str, str], datetime] = {}

    def round(self) -> int:
        """One page of each source that is due; how many pages. What fails is reported, and due again later."""
        n = 0
        for name, target in self._destinations.read().sources.items():
            key, now = (name, target.agent), self._clock()
            if not target.agent or self._due.get(key, now) > now:
                continue
            self._due[key] = now + timedelta(minutes=target.minutes)
            try:
                with closing(self._puller.pull(name, target, agent=target.agent)) as pulled:
                    kept = next(pulled)
            except RatchetError as error:
                self._report(f"{target.agent}: {error}")
                continue
            n += 1
            if not kept.is_last:
                del self._due[key]
            if kept.written.new:
                self._report(f"{target.agent}: {kept.written.new} new records from {name}.")
        return n


def connector_of(name: str, target: SourceTarget) -> str:
    """What the cursor is kept under: another address or project begins anew."""
    return f"{name}:{digest([target.kind, target.url, target.project])[:12]}"


def together(some: Iterable[PageOutcome]) -> PageOutcome:
    """All pages as one."""
    written, rejected, into = RowCounts(), Counter[str](), ""
    for one in some:
        written += one.written
        rejected.update(one.rejected)
        into = into or one.into
    return PageOutcome(written, dict(rejected), into=into)
