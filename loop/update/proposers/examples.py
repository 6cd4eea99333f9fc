"""Propose known-good examples: one bundle of corrections, chosen by net fixes, large enough to be proved.

Once something was proved, the part of the bundle that is more of the same is proposed by itself too: further examples
of classes that are taught already only have to be no worse, and need not wait until the rest is proved.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import islice, zip_longest
from math import ceil, floor

from loop.change.matter import matter_of
from loop.change.operations import apply
from loop.change.proposal import Idea
from loop.change.repetition import NEWCOMERS, RIDING
from loop.errors import OperationRefused
from loop.limits import EACH_CLASS
from loop.records import (
    Bundle,
    ChangeExamples,
    EvalCase,
    Example,
    Grading,
    ProposalState,
    Proposer,
    derived_id,
    named_people,
)
from loop.text.spelling import normalise
from loop.update.heldout_topics import in_words, left_out, topic_of
from loop.update.history import is_proved, left_out_by_people
from loop.update.selection import Choice, Field, choose
from loop.update.teaching import Correction, ProposerResult, UpdateWork, authors_of, label_of

CANDIDATES_USED = 1_500
"""Corrections weighed in one turn."""
CASES_USED = 1_500
"""Cases they are weighed on."""
BASE_USED = 4_000
"""Examples of the base the proxy looks at."""
SMALLEST = 5
"""Mending corrections below which a bundle waits for more, unless the agent has learned nothing yet."""
MORE_SHARE = 1 / 30
"""Share by which further examples of taught classes must grow the base to be worth a look and a person's time: a
thirtieth more moves the accuracy by about a quarter of a point."""
MOSTLY = 2 / 3
"""Share of a bundle that must be more of the same for that part to go ahead, and of the topics that the base must teach
well before any is left out: while much of what people ask is not taught at all, what is taught answers for it, and
loses to all that comes. Growing it first, or leaving it behind, makes everything new seem to do harm."""
RELIABLE_SHARE = 0.25
"""Largest share of a bundle from one author who is not vouched for but reliable, when there are at least four."""
AUTHOR_SHARE = 0.05
"""The same of anybody else: one account must not fill a topic. Where there are too few people for that, a fair part."""


class ExampleProposer:
    """A bundle per turn, and the part of it that is more of the same: what is not proved now grows with the next."""

    def propose(self, work: UpdateWork) -> ProposerResult:
        """The best bundle on this base, first; then the part of it that is only more of the same, when that differs."""
        every = _candidates(work)
        spared = _spared(every, work=work)
        kept = [one for one in every if topic_of(one, grading=work.agent.grading) not in spared]
        ideas = _bundles(kept, work=work, spared=spared)
        if not ideas and spared:
            ideas = _bundles(every, work=work, spared=frozenset())  # only what was to be left out is left to learn
        return ProposerResult(ideas=tuple(ideas), looked_at=len(every))


def _spared(candidates: Sequence[Correction], *, work: UpdateWork) -> frozenset[str]:
    if work.draw is None:
        return frozenset()
    counts = Counter(topic_of(one, grading=work.agent.grading) for one in candidates)
    taught = Counter(one.label for one in work.bundle.examples if one.label)
    known = {topic for topic, n in taught.items() if n >= EACH_CLASS}
    if work.agent.grading is Grading.TEXT and work.bundle.examples:
        known = set(counts)  # an example in words does not say what it is about
    if len(known & counts.keys()) < MOSTLY * len(counts):
        return frozenset()
    draw, tried = work.draw, _tried(work)
    return left_out(counts, known=known, draw=lambda topic: draw(f"{tried}:{topic}"))


def _tried(work: UpdateWork) -> int:
    """Bundles on this base that were tested: the next one leaves out other topics."""
    return sum(
        item.proposal.proposer is Proposer.EXAMPLES
        and item.proposal.base_digest == work.base.digest
        and item.report is not None
        for item in work.earlier
    )


def _bundles(candidates: Sequence[Correction], *, work: UpdateWork, spared: frozenset[str]) -> list[Idea]:
    """The best bundle of these, and its part that is more of the same; none that would be too small."""
    if not candidates:
        return []
    cases = work.survey.witnesses[-CASES_USED:]
    names = _Names()
    going = {one.id for one in work.untrusted_examples}
    base = [one for one in work.bundle.examples if one.id not in going][-BASE_USED:]
    field = Field(
        base_questions=[one.question for one in base],
        base_classes=[names.of(one.label, one.answer) for one in base],
        candidate_questions=[one.question for one in candidates],
        candidate_classes=[names.of(one.label, one.answer) for one in candidates],
        candidate_is_right=[work.survey.right_by_question.get(normalise(one.question), False) for one in candidates],
        candidate_is_sure=[one.author in work.reliable for one in candidates],
        is_weighed_by_reliable=work.survey.is_weighed_by_reliable,
        case_questions=[case.question for case in cases],
        case_classes=[_class_of(case, names, work) for case in cases],
        case_is_right=[work.survey.right[case.id] for case in cases],
        own=_own(candidates, [(case.feedback_id, normalise(case.question)) for case in cases]),
    )
    chosen = _choose(field, candidates, work=work)
    ideas = []
    if sum(one.mends for one in chosen) >= (SMALLEST if work.bundle.examples else 1):
        ideas.append(_idea([candidates[one.candidate] for one in chosen], chosen, work=work))
    if more := _more_of_the_same(field, chosen, candidates, work=work):
        riding = tuple(one.id for one in work.untrusted_examples[: floor(RIDING * len(more))])
        ideas.append(_idea([candidates[one.candidate] for one in more], more, work=work, gone=riding))
    if len(ideas) > 1 and ideas[0].operations == ideas[1].operations:
        ideas.pop()
    return [idea.model_copy(update={"rationale": idea.rationale + in_words(spared)}) for idea in ideas]


def _more_of_the_same(
    field: Field, chosen: Sequence[Choice], candidates: Sequence[Correction], *, work: UpdateWork
) -> list[Choice]:
    """What only adds to what is taught; nothing before a first proof, beside much that is new, or when it is little."""
    if not any(item.state is ProposalState.LIVE and is_proved(item) for item in work.earlier):
        return []
    known = frozenset(field.base_classes)
    asked = {normalise(one.question) for one in work.bundle.examples}
    added = [one for one in chosen if normalise(candidates[one.candidate].question) not in asked]
    more = [one for one in added if field.candidate_classes[one.candidate] in known]
    with_new = [
        one
        for one in added
        if field.candidate_classes[one.candidate] in known or candidates[one.candidate].label in work.examined
    ]
    if len(with_new) - len(more) <= NEWCOMERS * len(with_new):
        more = with_new
    least = max(SMALLEST, MORE_SHARE * len(work.bundle.examples), MOSTLY * len(chosen))
    return more if len(more) >= least else []


class _Names:
    """Numbers the classes: a label, or the answer where there is no label."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[bool, str], int] = {}

    def of(self, label: str | None, answer: str) -> int:
        key = (label is not None, normalise(label if label is not None else answer))
        return self._numbers.setdefault(key, len(self._numbers))


