"""The trusted reference: what the people we believe said is right, and how likely it makes each correction look.

Only answers an attacker cannot write belong here. A model trained on what it should judge misses targeted
poison: it learns it. The size of this set, not the cleverness of the model, decides what is caught.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loop.heldout import group_of, split_of
from loop.records import DOUBTED_STATES, Grading, Split
from loop.text import classifier
from loop.text.classifier import LabelModel
from loop.text.spelling import COMPARED_CHARACTERS, normalise
from loop.validate.table import Ledger
from loop.validate.work import ValidationWork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ENOUGH = 100
"""Known answers below which the reference says nothing."""
ENOUGH_PER_LABEL = 3
"""Known answers of a label below which nothing is said for or against it."""


@dataclass(frozen=True)
class KnownAnswer:
    """One question with the label or article that somebody we believe said is right."""

    question: str
    choice: str
    author: str
    interaction_id: str


@dataclass(frozen=True)
class Views:
    """What a model thinks of each row of `Ledger.choosing`, in that order."""

    top: tuple[str, ...]
    """Likeliest choice; empty when there is no view."""
    top_chance: Floats
    """NaN when there is no view."""
    given_chance: Floats
    """Chance of the choice the row makes; NaN when there is no view."""
    rank: Floats
    """Share of the yardstick that looks at most as likely as this row's choice; NaN likewise."""


@dataclass(frozen=True)
class Reference:
    """Known answers and the model made from them."""

    known: tuple[KnownAnswer, ...]
    vouched: int
    """Of these, how many come from the operator or an author they named; the rest from proven authors."""
    model: LabelModel | None
    """None below ENOUGH known answers, with one label only, or when words do not tell the labels apart."""
    yardstick: Floats
    """Chances the model gives to known answers left out, ascending: those the operator vouches for where there are
    ENOUGH, because proven authors err too and their errors would pass as normal; else all."""
    by_interaction: dict[str, KnownAnswer]
    """What the operator vouches for."""
    by_question: dict[str, str]
    """The same by normalised question, to its choice; questions with two different known choices are left out."""

    @property
    def words(self) -> str:
        """How large and how good it is, in words."""
        if self.model is None:
            return f"trusted reference: {len(self.known)} known answers, too few or too unlike to be consulted"
        return (
            f"trusted reference: {self.model.rows.size:,} known answers over {len(self.model.labels)} labels, "
            f"{self.vouched:,} vouched for by the operator and the rest by proven authors, "
            f"right on {self.model.accuracy:.0%} of them left out one by one"
        )


def gather(work: ValidationWork, ledger: Ledger, *, believed: Collection[str]) -> Reference:
    """The reference from cases without an author, from `believed` authors' cases and from their corrections.

    Sealed cases, and corrections whose group is sealed, never enter: what the firewall lets through must not
    depend on them.
    """
    named = frozenset(work.agent.trusted_authors)
    told: defaultdict[str, list[KnownAnswer]] = defaultdict(list)
    loose: list[KnownAnswer] = []
    for answer in (*_from_cases(work, believed), *_from_corrections(work, ledger, believed)):
        (told[answer.interaction_id] if answer.interaction_id else loose).append(answer)
    settled = [found for some in told.values() if (found := _settled(some, named=named)) is not None]
    known = (*loose, *settled)
    vouched = [answer for answer in known if _is_vouched(answer, named)]
    choices: dict[str, set[str]] = {}
    for answer in vouched:
        choices.setdefault(answer.question, set()).add(answer.choice)
    model = None
    if len(known) >= ENOUGH:
        model = classifier.fit(
            [answer.question for answer in known], labels=[answer.choice for answer in known], seed=work.seed
        )
    is_vouched = np.array([_is_vouched(answer, named) for answer in known], dtype=np.bool_)
    yardstick = np.zeros(0)
    if model is not None and not model.is_useful:
        model = None
    if model is not None:
        chances = model.left_out.given_chance.astype(np.float64)
        surest = chances[is_vouched[model.rows]]
        yardstick = np.sort(surest if surest.size >= ENOUGH else chances)
    return Reference(
        known=known,
        vouched=len(vouched),
        yardstick=yardstick,
        model=model,
        by_interaction={answer.interaction_id: answer for answer in vouched if answer.interaction_id},
        by_question={question: min(some) for question, some in choices.items() if len(some) == 1},
    )


