"""Level case: from valid feedback on an interaction to a case with a known good answer, or to none any more."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loop.heldout import HIDDEN_SPLITS, group_of, split_of
from loop.records import (
    TEACHING_STATES,
    EvalCase,
    Feedback,
    FeedbackItem,
    FeedbackState,
    Grading,
    Interaction,
    Judged,
    Split,
    derived_id,
)
from loop.text.sentences import compare
from loop.text.spelling import normalise
from loop.validate.backing import voters_of
from loop.validate.edits import must_exclude, must_include
from loop.validate.facts import topic_of
from loop.validate.work import Findings, Work

MOST_CASES = 3_000
"""Cases of the dev and of the sealed set, at most: more would tell little and be asked of every version."""
_APPROVALS = 2
"""Distinct authors who must call an answer perfect before it becomes a known good one."""


@dataclass(frozen=True)
class _Known:
    """What is right for one interaction, and who says so."""

    interaction: Interaction
    feedback: Feedback
    row: Judged
    authors: frozenset[str]
    expected: str


def make_cases(work: Work) -> Findings:
    """One case per interaction on which valid corrections agree; a contested interaction makes none.

    Dev and sealed cases measure the agent, so only authors worth that trust make them: the operator's, else proven
    ones, else (nobody has a standing yet) anyone. A group keeps the split of its first case, because a proposer may
    have read it; where that split asks for trust the author lacks, no case is made. A newcomer whose correction
    nobody seasoned makes elsewhere makes no case yet: proposers learn from the log, and one-off accounts must not
    fill it. An answer that two authors or more rated perfect, and nobody rated low, is a known good one too.
    """
    known, found = work.known, Findings()
    rows: defaultdict[str, list[Judged]] = defaultdict(list)
    for row in known.rows("interaction_id", work.keys):
        rows[row.interaction_id].append(row)
    standing_cases = known.cases_on(work.keys)
    believed = {row.feedback_id for some in rows.values() for row in some if row.state is not FeedbackState.QUARANTINED}
    found.retired = sorted(
        case.id for case in standing_cases if case.feedback_id is not None and case.feedback_id not in believed
    )
    taken = {case.interaction_id for case in standing_cases if case.id not in found.retired}
    telling = {key: some for key, some in rows.items() if key not in taken and _may_tell(some)}
    items = known.feedback_items([row.feedback_id for some in telling.values() for row in some])
    interactions = known.interactions(telling)
    told = [
        one
        for key, interaction in sorted(interactions.items(), key=lambda pair: _order(rows[pair[0]]))
        if (one := _known(work, interaction, rows[key], items)) is not None
    ]
    _draw(work, told, found)
    _hide(work, found)
    return found


def _order(rows: Sequence[Judged]) -> tuple[int, str]:
    return (min(row.seq for row in rows), rows[0].interaction_id)


def _may_tell(rows: Sequence[Judged]) -> bool:
    """Whether the rows alone do not rule out that they say what is right: most interactions were only rated."""
    teaching = [row for row in rows if row.may_teach and row.is_teaching]
    approving = {row.author for row in teaching if row.family == "rating" and row.value == 1}
    return any(row.choice or row.family != "rating" for row in teaching) or len(approving) >= _APPROVALS


def _draw(work: Work, told: Sequence[_Known], found: Findings) -> None:
    """Cases of the groups' splits: the one they have, else the draw where the author is worth it, else the log."""
    voters = voters_of(work)
    worthy = work.named or frozenset(
        name for name, (one, _) in work.known.standings().items() if one.standing == "proven"
    )
    backed = work.known.kept("pair", sorted({one.row.pair for one in told if one.row.pair}))
    splits = work.known.splits(sorted({group_of(one.interaction) for one in told}))
    room = {split: MOST_CASES - work.known.count_cases(split) for split in HIDDEN_SPLITS}
    carried = [
        one
        for one in told
        if one.feedback.author in voters.seasoned
        or not one.row.pair
        or backed.get(one.row.pair, {"is_backed": True})["is_backed"]
    ]
    for one in carried:
        group = group_of(one.interaction)
        if group not in splits and (not worthy or one.authors <= worthy):
            drawn = split_of(group, limits=work.agent.limits)
            splits[group] = drawn if room.get(drawn, 1) > 0 else Split.LOG
    for one in carried:
        group = group_of(one.interaction)
        split = splits.setdefault(group, Split.LOG)
        if split is Split.LOG or not worthy or one.authors <= worthy:
            if split in room:
                room[split] -= 1
            found.cases.append(_case(work, one, split=split, group=group))


def _hide(work: Work, found: Findings) -> None:
    """What cites rows of a group that examines the agent from now on must cite others."""
    hidden = sorted({case.group for case in found.cases if case.split in HIDDEN_SPLITS})
    for row in work.known.rows("group", hidden) if hidden else ():
        found.give("theme", [row.theme, row.matter])


def _known(
    work: Work, interaction: Interaction, rows: Sequence[Judged], items: Mapping[str, FeedbackItem]
) -> _Known | None:
    """What is right for one interaction; one believed voice is enough: whoever agrees with it takes nothing away."""
    valid = [
        (row, items[row.feedback_id].feedback)
        for row in rows
        if row.may_teach and row.state in TEACHING_STATES and row.feedback_id in items
    ]
    if not valid or not interaction.question.strip():
        return None
    told = [(row, said, expected) for row, said in valid if (expected := _expected(work, said))]
    if told:
        if len({normalise(expected) for _, _, expected in told}) > 1:
            return None
        row, said, expected = min(told, key=lambda one: one[1].author not in work.named)
        return _Known(interaction, said, row, frozenset({said.author}), expected)
    right = _given(work, interaction)
    is_low = any(row.family == "rating" and row.value is not None and row.value < 1 for row, _ in valid)
    approving = [(row, said) for row, said in valid if _is_perfect(said)]
    if not right or is_low or len({said.author for _, said in approving}) < _APPROVALS:
        return None
    row, said = approving[0]
    return _Known(interaction, said, row, frozenset(one.author for _, one in approving), right)


def _expected(work: Work, feedback: Feedback) -> str:
    """What the correction says is right, in the terms this agent is graded in; empty when it does not say."""
    match work.agent.grading:
        case Grading.LABEL:
            return feedback.label or ""
        case Grading.ARTICLE:
            return feedback.article_id or ""
        case Grading.TEXT:
            return feedback.text.strip() if feedback.kind.traits.is_worded else ""


def _given(work: Work, interaction: Interaction) -> str:
    match work.agent.grading:
        case Grading.LABEL:
            return interaction.label or ""
        case Grading.ARTICLE:
            return interaction.article_id or ""
        case Grading.TEXT:
            return interaction.answer.strip()


def _is_perfect(feedback: Feedback) -> bool:
    return feedback.kind.traits.approves and feedback.value == 1


def _case(work: Work, one: _Known, *, split: Split, group: str) -> EvalCase:
    interaction, feedback = one.interaction, one.feedback
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    if work.agent.grading is Grading.TEXT and feedback.kind.traits.is_rewrite:
        edit = compare(interaction.answer, rewritten=one.expected)
        include = must_include(edit, rewritten=one.expected)
        exclude = must_exclude(edit, answer=interaction.answer, rewritten=one.expected)
    topic = one.expected if work.agent.grading is Grading.LABEL else topic_of(interaction)
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
        topic=interaction.topic or topic,
        author=feedback.author,
        feedback_id=feedback.id,
        interaction_id=interaction.id,
        at=feedback.at,
    )
