"""Level view: what views independent of a row say of it: a known answer, a model, fellow raters, other authors."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loop.records import Judged, Level
from loop.text.classifier import LabelModel
from loop.text.spelling import COMPARED_CHARACTERS, normalise
from loop.validate.fits import (
    BELIEVED,
    OTHERS,
    VOUCHED,
    count_known,
    crowd_of,
    due_fit,
    fold_of,
    given_cases,
    reference_of,
    stored_fit,
)
from loop.validate.keys import key_of
from loop.validate.panels import panel_views
from loop.validate.work import Findings, Work

Floats = NDArray[np.float64]

ENOUGH_PER_LABEL = 3
"""Known answers of a label below which nothing is said for or against it."""
MILLION = 1_000_000
EVERYTHING = "*"
"""A key that stands for all rows that choose, from a place in the log on: `*17`."""
SCAN = 4_000
"""Rows of one piece of such a scan."""
_SURE = 0.5
"""Chance of its first choice from which a model's view counts as a judgement."""
_CLEARLY_NOT = 0.1
"""Chance below which a model's view counts against a choice that is not its first."""


def view_rows(work: Work) -> Findings:
    """The strongest independent view of each row: known answer, reference model, panel, then other authors.

    The reference is what the operator vouches for; it never judges a row by an answer learned from that row.
    """
    known, found = work.known, Findings()
    vouched, is_new = due_fit(work, VOUCHED, authors=work.named, n=count_known(work, work.named), found=found)
    others, is_newer = due_fit(work, OTHERS, authors=(), n=sum(known.count_first_votes().values()), found=found)
    rows = rows_of_keys(work, found, level_scan=is_new or is_newer)
    choosing = [row for row in rows if row.choice]
    if is_newer and is_crowd_needed(work):
        found.give("row", [f"{EVERYTHING}0"])
    agree: dict[str, tuple[int, int]] = {}
    texts = known.questions({row.question for row in choosing})
    for number, model in enumerate(crowd_of(work, others).models):
        some = [row for row in choosing if row.question in texts and fold_of(row.author) == number]
        if model is not None and some:
            told = predict(model, [texts[row.question].text for row in some], choices=[row.choice for row in some])
            _note(agree, some, _sure(told, some), basis=2)
    agree |= panel_views(work, rows, found)
    reference = reference_of(work, vouched)
    if reference.model is not None:
        some = [row for row in choosing if row.question in texts]
        told = predict(
            reference.model, [texts[row.question].text for row in some], choices=[row.choice for row in some]
        )
        told = without_themselves(told, some, left_out=reference.left_out, known=reference.known)
        _note(agree, some, _sure(told, some), basis=0)
    _note(agree, choosing, _known(work, choosing), basis=0)
    for row in rows:
        value, basis = agree.get(row.feedback_id, (None, -1))
        if (value, basis) != (row.agree, row.basis):
            found.rows[row.feedback_id] = row._replace(agree=value, basis=basis)
            found.give("author", [row.author])
    return found


def rows_of_keys(work: Work, found: Findings, *, level_scan: bool, level: Level = "view") -> list[Judged]:
    """The standing rows that some keys name; a scan of everything goes on in the next piece.

    `level_scan`: a new generation came, so that a scan of everything begins.
    """
    ids = [key for key in work.keys if not key.startswith(EVERYTHING)]
    rows = {row.feedback_id: row for row in work.known.rows("feedback_id", ids) if row.is_standing}
    for key in work.keys:
        if key.startswith(EVERYTHING):
            piece = work.known.scan(level, after=int(key[1:]), limit=SCAN)
            rows |= {row.feedback_id: row for row in piece}
            if len(piece) == SCAN:
                found.give(level, [f"{EVERYTHING}{piece[-1].seq}"])
    if level_scan:
        found.give(level, [f"{EVERYTHING}0"])
    return sorted(rows.values(), key=lambda row: (row.seq, row.feedback_id))


def is_crowd_needed(work: Work) -> bool:
    """Whether no model of known answers is in force, so that rows are judged by what everybody says."""
    believed = stored_fit(work, BELIEVED)
    return believed is None or reference_of(work, believed).model is None


class KnownAnswer(NamedTuple):
    """A known answer."""

    author: str
    question: str
    choice: str


