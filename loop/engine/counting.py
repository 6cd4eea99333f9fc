"""Daily aggregates kept by increments: only days that something new is about are counted, each from the log."""

from datetime import datetime
from typing import Any

from loop import deploy, improvement
from loop.engine.journal import StageTally
from loop.ports import Parts
from loop.records import Changes, Derived, Kept
from loop.records.counts import DailyCounts
from loop.records.days import day_of

DAYS = 5_000
"""Days counted anew in one turn, at most."""
_MATURED = ("settled", "matured")
"""The document that says on which day the daily counts were made last."""
_CURSORS = ("counted", "cursors")
"""The document that says how far arrivals and journal were counted."""


def count_days(parts: Parts, tally: StageTally) -> None:
    """Count what is due: days with new or changed signals, answers and acts of people, and days that came of age."""
    del tally  # a count is no event
    store, now = parts.store, parts.clock()
    due = store.due("day", limit=DAYS)
    days = tuple(dict.fromkeys([*(one.key for one in due), *maturing_days(parts)]))
    cursors = stored_cursors(parts)
    moved = store.due("traffic", limit=DAYS)
    arrived = store.answered_since(cursors["seq"])
    answer_days = tuple(dict.fromkeys([*(one.key for one in moved), *arrived.days]))
    entries = store.work_since(cursors["journal"])
    if not (days or answer_days or entries or arrived.seq != cursors["seq"]):
        return
    cells = store.signal_cells(days, now=now) if days else []
    signals = improvement.day_rows(cells)
    first = day_of(min((one.at for one in entries), default=now))
    worked = improvement.add_work(entries, days=store.day_work(first), last=cursors["last"])
    told = {"seq": arrived.seq, "journal": max([cursors["journal"], *(one.seq for one in entries)])}
    kept = [Kept(*_CURSORS, {**told, "last": worked.last if entries else cursors["last"]})]
    if days:
        kept.append(Kept(*_MATURED, {"today": day_of(now)}))
    store.commit(
        Changes(
            days=days,
            daily=deploy.daily_quality(store.agent, improvement.quality_days(signals)) if days else (),
            counted=DailyCounts(
                signal_days=days,
                signals=signals,
                hours=improvement.hour_rows(cells),
                answer_days=answer_days,
                answers=tuple(store.answer_counts(answer_days)) if answer_days else (),
                work=worked.days,
            ),
            derived=Derived(
                done=(*(("day", one) for one in due), *(("traffic", one) for one in moved)), kept=tuple(kept)
            ),
        )
    )


def maturing_days(parts: Parts) -> tuple[str, ...]:
    """Days with signals that waited for their outcome window when they were counted, once a new day has begun."""
    counted_on = counted_day(parts)
    is_new_day = counted_on is not None and counted_on < day_of(parts.clock())
    return tuple(parts.store.waiting_days()) if is_new_day else ()


def counted_day(parts: Parts) -> str | None:
    """The day (ISO, UTC) as of which outcome windows were open or closed when days were counted last."""
    stored = parts.store.kept(_MATURED[0], [_MATURED[1]]).get(_MATURED[1])
    return None if stored is None else str(stored["today"])


def stored_cursors(parts: Parts) -> dict[str, Any]:
    """How far arrivals (`seq`) and journal (`journal`) were counted, and when people acted `last`."""
    stored = parts.store.kept(_CURSORS[0], [_CURSORS[1]]).get(_CURSORS[1])
    return {"seq": 0, "journal": 0, "last": {}} if stored is None else dict(stored)


def count_differences(parts: Parts) -> tuple[str, ...]:
    """Every way in which kept aggregates do not follow from log and journal, a sentence each. Reads all of both."""
    store, cursors, today = parts.store, stored_cursors(parts), counted_day(parts)
    now = parts.clock() if today is None else datetime.fromisoformat(f"{today}T12:00:00+00:00")
    cells = store.signal_cells(now=now)
    entries = [one for one in store.work_since(0) if one.seq <= cursors["journal"]]
    pairs: dict[str, tuple[set[Any], set[Any]]] = {
        "signals by day": (set(improvement.day_rows(cells)), set(store.day_signals(by_topic=True))),
        "signals by hour": (set(improvement.hour_rows(cells)), set(store.hour_signals(by_day=True))),
        "answers by day": (set(store.answer_counts()), set(store.day_answers())),
        "work by day": (set(improvement.add_work(entries).days), set(store.day_work())),
    }
    found = []
    for name, (made, kept) in pairs.items():
        days = sorted({row.day for row in made ^ kept})
        if days:
            found.append(f"The {name} do not follow from the log on {len(days)} days, first {days[0]}.")
    return tuple(found)
