"""From valid feedback to cases with a known good answer, and which cases can no longer be believed."""

from collections import defaultdict
from collections.abc import Callable, Set
from dataclasses import dataclass

from loop.heldout import group_of, split_of
from loop.records import (
    TEACHING_STATES,
    EvalCase,
    Feedback,
    FeedbackState,
    Grading,
    Interaction,
    Split,
    derived_id,
)
from loop.text.sentences import compare
from loop.text.spelling import normalise
from loop.validate.context import Docket
from loop.validate.edits import must_exclude, must_include
from loop.validate.firewall import Judgement
from loop.validate.table import correction_pair
from loop.validate.votes import electorate
from loop.validate.work import ValidationWork

_APPROVALS = 2
"""Distinct authors who must call an answer perfect before it becomes a known good one."""
_UNBELIEVABLE = frozenset({FeedbackState.QUARANTINED, FeedbackState.EXCLUDED, FeedbackState.SUPERSEDED})


@dataclass(frozen=True)
class CaseChanges:
    """What happens to the cases this turn."""

    new: tuple[EvalCase, ...]
    retired: tuple[str, ...]
    hidden_groups: frozenset[str]
    """Groups with a dev or sealed case: what they say may be counted, not taught."""


@dataclass(frozen=True)
class _Known:
    """What is right for one interaction, and who says so."""

    interaction: Interaction
    feedback: Feedback
    authors: frozenset[str]
    expected: str


def make_cases(work: ValidationWork, docket: Docket, judgement: Judgement) -> CaseChanges:
    """One case per interaction on which valid corrections agree; a contested interaction makes none.

    Dev and sealed cases measure the agent, so only authors worth that trust make them: the operator's, else
    proven ones, else (nobody has a standing yet) anyone. A group keeps the split of its first case, because a
    proposer may have read it; where that split asks for trust the author lacks, no case is made.
    Once there are enough seasoned authors, a newcomer whose correction none of them makes elsewhere makes no case
    yet: proposers learn from the log, and one-off accounts must not fill it.
    An answer that two authors or more rated perfect, and nobody rated low, is a known good one too.
    """
    retired = _retired(work, judgement)
    taken = {case.interaction_id for case in work.cases if case.id not in retired}
    splits = _first_splits(work)
    worthy = _worth(work, docket)
    is_backed = _backing(docket, judgement)
    known = [one for one in _known(work, docket, judgement) if is_backed(one)]
    for one in known:
        group = group_of(one.interaction)
        if group not in splits and worthy(one.authors):
            splits[group] = split_of(group, limits=work.agent.limits)
    new = []
    for one in known:
        if one.interaction.id in taken:
            continue
        group = group_of(one.interaction)
        split = splits.setdefault(group, Split.LOG)
        if split is Split.LOG or worthy(one.authors):
            new.append(_case(work, one, split=split, group=group))
    hidden = frozenset(group for group, split in splits.items() if split is not Split.LOG)
    return CaseChanges(tuple(new), tuple(sorted(retired)), hidden)


def _worth(work: ValidationWork, docket: Docket) -> Callable[[Set[str]], bool]:
    """Whether some authors may make a dev or sealed case: each of them must be trusted enough."""
    named = frozenset(work.agent.trusted_authors)
    chosen = named or frozenset(one.name for one in docket.authors if one.standing == "proven")
    return lambda authors: not chosen or authors <= chosen


def _backing(docket: Docket, judgement: Judgement) -> Callable[[_Known], bool]:
    """Whether a correction comes from a seasoned author, or enough of them correct the same choice the same way."""
    ledger = docket.ledger
    voters = electorate(docket.authors, needed=docket.agent.limits.min_sources)
    backers: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in ledger.choosing:
        feedback, interaction = ledger.feedback(row), ledger.interactions[row]
        if interaction is None or feedback.author not in voters.seasoned:
            continue
        pair = correction_pair(feedback, interaction)
        if pair is not None and judgement.states[feedback.id] in TEACHING_STATES:
            backers[pair].add(feedback.author)

    def is_backed(one: _Known) -> bool:
        pair = correction_pair(one.feedback, one.interaction)
        return pair is None or one.feedback.author in voters.seasoned or voters.are_backed(len(backers[pair]))

    return is_backed


