"""Which interaction an arriving one is: one answer of a provider's is one interaction, whichever door told of it first.

The gateway names an interaction by the provider's id of its answer, a trace by itself; the parts of traces that are
kept (`storage.telemetry`) say which answers stand in which trace, and go on saying it when their words are gone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from loop.records import Interaction
from loop.records.erasure import ERASED
from loop.records.joining import ANSWER, is_of_trace, join_interactions, mark_of, trace_of
from storage.among import among
from storage.rows import Row, from_row, to_event_row
from storage.tables import InteractionRow, TelemetryRow

_ASKED, _PARTS = InteractionRow.core(), TelemetryRow.core()
_ANY_ANSWER = (
    sa.select(_PARTS.c.trace)
    .where(_PARTS.c.agent == sa.bindparam("agent"), _PARTS.c.response > sa.literal(""))
    .limit(1)
)
"""Made once: it is asked in every transaction that brings interactions."""


class JoinedRows(NamedTuple):
    """Arriving interactions, each under the id it is kept under."""

    rows: list[Row]
    names: Mapping[str, str]
    """Other names of these interactions, by which feedback may wait for them, with the ids they are kept under."""
    again: frozenset[str]
    """Ids, as they arrived, of interactions whose trace was told before."""


def place_interactions(
    connection: sa.Connection, agent: str, arriving: Sequence[tuple[Interaction, Row]]
) -> JoinedRows:
    """The caller has locked the arrivals; nobody is traced: nothing is looked up, and nothing changes."""
    if not arriving or not _is_traced(connection, agent):
        return JoinedRows([row for _, row in arriving], {}, frozenset())
    return _Placing(connection, agent, [one for one, _ in arriving]).place(arriving)


def targets(connection: sa.Connection, agent: str, names: Collection[str], fresh: Sequence[Row]) -> dict[str, str]:
    """Of names that are no interaction's id, those that are a trace or an answer of one, with its id.

    `fresh`: interactions about to be written.
    """
    if not names or not _is_traced(connection, agent):
        return {}
    links = _links(connection, agent, names, names)
    whole = _links(connection, agent, (), {trace for _, trace in links})
    answers: dict[str, set[str]] = defaultdict(set)
    for response, trace in whole:
        answers[trace].add(response)
    stored = _stored(connection, agent, {*answers, *(one for some in answers.values() for one in some)})
    stored |= {row["id"]: from_row(Interaction, row) for row in fresh}
    told = {trace_of(one): one.id for one in stored.values() if trace_of(one)}
    found = {response: told[trace] for response, trace in links if response in names and trace in told}
    return found | {name: told[name] for name in names if name in told}


class _Placing:
    """One transaction's arrivals, and what is stored under any of their names."""

    def __init__(self, connection: sa.Connection, agent: str, arriving: Sequence[Interaction]) -> None:
        traces = {one.id for one in arriving if is_of_trace(one)}
        calls = {one.id for one in arriving if not is_of_trace(one)}
        self._traces: dict[str, set[str]] = defaultdict(set)
        self._answers: dict[str, set[str]] = defaultdict(set)
        for response, trace in _links(connection, agent, calls, traces):
            self._traces[response].add(trace)
            self._answers[trace].add(response)
        of_calls = {name for call in calls if call in self._traces for name in (call, *self._traces[call])}
        of_traces = {name for trace in traces for name in (trace, *self._answers[trace])}
        self._known = _stored(connection, agent, of_calls | of_traces)

    def place(self, arriving: Sequence[tuple[Interaction, Row]]) -> JoinedRows:
        """Calls first: what a trace in the same transaction tells is joined to them."""
        rows: list[Row] = []
        names: dict[str, str] = {}
        again: set[str] = set()
        for one, row in sorted(arriving, key=lambda pair: is_of_trace(pair[0])):
            before = self._before(one)
            if before is not None and is_of_trace(one) and trace_of(before) == one.id:
                again.add(one.id)
            made = one if before is None else self._made(before, one)
            rows.append(row if made is one else to_event_row(made))
            self._known[made.id] = made
            names |= dict.fromkeys(self._other_names(one, made), made.id)
        return JoinedRows(rows, names, frozenset(again))

    def _before(self, one: Interaction) -> Interaction | None:
        """What is stored of the same answer."""
        if not is_of_trace(one):
            own = self._known.get(one.id)
            if own is not None:
                return own
            told = (self._known.get(trace) for trace in sorted(self._traces.get(one.id, ())))
            return next((before for before in told if before and _answer(before) == mark_of(one.id)), None)
        answers = sorted(name for name in self._answers[one.id] if mark_of(name) == _answer(one))
        return next((self._known[name] for name in (*answers, one.id) if name in self._known), None)

    def _made(self, before: Interaction, one: Interaction) -> Interaction:
        if before.method == ERASED:
            return one.model_copy(update={"id": before.id})  # an erased one is found by its id, and stays erased
        is_told_alike = is_of_trace(before) if is_of_trace(one) else not trace_of(before)
        return one if is_told_alike else join_interactions(before, one)

    def _other_names(self, one: Interaction, made: Interaction) -> Iterator[str]:
        """Of what was just placed; an answer that is an interaction of its own is none of them."""
        answers = self._answers[one.id] if is_of_trace(one) else ()
        yield from (name for name in (one.id, *answers) if name != made.id and name not in self._known)


def _answer(one: Interaction) -> str:
    return str(one.attributes.get(ANSWER, ""))


def _is_traced(connection: sa.Connection, agent: str) -> bool:
    return connection.execute(_ANY_ANSWER, {"agent": agent}).first() is not None


def _links(
    connection: sa.Connection, agent: str, responses: Collection[str], traces: Collection[str]
) -> set[tuple[str, str]]:
    """Answers of providers with the traces they stand in."""
    found: set[tuple[str, str]] = set()
    for column, names in ((_PARTS.c.response, responses), (_PARTS.c.trace, traces)):
        if names:
            query = sa.select(_PARTS.c.response, _PARTS.c.trace).where(
                _PARTS.c.agent == agent, among(column, names), _PARTS.c.trace > "", _PARTS.c.response > ""
            )
            found |= {(row.response, row.trace) for row in connection.execute(query)}
    return found


def _stored(connection: sa.Connection, agent: str, ids: Collection[str]) -> dict[str, Interaction]:
    if not ids:
        return {}
    query = sa.select(_ASKED).where(_ASKED.c.agent == agent, among(_ASKED.c.id, ids))
    return {row["id"]: from_row(Interaction, row) for row in connection.execute(query).mappings()}