class Predictions:
    """What a model says of some rows, one entry each; NaN and empty where it knows too little of either label."""

    def __init__(self, top: Sequence[str], top_chance: Floats, given_chance: Floats) -> None:
        self.top = list(top)
        self.top_chance = top_chance
        self.given_chance = given_chance


def predict(model: LabelModel, texts: Sequence[str], *, choices: Sequence[str]) -> Predictions:
    """What a model thinks of spelled questions and the choices made for them."""
    said = model.predict(texts, given=list(choices))
    known_given = (said.given >= 0) & (model.counts[np.maximum(said.given, 0)] >= ENOUGH_PER_LABEL)
    is_known = known_given & (model.counts[said.top] >= ENOUGH_PER_LABEL)
    return Predictions(
        [model.labels[top] if known else "" for top, known in zip(said.top, is_known, strict=True)],
        np.where(is_known, said.top_chance, np.nan).astype(np.float64),
        np.where(is_known, said.given_chance, np.nan).astype(np.float64),
    )


def without_themselves(
    told: Predictions,
    rows: Sequence[Judged],
    *,
    left_out: Mapping[str, tuple[str, float, float]],
    known: Mapping[str, str],
) -> Predictions:
    """A row the model learned from is judged with itself left out (leave-one-out)."""
    for place, row in enumerate(rows):
        if known.get(row.interaction_id) == row.choice:
            told.top[place], told.top_chance[place], told.given_chance[place] = left_out[row.interaction_id]
    return told


def vouched_answers(work: Work, rows: Sequence[Judged]) -> tuple[dict[str, KnownAnswer], dict[str, str]]:
    """What the operator's people say of these interactions, and of these very questions where they agree.

    Of an interaction on which they disagree, the choice most of them make; on a tie, nothing.
    """
    on_interaction: defaultdict[str, list[KnownAnswer]] = defaultdict(list)
    choices: defaultdict[str, set[str]] = defaultdict(set)
    for case in given_cases(work):
        question = key_of(normalise(case.question[:COMPARED_CHARACTERS]))
        on_interaction[case.interaction_id or ""].append(KnownAnswer(case.author, question, case.expected))
        choices[question].add(case.expected)
    if work.named:
        interactions, questions = {row.interaction_id for row in rows}, {row.question for row in rows}
        for one in work.known.rows("interaction_id", sorted(interactions), authors=work.named):
            if one.choice and one.may_teach and not one.is_drawn_sealed:
                on_interaction[one.interaction_id].append(KnownAnswer(one.author, one.question, one.choice))
        for one in work.known.rows("question", sorted(questions), authors=work.named):
            if one.choice and one.may_teach and not one.is_drawn_sealed:
                choices[one.question].add(one.choice)
    on_interaction.pop("", None)
    settled = {key: found for key, some in on_interaction.items() if (found := _most(some)) is not None}
    return settled, {question: next(iter(some)) for question, some in choices.items() if len(some) == 1}


def _most(some: Sequence[KnownAnswer]) -> KnownAnswer | None:
    ranked = Counter(one.choice for one in some).most_common(2)
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        return None
    return next(one for one in some if one.choice == ranked[0][0])


def _known(work: Work, rows: Sequence[Judged]) -> Floats:
    """Against a known answer to the very same interaction or question, given by somebody else."""
    found = np.full(len(rows), np.nan)
    by_interaction, by_question = vouched_answers(work, rows)
    for place, row in enumerate(rows):
        same = by_interaction.get(row.interaction_id)
        if same is not None and same.author != row.author:
            found[place] = float(same.choice == row.choice)
        elif same is None and row.question in by_question and row.author not in work.named:
            found[place] = float(by_question[row.question] == row.choice)
    return found


def _sure(told: Predictions, rows: Sequence[Judged]) -> Floats:
    """1 where a sure view is the row's choice, 0 where it is clearly another, else NaN."""
    same = np.array([top == row.choice for top, row in zip(told.top, rows, strict=True)], dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        is_sure = told.top_chance >= _SURE
        clearly_not = is_sure & ~same & (told.given_chance < _CLEARLY_NOT)
    return np.where(is_sure & same, 1.0, np.where(clearly_not, 0.0, np.nan))


def _note(agree: dict[str, tuple[int, int]], rows: Sequence[Judged], seen: Floats, *, basis: int) -> None:
    for row, value in zip(rows, seen.tolist(), strict=True):
        if value == value:  # not NaN
            agree[row.feedback_id] = (round(value * MILLION), basis)
