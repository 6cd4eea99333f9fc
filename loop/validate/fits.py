"""Models in generations: fitted again only when their data has grown by a set share, on a prefix of the log.

Generation g is fitted on the first n_g rows of its kind, n_0 = `first`, n_{g+1} = ⌈GROWTH · n_g⌉: the schedule follows
from the log, a full recomputation meets the same generation, and refits cost an amortised constant per row. What was
left out of a fit (because it no longer counted then) is kept with it, so that it can be made again.
"""

import hashlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.records import EvalCase, Grading, Teacher, digest
from loop.stats import mixture
from loop.text import classifier
from loop.text.classifier import DOUBTS, LabelModel
from loop.text.spelling import COMPARED_CHARACTERS, normalise
from loop.validate.keys import key_of
from loop.validate.work import Findings, Work

Floats = NDArray[np.float64]

GROWTH = 1.25
"""Sum over a life: five rows fitted per row, and every row viewed again some ten times between 10,000 and 100,000."""
ENOUGH = 100
"""Rows below which no model is fitted."""
FOLDS = 5
FOLD_ROWS = 5_000
"""Rows the out-of-author model of a fold learns from, at most."""
PRECISION = 0.7
"""Of the answers that are held for looking unlikely, the share to be expected wrong, at least: with 1 to 20 in a
hundred wrong, 80 to 99 in a hundred that are held then are (`tests/bench/firewall/curves`)."""
PART_OF_GUESS = 0.5
"""Of the chance of a blind guess, what such an answer must look less likely than, whatever is to be expected: a model
of few answers foretells its own precision badly."""
FEW_KNOWN = 5
"""Known answers of a label that weigh as much as what is usual of all."""
CONFIDENT = 0.3
"""Chance of a model's first choice from which a question clearly looks like that."""
_MODELS_REMEMBERED = 16

VOUCHED, BELIEVED, OTHERS = "vouched", "believed", "others"
"""Kinds of fits: what the operator's people say; the same with proven authors; a few votes of everybody, in folds."""


@dataclass(frozen=True)
class Fit:
    """One generation of one kind of model: what it was fitted on."""

    kind: str
    n: int
    """Rows of the prefix."""
    authors: tuple[str, ...]
    """Whose rows; empty: everybody's."""
    left_out: frozenset[str]
    """Feedback ids of the prefix that did not count then."""
    content: str
    """Hash of the rows it was fitted on: the same rows always give the same model."""


@dataclass(frozen=True)
class Reference:
    """A model of known answers, with the yardstick its chances are held against."""

    model: LabelModel | None
    """None below ENOUGH known answers, with one label only, or when words do not tell the labels apart."""
    yardstick: Floats
    """Chances the model gives to known answers left out, ascending: those the operator vouches for where there are
    ENOUGH, because proven authors err too and their errors would pass as normal; else all."""
    left_out: Mapping[str, tuple[str, float, float]]
    """By interaction: likeliest choice, its chance, and the chance of the known answer, each judged without itself."""
    known: Mapping[str, str]
    """By interaction: the answer learned from it."""
    limit: float
    """Chance of an answer below which such answers are mostly wrong, and half as likely as a blind guess; 0 where the
    answers learned from show none."""
    doubted: Mapping[str, float]
    """By choice: of known answers of it, the share that clearly looks like another, each judged without itself."""


NO_REFERENCE = Reference(None, np.zeros(0), {}, {}, 0.0, {})


@dataclass(frozen=True)
class Crowd:
    """What everybody says of questions: by fold of authors, a model of what those outside it say."""

    models: tuple[LabelModel | None, ...]
    limit: float
    """As in `Reference`."""


NO_CROWD = Crowd((None,) * FOLDS, 0.0)

_models: OrderedDict[str, Any] = OrderedDict()
"""A memo by content: the same rows always give the same model."""


def generation(n: int, *, first: int = ENOUGH) -> int:
    """The largest size of the schedule that `n` rows reach; 0 before the first."""
    if n < first:
        return 0
    size = first
    while (larger := ceil(GROWTH * size)) <= n:
        size = larger
    return size


