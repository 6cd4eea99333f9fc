"""Whom to believe: each author against the trusted reference, fellow raters, and what everybody else says."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loop.stats.agreement import dawid_skene, rate
from loop.text import classifier
from loop.validate.reference import Reference, Views, views_of
from loop.validate.table import Ledger
from loop.validate.work import AuthorStanding, Standing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ENOUGH_JUDGED = 8
"""Judged items before an author is anything but new."""
_SURE = 0.5
"""Chance of its first choice from which a model's view counts as a judgement."""
_CLEARLY_NOT = 0.1
"""Chance below which a model's view counts against a choice that is not its first."""
_ABOVE_CHANCE = 0.25
"""Share of the way from chance to perfect that an honest author must possibly reach."""
_SHARE_OF_USUAL = 2 / 3
"""Of the median author's agreement, what an honest author must possibly reach; where answers are easy to check the
median is near 1, where they are not it is lower for everybody."""
_PEERS = 5
"""Judged authors before their median counts."""
_FOLDS = 5
_FOLD_ROWS = 5_000
"""Rows the out-of-author model of a fold learns from, at most."""
_PANEL = 3
"""Distinct raters of one interaction from which they judge each other."""
_VOTES_PER_LABEL = 3
"""Rows one author may teach the out-of-author model per label: nobody drowns out the others."""
_LAZY_COUNT = 20
_LAZY_CHANCE = 1e-6

_BASES = ("the trusted reference", "fellow raters of the same answers", "what other authors say of similar questions")


@dataclass(frozen=True)
class Judgements:
    """What independent views say of single rows."""

    agree: Floats
    """By ledger row: 1 agrees, 0 disagrees, between when a panel is unsure; NaN when nothing has a view."""
    basis: Ints
    """By ledger row: which view, an index into the bases; −1 for none."""
    bar: Floats
    """By ledger row: agreement that an honest author may be expected to exceed."""


def judge_rows(ledger: Ledger, reference: Reference, views: Views) -> Judgements:
    """The strongest independent view of each row: known answer, reference model, panel, then other authors."""
    count = len(ledger.items)
    agree = np.full(count, np.nan)
    basis = np.full(count, -1, dtype=np.int64)
    bar = np.full(count, 0.5)
    choices = np.array([row for row, choice in enumerate(ledger.choice) if choice], dtype=np.int64)
    named = [ledger.choice[row] or "" for row in choices]
    bar[choices] = _bars(ledger, choices, named)
    _fill(agree, basis, rows=ledger.choosing, found=_against_others(ledger), number=2)
    _fill(agree, basis, rows=choices, found=_panels(ledger, choices, named), number=1)
    _fill(agree, basis, rows=ledger.choosing, found=_sure(views, ledger, ledger.choosing), number=0)
    _fill(agree, basis, rows=ledger.choosing, found=_known(ledger, reference), number=0)
    rating = np.array([row for row, family in enumerate(ledger.family) if family == "rating"], dtype=np.int64)
    rating = rating[~np.isin(rating, choices)]
    liked = ["good" if (ledger.feedback(row).value or 0.0) >= 0.5 else "bad" for row in rating]
    bar[rating] = _bars(ledger, rating, liked)
    _fill(agree, basis, rows=rating, found=_panels(ledger, rating, liked), number=1)
    return Judgements(agree, basis, bar)


