"""A workspace for the screens: every state once, hostile words included, written through the store."""

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from loop.change.diff import changes
from loop.change.operations import apply_all
from loop.records import (
    Actor,
    Agent,
    Answer,
    Article,
    Bundle,
    CaseOutcome,
    ChangeExamples,
    Changes,
    Comparison,
    Condition,
    DailyQuality,
    Decision,
    EditInstructions,
    Evidence,
    Example,
    Feedback,
    FeedbackKind,
    FeedbackMove,
    FeedbackState,
    Flag,
    Grade,
    Interaction,
    Measurement,
    Operation,
    Proposal,
    ProposalMove,
    ProposalState,
    Release,
    Report,
    Role,
    Rule,
    SetRule,
    SliceResult,
    Split,
    Stakes,
    StakesLevel,
    Step,
    Tally,
    UpsertArticle,
    Verdict,
    Version,
    derived_id,
)
from loop.records.turns import StageReport, TurnReport
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.screens import improving

HOSTILE = (
    '<img src="http://outside.invalid/x.png" onerror="alert(1)"><script>alert(2)</script> ![](http://outside.invalid/y)'
)
"""What a stranger may send; it must be seen as text."""

INSTRUCTIONS = """You are the support assistant of Northwind Parcels.
Always greet the customer by name and thank them for waiting.

# Refunds
Refunds are processed within 10 business days. If the customer asks for a refund, tell them to call the hotline.
Never promise a specific date.

# Parcels
If a parcel is late, ask the customer to call +44 20 7946 0000.
Do not ask for the full card number.

# Tone
Use short sentences.
Say what happens next.
Avoid jargon such as "SLA" unless the customer used it first.

# Escalation
Escalate to a human when the customer is angry."""

TOPICS = ("refunds", "parcels", "login", "invoices")


def fill(database: Database, *, slug: str = "desk", rows: int = 160, now: datetime | None = None) -> AgentStore:
    """Make an agent with feedback, proposals, releases and results. The newest things happened just before `now`."""
    end = now or datetime.now(UTC)
    agent = Agent(slug=slug, name="Northwind Support", is_demo=True, created_at=end - timedelta(days=90))
    start = Bundle(
        instructions=INSTRUCTIONS,
        rules=(Rule(id="r-human", when=(Condition(field="question", op="contains", value="lawyer"),), hand_over=True),),
        examples=tuple(
            Example(id=f"x{n}", question=f"Where is my parcel {n}?", label="track_parcel") for n in range(6)
        ),
        articles=(Article(id="a-refund", title="Refunds", body="Refunds take 10 days.\nCall the hotline."),),
    )
    store = database.create_agent(agent, start, now=agent.created_at, actor="rita")
    _happened(store, end=end, rows=rows)
    _release(store, _opening_hours(), at=end - timedelta(days=40))
    _release(store, _late_parcels(), at=end - timedelta(days=20))
    _roll_back(store, to=1, at=end - timedelta(days=17))
    _propose(store, end=end)
    _measured(store, end=end)
    improving.tell(store, now=end)
    return store


def propose(
    store: AgentStore,
    operations: tuple[Operation, ...],
    *,
    title: str,
    verdict: Verdict | None = Verdict.PROVED,
    level: StakesLevel = StakesLevel.LOW,
    at: datetime | None = None,
    **fields: Any,
) -> Proposal:
    """A proposal on the live version; tested and waiting unless `verdict` is None."""
    head = store.head()
    base = store.bundle(head.digest)
    candidate = apply_all(base, operations)
    filled = {
        "agent": store.agent.slug,
        "base_number": head.number,
        "base_digest": head.digest,
        "candidate_digest": candidate.digest,
        "operations": operations,
        "changes": changes(base, candidate),
        "title": title,
        "rationale": "Customers asked for the same thing again and again, and the answer sent them elsewhere.",
        "evidence": ("f3", "f7", "f11", "f13"),
        "proposer": "examples",
        "stakes": Stakes(level=level, reasons=("Touches money: “refund”.",) if level is StakesLevel.HIGH else ()),
        "created_at": at or datetime.now(UTC) - timedelta(hours=3),
    }
    proposal = builders.proposal(derived_id("proposal", title, head.number), **filled | fields)
    store.commit(Changes(proposals=(proposal,), bundles=(candidate,)))
    if verdict is not None:
        store.commit(
            Changes(
                reports=(report(proposal, verdict=verdict),),
                proposal_moves=(
                    ProposalMove(proposal_id=proposal.id, was=ProposalState.DRAFTED, now=ProposalState.WAITING),
                ),
            )
        )
    return proposal


