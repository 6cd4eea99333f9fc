"""Level case: from valid feedback on an interaction to a case with a known good answer, or to none any more."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loop.heldout import GROUP_DRAW, HIDDEN_SPLITS, group_of, split_of
from loop.limits import shares, shares_of_vouched
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
from loop.validate.backing import Surroundings, voters_of
from loop.validate.edits import must_exclude, must_include
from loop.validate.examiners import Examiners, examiners_of
from loop.validate.facts import topic_of
from loop.validate.work import Findings, Work, unreliable_among

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
    expected: str

    @property
    def group(self) -> str:
        return group_of(self.interaction)


def make_cases(work: Work) -> Findings:
    """One case per interaction on which valid corrections agree; a contested interaction makes none.

    Dev and sealed cases measure the agent, so only examiners make them: people the operator named, else proven ones
    within caps (`examiners`). What an examiner says of an interaction replaces what others said of it before. A
    newcomer whose correction nobody seasoned makes elsewhere makes no case yet: proposers choose by the log, and
    one-off accounts must not fill it.
    """
    known, found = work.known, Findings()
    rows: defaultdict[str, list[Judged]] = defaultdict(list)
    for row in known.rows("interaction_id", work.keys):
        rows[row.interaction_id].append(row)
    standing_cases = known.cases_on(work.keys)
    found.retired = sorted(_lost(work, standing_cases, rows))
    taken = {case.interaction_id or "": case for case in standing_cases if case.id not in found.retired}
    telling = {
        key: some for key, some in rows.items() if _may_tell(some) and _is_open(taken.get(key), some, named=work.named)
    }
    items = known.feedback_items([row.feedback_id for some in telling.values() for row in some])
    interactions = known.interactions(telling)
    examiners = examiners_of(work)
    told = [
        one
        for key, interaction in sorted(interactions.items(), key=lambda pair: _order(rows[pair[0]]))
        if (one := _known(work, interaction, rows[key], items=items, examiners=examiners)) is not None
        and (key not in taken or one.row.author in work.named)
    ]
    _draw(work, told, found, examiners=examiners)
    replaced = {taken[key].id for case in found.cases if (key := case.interaction_id or "") in taken}
    found.retired = sorted({*found.retired, *replaced})
    _hide(work, found)
    return found


def _lost(work: Work, cases: Sequence[EvalCase], rows: Mapping[str, Sequence[Judged]]) -> list[str]:
    """Cases whose word nobody believes any more: quarantined or taken back; of what examines, also an unreliable
    person's, whatever became of the single word.
    """
    believed = {row.feedback_id for some in rows.values() for row in some if row.state is not FeedbackState.QUARANTINED}
    standings = [one for one, _ in work.known.standings({case.author for case in cases}).values()]
    unreliable = unreliable_among(standings) - work.named
    return [
        case.id
        for case in cases
        if case.feedback_id is not None
        and (case.feedback_id not in believed or (case.split in HIDDEN_SPLITS and case.author in unreliable))
    ]


def _order(rows: Sequence[Judged]) -> tuple[int, str]:
    return (min(row.seq for row in rows), rows[0].interaction_id)


def _is_open(case: EvalCase | None, rows: Sequence[Judged], *, named: frozenset[str]) -> bool:
    """Whether the interaction may get a case: it has none, or one that the word of a named person replaces."""
    if case is None:
        return True
    is_ours = case.feedback_id is None or case.author in named
    return not is_ours and any(row.author in named for row in rows)


def _may_tell(rows: Sequence[Judged]) -> bool:
    """Whether the rows alone do not rule out that they say what is right: most interactions were only rated."""
    teaching = [row for row in rows if row.may_teach and row.is_teaching]
    approving = {row.author for row in teaching if row.family == "rating" and row.value == 1}
    return any(row.choice or row.family != "rating" for row in teaching) or len(approving) >= _APPROVALS


def _draw(work: Work, told: Sequence[_Known], found: Findings, *, examiners: Examiners) -> None:
    """Cases in the splits of their groups; in a split that examines, only what an examiner says within the caps."""
    voters = voters_of(work)
    around = Surroundings(work, [one.row for one in told])
    carried = [one for one in told if one.row.author in voters.seasoned or around.stands(one.row)]
    splits = _splits(work, carried, found)
    allowed = examiners.within_caps(
        work, [(one.row, splits[one.group]) for one in carried if splits[one.group] in HIDDEN_SPLITS]
    )
    for one in carried:
        split = splits[one.group]
        if split is Split.LOG or one.row.feedback_id in allowed:
            found.cases.append(_case(work, one, split=split, group=one.group))


def _splits(work: Work, carried: Sequence[_Known], found: Findings) -> dict[str, Split]:
    """The split of each group: the one it examines in already, else what its draw says.

    Where people are named, the draw settles the groups one of them spoke in, whoever spoke there first: earlier cases
    by others leave the log with them. The other groups teach. Where nobody is named the draw settles all.
    """
    known, named = work.known, work.named
    groups = sorted({one.group for one in carried})
    splits = known.splits(groups)
    of_group: defaultdict[str, list[EvalCase]] = defaultdict(list)
    for case in known.cases_of(groups) if named else ():
        of_group[case.group].append(case)
    spoken = {one.group for one in carried if one.row.author in named}
    theirs = {group for group, cases in of_group.items() if any(case.author in named for case in cases)}
    wanted = shares(work.agent.limits)
    if named:
        n_theirs = known.count_groups(named) + len(spoken - theirs)
        n_others = known.count_groups() + len(set(groups) - of_group.keys()) - n_theirs
        wanted = shares_of_vouched(
            work.agent.limits, others=n_others / max(n_theirs, 1), sealed=known.count_cases(Split.SEALED)
        )
    room = {split: MOST_CASES - known.count_cases(split) for split in HIDDEN_SPLITS}
    for group in groups:
        is_settled = group in splits and (not named or group in theirs or splits[group] in HIDDEN_SPLITS)
        if is_settled or (named and group not in spoken):
            splits.setdefault(group, Split.LOG)
            continue
        drawn = split_of(known.draw(GROUP_DRAW, group), shares=wanted)
        splits[group] = drawn if room.get(drawn, 1) > 0 else Split.LOG
        if splits[group] in HIDDEN_SPLITS:
            room[splits[group]] -= 1
            found.retired += [case.id for case in of_group[group] if case.feedback_id is not None]
    return splits


def _hide(work: Work, found: Findings) -> None:
    """What cites rows of a group that examines the agent from now on must cite others."""
    hidden = sorted({case.group for case in found.cases if case.split in HIDDEN_SPLITS})
    for row in work.known.rows("group", hidden) if hidden else ():
        found.give("theme", [row.theme, row.matter])


def _known(
    work: Work,
    interaction: Interaction,
    rows: Sequence[Judged],
    *,
    items: Mapping[str, FeedbackItem],
    examiners: Examiners,
) -> _Known | None:
    """What is right for one interaction; one believed voice is enough: whoever agrees with it takes nothing away.

    Named people are heard before everybody else. An answer that two authors or more rated perfect, and nobody rated
    low, is a known good one when one of them may examine: ratings are cheap, and two of them are soon bought.
    """
    valid = [
        (row, items[row.feedback_id].feedback)
        for row in rows
        if row.may_teach and row.state in TEACHING_STATES and row.feedback_id in items
    ]
    if not valid or not interaction.question.strip():
        return None
    told = [(row, said, expected) for row, said in valid if (expected := _expected(work, said))]
    if told:
        heard = [one for one in told if one[0].author in work.named] or told
        if len({normalise(expected) for _, _, expected in heard}) > 1:
            return None
        row, said, expected = min(heard, key=lambda one: one[0].author not in examiners.names)
        return _Known(interaction, said, row, expected)
    right = _given(work, interaction)
    is_low = any(row.family == "rating" and row.value is not None and row.value < 1 for row, _ in valid)
    approving = [(row, said) for row, said in valid if _is_perfect(said)]
    worth = [one for one in approving if one[0].author in examiners.names]
    if not right or is_low or not worth or len({row.author for row, _ in approving}) < _APPROVALS:
        return None
    row, said = worth[0]
    return _Known(interaction, said, row, right)


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
        author=one.row.author,
        feedback_id=feedback.id,
        interaction_id=interaction.id,
        at=feedback.at,
    )