def due_fit(work: Work, kind: str, *, authors: Collection[str], n: int, found: Findings) -> tuple[Fit, bool]:
    """The generation that `n` rows select, and whether it is a new one; a new one is kept in `found`."""
    stored = work.known.kept("fit", [kind]).get(kind)
    size, names = generation(n), tuple(sorted(authors))
    if stored is not None and stored["n"] == size and tuple(stored["authors"]) == names:
        return Fit(kind, size, names, frozenset(stored["left_out"]), stored["content"]), False
    rows = prefix(work, kind, names, size) if size else []
    left_out = frozenset(row.feedback_id for row in rows if not row.counts)
    fit = Fit(kind, size, names, left_out, _content([row for row in rows if row.counts], seed=work.seed))
    found.keep("fit", kind, {"n": size, "authors": list(names), "left_out": sorted(left_out), "content": fit.content})
    return fit, stored is not None or size > 0


def prefix(work: Work, kind: str, authors: Sequence[str], n: int) -> list[Teacher]:
    """The first `n` rows of a kind, in the order of the log, whatever their state; cases handed in come before all."""
    if kind == OTHERS:
        return work.known.first_votes(limit=n)
    given = [_from_case(case) for case in given_cases(work)]
    left = n - len(given)
    return given + (work.known.teachers(authors, limit=left) if authors and left > 0 else [])


def count_known(work: Work, authors: Collection[str]) -> int:
    """Rows and handed-in cases a reference may learn from."""
    return len(given_cases(work)) + (work.known.count_teachers(authors) if authors else 0)


def given_cases(work: Work) -> list[EvalCase]:
    """Cases that the operator or their people handed in, in the terms this agent is graded in."""
    if work.agent.grading is Grading.TEXT:
        return []
    return [case for case in work.known.given_cases(work.named) if case.grading is work.agent.grading]


def reference_of(work: Work, fit: Fit) -> Reference:
    """The model of known answers of a generation: one answer per interaction, the operator's word first.

    Rows whose group is drawn for the sealed set are not among them: what the firewall lets through must not depend
    on what examines the agent.
    """
    if not fit.n:
        return NO_REFERENCE
    named = work.named

    def build() -> Reference:
        rows = [row for row in prefix(work, fit.kind, fit.authors, fit.n) if row.feedback_id not in fit.left_out]
        settled = _settled(rows, named=named)
        texts = {key: one.text for key, one in work.known.questions([row.question for row in settled]).items()}
        texts |= {
            key_of(text): text for case in given_cases(work) if (text := normalise(case.question[:COMPARED_CHARACTERS]))
        }
        settled = [row for row in settled if row.question in texts]
        model = None
        if len(settled) >= ENOUGH:
            model = classifier.fit(
                [texts[row.question] for row in settled], labels=[row.choice for row in settled], seed=work.seed
            )
        if model is None or not model.is_useful:
            return NO_REFERENCE
        learned = [settled[place] for place in model.rows]
        chances = model.left_out.given_chance.astype(np.float64)
        surest = chances[np.array([not row.author or row.author in named for row in learned], dtype=np.bool_)]
        yardstick = np.sort(surest if surest.size >= ENOUGH else chances)
        return Reference(
            model=model,
            yardstick=yardstick,
            doubted=doubt_shares(model),
            left_out={
                row.interaction_id: (
                    model.labels[model.left_out.top[place]],
                    float(model.left_out.top_chance[place]),
                    float(chances[place]),
                )
                for place, row in enumerate(learned)
            },
            known={row.interaction_id: row.choice for row in learned},
            limit=_limit(model, is_ours=[bool(row.author) and row.author not in named for row in learned]),
        )

    found: Reference = _remembered(f"{fit.kind} {digest(sorted(named))} {fit.content}", build)
    return found


@lru_cache(maxsize=100_000)
def fold_of(author: str) -> int:
    """The fold of an author, by hash of the name: the same whoever else there is."""
    return int(digest(author)[:8], 16) % FOLDS


def stored_fit(work: Work, kind: str) -> Fit | None:
    """The generation of a kind that is in force."""
    stored = work.known.kept("fit", [kind]).get(kind)
    if stored is None:
        return None
    return Fit(kind, stored["n"], tuple(stored["authors"]), frozenset(stored["left_out"]), stored["content"])


