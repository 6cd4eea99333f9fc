"""What a turn of drafting is given, and what every proposer sees: corrections that may teach, cases that are wrong."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Protocol

from pydantic import Field

from loop.change import texts
from loop.change.proposal import Idea
from loop.change.truth_maintenance import UnsupportedChange
from loop.heldout import HeldOut
from loop.limits import bundle_max, classes_of
from loop.ports import Ask, Model
from loop.records import (
    TEACHING_STATES,
    Agent,
    Answer,
    Bundle,
    EvalCase,
    Example,
    Feedback,
    FeedbackItem,
    FeedbackKind,
    Grade,
    Interaction,
    Issue,
    Proposal,
    ProposalItem,
    Record,
    Split,
    Version,
    named_people,
    person_of,
)
from loop.text.claims import language_of
from loop.text.redaction import placeholders
from loop.text.secrets import find_secrets
from loop.text.spelling import normalise

CASES_USED = 2_000
"""Cases answered by the base in one turn by the built-in agent."""
PAID_CASES_USED = 200
"""The same when every answer costs a model call."""
ENOUGH_WITNESSES = 100
"""Cases by reliable people from which on nobody else's are needed to weigh a candidate."""


@dataclass(frozen=True)
class UpdateWork:
    """Everything one turn of drafting may look at. Dev and sealed cases are never among it."""

    agent: Agent
    base: Version
    bundle: Bundle
    """Content of `base`."""
    issues: Sequence[Issue]
    items: Mapping[str, FeedbackItem]
    """Feedback in a teaching state, by id."""
    interactions: Mapping[str, Interaction]
    """By id; those the feedback is about."""
    cases: Sequence[EvalCase]
    """Of the split log only: who chooses on dev passes its screen seven times of eight."""
    earlier: Sequence[ProposalItem]
    """Proposals drafted before, oldest first."""
    reasons: Mapping[str, str]
    """What people said when they rejected, by proposal id."""
    held_out: HeldOut
    """What examines the agent, all dev and sealed cases: it is never taught."""
    ask: Ask
    """Answers of `bundle` to cases, through the memory of answers."""
    grade: Callable[[EvalCase, Answer], Grade]
    """Tells a right answer, as the stage test does."""
    model: Model | None
    """For reflection; None: proposers without a model only."""
    boundary: str
    """Random per turn: parts data from directions in a prompt."""
    now: datetime
    reliable: frozenset[str] = frozenset()
    """Authors whose corrections need no known cases to agree; see `loop.update.reliable`."""
    examined: frozenset[str] = frozenset()
    """Labels some held-out case asks for; nothing else of these cases is told."""
    tainted: frozenset[str] = frozenset()
    """Ids of feedback that may no longer teach: held, quarantined, excluded or replaced. What was learned from it
    is proposed for unlearning."""
    fallen: Sequence[UnsupportedChange] = ()
    """Live changes, besides examples, whose evidence was taken back; each is proposed to be taken back."""
    draw: Callable[[str], float] | None = None
    """A number in [0, 1) for each topic, drawn with the agent's secret for this base: what a broad change leaves out.
    None: nothing is left out."""

    @cached_property
    def untrusted_examples(self) -> tuple[Example, ...]:
        """Examples of the base that were learned from tainted feedback."""
        return tuple(one for one in self.bundle.examples if one.feedback_id in self.tainted)

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Languages the agent speaks: those of its own texts and of what the people vouched for write. Empty: any."""
        own = [self.bundle.instructions, *(one.body for one in self.bundle.articles)]
        own += dict.fromkeys(one.answer for one in self.bundle.examples)
        named = named_people(self.agent)
        own += [one.feedback.text for one in self.items.values() if person_of(one.feedback) in named]
        return frozenset(filter(None, map(language_of, own)))

    def speaks(self, text: str) -> bool:
        """Whether a text is in a language of the agent, or too short to tell."""
        return not self.spoken or (language_of(text) or next(iter(self.spoken))) in self.spoken

    @cached_property
    def bundle_max(self) -> int:
        """Examples one bundle has room for."""
        return bundle_max(self.agent.limits, classes=classes_of(self.bundle, cases=self.cases))

    @cached_property
    def survey(self) -> "Survey":
        """What is known before anything is drafted; worked out once."""
        return survey(self)


@dataclass(frozen=True)
class ProposerResult:
    """What one proposer looked at and made."""

    ideas: tuple[Idea, ...] = ()
    """Strongest first."""
    looked_at: int = 0
    """Corrections, clusters or candidates weighed."""
    failures: tuple[str, ...] = ()
    """In words: what went wrong."""
    held_back: tuple[str, ...] = ()
    """In words: what was looked at and not proposed, and why."""


class IdeaSource(Protocol):
    """Looks at the work and has ideas."""

    def propose(self, work: UpdateWork) -> ProposerResult: ...


class UpdateOutcome(Record):
    """What a turn of drafting made."""

    proposals: tuple[Proposal, ...] = ()
    """Strongest first; no two with the same operations."""
    failures: tuple[str, ...] = ()
    """In words; empty when nothing went wrong."""
    considered: dict[str, int] = Field(default_factory=dict)
    """By proposer: corrections, clusters or candidates looked at."""
    told: tuple[str, ...] = ()
    """In words: what was considered, and why those without an idea have none."""
    held_back: tuple[str, ...] = ()
    """In words: ideas not drafted, because they were rejected, wait already, or have not grown enough."""


@dataclass(frozen=True)
class Correction:
    """One validated statement of what the answer should have been."""

    feedback_id: str
    issue_id: str
    """Empty for an answer that was confirmed: nothing was wrong with it."""
    author: str
    kind: FeedbackKind
    question: str
    answer: str
    """The better answer; empty for a label."""
    label: str | None
    """The right label, or the right article's id."""
    topic: str
    given: str
    """What was answered."""
    interaction: Interaction
    at: datetime


