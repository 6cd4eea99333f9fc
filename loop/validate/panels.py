"""Panels: where three or more rated the same answer, how likely each vote is right in the eyes of the others.

Raters are fitted together (Dawid–Skene 1979) on generations of panels, in the order in which they became panels; a vote
is then judged by the others of its own panel with the raters as fitted (leave-one-out).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from loop.records import Judged, is_person
from loop.stats.agreement import Panel, RaterModel, fit_panels
from loop.validate.fits import generation
from loop.validate.work import Findings, Work

PANEL = 3
"""Distinct raters of one interaction from which they judge each other."""
FIRST_PANELS = 8
MILLION = 1_000_000
_SORTS = ("choice", "rating")


def panel_views(work: Work, rows: Sequence[Judged], found: Findings) -> dict[str, tuple[int, int]]:
    """By feedback id: chance of the vote being right, in millionths, and the basis `fellow raters`.

    Panels met for the first time, and those that grew, are kept; a new generation of raters gives all panels work.
    """
    interactions = sorted({row.interaction_id for row in rows})
    votes: defaultdict[tuple[str, str], dict[str, Judged]] = defaultdict(dict)
    for row in work.known.rows("interaction_id", interactions):
        if sort := _sort(row):
            votes[sort, row.interaction_id][row.author] = row
    views: dict[str, tuple[int, int]] = {}
    for sort in _SORTS:
        panels = {key: some for (of, key), some in votes.items() if of == sort and len(some) >= PANEL}
        lone = {key: some for (of, key), some in votes.items() if of == sort and len(some) < PANEL}
        model = _raters(work, sort, panels, found, gone=list(lone))
        if model is None:
            continue
        for some in panels.values():
            people = list(some.values())
            chances = model.others([_vote(row) for row in people], raters=[row.author for row in people])
            for row, chance in zip(people, chances, strict=True):
                if not np.isnan(chance):
                    views[row.feedback_id] = (round(chance * MILLION), 1)
    wanted = {row.feedback_id for row in rows}
    return {key: view for key, view in views.items() if key in wanted}


def _raters(
    work: Work, sort: str, panels: Mapping[str, Mapping[str, Judged]], found: Findings, *, gone: Sequence[str]
) -> RaterModel | None:
    """The raters in force, fitted again when the panels have grown into a new generation."""
    kind = f"panel:{sort}"
    before = work.known.kept(kind, [*panels, *gone])
    total = int(work.known.kept("panels", [sort]).get(sort, {"n": 0})["n"])
    for key, some in panels.items():
        since = sorted(row.seq for row in some.values())[PANEL - 1]
        was = before.get(key, {"since": -1})["since"]
        if since != was:  # new, or somebody voted again
            found.keep(kind, key, {"since": since})
            total += was < 0
    for key in gone:
        if key in before and before[key]["since"] >= 0:
            found.keep(kind, key, {"since": -1})
            total -= 1
    found.keep("panels", sort, {"n": total})
    size = generation(total, first=FIRST_PANELS)
    stored = work.known.kept("raters", [sort]).get(sort)
    if stored is not None and stored["n"] == size:
        return RaterModel.from_body(stored["model"]) if stored["model"] else None
    model = _fitted(work, sort, size, fresh=panels, gone=gone) if size else None
    found.keep("raters", sort, {"n": size, "model": model.body if model is not None else None})
    members = _members(work, sort, fresh=panels, gone=gone)
    found.give("view", (row.feedback_id for row in members))
    found.give("near", (str(row.near) for row in members if row.choice and row.near))
    return model


def choosers(work: Work) -> RaterModel | None:
    """Raters of choices as fitted last; None while there are too few panels."""
    stored = work.known.kept("raters", ["choice"]).get("choice")
    return RaterModel.from_body(stored["model"]) if stored is not None and stored["model"] else None


def _fitted(
    work: Work, sort: str, size: int, *, fresh: Mapping[str, Mapping[str, Judged]], gone: Sequence[str]
) -> RaterModel | None:
    by_panel: defaultdict[str, dict[str, Judged]] = defaultdict(dict)
    for row in _members(work, sort, fresh=fresh, gone=gone):
        by_panel[row.interaction_id][row.author] = row
    first = sorted(by_panel, key=lambda key: (sorted(row.seq for row in by_panel[key].values())[PANEL - 1], key))[:size]
    panels = [list(by_panel[key].values()) for key in first]
    if len({_vote(row) for some in panels for row in some}) < 2:
        return None
    return fit_panels([Panel(tuple(_vote(row) for row in some), tuple(row.author for row in some)) for some in panels])


def _members(work: Work, sort: str, *, fresh: Mapping[str, Mapping[str, Any]], gone: Sequence[str]) -> list[Judged]:
    """All votes of all panels of a sort; read only when raters are fitted again."""
    keys = {key for key, body in work.known.kept(f"panel:{sort}").items() if body["since"] >= 0} | set(fresh)
    rows = work.known.rows("interaction_id", sorted(keys - set(gone)))
    votes: defaultdict[str, dict[str, Judged]] = defaultdict(dict)
    for row in rows:
        if _sort(row) == sort:
            votes[row.interaction_id][row.author] = row
    return [row for some in votes.values() if len(some) >= PANEL for row in some.values()]


def _sort(row: Judged) -> str:
    """What a row votes on; nothing where nobody knows whose vote it is."""
    if not is_person(row.author):
        return ""
    if row.choice:
        return "choice"
    return "rating" if row.family == "rating" else ""


def _vote(row: Judged) -> str:
    return row.choice or ("good" if (row.value or 0.0) >= 0.5 else "bad")