def _class_of(case: EvalCase, names: _Names, work: UpdateWork) -> int:
    """The class a right answer would come from. A text case has the label its feedback had, like the examples."""
    if case.grading is not Grading.TEXT:
        return names.of(case.expected, "")
    item = work.items.get(case.feedback_id or "")
    asked = work.interactions.get(case.interaction_id or "")
    return names.of(label_of(item.feedback, asked) if item and asked else None, case.expected)


def _candidates(work: UpdateWork) -> list[Correction]:
    """One correction per question: what most authors say, newest where they say the same; wrong ones first."""
    known = {(normalise(one.question), one.label, normalise(one.answer)) for one in work.bundle.examples}
    known |= {(normalise(question), label, normalise(answer)) for question, answer, label in left_out_by_people(work)}
    asked: dict[str, list[Correction]] = defaultdict(list)
    for one in work.survey.known_good:
        asked[normalise(one.question)].append(one)
    found: list[Correction] = []
    for question, group in asked.items():
        votes = Counter(key for key, _ in {((one.label, normalise(one.answer)), one.author) for one in group})
        (best, most), *others = votes.most_common()
        if others and others[0][1] == most:
            continue
        winner = [one for one in group if (one.label, normalise(one.answer)) == best][-1]
        if (question, winner.label, normalise(winner.answer)) not in known:
            found.append(winner)
    right = work.survey.right_by_question
    wrong = [one for one in found if not right.get(normalise(one.question), False)]
    rest = [one for one in found if right.get(normalise(one.question), False)]
    return (_spread(wrong) + _spread(rest))[:CANDIDATES_USED]


def _spread(corrections: Sequence[Correction]) -> list[Correction]:
    """Newest first and labels in turn, so that a cut leaves none out."""
    groups: dict[str, list[Correction]] = defaultdict(list)
    for one in reversed(corrections):
        groups[one.label or one.answer].append(one)
    return [one for layer in zip_longest(*groups.values()) for one in layer if one is not None]


def _own(candidates: Sequence[Correction], cases: Sequence[tuple[str | None, str]]) -> list[tuple[int, int]]:
    by_feedback = {feedback_id: place for place, (feedback_id, _) in enumerate(cases) if feedback_id}
    by_question: dict[str, list[int]] = defaultdict(list)
    for place, (_, question) in enumerate(cases):
        by_question[question].append(place)
    pairs = {
        (place, case) for place, one in enumerate(candidates) for case in by_question.get(normalise(one.question), ())
    }
    pairs |= {
        (place, by_feedback[one.feedback_id]) for place, one in enumerate(candidates) if one.feedback_id in by_feedback
    }
    return sorted(pairs)