@dataclass(frozen=True)
class Survey:
    """Corrections that may teach and how the base does on the cases."""

    known_good: tuple[Correction, ...]
    """Corrections, and answers people confirmed; newest last."""
    cases: tuple[EvalCase, ...]
    """Those that were answered: all, or an even share where there are too many."""
    right: Mapping[str, bool]
    """Whether the base answers them right, by case id."""
    witnesses: tuple[EvalCase, ...]
    """Those of the cases that candidates are weighed on: by reliable people only, once there are enough."""
    is_weighed_by_reliable: bool
    """Whether there are."""

    @cached_property
    def corrections(self) -> tuple[Correction, ...]:
        """Those that say something else than was answered; newest last."""
        return tuple(one for one in self.known_good if one.issue_id)

    @cached_property
    def right_by_question(self) -> Mapping[str, bool]:
        """By the normalised question."""
        return {normalise(case.question): self.right[case.id] for case in self.cases}

    @cached_property
    def _wrong_log(self) -> tuple[tuple[EvalCase, str], ...]:
        """Log cases that are wrong now, each with its normalised question."""
        return tuple(
            (case, normalise(case.question))
            for case in self.cases
            if case.split is Split.LOG and not self.right[case.id]
        )

    def fixes(self, corrections: Iterable[Correction]) -> tuple[str, ...]:
        """Log cases that are wrong now and rest on these corrections."""
        spoken = list(corrections)
        ids = {one.feedback_id for one in spoken}
        asked = {normalise(one.question) for one in spoken}
        return tuple(case.id for case, question in self._wrong_log if case.feedback_id in ids or question in asked)


def survey(work: UpdateWork) -> Survey:
    """Collect the corrections behind supported, undisputed issues and let the base answer the cases."""
    cases = _even_share(
        sorted(work.cases, key=lambda case: (case.at, case.id)),
        limit=CASES_USED if work.bundle.model.is_local else PAID_CASES_USED,
    )
    answers = work.ask(work.bundle, cases) if cases else {}
    # What anybody says makes a log case too: a few accounts that say the same wrong thing would bear each other out.
    sure = [case for case in cases if case.vouched_by or case.author in work.reliable]
    found = [one for issue in work.issues for one in _behind(issue, work=work) if may_be_taught(one, work=work)]
    found += _confirmed(work, found)
    unique = {one.feedback_id: one for one in sorted(found, key=lambda one: (one.at, one.feedback_id))}
    return Survey(
        known_good=tuple(unique.values()),
        cases=tuple(cases),
        witnesses=tuple(sure if len(sure) >= ENOUGH_WITNESSES else cases),
        is_weighed_by_reliable=len(sure) >= ENOUGH_WITNESSES,
        right={case.id: work.grade(case, answers[case.id]).is_right for case in cases},
    )


