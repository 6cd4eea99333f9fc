"""Copies: one author saying the same thing again and again, or accounts saying it in chorus."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from loop.records import Flag
from loop.validate.context import Docket
from loop.validate.table import Ledger

REPEATS = 3
"""Times one author may say the same thing before the copies are held; the first always counts."""
_CHORUS = 3
"""Accounts that say the same within the window."""
_WINDOW_SECONDS = 600.0
_LONG_ENOUGH = 5
"""Words below which two texts are the same by chance."""
_BURST = 8
"""Near-identical items in a day that make a burst, when few sources give them."""
_DAY = 86_400.0


def find_duplicate(docket: Docket) -> Iterator[Flag]:
    """Three signatures: an author's copies, a chorus of accounts, a near-identical burst from few sources."""
    ledger = docket.ledger
    found: dict[int, tuple[str, Sequence[int]]] = {}
    _copies(ledger, found)
    _chorus(docket, found)
    _bursts(docket, found)
    for row in sorted(found):
        reason, related = found[row]
        if ledger.is_judged[row]:
            others = [other for other in related if other != row]
            yield Flag(
                feedback_id=ledger.feedback(row).id,
                detector="duplicate",
                reason=reason,
                related=ledger.ids(others),
                at=docket.now,
            )


def _said(ledger: Ledger, row: int) -> str:
    """What a row wants, as one comparable text; empty when it is too short to be told from chance."""
    choice, text = ledger.choice[row], ledger.text[row]
    if ledger.family[row] == "correction":
        asked = ledger.questions[ledger.question[row]] if ledger.question[row] >= 0 else ""
        return f"{asked}\n{choice or ''}\n{text}" if asked and (choice or text) else ""
    return text if len(text.split()) >= _LONG_ENOUGH else ""


def _copies(ledger: Ledger, found: dict[int, tuple[str, Sequence[int]]]) -> None:
    groups: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for row in range(len(ledger.items)):
        if said := _said(ledger, row):
            groups[int(ledger.author[row]), said].append(row)
    for rows in groups.values():
        if len(rows) < REPEATS:
            continue
        rows.sort(key=lambda row: (ledger.at[row], row))
        what = "correction of the same question" if ledger.family[rows[0]] == "correction" else "text"
        for row in rows[1:]:
            found[row] = (
                f"This author gave the same {what} {len(rows)} times; the first one counts, this is a copy.",
                rows,
            )


def _chorus(docket: Docket, found: dict[int, tuple[str, Sequence[int]]]) -> None:
    """The same long question with the same correction, from several accounts nobody knows, on different answers."""
    ledger = docket.ledger
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for row in range(len(ledger.items)):
        if ledger.family[row] != "correction" or docket.standing(row).standing in ("trusted", "proven"):
            continue
        said = _said(ledger, row)
        if len(said.split("\n")[0].split()) >= _LONG_ENOUGH:
            groups[said].append(row)
    for rows in groups.values():
        if len(rows) < _CHORUS:
            continue
        rows.sort(key=lambda row: (ledger.at[row], row))
        times = ledger.at[np.array(rows)]
        ends = np.searchsorted(times, times + _WINDOW_SECONDS, side="right")
        for start, end in enumerate(ends):
            some = rows[start:end]
            accounts = {int(ledger.author[row]) for row in some}
            answers = {ledger.feedback(row).interaction_id for row in some}
            if len(accounts) < _CHORUS or len(answers) < _CHORUS:
                continue
            minutes = max(1, round((times[end - 1] - times[start]) / 60))
            for row in some:
                found[row] = (
                    f"{len(accounts)} accounts without a record gave the same correction to word-for-word the same "
                    f"question within {minutes} min: the mark of a brigade.",
                    some,
                )


def _bursts(docket: Docket, found: dict[int, tuple[str, Sequence[int]]]) -> None:
    """Many near-identical questions, corrected alike within a day by few sources."""
    ledger = docket.ledger
    groups: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for row in ledger.choosing:
        if docket.standing(row).standing not in ("trusted", "proven"):
            groups[int(ledger.near_of[row]), ledger.choice[row] or ""].append(int(row))
    for rows in groups.values():
        if len(rows) < _BURST:
            continue
        rows.sort(key=lambda row: (ledger.at[row], row))
        times = ledger.at[np.array(rows)]
        ends = np.searchsorted(times, times + _DAY, side="right")
        widest = int(np.argmax(ends - np.arange(ends.size)))
        some = rows[widest : ends[widest]]
        sources = {int(ledger.author[row]) for row in some}
        if len(some) < _BURST or len(sources) > max(2, len(some) // 4):
            continue
        for row in some:
            found.setdefault(
                row,
                (
                    f"{len(some)} near-identical questions corrected alike within a day by only {len(sources)} "
                    f"{'source' if len(sources) == 1 else 'sources'}.",
                    some,
                ),
            )
