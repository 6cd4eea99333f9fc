"""Copies: one author saying the same thing again and again, or accounts saying it in chorus."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from loop.records import SEPARATOR, AuthorStanding, Finding, Judged
from loop.validate.crowds import DAY, REPEAT, TOPIC, episodes, kind_of, reason_of
from loop.validate.facts import is_worded
from loop.validate.topics import tell_crowds
from loop.validate.work import Findings, Work

REPEATS = 3
"""Times one author may say the same thing before the copies are held; the first always counts."""
CHORUS = 3
"""Accounts that say the same within the window."""
WINDOW_SECONDS = 600.0
BURST = 8
"""Near-identical items in a day that make a burst, when few sources give them."""
_RELATED = 20


def find_copies(work: Work) -> Findings:
    """Level said: an author's copies of the same words, and a chorus of accounts nobody knows."""
    found = Findings()
    rows = work.known.rows("said", work.keys)
    strangers = _strangers(work, rows)
    by_said: defaultdict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        by_said[row.said].append(row)
    for some in by_said.values():
        crowds: dict[str, tuple[str, Finding]] = {}
        handful: list[Judged] = []
        for episode in episodes([row for row in some if row.is_long and row.author in strangers]):
            if kind := kind_of(episode):
                one = Finding(kind, reason_of(episode), (episode[0].feedback_id,))
                crowds |= dict.fromkeys((row.feedback_id for row in episode), (kind, one))
            else:
                handful += episode
        copies = _copies(some) | _chorus(handful)
        for row in some:
            fresh = [Finding("copy", *copies[row.feedback_id])] if row.feedback_id in copies else []
            kind, crowd = crowds.get(row.feedback_id, ("", None))
            after = row._replace(findings=row.findings_with(fresh, by="copy"))
            for name in (TOPIC, REPEAT):
                told = [crowd] if crowd is not None and kind == name else []
                after = after._replace(findings=after.findings_with(told, by=name))
            if after != row:
                _keep(found, after)
                found.give("case", [row.interaction_id])
    tell_crowds(work, rows, found, strangers=strangers)
    return found


def find_bursts(work: Work) -> Findings:
    """Level burst: many near-identical questions, answered alike within a day by few sources nobody knows."""
    found = Findings()
    days: defaultdict[int, set[int]] = defaultdict(set)
    for key in work.keys:
        group, date = key.split(SEPARATOR)
        days[int(group)].add(int(date))
    if not days:
        return found
    earliest = min(min(some) for some in days.values())
    latest = max(max(some) for some in days.values())
    rows = work.known.rows("near", sorted(days), since=(earliest - 2) * DAY, until=(latest + 3) * DAY)
    strangers = _strangers(work, rows)
    groups: defaultdict[tuple[int, str], list[Judged]] = defaultdict(list)
    for row in rows:
        if row.choice:
            groups[row.near, row.choice].append(row)
    for (near, _), some in groups.items():
        told = _bursts([row for row in some if row.author in strangers])
        # A window that begins or ends within a day of the day named is complete in what was read.
        inner = [row for row in some if not {int(row.at // DAY) + step for step in (-1, 0, 1)}.isdisjoint(days[near])]
        note_findings(found, inner, told, detector="burst")
    return found


def note_findings(
    found: Findings, rows: Sequence[Judged], told: dict[str, tuple[str, tuple[str, ...]]], *, detector: str
) -> None:
    """Keep what was found about each row in place of what this look found before."""
    for row in rows:
        said = told.get(row.feedback_id)
        findings = row.findings_with([] if said is None else [Finding(detector, *said)], by=detector)
        if findings != row.findings:
            _keep(found, row._replace(findings=findings))


def _keep(found: Findings, row: Judged) -> None:
    """What rests on its findings is looked at again: its state, and whether its words count for anything."""
    found.rows[row.feedback_id] = row
    found.give("row", [row.feedback_id])
    if is_worded(row):
        found.give("saying", [row.feedback_id])


def _strangers(work: Work, rows: Sequence[Judged]) -> frozenset[str]:
    """Authors who are neither named nor proven."""
    authors = {row.author for row in rows}
    known: dict[str, AuthorStanding] = {name: one for name, (one, _) in work.known.standings(authors).items()}
    return frozenset(
        name for name in authors - work.named if name not in known or known[name].standing not in ("trusted", "proven")
    )


def _copies(rows: Sequence[Judged]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Of the rows that want the same: each author's further ones, from the third on the second too."""
    by_author: defaultdict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        by_author[row.author].append(row)
    told: dict[str, tuple[str, tuple[str, ...]]] = {}
    for own in by_author.values():
        if len(own) < REPEATS:
            continue
        what = "correction of the same question" if own[0].family == "correction" else "text"
        for place, row in enumerate(own[1:], start=2):
            told[row.feedback_id] = (
                f"This author gave the same {what} before; the first one counts, this is copy number {place}.",
                (own[0].feedback_id,),
            )
    return told


def _chorus(rows: Sequence[Judged]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The same long question with the same correction, from several accounts nobody knows, on different answers."""
    told: dict[str, tuple[str, tuple[str, ...]]] = {}
    for some in _windows(rows, WINDOW_SECONDS, least=CHORUS):
        accounts = {row.author for row in some}
        if len(accounts) < CHORUS or len({row.interaction_id for row in some}) < CHORUS:
            continue
        minutes = max(1, round((some[-1].at - some[0].at) / 60))
        reason = (
            f"{len(accounts)} accounts without a record gave the same correction to word-for-word the same "
            f"question within {minutes} min: the mark of a brigade."
        )
        for row in some:
            told[row.feedback_id] = (reason, _others(row, some))
    return told


def _bursts(rows: Sequence[Judged]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Many in a day, from few: at most two, or a quarter of the items."""
    told: dict[str, tuple[str, tuple[str, ...]]] = {}
    for some in _windows(rows, DAY, least=BURST):
        sources = len({row.author for row in some})
        if sources > max(2, len(some) // 4):
            continue
        reason = (
            f"{len(some)} near-identical questions corrected alike within a day by only {sources} "
            f"{'source' if sources == 1 else 'sources'}."
        )
        for row in some:
            if row.feedback_id not in told:
                told[row.feedback_id] = (reason, _others(row, some))
    return told


def _windows(rows: Sequence[Judged], seconds: float, *, least: int) -> Iterator[list[Judged]]:
    """For each row those that came within `seconds` from it on, by time, where they are at least so many."""
    if len(rows) < least:
        return
    ordered = sorted(rows, key=lambda row: (row.at, row.seq))
    times = np.array([row.at for row in ordered])
    for start, end in enumerate(np.searchsorted(times, times + seconds, side="right").tolist()):
        if end - start >= least:
            yield ordered[start:end]


def _others(row: Judged, some: Sequence[Judged]) -> tuple[str, ...]:
    return tuple(one.feedback_id for one in some if one is not row)[:_RELATED]