def view(ledger: Ledger, reference: Reference) -> Views:
    """What the reference thinks of every row that chooses; a row it learned from is judged with itself left out."""
    model, rows = reference.model, ledger.choosing
    if model is None:
        return no_views(rows.size)
    views = views_of(model, ledger, rows=rows)
    learned = {reference.known[place].interaction_id: number for number, place in enumerate(model.rows)}
    top, top_chance, given_chance = list(views.top), views.top_chance, views.given_chance
    for place, row in enumerate(rows):
        number = learned.get(ledger.feedback(row).interaction_id)
        if number is None or reference.known[model.rows[number]].choice != ledger.choice[row]:
            continue
        top[place] = model.labels[model.left_out.top[number]]
        top_chance[place] = model.left_out.top_chance[number]
        given_chance[place] = model.left_out.given_chance[number]
    return Views(tuple(top), top_chance, given_chance, _ranks(given_chance, yardstick=reference.yardstick))


def views_of(model: LabelModel, ledger: Ledger, *, rows: Ints) -> Views:
    """What a model thinks of some rows; no view where it knows too little of either label."""
    said = model.predict(
        [ledger.questions[ledger.question[row]] for row in rows], given=[ledger.choice[row] for row in rows]
    )
    known_given = (said.given >= 0) & (model.counts[np.maximum(said.given, 0)] >= ENOUGH_PER_LABEL)
    is_known = known_given & (model.counts[said.top] >= ENOUGH_PER_LABEL)
    given_chance = np.where(is_known, said.given_chance, np.nan).astype(np.float64)
    return Views(
        tuple(model.labels[top] if known else "" for top, known in zip(said.top, is_known, strict=True)),
        np.where(is_known, said.top_chance, np.nan).astype(np.float64),
        given_chance,
        _ranks(given_chance, yardstick=np.sort(model.left_out.given_chance.astype(np.float64))),
    )


def no_views(count: int) -> Views:
    """When there is no model."""
    nothing = np.full(count, np.nan)
    return Views(("",) * count, nothing, nothing.copy(), nothing.copy())


def _ranks(given_chance: Floats, *, yardstick: Floats) -> Floats:
    ranks = np.searchsorted(yardstick, given_chance, side="right") / max(yardstick.size, 1)
    return np.where(np.isnan(given_chance), np.nan, ranks)


def _is_vouched(answer: KnownAnswer, named: Collection[str]) -> bool:
    return not answer.author or answer.author in named


def _settled(some: list[KnownAnswer], *, named: Collection[str]) -> KnownAnswer | None:
    """What is right for one interaction: the operator's word, else what most proven authors say; None on a tie."""
    heard = [answer for answer in some if _is_vouched(answer, named)] or some
    ranked = Counter(answer.choice for answer in heard).most_common(2)
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        return None
    return next(answer for answer in heard if answer.choice == ranked[0][0])


def _from_cases(work: ValidationWork, believed: Collection[str]) -> Iterator[KnownAnswer]:
    for case in work.cases:
        if case.split is Split.SEALED or case.grading is Grading.TEXT or case.grading is not work.agent.grading:
            continue
        is_given = not case.author and case.feedback_id is None
        question = normalise(case.question[:COMPARED_CHARACTERS])
        if question and (is_given or case.author in believed):
            yield KnownAnswer(question, case.expected, case.author, case.interaction_id or "")


def _from_corrections(work: ValidationWork, ledger: Ledger, believed: Collection[str]) -> Iterator[KnownAnswer]:
    sealed = {case.interaction_id for case in work.cases if case.split is Split.SEALED}
    for row in ledger.choosing:
        item, interaction, choice = ledger.items[row], ledger.interactions[row], ledger.choice[row]
        author = item.feedback.author
        if interaction is None or choice is None or author not in believed or interaction.id in sealed:
            continue
        if item.state in DOUBTED_STATES or not item.feedback.teaches:
            continue
        if split_of(group_of(interaction), limits=work.agent.limits) is Split.SEALED:
            continue
        yield KnownAnswer(ledger.questions[ledger.question[row]], choice, author, interaction.id)
