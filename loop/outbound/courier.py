"""The courier: has everybody told that a version went live, at least once, and tries again with growing pauses.

Webhooks follow the outbox (edge-triggered: each version that went live, once a receiver). Files and git folders follow
the live version itself (level-triggered: whatever happened, they hold what is live). What fails is a failed job like
any other: listed, tried again, set aside after a day, and retried by a person.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from loop.errors import RatchetError, StoreUnavailable
from loop.llm.retrying import CallFailed
from loop.outbound import files, webhooks
from loop.outbound.destinations import Destinations, Outbound
from loop.ports import Clock, Outbox, Store
from loop.records import Announcement, FailedJob

FIRST_PAUSE = 10.0
"""Seconds before a delivery is tried again; three times as long after each further failure."""
TRIES = 10
"""Failures after which it is set aside: a day and a half."""


class _Written(NamedTuple):
    """What a file held when it was last looked into, and by what one sees that it is still that file."""

    number: int
    digest: str
    stamp: tuple[int, ...]


class Courier:
    """What one process has to tell. Not for several threads."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        destinations: Destinations,
        agents: Callable[[], list[str]],
        store: Callable[[str], Store],
        clock: Clock,
        report: Callable[[str], None],
    ) -> None:
        """`agents`: their slugs. `store`: of one agent. `report` takes one line for the log."""
        self._outbox = outbox
        self._destinations = destinations
        self._agents = agents
        self._store = store
        self._clock = clock
        self._report = report
        self._written: dict[tuple[str, str], _Written] = {}
        self._reported: set[str] = set()

    def deliver(self) -> int:
        """One round: everything that is due. How many deliveries there were. Raises InvalidInput, StoreUnavailable."""
        outbound = self._destinations.read()
        n = sum(
            self._apart(one.agent, "webhooks", partial(self._announce, one, outbound))
            for one in self._outbox.announcements()
        )
        write: Callable[[str], bool]
        for name, target in outbound.files.items():
            write = partial(files.write_file, target.path)
            n += self._apart(target.agent, name, partial(self._write, name, target.agent, target.path, write))
        for name, folder in outbound.folders.items():
            for slug in folder.agents or self._agents():
                path, write = folder.folder / f"{slug}.json", _into(folder.folder, slug, is_pushed=folder.is_pushed)
                n += self._apart(slug, name, partial(self._write, name, slug, path, write))
        return n

    def _apart(self, slug: str, name: str, deliver: Callable[[], int]) -> int:
        """One delivery for itself: an agent that is gone or cannot be read keeps nobody else waiting (bulkhead).

        Said once, not every second. Raises StoreUnavailable.
        """
        try:
            return deliver()
        except StoreUnavailable:
            raise
        except RatchetError as error:
            line = f"{slug}: nothing is delivered to {name}. {error}"
            if line not in self._reported:
                self._reported.add(line)
                self._report(line)
            return 0

    def _announce(self, announcement: Announcement, outbound: Outbound) -> int:
        """Tell the webhooks that were not told; the announcement is done when nobody is left."""
        wanted = {
            name: target
            for name, target in outbound.webhooks.items()
            if not target.agents or announcement.agent in target.agents
        }
        told = set(announcement.told)
        store = self._store(announcement.agent)
        for name, target in wanted.items():
            subject = f"{announcement.number}@{name}"
            if name in told or self._is_held(store, subject):
                continue
            if not _is_recorded(store, announcement):
                self._fail(store, subject, reason="The outbox names a version that never went live.", is_last=True)
                continue
            try:
                webhooks.send(name, target, announcement, now=self._clock())
            except CallFailed as failed:
                said = f"status {failed.status}" if failed.status is not None else str(failed)
                self._fail(store, subject, reason=f"The webhook {name} was not taken ({said}).")
            except RatchetError as error:
                self._fail(store, subject, reason=str(error))
            else:
                told.add(name)
                self._forget(store, subject)
                self._report(f"{announcement.agent}: version {announcement.number} was told to {name}.")
        is_done = all(name in told for name in wanted)
        if is_done or told != set(announcement.told):
            self._outbox.keep_told(announcement, told=told, done_at=self._clock() if is_done else None)
        return len(told - set(announcement.told))

    def _write(self, name: str, slug: str, path: Path, write: Callable[[str], bool]) -> int:
        store = self._store(slug)
        head = store.head()
        subject = f"live@{name}"
        if self._written.get((name, slug)) == _Written(head.number, head.digest, _stamp(path)):
            return 0
        if self._is_held(store, subject):
            return 0
        try:
            bundle = store.live_bundle()
            if bundle.digest != head.digest:  # another went live between the two reads: the next round writes it
                return 0
            has_changed = write(files.live_text(head, bundle))
        except (RatchetError, OSError) as error:
            why = (
                str(error) if isinstance(error, RatchetError) else f"{path}: {error.strerror or type(error).__name__}."
            )
            self._fail(store, subject, reason=f"{name} could not be written. {why}")
            return 0
        self._written[name, slug] = _Written(head.number, head.digest, _stamp(path))
        self._forget(store, subject)
        if has_changed:
            self._report(f"{slug}: version {head.number} was written to {name}.")
        return int(has_changed)

    # steps ---------------------------------------------------------------------------------------------------------
    def _is_held(self, store: Store, subject: str) -> bool:
        row = _row(store, subject)
        return row is not None and not row.is_due(self._clock())

    def _fail(self, store: Store, subject: str, *, reason: str, is_last: bool = False) -> None:
        before = _row(store, subject)
        tries = before.tries + 1 if before else 1
        now = self._clock()
        pause = timedelta(seconds=FIRST_PAUSE * 3 ** (tries - 1))
        row = FailedJob(
            agent=store.agent.slug,
            id=_id(store, subject),
            kind="delivery",
            subject=subject,
            tries=tries,
            reason=reason,
            failed_at=now,
            retry_at=None if is_last or tries >= TRIES else now + pause,
        )
        store.keep_failed_job(row)
        self._report(f"{row.agent}: {reason}")

    def _forget(self, store: Store, subject: str) -> None:
        if _row(store, subject) is not None:
            store.forget_failed_job(_id(store, subject))


def _stamp(path: Path) -> tuple[int, ...]:
    """Changes when anybody replaces, writes or removes the file."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _into(folder: Path, slug: str, *, is_pushed: bool) -> Callable[[str], bool]:
    def write(text: str) -> bool:
        return files.commit_file(
            folder, f"{slug}.json", text, message=f"Ratchet: the live version of {slug}", is_pushed=is_pushed
        )

    return write


def _is_recorded(store: Store, announcement: Announcement) -> bool:
    """Whether the version was live with this content: the outbox is told from the record, not the other way round."""
    return any(one.number == announcement.number and one.digest == announcement.digest for one in store.versions())


def _id(store: Store, subject: str) -> str:
    return f"delivery:{store.agent.slug}:{subject}"


def _row(store: Store, subject: str) -> FailedJob | None:
    key = _id(store, subject)
    return next((row for row in store.failed_jobs() if row.id == key), None)