def report(proposal: Proposal, *, verdict: Verdict, seed: int = 7) -> Report:
    """A report whose numbers fit its verdict."""
    fixed, broken = {
        Verdict.PROVED: (96, 12),
        Verdict.NO_WORSE: (11, 10),
        Verdict.PROMISING: (24, 14),
        Verdict.NO_EFFECT: (9, 8),
        Verdict.HARMFUL: (12, 61),
        Verdict.NOT_ENOUGH_DATA: (2, 1),
    }[verdict]
    n = 18 if verdict is Verdict.NOT_ENOUGH_DATA else 1840
    reasons = {
        Verdict.PROVED: ("It fixes 96 sealed cases and breaks 12.", "No group got worse."),
        Verdict.NO_WORSE: ("A loss of 3 points is ruled out.",),
        Verdict.PROMISING: ("It fixes 24 sealed cases and breaks 14; chance explains that 6 % of the time.",),
        Verdict.NO_EFFECT: ("A gain of 1 point would have been seen 91 % of the time.",),
        Verdict.HARMFUL: ("It breaks 61 sealed cases.", "The group “parcels” got worse."),
        Verdict.NOT_ENOUGH_DATA: ("18 sealed cases; about 240 would tell.",),
    }[verdict]
    slices = tuple(
        SliceResult(
            name=topic,
            split=Split.SEALED,
            evidence=evidence(n // 4, (fixed // 4) + place, broken // 4 + (9 if place == 1 and broken > fixed else 0)),
            p_harm_adjusted=0.8,
            is_harmed=verdict is Verdict.HARMFUL and place == 1,
        )
        for place, topic in enumerate(TOPICS)
    )
    return builders.report(
        proposal,
        id=derived_id("report", proposal.id, seed),
        dev=evidence(max(12, n // 4), fixed // 4 + 1, broken // 4 + 1),
        sealed=evidence(n, fixed, broken),
        slices=slices,
        outcomes=tuple(outcome(place) for place in range(14)),
        verdict=verdict,
        reasons=(),
        sealed_reasons=reasons,
        sealed_cases=n,
        power=0.91,
        power_for=0.01,
        cases_needed=240 if verdict is Verdict.NOT_ENOUGH_DATA else None,
        expected_hits=14,
        sealed_looks=3,
        method="Paired replay; mid-p McNemar for better, Tango interval",
        seed=seed,
        at=proposal.created_at + timedelta(minutes=2),
    )


def evidence(n: int, fixed: int, broken: int) -> Evidence:
    """A tally with a plausible interval."""
    right = int(0.8 * (n - fixed - broken))
    tally = Tally(both_right=right, fixed=fixed, broken=broken, both_wrong=max(0, n - right - fixed - broken))
    half = 1.64 * math.sqrt(max(1, fixed + broken)) / max(1, tally.n)
    effect = tally.effect or 0.0
    return Evidence(tally=tally, low=effect - half, high=effect + half, p_better=0.01, p_worse=0.99)


def outcome(place: int) -> CaseOutcome:
    """One open case: fixed, broken, and a hostile one."""
    is_broken = place % 7 == 3
    question = f"I want my money back for order {place}" if place else HOSTILE
    old = Answer(text="Please call our hotline.", label="hotline", method="head", confidence=0.44)
    new = Answer(text="I have started your refund.", label="refund", method="case", confidence=0.91, uses=("x1",))
    good, bad = (
        Grade(is_right=True, reason="The label is the expected one."),
        Grade(is_right=False, reason="Another label."),
    )
    return CaseOutcome(
        case_id=f"case{place}",
        question=question,
        expected="hotline" if is_broken else "refund",
        base=old,
        candidate=new,
        base_grade=good if is_broken else bad,
        candidate_grade=bad if is_broken else good,
    )


# what happened --------------------------------------------------------------------------------------
def _happened(store: AgentStore, *, end: datetime, rows: int) -> None:
    rng = random.Random(5)
    interactions, given, flags, moves = [], [], {}, []
    for n in range(rows):
        at = end - timedelta(hours=(rows - n) * 3)
        topic = TOPICS[n % 4]
        interactions.append(_interaction(store, n, at=at, topic=topic, rng=rng))
        one = _feedback(store, n, at=at + timedelta(minutes=4))
        given.append(one)
        state, found = _flags(one, n)
        if found:
            flags[one.id] = found
        if state is not FeedbackState.NEW:
            moves.append(FeedbackMove(feedback_id=one.id, was=FeedbackState.NEW, now=state))
    store.append(interactions=tuple(interactions), feedback=tuple(given))
    store.commit(Changes(flags=flags, feedback_moves=tuple(moves)))


def _interaction(store: AgentStore, n: int, *, at: datetime, topic: str, rng: random.Random) -> Interaction:
    tool = Step(
        kind="tool", name="find_parcel", input=f'{{"number": {n}}}', output='{"state": "late"}', milliseconds=84.0
    )
    look = Step(kind="retrieval", name="articles", input=topic, output="Refunds; Late parcels", milliseconds=6.0)
    return Interaction(
        id=f"i{n}",
        agent=store.agent.slug,
        episode_id=f"e{n // 2}",
        customer=f"c{n % 40}",
        position=n % 2,
        at=at,
        question=HOSTILE if n == 7 else f"Hello, I have a question about {topic}: where is number {n} and who pays?",
        context={"plan": "plus", "region": "eu"} if n % 5 == 0 else {},
        answer="Please call our hotline on weekdays." if n % 3 else "Your parcel is on its way and arrives tomorrow.",
        label=("hotline", "track_parcel", "reset_password", "invoice")[n % 4],
        method="handover" if n % 11 == 0 else "head",
        confidence=round(rng.uniform(0.2, 0.95), 2),
        version=min(2, n // 60),
        topic=topic,
        steps=(look, tool) if n % 4 == 1 else (),
        source="seed",
    )


def _feedback(store: AgentStore, n: int, *, at: datetime) -> Feedback:
    kinds: tuple[dict[str, Any], ...] = (
        {"kind": FeedbackKind.THUMBS, "value": 0.0, "text": "That did not help at all."},
        {"kind": FeedbackKind.CSAT, "value": 0.8},
        {"kind": FeedbackKind.LABEL, "label": "refund", "reason": "They asked for their money back."},
        {"kind": FeedbackKind.COMMENT, "text": HOSTILE if n == 7 else "The hotline is closed at this hour."},
        {"kind": FeedbackKind.EDIT, "text": "I have started your refund; it arrives within 4 days."},
    )
    return Feedback(
        id=f"f{n}",
        agent=store.agent.slug,
        interaction_id=f"i{n}",
        author=f"agent-{n % 9}",
        source="seed",
        at=at,
        received_at=at,
        **(kinds[3] if n == 7 else kinds[n % 5]),
    )


def _flags(one: Feedback, n: int) -> tuple[FeedbackState, tuple[Flag, ...]]:
    def flag(detector: str, reason: str) -> Flag:
        return Flag(feedback_id=one.id, detector=detector, reason=reason, at=one.received_at)

    if n == 7:
        return FeedbackState.QUARANTINED, (
            flag("instructions", "Reads like an instruction to the agent, not like a customer's words."),
            flag("duplicate", "The same words came 14 times within 3 minutes from one network."),
        )
    if n % 13 == 0:
        return FeedbackState.HELD, (
            flag("too_fast", "Judged after 0.4 s; others take 9 s for answers of this length."),
        )
    return (FeedbackState.NEW, ()) if n % 17 == 0 else (FeedbackState.VALID, ())


# what was shipped -------------------------------------------------------------------------------------
def _opening_hours() -> tuple[str, tuple[Operation, ...]]:
    article = Article(
        id="a-hours", title="Opening hours", body="We are open from 8 to 20.", questions=("When are you open?",)
    )
    return "Say when the desk is open", (UpsertArticle(article=article),)


def _late_parcels() -> tuple[str, tuple[Operation, ...]]:
    rule = Rule(id="r-late", when=(Condition(field="question", op="contains", value="late"),), label="track_parcel")
    return "Answer every late parcel with its tracking page", (SetRule(rule=rule),)


def _release(store: AgentStore, change: tuple[str, tuple[Operation, ...]], *, at: datetime) -> None:
    title, operations = change
    made = propose(store, operations, title=title, at=at - timedelta(hours=5))
    head = store.head()
    item = store.proposal(made.id)
    decision = Decision(
        id=derived_id("decision", made.id),
        agent=store.agent.slug,
        proposal_id=made.id,
        verb="approve",
        actor=Actor(name="rita", role=Role.APPROVER),
        reason="Read ten answers; all better.",
        seen_digest=item.evidence_digest,
        report_id=item.report.id if item.report else None,
        at=at,
        effective_at=at,
    )
    store.decide(decision)
    release = Release(
        id=derived_id("release", made.id),
        agent=store.agent.slug,
        kind="deploy",
        number=item.number or 0,
        from_number=head.number,
        decision_id=decision.id,
        proposal_id=made.id,
        actor="rita",
        at=at,
    )
    assert store.deploy(decision=decision, release=release).outcome == "applied"


def _roll_back(store: AgentStore, *, to: int, at: datetime) -> None:
    head = store.head()
    target = next(version for version in store.versions() if version.number == to)
    version = Version(
        agent=store.agent.slug,
        number=head.number + 1,
        digest=target.digest,
        parent=head.number,
        proposal_id=None,
        restores=to,
        summary=f"Back to v{to}",
        created_at=at,
        released_at=at,
    )
    release = Release(
        id=derived_id("rollback", head.number),
        agent=store.agent.slug,
        kind="rollback",
        number=version.number,
        from_number=head.number,
        decision_id=None,
        proposal_id=None,
        actor="ben",
        reason="People asked for refunds and got a tracking page.",
        at=at,
    )
    store.roll_back(version=version, release=release, undone=head.proposal_id)


# what waits ---------------------------------------------------------------------------------------------
def _propose(store: AgentStore, *, end: datetime) -> None:
    new = INSTRUCTIONS.split("\n")
    edit = EditInstructions(
        old=new[4],
        new="Refunds are processed within 4 business days. If the customer asks for a refund, start it with the "
        "`create_refund` tool and confirm the amount.",
    )
    more = EditInstructions(old=new[1], new="Greet the customer by name; thank them for waiting only if they waited.")
    last = EditInstructions(new=f"Never paste {HOSTILE}.")
    propose(
        store,
        (edit, more, last),
        title=f"Start refunds in chat instead of sending people to the hotline {HOSTILE[:12]}",
        level=StakesLevel.HIGH,
        proposer="reflection",
        at=end - timedelta(hours=3),
    )
    examples = tuple(
        Example(id=f"n{n}", question=f"I want my money back for order {n}", label="refund", feedback_id=f"f{n}")
        for n in range(46)
    )
    propose(
        store,
        (ChangeExamples(add=examples),),
        title="Learn 46 ways of asking for a refund",
        at=end - timedelta(hours=2),
    )
    rule = Rule(id="r-bill", when=(Condition(field="question", op="contains", value="invoice"),), label="invoice")
    propose(
        store,
        (SetRule(rule=rule),),
        title="Answer every word “invoice” with the invoice page",
        verdict=Verdict.HARMFUL,
        level=StakesLevel.MEDIUM,
        proposer="rules",
        at=end - timedelta(hours=8),
    )
    article = Article(
        id="a-late", title="Late parcels", body="A late parcel is refunded after 10 days.\nSay so at once."
    )
    propose(
        store,
        (UpsertArticle(article=article),),
        title="Say what happens when a parcel is late",
        verdict=Verdict.PROMISING,
        proposer="knowledge",
        at=end - timedelta(minutes=40),
    )
    closing = Article(id="a-hours", title="Opening hours", body="We are open from 8 to 22.")
    propose(
        store,
        (UpsertArticle(article=closing),),
        title="New opening hours",
        verdict=Verdict.NO_EFFECT,
        at=end - timedelta(minutes=30),
    )
    propose(
        store,
        (UpsertArticle(article=closing.model_copy(update={"id": "a-new", "title": "Gift cards"})),),
        title="Explain gift cards",
        verdict=None,
        proposer="person",
        authors=("ana",),
        at=end - timedelta(minutes=5),
    )
    aside = propose(
        store,
        (UpsertArticle(article=closing.model_copy(update={"id": "a-odd", "title": "Odd one"})),),
        title="A change for two people",
        verdict=Verdict.NOT_ENOUGH_DATA,
        at=end - timedelta(days=1),
    )
    store.commit(
        Changes(
            proposal_moves=(ProposalMove(proposal_id=aside.id, was=ProposalState.WAITING, now=ProposalState.SET_ASIDE),)
        )
    )


def _measured(store: AgentStore, *, end: datetime) -> None:
    rng = random.Random(9)
    measured = []
    for number, (right, days) in enumerate(((1480, 90), (1566, 40), (1421, 20), (1574, 17))):
        rate, half = right / 1840, 0.017
        measured.append(
            Measurement(
                agent=store.agent.slug,
                number=number,
                case_set_digest="c" * 64,
                n=1840,
                right=right,
                low=rate - half,
                high=rate + half,
                at=end - timedelta(days=days),
            )
        )
    daily = []
    for back in range(60, 0, -1):
        n = rng.randint(22, 90)
        base = 0.72 if back > 40 else 0.80 if not 17 <= back <= 20 else 0.66
        good = sum(rng.random() < base for _ in range(n))
        rate = good / n
        half = 1.96 * math.sqrt(0.2 / n)
        day = (end - timedelta(days=back)).date().isoformat()
        daily.append(
            DailyQuality(
                agent=store.agent.slug, day=day, number=0 if back > 40 else 1, n=n, good=good,
                low=max(0.0, rate - half), high=min(1.0, rate + half),
            )
        )  # fmt: skip
    turn = TurnReport(
        id="turn-1",
        agent=store.agent.slug,
        started_at=end - timedelta(seconds=22),
        ended_at=end - timedelta(seconds=20),
        stages=(
            StageReport(stage="collect", counts={"new_feedback": 12}, seconds=0.1),
            StageReport(stage="validate", counts={"valid": 9, "held": 2, "quarantined": 1}, seconds=0.4),
            StageReport(
                stage="update", counts={"drafted": 1}, words=("Drafted a change from 46 corrections.",), seconds=0.6
            ),
            StageReport(stage="test", counts={"tested": 1}, seconds=0.8),
            StageReport(stage="deploy", counts={}, seconds=0.0),
        ),
    )
    compared = (
        _comparison(store, "confirmation", 1, against=0, of=(63, 9, 1), fresh=63, by_it=40, at=end),
        _comparison(store, "confirmation", 2, against=1, of=(0, 0, 0), fresh=12, at=end),
        _comparison(store, "progress", 3, against=0, of=(1400, 90, 20), at=end),
    )
    store.commit(Changes(measurements=tuple(measured), comparisons=compared, daily=tuple(daily), turn=turn))


def _comparison(
    store: AgentStore, kind: str, number: int, *, against: int, of: tuple[int, int, int], **fields: Any
) -> Comparison:
    found = evidence(*of) if of[0] else Evidence(tally=Tally(), low=None, high=None, p_better=None, p_worse=None)
    filled = {"agent": store.agent.slug, "kind": kind, "number": number, "against": against, "there": 1840}
    return Comparison.model_validate(filled | {"evidence": found} | fields)
