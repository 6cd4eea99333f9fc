"""Notices: what a person should hear of who does not look at the screens."""

from typing import Literal

from loop.records.agents import Slug
from loop.records.identity import Moment, Record, derived_id

NoticeKind = Literal["waits", "high", "released", "taken_back", "alarm", "no_worker"]
NOTICE_KINDS: tuple[NoticeKind, ...] = ("waits", "high", "released", "taken_back", "alarm", "no_worker")
URGENT: frozenset[NoticeKind] = frozenset({"high", "taken_back", "alarm", "no_worker"})
"""What does not wait for the next digest."""


class Notice(Record):
    """One thing to tell, kept until everybody knows or it is no longer so. It holds ids and numbers, never a text."""

    agent: Slug
    id: str
    """The idempotency key: the same thing has the same id, whoever finds it and however often."""
    kind: NoticeKind
    subject: str
    """The change that waits, the number of the version, the work that was set aside, or when a worker last beat."""
    at: Moment
    """Since when it is so."""
    told: tuple[str, ...] = ()
    """Names of the channels that have it."""
    done_at: Moment | None = None
    """When nobody was left to tell, or there was nothing more to tell; None: not yet."""

    @staticmethod
    def id_of(agent: str, kind: NoticeKind, subject: str) -> str:
        """A change that is drawn up again is the same thing: its subject here is the first of its kind."""
        return derived_id("notice", agent, kind, subject)


class WaitingChange(Record):
    """A change that waits for a decision, as far as somebody outside may hear of it."""

    agent: Slug
    id: str
    first_id: str
    """The change it replaces, or that one replaced, and so on: the one somebody was told of."""
    is_high: bool
    reports: int
    """Feedback items it rests on."""
    since: Moment
