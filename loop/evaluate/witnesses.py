"""Witness selection: which cases may speak for a change.

No witness for what it was shown: a case whose question, or one near it, stands in what the change adds or in what its
author was shown is set aside (train/test contamination). Only what a change *adds* counts. What stands in the base as
well was shown to both sides, so the case still tells which of them answers it worse, and what a change takes away is
tested by the very cases it was there for.

Near-identical cases are one unit (clustered observations): the oldest of them is asked, and speaks for the rest.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from loop.records import (
    Approach,
    Article,
    Bundle,
    EvalCase,
    Example,
    Grading,
    LeftOut,
    Report,
    Rule,
    Split,
    Verdict,
)
from loop.text.containment import stand_in
from loop.text.near import bucket_keys, near_pairs
from loop.text.spelling import COMPARED_CHARACTERS, name_key, normalise

TELLING_WORDS = 6
"""Words of an expected answer from which it can be told where it was copied from."""
NEARLY_ALL = 0.9
"""Share of the sealed cases that were shown from which what is left says too little of the change."""
NOTHING_UNTAUGHT = (
    "Every sealed case is about what the change teaches or may change: harm to anything else is not measured."
)
_SEED = 0
"""Of the buckets of near-identical questions: they are the same in every turn."""
_PIECE = re.compile(r"[\n\r]+|(?<=[.!?;:…。！？])\s*")
_Element = TypeVar("_Element", Example, Rule, Approach, Article)


@dataclass(frozen=True)
class Witnesses:
    """The cases of one test, by what they may say."""

    heard: tuple[EvalCase, ...]
    """Their results count."""
    watched: tuple[EvalCase, ...]
    """Protected ones among the others: they say nothing for the change, and must not break."""
    left_out: tuple[LeftOut, ...]
    """How many of each split are not heard, and why; empty when all are."""

    def of(self, split: Split) -> list[EvalCase]:
        """Those of one split that are heard."""
        return [case for case in self.heard if case.split is split]


def witnesses(
    cases: Sequence[EvalCase],
    *,
    shown: Iterable[str],
    cited: Iterable[str] = (),
    unanswered: Iterable[str] = (),
    log_cases: Sequence[EvalCase] = (),
) -> Witnesses:
    """Who of some dev and sealed cases is heard.

    `shown`: what the change adds (`added_texts`) and what its author was shown. `cited`: ids of feedback the change
    rests on. `unanswered`: ids of cases to which the base's answer is not known. `log_cases` tell which expected
    texts are common knowledge, and no leak. A case that joins later changes nothing for older ones.
    """
    silent = frozenset(unanswered)
    speaks_for = units([case for case in cases if case.id not in silent])
    told = _told(cases, shown=list(shown), cited=frozenset(cited), log_cases=log_cases)
    known = {speaks_for[one] for one in told if one in speaks_for}
    why = {case.id: _why(case, silent=silent, speaks_for=speaks_for, known=known) for case in cases}
    return Witnesses(
        heard=tuple(case for case in cases if not why[case.id]),
        watched=tuple(case for case in cases if why[case.id] and case.is_protected and case.id not in silent),
        left_out=_counted(cases, why),
    )


def _why(case: EvalCase, *, silent: frozenset[str], speaks_for: Mapping[str, str], known: set[str]) -> str:
    """The field of LeftOut that counts it; empty for one that is heard."""
    if case.id in silent:
        return "unanswered"
    if speaks_for[case.id] != case.id:
        return "repeated"
    return "shown" if case.id in known else ""


def _counted(cases: Sequence[EvalCase], why: Mapping[str, str]) -> tuple[LeftOut, ...]:
    counts = {split: Counter(why[case.id] for case in cases if case.split is split) for split in Split}
    for found in counts.values():
        found.pop("", None)
    return tuple(LeftOut(split=split, **found) for split, found in counts.items() if found)


def units(cases: Sequence[EvalCase]) -> dict[str, str]:
    """The oldest near-identical case of the same split that speaks for each case, by id; most speak for themselves.

    Near-identical: the questions are near-duplicates, the facts beside them are the same, and so is the label or
    article that is right. Each case is compared with older ones only, so that one that comes later moves nobody.
    """
    ordered = sorted(cases, key=lambda case: (case.at, case.id))
    texts = [normalise(case.question[:COMPARED_CHARACTERS]) for case in ordered]
    first: dict[tuple[int, object], int] = {}
    pairs: list[tuple[int, int]] = []
    keys = bucket_keys(texts, seed=_SEED)
    for place, case in enumerate(ordered):
        kind = _kind(case)
        leaders = {first.setdefault((bucket, kind), place) for bucket in keys[place].tolist()} if texts[place] else ()
        pairs += [(leader, place) for leader in leaders if leader != place]
    speaks_for = list(range(len(ordered)))
    for older, place in sorted(near_pairs(pairs, texts=dict(enumerate(texts))), key=lambda pair: (pair[1], pair[0])):
        speaks_for[place] = min(speaks_for[place], speaks_for[older])
    return {case.id: ordered[speaks_for[place]].id for place, case in enumerate(ordered)}


def _kind(case: EvalCase) -> object:
    """What must be the same for two cases to be one: in words, what else decides the right answer."""
    right = "" if case.grading is Grading.TEXT else name_key(case.expected)
    return (case.split, case.grading, right, tuple(sorted((key, str(value)) for key, value in case.context.items())))


def _told(
    cases: Sequence[EvalCase], *, shown: Sequence[str], cited: frozenset[str], log_cases: Sequence[EvalCase]
) -> set[str]:
    """Ids of cases that were shown: themselves, their question, or an expected text that only they know."""
    stands = stand_in([case.question for case in cases], shown)
    told = {case.id for case, is_shown in zip(cases, stands, strict=True) if is_shown or case.feedback_id in cited}
    texts = [
        case
        for case in cases
        if case.grading is Grading.TEXT and len(normalise(case.expected).split()) >= TELLING_WORDS
    ]
    copied = [
        case
        for case, is_shown in zip(texts, stand_in([case.expected for case in texts], shown), strict=True)
        if is_shown
    ]
    if copied:
        common = stand_in([case.expected for case in copied], [case.expected for case in log_cases])
        told |= {case.id for case, is_common in zip(copied, common, strict=True) if not is_common}
    return told


def added_texts(base: Bundle, candidate: Bundle) -> list[str]:
    """Every text the candidate has and the base has not, element by element; of articles and instructions, what is new.

    An example, rule or approach that differs in anything counts whole: with the right answer beside it, an old
    question is a new lesson.
    """
    texts = [_fresh(candidate.instructions, than=base.instructions)]
    texts += chain.from_iterable((one.question, one.answer) for one in _changed(base.examples, candidate.examples))
    for rule in _changed(base.rules, candidate.rules):
        texts += [rule.answer, *(str(condition.value) for condition in rule.when)]
    for approach in _changed(base.approaches, candidate.approaches):
        texts += [approach.issue, approach.name, approach.instruction]
    old = {article.id: article for article in base.articles}
    for article in _changed(base.articles, candidate.articles):
        texts += _fresh_of(article, than=old.get(article.id))
    return [text for text in texts if text]


def bundle_texts(bundle: Bundle) -> list[str]:
    """Every text of a version."""
    return added_texts(Bundle(), bundle)


def _changed(before: Sequence[_Element], after: Sequence[_Element]) -> list[_Element]:
    known = {one.id: one for one in before}
    return [one for one in after if known.get(one.id) != one]


def _fresh_of(article: Article, *, than: Article | None) -> list[str]:
    if than is None:
        return [article.title, article.body, *article.questions]
    known = frozenset(than.questions)
    fresh = [_fresh(article.title, than=than.title), _fresh(article.body, than=than.body)]
    return [*fresh, *(one for one in article.questions if one not in known)]


def _fresh(text: str, *, than: str) -> str:
    """The sentences that were not there before, each on its line."""
    known = {normalise(piece) for piece in _PIECE.split(than)}
    return "\n".join(piece for piece in _PIECE.split(text) if normalise(piece) not in known) if text != than else ""


def qualify_report(report: Report, found: Witnesses, *, is_taught: Callable[[EvalCase], bool]) -> Report:
    """The report with what it does not rest on, and without a verdict when hardly anybody was heard."""
    sealed = found.of(Split.SEALED)
    untaught = sum(not is_taught(case) for case in sealed)
    unmeasured = NOTHING_UNTAUGHT if sealed and not untaught else ""
    reasons = tuple(filter(None, (*report.reasons, unmeasured, *in_words(found), report.compared_with)))
    update: dict[str, object] = {"left_out": found.left_out, "untaught": untaught, "reasons": reasons}
    if is_hardly_heard(found) and report.verdict is not Verdict.HARMFUL:
        why = "Nearly all sealed cases had to be set aside, so there is nobody left to say what the change is worth."
        # What the few that were heard would rule out is not said: the verdict does not rest on them.
        update |= {"verdict": Verdict.NOT_ENOUGH_DATA, "reasons": (why, *reasons), "sealed_reasons": ()}
    return report.model_copy(update=update)


def is_hardly_heard(found: Witnesses) -> bool:
    """Whether nearly all sealed cases were set aside, so that the others say too little of the change."""
    heard = len(found.of(Split.SEALED))
    lost = sum(one.shown + one.unanswered for one in found.left_out if one.split is Split.SEALED)
    return bool(lost) and lost >= NEARLY_ALL * (heard + lost)


def in_words(found: Witnesses) -> list[str]:
    """Why cases are not heard, a sentence for each reason."""
    told = []
    if shown := _count(found, "shown"):
        told.append(f"{shown} set aside: what they ask stands in the change or in what its author was shown.")
    if repeated := _count(found, "repeated"):
        told.append(f"{repeated} not counted: nearly the same as an older case, which is asked for them.")
    if unanswered := _count(found, "unanswered"):
        told.append(f"{unanswered} set aside: what was really answered to them was not recorded.")
    return told


def _count(found: Witnesses, why: str) -> str:
    """Such as `12 sealed and 3 dev cases were`; empty for none."""
    counts = {one.split.value: getattr(one, why) for one in found.left_out if getattr(one, why)}
    named = " and ".join(f"{counts[split]} {split}" for split in ("sealed", "dev") if split in counts)
    return f"{named} {'case was' if sum(counts.values()) == 1 else 'cases were'}" if named else ""