def stand(ledger: Ledger, judgements: Judgements) -> tuple[AuthorStanding, ...]:
    """One standing per author, by name."""
    size = len(ledger.authors)
    seen = ~np.isnan(judgements.agree)
    who = ledger.author[seen]
    given = np.bincount(ledger.author, minlength=size)
    judged = np.bincount(who, minlength=size)
    agreed = np.bincount(who, weights=judgements.agree[seen], minlength=size)
    bars = np.bincount(who, weights=judgements.bar[seen], minlength=size) / np.maximum(judged, 1)
    judged_enough = judged >= ENOUGH_JUDGED
    if judged_enough.sum() >= _PEERS:
        usual = float(np.median(agreed[judged_enough] / judged[judged_enough]))
        bars = np.maximum(bars, _SHARE_OF_USUAL * usual)
    bases = np.zeros((size, len(_BASES)), dtype=np.int64)
    np.add.at(bases, (who, judgements.basis[seen]), 1)
    lazy = _lazy(ledger)
    return tuple(
        _standing(
            name,
            given=int(given[number]),
            judged=int(judged[number]),
            agreed=float(agreed[number]),
            bar=float(bars[number]),
            basis=_BASES[int(bases[number].argmax())],
            is_trusted=bool(ledger.trusted[number]),
            lazy=lazy.get(number, ""),
        )
        for number, name in enumerate(ledger.authors)
    )


def _standing(
    name: str, *, given: int, judged: int, agreed: float, bar: float, basis: str, is_trusted: bool, lazy: str
) -> AuthorStanding:
    found = rate(agreed, n=judged) if judged else None
    told = (
        f"agrees with {basis} on {agreed:.0f} of {judged} ({agreed / judged:.0%})" if judged else "nothing to compare"
    )
    standing: Standing
    if is_trusted:
        standing, reason = "trusted", f"Named by the operator; {told}."
    elif lazy:
        standing, reason = "unreliable", lazy
    elif found is None or judged < ENOUGH_JUDGED:
        standing, reason = "new", f"Too little to tell: {told}, {ENOUGH_JUDGED} needed."
    elif found.high < bar:
        standing = "unreliable"
        reason = f"{told[0].upper()}{told[1:]}, at most {found.high:.0%}; {bar:.0%} is the least of an honest author."
    elif found.low >= bar:
        standing, reason = "proven", f"{told[0].upper()}{told[1:]}, at least {found.low:.0%}."
    else:
        standing, reason = "new", f"Not clear yet: {told}, between {found.low:.0%} and {found.high:.0%}."
    return AuthorStanding(
        name=name,
        given=given,
        judged=judged,
        agreement=found.share if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        standing=standing,
        reason=reason,
    )


def _fill(agree: Floats, basis: Ints, *, rows: Ints, found: Floats, number: int) -> None:
    has_view = ~np.isnan(found)
    agree[rows[has_view]] = found[has_view]
    basis[rows[has_view]] = number


def _known(ledger: Ledger, reference: Reference) -> Floats:
    """Against a known answer to the very same interaction or question, given by somebody else."""
    found = np.full(ledger.choosing.size, np.nan)
    own = {(answer.author, answer.question) for answer in reference.known}
    for place, row in enumerate(ledger.choosing):
        feedback, question = ledger.feedback(row), ledger.questions[ledger.question[row]]
        same = reference.by_interaction.get(feedback.interaction_id)
        if same is not None and same.author != feedback.author:
            found[place] = float(same.choice == ledger.choice[row])
        elif same is None and question in reference.by_question and (feedback.author, question) not in own:
            found[place] = float(reference.by_question[question] == ledger.choice[row])
    return found


