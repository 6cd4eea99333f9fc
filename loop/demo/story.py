"""Run the loop through the demo's three months, and `ratchet demo` on top of it.

`run` acts only through the engine, the desk and the store it is handed; `build` chooses a database for it.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from loop import collect, desk, engine, policy, wiring
from loop.demo.company import SLUG, Topic, Truth, topics
from loop.demo.people import cast
from loop.demo.reactions import signed
from loop.demo.script import (
    EVENING,
    SCRIPT,
    Approve,
    Beat,
    Draft,
    FreeHonest,
    Insist,
    Refuse,
    TakeBack,
    Turn,
)
from loop.demo.world import MOST_INTERACTIONS, Day, World, interaction_id
from loop.errors import NotFound
from loop.ports import Answerer, Parts, Store
from loop.records import (
    Actor,
    Answer,
    Feedback,
    FeedbackState,
    Interaction,
    JournalAction,
    Measurement,
    ProposalItem,
    ProposalState,
    Question,
    Record,
    Role,
)
from loop.settings import Settings, data_folder
from storage.database import Database

_OWNER = Actor(name="demo", role=Role.ADMIN)
"""Who set the agent up."""
_DESK_SOFTWARE = Actor(name="demo", role=Role.ENGINE)
"""What brings each day's conversations and reactions."""


class DemoSummary(Record):
    """What the demo workspace holds."""

    agent: str
    interactions: int
    feedback: int
    quarantined: int
    """Feedback items in quarantine now."""
    held: int
    """Feedback items held for a person now."""
    issues: int
    proposals_waiting: int
    releases: int
    """Versions that went live after the first, rollbacks included."""
    rollbacks: int
    sealed_cases: int
    accuracy_first: float | None
    """Share of the sealed cases that version 0 answers right; none of them ever taught anything."""
    accuracy_live: float | None
    """The same for the live version, on the same cases."""
    seconds: float = 0.0
    """How long building it took."""

    @property
    def words(self) -> str:
        """A sentence or two for the terminal."""
        told = (
            f"Demo workspace {self.agent}: {self.interactions:,} conversations, {self.feedback:,} feedback items "
            f"({self.quarantined} in quarantine, {self.held} held), {self.issues} open issues, "
            f"{self.releases} releases ({self.rollbacks} rolled back), {self.proposals_waiting} proposals waiting."
        )
        if self.accuracy_first is not None and self.accuracy_live is not None:
            told += (
                f" On {self.sealed_cases} sealed cases the first version gets {self.accuracy_first:.0%} right, "
                f"the live one {self.accuracy_live:.0%}."
            )
        return told


@dataclass(frozen=True)
class _Answered:
    """A question, with what the live version said to it."""

    interaction: Interaction
    answer: Answer


@dataclass
class _Hand:
    """The clock of the story and the answerer of the live version."""

    now: datetime
    digest: str = ""
    answerer: Answerer | None = None


def database_url(settings: Settings) -> str:
    """Where the demo lives: its own file, never the database of the user's own agents, unless that is PostgreSQL."""
    if not settings.database_url.startswith("sqlite"):
        return settings.database_url
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'demo.db'}"


def build(settings: Settings, database: Database, *, seed: int, fresh: bool, now: datetime) -> DemoSummary:
    """Make the demo workspace, or say what is there when it exists and `fresh` is False. Ends the day before `now`."""
    began = time.perf_counter()
    try:
        store = database.store(SLUG)
    except NotFound:
        pass
    else:
        if not fresh:
            return summarise(store, interactions=_kept(store)).model_copy(
                update={"seconds": round(time.perf_counter() - began, 1)}
            )
        database.delete_demo(SLUG)
    world = World(seed, until=now.date())
    start = world.start()
    began_at, chance = start.agent.created_at, f"{SLUG} {seed}"
    desk.create_agent(database, start.agent, bundle=start.bundle, actor=_OWNER, now=began_at, chance=chance)
    parts = replace(wiring.parts_for(settings, database, SLUG), model=None, seed=seed)
    try:
        summary = run(parts, world=world)
    except BaseException:
        database.delete_demo(SLUG)  # half a story would look like the whole one the next time
        raise
    return summary.model_copy(update={"seconds": round(time.perf_counter() - began, 1)})


def run(parts: Parts, *, world: World) -> DemoSummary:
    """Live through every day of the world: questions, answers of the live version, reactions, turns, decisions.

    `parts.store` holds the agent and the bundle of `world.start()` and nothing else. The clock of `parts`
    is not read: the story brings its own.
    """
    hand = _Hand(now=world.moment(0))
    parts = replace(parts, clock=lambda: hand.now)
    coming: list[Feedback] = []
    count = 0
    for day in world.days():
        hand.now = world.moment(day.number, hour=EVENING)
        interactions: list[Interaction] = []
        for answered in _answered(parts, hand, day):
            interactions.append(answered.interaction)
            coming += world.react(answered.interaction, answer=answered.answer)
        coming += world.incidents(day)
        count += len(interactions)
        coming = _arrive(parts, interactions, coming, until=hand.now)
        for beat in SCRIPT.get(day.number, ()):
            _play(parts, beat)
            hand.now += timedelta(minutes=5)
            engine.apply_due(parts)
    return summarise(parts.store, interactions=count)