def _choose(field: Field, candidates: Sequence[Correction], *, work: UpdateWork) -> list[Choice]:
    """Choose, then choose again with caps for the size that came out, until no author has too large a share."""
    names = sorted({one.author for one in candidates})
    trusted = named_people(work.agent)
    places = {name: place for place, name in enumerate(names)}
    groups = [places[one.author] for one in candidates]
    limit = min(work.bundle_max, len(candidates))
    chosen: list[Choice] = []
    start = _begun(candidates, work=work)
    start = start if len(start) < limit else []

    def cap(name: str, size: int) -> int:
        share = RELIABLE_SHARE if name in work.reliable else AUTHOR_SHARE
        return size if name in trusted else _cap(size, authors=len(names), share=share, is_vouched=bool(trusted))

    while limit > 0:
        caps = [cap(name, limit) for name in names]
        chosen = choose(field, limit=limit, caps=caps, groups=groups, start=start)
        counts = authors_of(candidates[one.candidate] for one in chosen)
        if all(n <= cap(name, len(chosen)) for name, n in counts.items()):
            break
        limit = min(len(chosen), limit - 1)
    return chosen


def _begun(candidates: Sequence[Correction], *, work: UpdateWork) -> list[int]:
    """The candidates of the largest bundle on this base that is not proved yet: it grows instead of starting anew."""
    places = {one.feedback_id: place for place, one in enumerate(candidates)}
    waiting = [
        item.proposal.evidence
        for item in work.earlier
        if item.proposal.base_digest == work.base.digest
        and item.proposal.proposer is Proposer.EXAMPLES
        and item.state is ProposalState.WAITING
    ]
    return [places[one] for one in max(waiting, key=len, default=()) if one in places]


def _cap(size: int, *, authors: int, share: float, is_vouched: bool) -> int:
    """Corrections one author may give to a bundle; with fewer than four authors, a fair part and a tenth.

    Never less than a fair part: where somebody is vouched for, that of one; elsewhere nobody's record tells the
    busy from the bought, and it is that of two.
    """
    share = share if authors >= 4 else min(1.0, 1.1 / max(authors, 1))
    fair = ceil(size / max(authors, 1))
    if not is_vouched and authors >= 4:
        fair = max(fair, min(2 * fair, floor(RELIABLE_SHARE * size)))
    return max(floor(share * size), fair, 1)


def _idea(
    picked: Sequence[Correction], chosen: Sequence[Choice], *, work: UpdateWork, gone: tuple[str, ...] | None = None
) -> Idea:
    """The change that teaches what was picked. `gone`: what to unlearn with it; None: all that may no longer teach."""
    bundle = work.bundle
    known = {normalise(one.question): one.id for one in bundle.examples}
    add = tuple(
        Example(
            id=known.get(normalise(one.question)) or derived_id("x", one.question, one.answer, one.label),
            question=one.question,
            answer=one.answer,
            label=one.label,
            feedback_id=one.feedback_id,
        )
        for one in picked
    )
    fixed = {case for one in chosen for case in one.fixes}
    cases = work.survey.witnesses[-CASES_USED:]
    own = work.survey.fixes(picked)
    log = tuple(cases[case].id for case in sorted(fixed) if cases[case].split == "log")
    added = {one.id for one in add}
    if gone is None:
        gone = tuple(one.id for one in work.untrusted_examples if one.id not in added)
    unlearning = f", unlearn {len(gone)}" if gone else ""
    return Idea(
        operations=(ChangeExamples(add=add, remove=gone),),
        title=_title(add, gone, bundle=bundle)
        or f"Learn {len(add)} known-good answers{unlearning}: {_themes(picked, 3)}",
        rationale=_rationale(picked, n_fixed=len(fixed), n_broken=sum(len(one.breaks) for one in chosen)),
        evidence=tuple(one.feedback_id for one in picked),
        issue_ids=tuple(dict.fromkeys(one.issue_id for one in picked if one.issue_id)),
        expected_fixes=tuple(dict.fromkeys((*own, *log))),
        proposer=Proposer.EXAMPLES,
    )


def _title(add: Sequence[Example], gone: Sequence[str], *, bundle: Bundle) -> str:
    """What customers are told from now on; empty where that cannot be said in a sentence."""
    change = ChangeExamples(add=tuple(add), remove=tuple(gone))
    try:
        candidate = apply(bundle, change)
    except OperationRefused:
        return ""  # whoever drafts it says why
    return matter_of([change], base=bundle, candidate=candidate, tail=f", unlearn {len(gone)}" if gone else "")


def _themes(picked: Sequence[Correction], most: int) -> str:
    counts = Counter(one.label or one.topic or "answers" for one in picked)
    named = [f"{name} {n}" for name, n in islice(counts.most_common(), most)]
    rest = len(counts) - len(named)
    return ", ".join(named) + (f" and {rest} more" if rest else "")


def _rationale(picked: Sequence[Correction], *, n_fixed: int, n_broken: int) -> str:
    people = len(authors_of(picked))
    return (
        f"{len(picked)} corrected questions by {people} {'person' if people == 1 else 'people'}, chosen so that "
        f"together they mend the most known cases and break the fewest: {_themes(picked, 8)}. "
        f"On the cases they were chosen by, the estimate is {n_fixed} fixed and {n_broken} broken at the moment of "
        "choosing; only the sealed cases tell what it is worth."
    )
