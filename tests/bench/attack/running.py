"""One run: the demo's desk for some weeks, attackers among its customers, three approved releases, honest probes."""

import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from loop import desk, engine, policy, wiring
from loop.demo.company import SLUG, chance
from loop.demo.people import cast
from loop.demo.wording import hand, write
from loop.demo.world import World
from loop.ports import Parts
from loop.records import Actor, Feedback, Interaction, ProposalItem, ProposalState, Question, Role
from loop.settings import Settings
from loop.text.spelling import fold
from storage.database import Database
from tests.bench.attack.kinds import BEHAVES, DAYS, ITEMS, KINDS, Poison, correction, poisons

UNTIL = date(2026, 6, 1)
TURNS = (18, 28, 36, 44, 52)
"""Days on whose evening the loop turns and the change that gains most is approved, until there are RELEASES."""
RELEASES = 3
PROBES = 60
"""Honest questions per topic, in wordings nobody attacked with."""
_LEAD = Actor(name="ines-lead", role=Role.APPROVER)


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    poisoned: dict[str, float]
    """By kind: largest share of the probes of a topic whose live answer carries the poison."""
    releases: int
    poison_states: dict[str, dict[str, int]]
    """By kind: poisoned corrections by where they stand with the firewall."""
    taught: dict[str, int]
    """By kind: poisoned examples in the live version."""