def summarise(store: Store, *, interactions: int) -> DemoSummary:
    """What the workspace holds, read from its store."""
    states = Counter(item.state for item in store.feedback())
    releases = [release for release in store.releases() if release.kind != "start"]
    newest = {one.number: one for one in sorted(store.measurements(), key=lambda one: one.at)}
    first, live = newest.get(0), newest.get(store.head().number)
    if first and live and first.case_set_digest != live.case_set_digest:
        first = None  # a rate on other cases compares with nothing
    return DemoSummary(
        agent=store.agent.slug,
        interactions=interactions,
        feedback=states.total(),
        quarantined=states[FeedbackState.QUARANTINED],
        held=states[FeedbackState.HELD],
        issues=len(store.issues()),
        proposals_waiting=len(store.proposals([ProposalState.WAITING])),
        releases=len(releases),
        rollbacks=sum(release.kind == "rollback" for release in releases),
        sealed_cases=live.n if live else 0,
        accuracy_first=_share(first),
        accuracy_live=_share(live),
    )


def _answered(parts: Parts, hand: _Hand, day: Day) -> list[_Answered]:
    """The day's questions with what the live version answers."""
    head = parts.store.head()
    if hand.answerer is None or hand.digest != head.digest:
        hand.answerer, hand.digest = parts.answerers(parts.store.live_bundle()), head.digest
    answers = hand.answerer.answer([Question(text=one.question, context=one.context) for one in day.questions])
    return [
        _Answered(
            answer=answer,
            interaction=question.model_copy(
                update={
                    "answer": answer.text,
                    "label": answer.label,
                    "article_id": answer.article_id,
                    "method": answer.method,
                    "confidence": answer.confidence,
                    "uses": answer.uses,
                    "version": head.number,
                    "bundle_digest": head.digest,
                }
            ),
        )
        for question, answer in zip(day.questions, answers, strict=True)
    ]


def _arrive(
    parts: Parts, interactions: Sequence[Interaction], coming: Sequence[Feedback], *, until: datetime
) -> list[Feedback]:
    """Hand in what has arrived by now; returns what is still to come."""
    arrived = sorted((one for one in coming if one.received_at <= until), key=lambda one: (one.received_at, one.id))
    door = collect.Door(actor=_DESK_SOFTWARE, action="import", journal=JournalAction.RECEIVE_DAY, at=until)
    collect.receive(parts.store, door=door, interactions=interactions, feedback=arrived)
    return [one for one in coming if one.received_at > until]


def _play(parts: Parts, beat: Beat) -> None:
    match beat:
        case Turn():
            engine.turn(parts)
        case Approve():
            _approve(parts, beat)
        case Draft(sketch=sketch):
            desk.draft(
                parts,
                actor=sketch.author,
                operations=sketch.operations,
                title=sketch.title,
                rationale=sketch.rationale,
            )
        case Insist(actor=actor, title=title, reason=reason):
            item = _titled(parts, title, state=ProposalState.WAITING)
            desk.approve(parts, item.proposal.id, actor=actor, seen_digest=item.evidence_digest, reason=reason)
        case Refuse(actor=actor, title=title, categories=categories, reason=reason):
            item = _titled(parts, title, state=ProposalState.WAITING)
            desk.reject(
                parts,
                item.proposal.id,
                actor=actor,
                seen_digest=item.evidence_digest,
                categories=categories,
                reason=reason,
            )
        case TakeBack(actor=actor, title=title, reason=reason):
            item = _titled(parts, title, state=ProposalState.LIVE)
            desk.roll_back(parts, actor=actor, to_number=item.proposal.base_number, reason=reason)
        case FreeHonest():
            _free_honest(parts, beat)
        case _:
            assert_never(beat)


def _approve(parts: Parts, beat: Approve) -> None:
    """Ship what gains most. Only one: the others were tested on a base that is then no longer live."""
    recommended = [item for item in parts.store.proposals([ProposalState.WAITING]) if _is_recommended(item)]
    if not recommended:
        return
    best = min(recommended, key=lambda item: (-_gain(item), item.proposal.id))
    desk.approve(
        parts,
        best.proposal.id,
        actor=beat.actor,
        seen_digest=best.evidence_digest,
        reason="Read it line by line; it says what the handbook says." if desk.needs_reason(parts.store, best) else "",
    )


def _is_recommended(item: ProposalItem) -> bool:
    return policy.recommend(item.report, stakes=item.proposal.stakes).verb == "approve"


def _gain(item: ProposalItem) -> float:
    return (item.report.sealed.tally.effect or 0.0) if item.report else 0.0


def _free_honest(parts: Parts, beat: FreeHonest) -> None:
    """What a lead would do: read what is held, and release colleagues' corrections that are right."""
    known = {reply for topic in topics() for reply in _right_words(topic)}
    names = {one.name for one in cast().staff if not one.is_hasty}
    honest = [
        item.feedback.id
        for item in parts.store.feedback([FeedbackState.HELD])
        if item.feedback.author in names and item.feedback.text in known
    ]
    if honest:
        desk.judge(parts, honest[: beat.most], actor=beat.actor, to=FeedbackState.RELEASED, reason=beat.reason)


def _right_words(topic: Topic) -> list[str]:
    truths: list[Truth] = [topic] if topic.variant is None else [topic, topic.variant]
    return [signed(words) for truth in truths for words in (truth.reply, *truth.edits)]


def _titled(parts: Parts, title: str, *, state: ProposalState) -> ProposalItem:
    """The newest proposal of this title in this state: one that was drawn anew keeps its title."""
    found = [item for item in parts.store.proposals([state]) if item.proposal.title == title]
    if not found:
        raise NotFound(f"The story expects a proposal titled “{title}” that is {state.value}.")
    return found[-1]


def _kept(store: Store) -> int:
    """How many of the world's interactions the store holds; their ids are numbered."""
    return len(store.interactions(interaction_id(number) for number in range(1, MOST_INTERACTIONS + 1)))


def _share(measured: Measurement | None) -> float | None:
    return measured.right / measured.n if measured and measured.n else None
