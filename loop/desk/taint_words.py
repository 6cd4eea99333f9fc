"""What a scope influenced and what unlearning it does, in words: the same on the screen and in the terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from loop.heldout import HIDDEN_SPLITS
from loop.records import OPEN_STATES, ProposalState, Taint, Unlearning
from loop.text.counting import count

LISTED = 12
"""Of one kind that are named before the rest is only counted."""


class Paragraph(NamedTuple):
    """One kind of thing it influenced."""

    head: str
    lines: tuple[str, ...] = ()
    """May quote stored text."""


def taint_paragraphs(taint: Taint) -> tuple[Paragraph, ...]:
    """What was influenced, from the items to what is live; only what there is."""
    return tuple(_paragraphs(taint))


def unlearned_words(made: Unlearning) -> str:
    """What one act did, in a sentence or two."""
    did = ", ".join(
        filter(
            None,
            (
                _count(len(made.moved), "item", "excluded"),
                _count(len(made.retired), "case", "retired"),
                _count(len(made.stopped), "open change", "stopped"),
            ),
        )
    )
    told = f"{did[:1].upper()}{did[1:]}." if did else "Nothing of it taught, examined or waited."
    if made.standing or made.taken_back:
        told += " What is live of it stays until a person approves what takes it back."
    return told


def _paragraphs(taint: Taint) -> Iterator[Paragraph]:
    states = ", ".join(f"{n} {name}" for name, n in sorted(taint.states.items()))
    cut = " or more; only these were followed" if taint.is_cut else ""
    people = f", by {count(taint.people, 'person', 'people')}" if taint.items else ""
    yield Paragraph(f"{count(len(taint.items), 'feedback item')}{people}{cut}", (states,) if states else ())
    if taint.superseding:
        yield Paragraph(
            f"{count(taint.superseding, 'item')} replaced an earlier word of its author, which does not come back"
        )
    if taint.issues:
        lines = (f"{one.title} ({count(one.support, 'person', 'people')} behind it now)" for one in taint.issues)
        yield Paragraph(count(len(taint.issues), "issue"), _some(lines, len(taint.issues)))
    if taint.proposals:
        yield Paragraph(count(len(taint.proposals), "change"), _some(_changes(taint), len(taint.proposals)))
    if taint.cases:
        yield Paragraph(f"{count(len(taint.cases), 'case')} it made", tuple(_cases(taint)))
    if taint.versions:
        numbers = (
            f"version {one.number}: {'rests on it' if one.is_made else 'built on one that does'}"
            f"{', live now' if one.is_live else '' if one.is_released else ', never live'}"
            for one in taint.versions
        )
        yield Paragraph(count(len(taint.versions), "version"), _some(numbers, len(taint.versions)))
    if taint.releases or taint.answers:
        more = " or more" if taint.are_answers_cut else ""
        yield Paragraph(
            f"{count(len(taint.releases), 'release')}; {count(taint.answers, 'answer')}{more} by these versions"
        )
    if taint.reports or taint.measured:
        measured = f"; versions measured on its cases: {_numbers(taint.measured)}" if taint.measured else ""
        yield Paragraph(f"{count(len(taint.reports), 'report')} on these changes or counted on its cases{measured}")
    if taint.live:
        elements = (
            f"{one.section}: {one.title} ({'stands on others too' if one.stands else 'no longer stands without it'})"
            for one in sorted(taint.live, key=lambda one: one.stands)
        )
        yield Paragraph(f"{count(len(taint.live), 'thing')} live now", _some(elements, len(taint.live)))
    if taint.clean is not None:
        yield Paragraph(f"Version {taint.clean} was the last without any of it: going back to it needs no approval")


def _changes(taint: Taint) -> Iterator[str]:
    for one in taint.proposals:
        rests = "all of it" if one.is_whole else f"{one.cited} cited, {count(one.people_left, 'person', 'people')} left"
        falls = "" if one.stands or one.state not in (*OPEN_STATES, ProposalState.LIVE) else "; does not stand without"
        yield f"{one.title} ({one.state.value.replace('_', ' ')}; {rests}{falls})"


def _cases(taint: Taint) -> Iterator[str]:
    """Of sealed cases how many, never which."""
    in_use = Counter(case.split for case in taint.cases if not case.retired)
    for split, n in sorted(in_use.items()):
        yield f"{n} {split.value} in use{', kept for examining' if split in HIDDEN_SPLITS else ''}"
    if retired := sum(case.retired for case in taint.cases):
        yield f"{retired} retired"


def _some(lines: Iterable[str], n: int) -> tuple[str, ...]:
    shown = [line for line, _ in zip(lines, range(LISTED), strict=False)]
    return (*shown, f"… and {n - LISTED} more") if n > LISTED else tuple(shown)


def _numbers(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, numbers[:LISTED]))
    return shown + (f" and {len(numbers) - LISTED} more" if len(numbers) > LISTED else "")


def _count(n: int, one: str, done: str) -> str:
    return f"{count(n, one)} {done}" if n else ""