def _retired(work: ValidationWork, judgement: Judgement) -> set[str]:
    """Cases whose feedback was taken back, by a person, the firewall, or its own author."""
    states = {item.feedback.id: item.state for item in work.items} | dict(judgement.states)
    return {
        case.id
        for case in work.cases
        if case.feedback_id is not None and states.get(case.feedback_id, FeedbackState.SUPERSEDED) in _UNBELIEVABLE
    }


def _first_splits(work: ValidationWork) -> dict[str, Split]:
    return {case.group: case.split for case in sorted(work.cases, key=lambda case: (case.at, case.id), reverse=True)}


def _known(work: ValidationWork, docket: Docket, judgement: Judgement) -> list[_Known]:
    """What is right, interaction by interaction, in the order first said."""
    ledger = docket.ledger
    rows_of: defaultdict[str, list[int]] = defaultdict(list)
    low: set[str] = set()
    for row, interaction in enumerate(ledger.interactions):
        feedback = ledger.feedback(row)
        if interaction is None or not interaction.question.strip() or not feedback.teaches:
            continue
        if judgement.states[feedback.id] in TEACHING_STATES:
            rows_of[interaction.id].append(row)
            if ledger.family[row] == "rating" and feedback.value is not None and feedback.value < 1:
                low.add(interaction.id)
    found = []
    for interaction_id, rows in rows_of.items():
        interaction = ledger.interactions[rows[0]]
        if interaction is None:
            continue
        said = [(ledger.feedback(row), _expected(work, ledger.feedback(row))) for row in rows]
        told = [(feedback, expected) for feedback, expected in said if expected]
        if told:
            if len({normalise(expected) for _, expected in told}) == 1:
                # One believed voice is enough: whoever agrees with it takes nothing away.
                feedback, expected = min(told, key=lambda pair: pair[0].author not in work.agent.trusted_authors)
                found.append(_Known(interaction, feedback, frozenset({feedback.author}), expected))
            continue
        approving = [feedback for feedback, _ in said if _is_perfect(feedback)]
        right = _given(work, interaction)
        if right and interaction_id not in low and len({one.author for one in approving}) >= _APPROVALS:
            authors = frozenset(one.author for one in approving)
            found.append(_Known(interaction, approving[0], authors, right))
    return found


def _expected(work: ValidationWork, feedback: Feedback) -> str:
    """What the correction says is right, in the terms this agent is graded in; empty when it does not say."""
    match work.agent.grading:
        case Grading.LABEL:
            return feedback.label or ""
        case Grading.ARTICLE:
            return feedback.article_id or ""
        case Grading.TEXT:
            return feedback.text.strip() if feedback.kind.traits.is_worded else ""


def _given(work: ValidationWork, interaction: Interaction) -> str:
    match work.agent.grading:
        case Grading.LABEL:
            return interaction.label or ""
        case Grading.ARTICLE:
            return interaction.article_id or ""
        case Grading.TEXT:
            return interaction.answer.strip()


def _is_perfect(feedback: Feedback) -> bool:
    return feedback.kind.traits.approves and feedback.value == 1


def _case(work: ValidationWork, one: _Known, *, split: Split, group: str) -> EvalCase:
    interaction, feedback = one.interaction, one.feedback
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    if work.agent.grading is Grading.TEXT and feedback.kind.traits.is_rewrite:
        edit = compare(interaction.answer, rewritten=one.expected)
        include = must_include(edit, rewritten=one.expected)
        exclude = must_exclude(edit, answer=interaction.answer, rewritten=one.expected)
    return EvalCase(
        id=derived_id("case", work.agent.slug, interaction.id, feedback.id, one.expected),
        agent=work.agent.slug,
        split=split,
        group=group,
        question=interaction.question,
        context=interaction.context,
        grading=work.agent.grading,
        expected=one.expected,
        must_include=include,
        must_exclude=exclude,
        topic=_topic(work, interaction, one.expected),
        author=feedback.author,
        feedback_id=feedback.id,
        interaction_id=interaction.id,
        at=feedback.at,
    )


def _topic(work: ValidationWork, interaction: Interaction, expected: str) -> str:
    if interaction.topic:
        return interaction.topic
    return expected if work.agent.grading is Grading.LABEL else interaction.label or interaction.article_id or ""
