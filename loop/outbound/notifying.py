"""The notifier: has people told what waits, went live, was taken back or went wrong, at least once, while it is so.

What is so is looked at again and again (level-triggered): a change that was decided before anybody was told is told to
nobody, one that was drawn up anew is not told twice, and what a row claims is told only while the record says it too.
A channel that fails is tried again with growing pauses; it never keeps the others waiting.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from loop.errors import NotFound, RatchetError
from loop.llm.retrying import CallFailed
from loop.outbound.channels import Channel, Line
from loop.outbound.notice_words import address, sentence
from loop.ports import Clock, Store
from loop.ports.notices import Notices
from loop.records.notices import URGENT, Notice, NoticeKind, WaitingChange

LOOKED_BACK = timedelta(days=7)
"""How old a release may be to be told: channels that were named today are not told the past."""
EVERY = timedelta(seconds=5)
"""Least pause between two looks."""
FIRST_PAUSE = 10.0
"""Seconds before a channel that failed is tried again; three times as long after each further failure."""
LONGEST_PAUSE = 3_600.0


class _Failing(NamedTuple):
    """A channel that did not take what it was sent."""

    tries: int
    until: datetime


class Notifier:
    """What one process has to tell people. Not for several threads."""

    def __init__(
        self,
        notices: Notices,
        *,
        channels: Sequence[Channel],
        kinds: Collection[NoticeKind],
        public_url: str,
        store: Callable[[str], Store],
        clock: Clock,
        report: Callable[[str], None],
    ) -> None:
        """`kinds`: what people want to hear of. `store`: of one agent. `report` takes one line for the log."""
        self._notices = notices
        self._channels = tuple(channels)
        self._kinds = frozenset(kinds)
        self._public_url = public_url
        self._store = store
        self._clock = clock
        self._report = report
        self._failing: dict[str, _Failing] = {}
        self._looked_at: datetime | None = None

    @property
    def has_channels(self) -> bool:
        """Whether anybody is to be told anything."""
        return bool(self._channels)

    def round(self) -> int:
        """Find what is new and tell what is due. How many lines went out. Raises StoreUnavailable."""
        now = self._clock()
        if not self._channels or (self._looked_at is not None and now - self._looked_at < EVERY):
            return 0
        self._looked_at = now
        waiting = self._notices.waiting()
        fresh = [_of(one) for one in waiting] + self._notices.found(since=now - LOOKED_BACK)
        self._notices.keep([one for one in fresh if one.kind in self._kinds])
        changes = {(one.agent, one.first_id): one for one in waiting}
        return self._tell(self._notices.pending(), changes)

    def say(self, notice: Notice) -> int:
        """Tell one thing at once, unless it was told. How many lines went out. Raises StoreUnavailable."""
        if not self._channels or notice.kind not in self._kinds:
            return 0
        self._notices.keep([notice])
        return self._tell([one for one in self._notices.pending() if one.id == notice.id], {})

    def _tell(self, pending: Sequence[Notice], changes: dict[tuple[str, str], WaitingChange]) -> int:
        now, n = self._clock(), 0
        told = {one.id: set(one.told) for one in pending}
        lines: dict[str, Line] = {}
        for one in pending:
            change = changes.get((one.agent, one.subject))
            if not self._still(one, change):
                self._notices.keep_told(one, told=one.told, done_at=now)
            else:
                url = address(one, public_url=self._public_url, change=change)
                lines[one.id] = Line(key=one.id, text=sentence(one, change), url=url)
        live = [one for one in pending if one.id in lines]
        for channel in self._channels:
            due = [one for one in live if channel.name not in told[one.id]]
            if not due or not _is_time(due, channel, now) or self._is_resting(channel, now):
                continue
            if self._sent(channel, [lines[one.id] for one in due], now):
                n += len(due)
                for one in due:
                    told[one.id].add(channel.name)
        names = {channel.name for channel in self._channels}
        for one in live:
            if told[one.id] != set(one.told):
                done_at = now if names <= told[one.id] else None
                self._notices.keep_told(one, told=told[one.id], done_at=done_at)
        return n

    def _still(self, notice: Notice, change: WaitingChange | None) -> bool:
        """Whether it is so: a row that names what never was, or is over, is told to nobody."""
        if notice.kind in ("waits", "high"):
            return change is not None
        try:
            store = self._store(notice.agent)
            if notice.kind in ("released", "taken_back"):
                wanted = "rollback" if notice.kind == "taken_back" else "deploy"
                return any(str(one.number) == notice.subject and one.kind == wanted for one in store.releases())
            if notice.kind == "alarm" and not notice.subject.startswith("version "):
                return any(one.id == notice.subject and one.retry_at is None for one in store.failed_jobs())
            if notice.kind == "alarm":
                return str(store.head().number) == notice.subject.removeprefix("version ")
        except NotFound:
            return False
        return True

    def _is_resting(self, channel: Channel, now: datetime) -> bool:
        failing = self._failing.get(channel.name)
        return failing is not None and now < failing.until

    def _sent(self, channel: Channel, lines: Sequence[Line], now: datetime) -> bool:
        try:
            channel.send(lines, now=now)
        except (CallFailed, RatchetError) as error:
            before = self._failing.get(channel.name)
            tries = before.tries + 1 if before else 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 3.0 ** min(tries - 1, 10))
            self._failing[channel.name] = _Failing(tries, now + timedelta(seconds=pause))
            why = f"status {error.status}" if isinstance(error, CallFailed) and error.status else str(error)
            self._report(f"Notices were not taken by {channel.name} ({why}); tried again in {pause:g} s.")
            return False
        if self._failing.pop(channel.name, None):
            self._report(f"Notices are taken by {channel.name} again.")
        return True


def _of(change: WaitingChange) -> Notice:
    kind: NoticeKind = "high" if change.is_high else "waits"
    return Notice(
        agent=change.agent,
        id=Notice.id_of(change.agent, kind, change.first_id),
        kind=kind,
        subject=change.first_id,
        at=change.since,
    )


def _is_time(due: Sequence[Notice], channel: Channel, now: datetime) -> bool:
    """At once where something is urgent; else when the first has waited for others to go with it."""
    pause = timedelta(minutes=channel.pause_minutes)
    return any(one.kind in URGENT for one in due) or any(now - one.at >= pause for one in due)