def _sure(views: Views, ledger: Ledger, rows: Ints) -> Floats:
    """1 where a sure view is the row's choice, 0 where it is clearly another, else NaN."""
    same = np.array([top == ledger.choice[row] for top, row in zip(views.top, rows, strict=True)], dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        is_sure = views.top_chance >= _SURE
        clearly_not = is_sure & ~same & (views.given_chance < _CLEARLY_NOT)
    return np.where(is_sure & same, 1.0, np.where(clearly_not, 0.0, np.nan))


def _against_others(ledger: Ledger) -> Floats:
    """Each author against a model of what the authors outside their fold say, a few votes each."""
    rows = ledger.choosing
    found = np.full(rows.size, np.nan)
    fold = np.random.default_rng(ledger.seed).permutation(len(ledger.authors)) % _FOLDS
    used: Counter[tuple[int, str]] = Counter()
    teaches = np.zeros(rows.size, dtype=np.bool_)
    for place, row in enumerate(rows):
        key = (int(ledger.author[row]), ledger.choice[row] or "")
        used[key] += 1
        teaches[place] = used[key] <= _VOTES_PER_LABEL
    for number in range(_FOLDS):
        inside = fold[ledger.author[rows]] == number
        taught = rows[teaches & ~inside]
        if not inside.any() or taught.size < 100:
            continue
        model = classifier.fit(
            [ledger.questions[ledger.question[row]] for row in taught],
            labels=[ledger.choice[row] or "" for row in taught],
            seed=ledger.seed,
            max_rows=_FOLD_ROWS,
        )
        if model is not None and model.is_useful:
            found[inside] = _sure(views_of(model, ledger, rows=rows[inside]), ledger, rows[inside])
    return found


def _panels(ledger: Ledger, rows: Ints, said: list[str]) -> Floats:
    """Where three or more rated the same answer: chance of each vote being right in the eyes of the others."""
    found = np.full(rows.size, np.nan)
    latest: dict[tuple[str, int], int] = {}
    for place, row in enumerate(rows):
        latest[ledger.feedback(row).interaction_id, int(ledger.author[row])] = place
    voices: defaultdict[str, list[int]] = defaultdict(list)
    for (interaction_id, _), place in latest.items():
        voices[interaction_id].append(place)
    panels = [places for places in voices.values() if len(places) >= _PANEL]
    if len(panels) < ENOUGH_JUDGED:
        return found
    places = np.array([place for panel in panels for place in panel], dtype=np.int64)
    names, labels = np.unique(np.array([said[place] for place in places]), return_inverse=True)
    if names.size < 2:
        return found
    _, raters = np.unique(ledger.author[rows[places]], return_inverse=True)
    items = np.repeat(np.arange(len(panels)), [len(panel) for panel in panels])
    found[places] = dawid_skene(labels, raters=raters, items=items, classes=names.size).others
    return found


def _bars(ledger: Ledger, rows: Ints, said: list[str]) -> Floats:
    """A quarter of the way from chance to perfect, at least one half; chance is what guessing in proportion earns."""
    if rows.size == 0:
        return np.zeros(0)
    total = Counter(said)
    own: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for word, row in zip(said, rows, strict=True):
        own[int(ledger.author[row])][word] += 1
    bars = {}
    for number, counts in own.items():
        chance = sum(count * total[word] for word, count in counts.items()) / (counts.total() * rows.size)
        bars[number] = max(0.5, chance + _ABOVE_CHANCE * (1 - chance))
    return np.array([bars[int(ledger.author[row])] for row in rows])


def _lazy(ledger: Ledger) -> dict[int, str]:
    """Authors whose ratings never vary and never say a word, where the others' ratings do vary."""
    values: defaultdict[int, Counter[float]] = defaultdict(Counter)
    total: Counter[float] = Counter()
    wordy: set[int] = set()
    for row, family in enumerate(ledger.family):
        value = ledger.feedback(row).value
        if family != "rating" or value is None:
            continue
        number = int(ledger.author[row])
        values[number][value] += 1
        total[value] += 1
        if ledger.text[row]:
            wordy.add(number)
    found: dict[int, str] = {}
    for number, counts in values.items():
        given, (value, _) = counts.total(), next(iter(counts.items()))
        others = total.total() - given
        if len(counts) > 1 or given < _LAZY_COUNT or number in wordy or others < _LAZY_COUNT:
            continue
        share = (total[value] - given + 1) / (others + 2)
        if share**given < _LAZY_CHANCE:
            found[number] = (
                f"Gave the rating {value:g} all {given} times without a word; "
                f"others give it {share:.0%} of the time, so chance would be {share**given:.0e}."
            )
    return found