def _behind(issue: Issue, *, work: UpdateWork) -> list[Correction]:
    """Corrections behind an issue that enough distinct sources support and nobody strongly contradicts."""
    if issue.kind == "complaint" or not issue.is_supported or issue.conflict or not issue.sides:
        return []
    found = []
    for feedback_id in issue.sides[0].feedback_ids:
        item = work.items.get(feedback_id)
        interaction = work.interactions.get(item.feedback.interaction_id) if item else None
        if item is None or interaction is None or item.state not in TEACHING_STATES or not item.feedback.teaches:
            continue
        found.append(correction_of(item.feedback, interaction, issue_id=issue.id, topic=issue.topic))
    return found


def may_be_taught(one: Correction, *, work: UpdateWork) -> bool:
    """Not kept for testing, and says something in a language of the agent: no secrets, nothing masked, not too long."""
    return _is_usable(one) and work.speaks(one.answer) and not work.held_out.covers(one.feedback_id, one.interaction)


def _confirmed(work: UpdateWork, corrections: Sequence[Correction]) -> list[Correction]:
    """Answers people said were right: known good, so they may stand beside corrections in a bundle.

    Corrections alone are the questions that were answered wrong; a head taught only those has a crooked
    picture of a class. Of a label, `min_sources` distinct people must have spoken, corrections counted.
    """
    spoken: dict[str, set[str]] = defaultdict(set)
    for one in corrections:
        spoken[one.label or ""].add(one.author)
    found: dict[str, list[Correction]] = defaultdict(list)
    for item in work.items.values():
        said = item.feedback
        interaction = work.interactions.get(said.interaction_id)
        may_teach = said.teaches and item.state in TEACHING_STATES
        if interaction is None or not may_teach or not agrees(said, interaction):
            continue
        one = correction_of(said, interaction, issue_id="", topic="")
        if may_be_taught(one, work=work):
            found[one.label or ""].append(one)
            spoken[one.label or ""].add(one.author)
    return [
        one for label, group in found.items() if len(spoken[label]) >= work.agent.limits.min_sources for one in group
    ]


def agrees(said: Feedback, interaction: Interaction) -> bool:
    """Whether the person named the very label or article, or sent the draft as it was."""
    traits = said.kind.traits
    if traits.needs == "choice":
        if said.label:
            return said.label == interaction.label
        return bool(said.article_id) and said.article_id == interaction.article_id
    return traits.is_rewrite and bool(normalise(said.text)) and normalise(said.text) == normalise(interaction.answer)


def label_of(feedback: Feedback, interaction: Interaction) -> str | None:
    """What an example made of the feedback would be labelled: a better answer keeps the label of the answer."""
    named = feedback.label or feedback.article_id
    return named or ((interaction.label or interaction.topic or None) if feedback.kind.traits.is_worded else None)


def correction_of(feedback: Feedback, interaction: Interaction, *, issue_id: str, topic: str) -> Correction:
    label = label_of(feedback, interaction)
    return Correction(
        feedback_id=feedback.id,
        issue_id=issue_id,
        author=person_of(feedback),
        kind=feedback.kind,
        question=texts.visible(interaction.question),
        answer=texts.visible(feedback.text) if feedback.kind.traits.is_worded else "",
        label=label,
        topic=interaction.topic or topic,
        given=interaction.answer,
        interaction=interaction,
        at=feedback.at,
    )


def _is_usable(one: Correction) -> bool:
    says = (one.question, one.answer, one.label or "")
    is_whole = bool(normalise(one.question)) and bool(one.answer or one.label) and not placeholders(one.answer)
    return is_whole and all(len(text) <= 8_000 and not _holds_secret(text) for text in says)


@lru_cache(maxsize=65_536)
def _holds_secret(text: str) -> bool:
    """A memo: every turn surveys nearly the same texts."""
    return any(find_secrets(text))


def _even_share(cases: list[EvalCase], *, limit: int) -> list[EvalCase]:
    """At most `limit`, evenly over time, so that old and new cases count alike."""
    if len(cases) <= limit:
        return cases
    return [cases[place * len(cases) // limit] for place in range(limit)]


def authors_of(corrections: Iterable[Correction]) -> Counter[str]:
    """Corrections per author."""
    return Counter(one.author for one in corrections)
