"""Telemetry that waits for the rest of its trace: parts by trace, judgements by the answer they name.

It decides nothing and is sealed by nothing: what is told of a trace goes the way of every interaction. Writing the same
part again changes nothing, so an export that is sent twice is kept once.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from storage.among import among
from storage.connecting import reading, writing
from storage.locks import lock_arrivals
from storage.statements import upsert
from storage.tables import InteractionRow, TelemetryRow

KEPT = timedelta(days=2)
"""How long parts wait for the rest of their trace."""
PATIENCE = timedelta(days=30)
"""How long a judgement waits for the answer it names."""
TRACE_MAX = 2_000
"""Parts kept of one trace."""
TRACE_CHARACTERS = 8_000_000
"""Characters kept of one trace: all of it is read whenever something is added."""
_SWEEP = timedelta(hours=1)

_T = TelemetryRow.core()


class KeptPart(NamedTuple):
    """A part or a judgement, as it is stored."""

    trace: str
    """Empty for a judgement."""
    name: str
    response: str
    body: Mapping[str, Any]


class Telemetry:
    """Of all agents of a database. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._sweeping = threading.Lock()
        self._swept: dict[str, datetime] = {}

    def keep(self, agent: str, parts: Sequence[KeptPart], *, now: datetime) -> list[KeptPart]:
        """Write parts and judgements that wait; which of them there was no room for, or came too late.

        Raises NotFound when the agent is gone; StoreUnavailable, InvalidInput, and then nothing is kept.
        """
        by_key = {(part.trace, part.name): part for part in parts}
        with writing(self._engine) as connection:
            lock_arrivals(connection, agent)
            self._sweep(connection, agent, now)
            traces = {part.trace for part in parts} - {""}
            room = _room(connection, agent, traces)
            refused, rows = list[KeptPart](), list[dict[str, Any]]()
            for part in by_key.values():
                length = len(json.dumps(part.body))
                parts_left, characters_left = room[part.trace]
                if part.trace and (parts_left < 1 or characters_left < length):
                    refused.append(part)
                    continue
                room[part.trace] = parts_left - 1, characters_left - length
                rows.append({"agent": agent, "kept_at": now, "is_gone": False, **part._asdict()})
            upsert(connection, _T, rows)
        return refused

    def parts(self, agent: str, traces: Collection[str]) -> dict[str, list[Mapping[str, Any]]]:
        """The bodies of these traces."""
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        query = sa.select(_T.c.trace, _T.c.body).where(
            _T.c.agent == agent, among(_T.c.trace, set(traces) - {""}), _T.c.is_gone.is_(False)
        )
        with reading(self._engine) as connection:
            for trace, body in connection.execute(query):
                found[trace].append(body)
        return dict(found)

    def waiting(self, agent: str, responses: Collection[str]) -> list[Mapping[str, Any]]:
        """Judgements that wait for one of these answers."""
        query = sa.select(_T.c.body).where(
            _T.c.agent == agent, among(_T.c.response, set(responses) - {""}), _T.c.trace == ""
        )
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def answers(self, agent: str, responses: Collection[str]) -> dict[str, str]:
        """By the provider's id of an answer, its interaction: of a trace, or of another door under that very id."""
        wanted = set(responses) - {""}
        if not wanted:
            return {}
        direct = sa.select(InteractionRow.core().c.id).where(
            InteractionRow.core().c.agent == agent, among(InteractionRow.core().c.id, wanted)
        )
        traced = sa.select(_T.c.response, _T.c.trace).where(
            _T.c.agent == agent, among(_T.c.response, wanted), _T.c.trace != ""
        )
        with reading(self._engine) as connection:
            found = {name: name for name in connection.execute(direct).scalars()}
            found |= {row.response: row.trace for row in connection.execute(traced)}
        return found

    def settle(self, agent: str, judgements: Collection[str]) -> None:
        """These wait no longer, by the names under which they were kept."""
        if judgements:
            with writing(self._engine) as connection:
                connection.execute(
                    sa.delete(_T).where(_T.c.agent == agent, _T.c.trace == "", among(_T.c.name, judgements))
                )

    def forget(self, agent: str, interactions: Collection[str]) -> int:
        """Throw away what is kept of these interactions, whose ids are those of their traces; how many parts."""
        with writing(self._engine) as connection:
            gone = connection.execute(
                sa.update(_T).where(_T.c.agent == agent, among(_T.c.trace, interactions)).values(body={}, is_gone=True)
            )
        return gone.rowcount

    def _sweep(self, connection: sa.Connection, agent: str, now: datetime) -> None:
        """Once an hour: empty what waited long enough. An answer's id stays, for judgements that come later."""
        with self._sweeping:
            if now - self._swept.get(agent, datetime.min.replace(tzinfo=now.tzinfo)) < _SWEEP:
                return
            self._swept[agent] = now
        old = sa.and_(_T.c.agent == agent, _T.c.kept_at < now - KEPT, _T.c.trace != "")
        connection.execute(sa.update(_T).where(old).values(body={}, is_gone=True))
        connection.execute(sa.delete(_T).where(_T.c.agent == agent, _T.c.kept_at < now - PATIENCE, _T.c.trace == ""))


def _room(connection: sa.Connection, agent: str, traces: Collection[str]) -> dict[str, tuple[int, int]]:
    """Parts and characters each trace may still get; a trace that was thrown away gets none."""
    room: dict[str, tuple[int, int]] = defaultdict(lambda: (TRACE_MAX, TRACE_CHARACTERS))
    query = (
        sa.select(
            _T.c.trace,
            _T.c.is_gone,
            sa.func.count().label("parts"),
            sa.func.sum(sa.func.length(sa.cast(_T.c.body, sa.Text))).label("characters"),
        )
        .where(_T.c.agent == agent, among(_T.c.trace, traces))
        .group_by(_T.c.trace, _T.c.is_gone)
    )
    for row in connection.execute(query):
        parts, characters = room[row.trace]
        room[row.trace] = (0, 0) if row.is_gone else (parts - row.parts, characters - row.characters)
    return room