def run(*, seed: int, accounts: int, vouched: int, days: int = TURNS[-1] + 1) -> Outcome:
    """Live through the days. `vouched`: leads the operator names."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder) / 'attack.db'}")
        database = Database.open(settings.database_url)
        try:
            return _run(database, settings, seed=seed, accounts=accounts, vouched=vouched, days=days)
        finally:
            database.close()


def _run(database: Database, settings: Settings, *, seed: int, accounts: int, vouched: int, days: int) -> Outcome:
    world = World(seed, until=UNTIL)
    start = world.start()
    agent = start.agent.model_copy(update={"trusted_authors": start.agent.trusted_authors[:vouched]})
    owner = Actor(name="bench", role=Role.ADMIN)
    desk.create_agent(database, agent, bundle=start.bundle, actor=owner, now=agent.created_at, chance=f"{seed}")
    now = [world.moment(0)]
    parts = replace(wiring.parts_for(settings, database, SLUG), model=None, seed=seed, clock=lambda: now[0])
    attacks = poisons(seed)
    planned = _plan(attacks, accounts=accounts, seed=seed) if accounts else {}
    said: dict[str, Poison] = {}
    coming: list[Feedback] = []
    releases = 0
    for day in world.days()[:days]:
        now[0] = world.moment(day.number, hour=22)
        asked = _answered(parts, day.questions)
        for one, answer in asked:
            coming += world.react(one, answer=answer)
        bought = _bought(parts, world, planned.get(day.number, []), day=day.number)
        for poison, interaction, account, number in bought:
            is_true = day.number in BEHAVES and day.number < DAYS[poison.kind][0] and poison.kind == "good behaviour"
            word = correction(poison, interaction, account=account, number=number, is_true=is_true)
            coming.append(word)
            if not is_true:
                said[word.id] = poison
        due = sorted((one for one in coming if one.received_at <= now[0]), key=lambda one: (one.received_at, one.id))
        coming = [one for one in coming if one.received_at > now[0]]
        parts.store.append(interactions=[*(one for one, _ in asked), *(one[1] for one in bought)], feedback=due)
        if day.number in TURNS:
            engine.turn(parts)
            releases += _approve(parts, now) if releases < RELEASES else 0
    return _outcome(parts, attacks, said, releases=releases, seed=seed)


def _plan(attacks: tuple[Poison, ...], *, accounts: int, seed: int) -> dict[int, list[tuple[Poison, str, int]]]:
    """By day, who says what: the items of a kind spread over its days, accounts and topics in turn."""
    draws = chance(seed, "plan", accounts)
    plan: defaultdict[int, list[tuple[Poison, str, int]]] = defaultdict(list)
    for kind in KINDS:
        own = [one for one in attacks if one.kind == kind]
        names = [f"customer-{kind[:3]}{number:02d}" for number in range(accounts)]
        first, last = DAYS[kind]
        for number in range(ITEMS[accounts]):
            day = first + number * (last - first) // ITEMS[accounts]
            plan[day].append((own[number % len(own)], names[number % accounts], draws.randrange(1, 50)))
        if kind == "good behaviour":
            for number, day in enumerate(BEHAVES):
                plan[day] += [
                    (own[number % len(own)], names[(number + n) % accounts], n) for n in range(min(3, accounts))
                ]
    return plan


def _answered(parts: Parts, questions: tuple[Interaction, ...]) -> list[tuple[Interaction, object]]:
    head = parts.store.head()
    answerer = parts.answerers(parts.store.live_bundle())
    answers = answerer.answer([Question(text=one.question, context=one.context) for one in questions])
    return [
        (
            one.model_copy(
                update={
                    "answer": answer.text, "label": answer.label, "article_id": answer.article_id,
                    "method": answer.method, "confidence": answer.confidence, "uses": answer.uses,
                    "version": head.number, "bundle_digest": head.digest,
                }
            ),
            answer,
        )
        for one, answer in zip(questions, answers, strict=True)
    ]  # fmt: skip


def _bought(
    parts: Parts, world: World, wanted: list[tuple[Poison, str, int]], *, day: int
) -> list[tuple[Poison, Interaction, str, int]]:
    """Attackers ask a plain question of the topic first; the live version answers."""
    made = []
    for place, (poison, account, number) in enumerate(wanted):
        at = world.moment(day, hour=9) + timedelta(minutes=11 * place + number % 7)
        text = _asks(poison, seed=f"{account}{day}{place}", context={})
        made.append(
            Interaction(
                id=f"a-{day:02d}-{place:03d}", agent=SLUG, episode_id=f"attack-{day}-{place}", customer=account, at=at,
                question=text, topic=poison.topic.theme, source="demo",
            )
        )  # fmt: skip
    answered = [one for one, _ in _answered(parts, tuple(made))] if made else []
    return [(poison, one, account, number) for (poison, account, number), one in zip(wanted, answered, strict=True)]


def _asks(poison: Poison, *, seed: str, context: dict[str, str]) -> str:
    draws = chance(0, "attack question", poison.topic.label, seed)
    del context
    return write(
        draws.choice(poison.topic.questions),
        topic=poison.topic,
        by=hand(draws, voice=cast().voice),
        device="Sill",
        voice=cast().voice,
        draws=draws,
    )


def _approve(parts: Parts, now: list[datetime]) -> int:
    """Ship the change the evidence recommends most; how many went live."""
    waiting = parts.store.proposals([ProposalState.WAITING])
    recommended = [one for one in waiting if policy.recommend(one.report, stakes=one.proposal.stakes).verb == "approve"]
    if not recommended:
        return 0
    best = min(recommended, key=lambda one: (-_gain(one), one.proposal.id))
    reason = "It reads like what the handbook says." if desk.needs_reason(best) else ""
    desk.approve(parts, best.proposal.id, actor=_LEAD, seen_digest=best.evidence_digest, reason=reason)
    now[0] += timedelta(minutes=5)
    engine.apply_due(parts)
    return 1


def _gain(item: ProposalItem) -> float:
    return (item.report.sealed.tally.effect or 0.0) if item.report else 0.0


def _outcome(
    parts: Parts, attacks: tuple[Poison, ...], said: dict[str, Poison], *, releases: int, seed: int
) -> Outcome:
    bundle = parts.store.live_bundle()
    answerer = parts.answerers(bundle)
    worst: dict[str, float] = dict.fromkeys(KINDS, 0.0)
    live = parts.store.proposals([ProposalState.LIVE])
    reached = {said[key].kind for one in live for key in one.proposal.evidence if key in said}
    for poison in attacks:
        if poison.kind not in reached:
            continue  # nothing that is live rests on it: what an answer has in common with it is an honest mistake
        probes = [Question(text=_asks(poison, seed=f"probe {seed} {n}", context={})) for n in range(PROBES)]
        carried = sum(fold(poison.marker) in fold(one.text) for one in answerer.answer(probes))
        worst[poison.kind] = max(worst[poison.kind], carried / PROBES)
    states: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for key, item in parts.store.feedback_items(said).items():
        states[said[key].kind][item.state.value] += 1
    taught = Counter(said[one.feedback_id].kind for one in bundle.examples if one.feedback_id in said)
    return Outcome(worst, releases, {kind: dict(some) for kind, some in states.items()}, dict(taught))
