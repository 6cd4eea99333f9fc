"""Idle detection: whether there is anything to do. What a turn depends on is kept when a turn found nothing."""

from datetime import datetime
from typing import Any

from loop import deploy, validate
from loop.ports import Parts
from loop.records import Agent, Changes, Derived, Kept, digest
from loop.records.days import day_of

_KIND, _KEY = "settled", "turn"


def is_settled(parts: Parts, *, seen: str) -> bool:
    """Whether a turn found nothing to do in what is `seen`, the present `mark`: a few reads by key."""
    stored = parts.store.kept(_KIND, [_KEY]).get(_KEY)
    return stored is not None and stored["mark"] == seen and not _comes_of_age(parts, stored)


def settle(parts: Parts, *, seen: str) -> None:
    """Note that a turn found nothing to do in what it saw: the `mark` from before its first stage.

    What arrived since then has another mark, and is looked at by the next turn.
    """
    body = {"mark": seen, "at": parts.clock().isoformat()}
    parts.store.commit(Changes(derived=Derived(kept=(Kept(_KIND, _KEY, body),))))


def mark(parts: Parts, agent: Agent | None = None) -> str:
    """What a turn depends on: our rules, arrivals and moves, the agent's settings, the model that drafts, the seed.

    `agent`: where it was read a moment ago.
    """
    model = parts.model.name if parts.model is not None else ""
    return digest([validate.RULES, parts.store.change_counter(), agent or parts.store.agent, model, parts.seed])


def _comes_of_age(parts: Parts, stored: Any) -> bool:
    """Whether the newest release has meanwhile been live long enough to be watched, or outcome windows closed."""
    then, now = datetime.fromisoformat(stored["at"]), parts.clock()
    watched_from = parts.store.head().created_at + deploy.HOLD_DOWN
    if then < watched_from <= now:
        return True
    return day_of(then) < day_of(now) and bool(parts.store.waiting_days())