def crowd_of(work: Work, fit: Fit | None) -> Crowd:
    """For each fold, a model of what the authors outside it say, a few votes each."""
    if fit is None or not fit.n:
        return NO_CROWD

    def build() -> Crowd:
        rows = [row for row in prefix(work, OTHERS, (), fit.n) if row.feedback_id not in fit.left_out]
        texts = work.known.questions([row.question for row in rows])
        taught = [row for row in rows if row.question in texts]
        models: list[LabelModel | None] = []
        for number in range(FOLDS):
            outside = [row for row in taught if fold_of(row.author) != number]
            model = None
            if len(outside) >= ENOUGH:
                model = classifier.fit(
                    [texts[row.question].text for row in outside],
                    labels=[row.choice for row in outside],
                    seed=work.seed,
                    max_rows=FOLD_ROWS,
                )
            models.append(model if model is not None and model.is_useful else None)
        return Crowd(tuple(models), _crowd_limit(models, taught, texts={key: one.text for key, one in texts.items()}))

    found: Crowd = _remembered(f"{OTHERS} {fit.content}", build)
    return found


def doubt_shares(model: LabelModel) -> dict[str, float]:
    """Of each label's known answers, the share that looks like another label, drawn towards that of all."""
    told = model.left_out
    is_against = ((told.top != told.given) & (told.top_chance >= CONFIDENT)).astype(np.float64)
    sums = np.bincount(told.given, weights=is_against, minlength=len(model.labels))
    shares = (sums + float(is_against.mean()) * FEW_KNOWN) / (model.counts + FEW_KNOWN)
    return dict(zip(model.labels, shares.tolist(), strict=True))


def _limit(model: LabelModel, *, is_ours: Sequence[bool]) -> float:
    """The limit among the learned answers that nobody vouched for."""
    told = model.left_out
    chances = np.where(told.top == told.given, 1.0, told.given_chance).astype(np.float64)
    some = chances[np.array(is_ours, dtype=np.bool_)]
    return _bound(some, bad=model.mistaken, labels=len(model.labels))


def _crowd_limit(models: Sequence[LabelModel | None], rows: Sequence[Teacher], *, texts: Mapping[str, str]) -> float:
    """The same over what each fold's model says of the authors it has not learned from."""
    chances, bad, labels = [], [], 1
    for number, model in enumerate(models):
        own = [row for row in rows if fold_of(row.author) == number]
        if model is None or not own:
            continue
        told = model.predict([texts[row.question] for row in own], given=[row.choice for row in own])
        seen = np.where(told.top == told.given, 1.0, told.given_chance)
        chances.append(seen[~np.isnan(seen)].astype(np.float64))
        bad.append(model.mistaken)
        labels = max(labels, len(model.labels))
    return _bound(np.concatenate(chances), bad=np.mean(bad, axis=0), labels=labels) if chances else 0.0


def _bound(chances: Floats, *, bad: Floats, labels: int) -> float:
    if chances.size < ENOUGH:
        return 0.0
    return min(mixture.bound(chances, bad=bad, grid=DOUBTS, precision=PRECISION).below, PART_OF_GUESS / labels)


def _settled(rows: Sequence[Teacher], *, named: Collection[str]) -> list[Teacher]:
    """What is right for each interaction: the operator's word, else what most say; none on a tie."""
    told: defaultdict[str, list[Teacher]] = defaultdict(list)
    for row in rows:
        told[row.interaction_id or row.feedback_id].append(row)
    settled = []
    for some in told.values():
        heard = [row for row in some if not row.author or row.author in named] or some
        ranked = Counter(row.choice for row in heard).most_common(2)
        if len(ranked) == 1 or ranked[0][1] != ranked[1][1]:
            settled.append(next(row for row in heard if row.choice == ranked[0][0]))
    return settled


def _from_case(case: EvalCase) -> Teacher:
    question = key_of(normalise(case.question[:COMPARED_CHARACTERS]))
    author = "" if case.vouched_by else case.author  # vouched for is as good as handed in by the operator
    return Teacher(case.id, case.interaction_id or "", author, question, case.expected, counts=bool(question))


def _content(rows: Sequence[Teacher], *, seed: int) -> str:
    whole = hashlib.sha256(str(seed).encode())
    for row in rows:
        whole.update("\0".join((row.feedback_id, row.question, row.choice, "")).encode("utf-8", "surrogatepass"))
    return whole.hexdigest()


def _remembered(key: str, build: Callable[[], Any]) -> Any:
    """A memo by content, the least recently used going first."""
    if key not in _models:
        _models[key] = build()
        while len(_models) > _MODELS_REMEMBERED:
            _models.popitem(last=False)
    _models.move_to_end(key)
    return _models[key]


def forget_models() -> None:
    """Drop the memo: what is fitted next is fitted anew."""
    _models.clear()
