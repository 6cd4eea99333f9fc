"""Make the firewall again from nothing and name every difference: what is kept must follow from the log alone.

Taken as given, because they are records of what was decided at a moment and not functions of the log: what people
decided about items, which cases were made and retired, and what was left out of a fit because it did not count then.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from loop.records import (
    JUDGED_STATES,
    LEVELS,
    Agent,
    Derived,
    EvalCase,
    FeedbackItem,
    FeedbackState,
    Interaction,
    Issue,
    Judged,
    Moment,
    Saying,
)
from loop.validate.ground import NO_GROUND, Ground
from loop.validate.levels import PIECES, STEPS
from loop.validate.memory import MemoryKnowledge
from loop.validate.work import Work

GIVEN_KINDS = frozenset({"fit", "raters", "pace"})
"""Documents that record a fit."""
MOST_NAMED = 200
"""Differences named, at most; more are counted."""


def from_nothing(
    agent: Agent,
    *,
    items: Iterable[FeedbackItem],
    interactions: Mapping[str, Interaction],
    cases: Iterable[EvalCase],
    retired: Iterable[str],
    given: Derived,
    drawn: Callable[[str, str], float],
    now: Moment,
    seed: int,
    ground: Ground = NO_GROUND,
) -> MemoryKnowledge:
    """The firewall after one turn over everything. `given`: what is kept now; only its fits are taken over.

    `drawn`: the draws of the agent's secret (`loop.ports.Knowledge.draw`).
    """
    known = MemoryKnowledge(
        items={
            item.feedback.id: item.model_copy(update={"state": FeedbackState.NEW})
            if item.state in JUDGED_STATES
            else item
            for item in items
        },
        asked=dict(interactions),
        cases={case.id: case for case in cases},
        retired=set(retired),
        documents={(one.kind, one.key): one.body for one in given.kept if one.kind in GIVEN_KINDS},
        drawn=drawn,
    )
    for key in known.items:
        known.list_of["facts"][key] = 1
    settle(known, agent, now=now, seed=seed, ground=ground)
    return known


def settle(known: MemoryKnowledge, agent: Agent, *, now: Moment, seed: int, ground: Ground = NO_GROUND) -> None:
    """Work off every level until nothing is due."""
    for level in LEVELS:
        while due := known.due(level, limit=PIECES.get(level, 4_000)):
            work = Work(agent=agent, known=known, now=now, keys=tuple(one.key for one in due), seed=seed, ground=ground)
            found = STEPS[level](work)
            known.write(
                found.derived(level, due),
                flags=found.flags,
                moves=found.moves,
                cases=found.cases,
                retired=found.retired,
                issues=found.issues,
            )


def differences(
    *,
    made: MemoryKnowledge,
    items: Mapping[str, FeedbackItem],
    derived: Derived,
    issues: Mapping[str, Issue],
    cases: Iterable[str],
) -> tuple[str, ...]:
    """Every way in which what is stored is not what the log says, a sentence each; empty when it is.

    `cases`: ids of cases in use. At most MOST_NAMED are named.
    """
    found: list[str] = []
    for key, item in sorted(items.items()):
        again = made.items[key]
        if item.state is not again.state:
            found.append(f"Feedback {key} stands as {item.state.value}; the log says {again.state.value}.")
        if _reasons(item) != _reasons(again):
            found.append(f"Feedback {key} is flagged otherwise: {_reasons(item)}; the log says {_reasons(again)}.")
    kept = made.dump()
    found += _compare("row", _by_feedback(derived), _by_feedback(kept))
    found += _compare("question", {one.key: one for one in derived.questions}, {one.key: one for one in kept.questions})
    found += _compare("bucket", derived.buckets, kept.buckets)
    found += _compare(
        "standing",
        {one.name: (one, sums) for one, sums in derived.standings},
        {one.name: (one, sums) for one, sums in kept.standings},
    )
    found += _compare("document", _documents(derived), _documents(kept))
    found += _compare(
        "claim",
        {(one.feedback_id, one.claim): one for one in derived.sayings},
        {(one.feedback_id, one.claim): one for one in kept.sayings},
    )
    found += _compare("issue", issues, made.issues)
    in_use = {key for key in made.cases if key not in made.retired}
    found += [f"Case {key} is in use; the log says it is not." for key in sorted(set(cases) - in_use)]
    found += [f"Case {key} is missing." for key in sorted(in_use - set(cases))]
    if len(found) > MOST_NAMED:
        return (*found[:MOST_NAMED], f"And {len(found) - MOST_NAMED} more.")
    return tuple(found)


def _by_feedback(derived: Derived) -> dict[str, Judged]:
    return {row.feedback_id: row for row in derived.rows}


def _documents(derived: Derived) -> dict[str, dict[str, Any]]:
    """Those that say something; when a panel began is a record of its own."""
    return {
        f"{one.kind} {one.key}": dict(one.body)
        for one in derived.kept
        if not one.kind.startswith("panel:")
        and one.kind not in ("rules", "settled", "ground", "firewall", "counted", "improvement")
        and not (one.kind == "theme" and not one.body["issues"] and not one.body["topics"])
        and not (one.kind == "topic" and not one.body)
        and not (one.kind == "lean" and not one.body["rows"])
        and not (one.kind == "support" and not one.body["claims"])
        and not (one.kind == "teller" and not one.body)
        and not (one.kind == "near" and not one.body["sides"])
        and not (one.kind == "group" and not one.body["themes"])
        and not (one.kind == "crossed" and not one.body["nears"])
    }


def _reasons(item: FeedbackItem) -> list[tuple[str, str]]:
    return [(flag.detector, flag.reason) for flag in item.flags]


def _compare(noun: str, stored: Mapping[Any, Any], made: Mapping[Any, Any]) -> list[str]:
    found = [f"The {noun} {key} is missing." for key in sorted(set(made) - set(stored), key=str)]
    found += [f"The {noun} {key} should not be there." for key in sorted(set(stored) - set(made), key=str)]
    for key in sorted(set(stored) & set(made), key=str):
        if stored[key] != made[key]:
            found.append(f"The {noun} {key} differs: {_parts(stored[key], made[key])}.")
    return found


def _parts(stored: Any, made: Any) -> str:
    """The fields that differ, by name."""
    if isinstance(stored, Mapping):
        return ", ".join(name for name in sorted({*stored, *made}) if stored.get(name) != made.get(name))
    if isinstance(stored, Judged | Saying):
        fields: Iterable[str] = stored._fields
    elif dataclasses.is_dataclass(stored):
        fields = [one.name for one in dataclasses.fields(stored)]
    else:
        return f"{stored!r}, not {made!r}"
    names = [name for name in fields if getattr(stored, name) != getattr(made, name)]
    return ", ".join(f"{name} is {getattr(stored, name)!r}, not {getattr(made, name)!r}" for name in names)
