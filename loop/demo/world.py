"""Which questions reach the desk on which day, and what the right answer to each is. Deterministic by seed."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from loop.demo import attacks, reactions, wording
from loop.demo.company import SLUG, Topic, Truth, chance, start_agent, start_bundle, topics
from loop.demo.people import cast
from loop.records import Agent, Answer, Bundle, ContextFields, Feedback, Interaction, Record

DAYS = 91
DAILY = 24.0
"""Conversations on an average day."""
MOST_INTERACTIONS = 6_000
"""More than any seed makes."""
SOURCE = "demo"

_BY_DAY = (1.25, 1.1, 1.05, 1.0, 1.05, 0.85, 0.7)
"""The week's rhythm. It starts with the first day, whatever its weekday, so that a seed is one story on any date."""
_BURST_DAYS = 18
"""How long a new problem is asked about most."""


class Start(Record):
    """What the story begins with."""

    agent: Agent
    bundle: Bundle


class Day(Record):
    """One day at the desk."""

    number: int
    """0 is the first."""
    date: date
    questions: tuple[Interaction, ...]
    """Without answers, in the order they arrive."""


class World:
    """Ninety-one days that end the day before `until`."""

    def __init__(self, seed: int, *, until: date, days: int = DAYS) -> None:
        self.seed = seed
        self._first = until - timedelta(days=days)
        self._length = days
        self._truths: dict[str, Truth] = {}
        self._raids: dict[str, attacks.Raid] = {}
        self._days = self._all_days()

    def start(self) -> Start:
        """The agent and its version 0, made the day before the first question."""
        at = self.moment(0) - timedelta(hours=15)
        return Start(agent=start_agent(cast().leads, at=at), bundle=start_bundle(seed=self.seed))

    def days(self) -> tuple[Day, ...]:
        """Every day with its questions."""
        return self._days

    def moment(self, day: int, *, hour: float = 0.0) -> datetime:
        """A moment of a day, UTC."""
        return datetime.combine(self._first, time(), UTC) + timedelta(days=day, hours=hour)

    def truth(self, interaction_id: str) -> Truth:
        """What the question was really about."""
        return self._truths[interaction_id]

    def react(self, interaction: Interaction, *, answer: Answer) -> tuple[Feedback, ...]:
        """What people say about an answer, from the truth and the answer alone; later days included."""
        raid = self._raids.get(interaction.id)
        if raid is not None:
            return (attacks.claim(raid, interaction=interaction, seed=self.seed),)
        return reactions.react(
            interaction,
            answer=answer,
            truth=self.truth(interaction.id),
            draws=chance(self.seed, "reaction", interaction.id),
        )

    def incidents(self, day: Day) -> tuple[Feedback, ...]:
        """Feedback planted on a day that no answer provokes, on questions of this week."""
        recent = [one for earlier in self._days[max(0, day.number - 6) : day.number + 1] for one in earlier.questions]
        return attacks.injections(day.number, midnight=self.moment(day.number), recent=recent, seed=self.seed)

    def _all_days(self) -> tuple[Day, ...]:
        made: list[Day] = []
        count = 0
        for number in range(self._length):
            draws = chance(self.seed, "day", number)
            when = self._first + timedelta(days=number)
            size = round(DAILY * _BY_DAY[number % 7] * draws.uniform(0.85, 1.15))
            hours = sorted(draws.triangular(7.5, 21.5, 12.5) for _ in range(size))
            asked: list[Interaction] = []
            for hour in hours:
                count += 1
                asked.append(self._question(count, at=self.moment(number, hour=hour), day=number))
                if draws.random() < 0.06:
                    count += 1
                    asked.append(self._more(count, asked[-1], day=number))
            for raid in attacks.raids(number, midnight=self.moment(number), seed=self.seed):
                count += 1
                asked.append(self._raid(count, raid))
            made.append(Day(number=number, date=when, questions=tuple(sorted(asked, key=lambda one: one.at))))
        return tuple(made)

    def _question(self, count: int, *, at: datetime, day: int) -> Interaction:
        draws = chance(self.seed, "question", count)
        customer = draws.randint(1, 1500)
        return self._asked(
            interaction_id(count), customer=customer, episode=f"chat-{count:05d}", position=0, at=at, day=day
        )

    def _more(self, count: int, before: Interaction, *, day: int) -> Interaction:
        """The same customer asks about something else in the same conversation."""
        wait = chance(self.seed, "more", count).uniform(2, 25)
        return self._asked(
            interaction_id(count),
            customer=int(before.customer.removeprefix("customer-")),
            episode=before.episode_id,
            position=before.position + 1,
            at=before.at + timedelta(minutes=wait),
            day=day,
        )

    def _raid(self, count: int, raid: attacks.Raid) -> Interaction:
        """A question of the brigade. A right answer would explain returns after 30 days."""
        key = interaction_id(count)
        about = next(topic for topic in topics() if topic.label == "return_start")
        context: ContextFields = {"region": "eu", "plan": "none", "device": "Sill", "channel": "chat"}
        context |= {"order_value": 79.0, "days_since_order": 330}
        self._truths[key] = about.truth(context)
        self._raids[key] = raid
        return Interaction(
            id=key,
            agent=SLUG,
            episode_id=f"chat-{count:05d}",
            customer=raid.account,
            at=raid.at,
            question=raid.question,
            context=context,
            topic=about.theme,
            source=SOURCE,
        )

    def _asked(self, key: str, *, customer: int, episode: str, position: int, at: datetime, day: int) -> Interaction:
        draws = chance(self.seed, "asked", key)
        about = _drawn_topic(draws, day=day)
        person = chance(self.seed, "customer", customer)
        by = wording.hand(person, voice=cast().voice)
        context = _context(draws, person=person, topic=about)
        truth = about.truth(context)
        self._truths[key] = truth
        return Interaction(
            id=key,
            agent=SLUG,
            episode_id=episode,
            customer=f"customer-{customer:04d}",
            position=position,
            at=at,
            question=wording.write(
                wording.choose(about, draws=draws),
                topic=about,
                by=by,
                device=str(context["device"]),
                voice=cast().voice,
                draws=draws,
            ),
            context=context,
            topic=about.theme,
            source=SOURCE,
        )


def interaction_id(number: int) -> str:
    """Of the world's interaction with this number, from 1."""
    return f"c-{number:05d}"


def _drawn_topic(draws: Random, *, day: int) -> Topic:
    open_topics = [topic for topic in topics() if day >= topic.from_day]
    weights = [
        topic.weight * (1.5 if topic.from_day and day < topic.from_day + _BURST_DAYS else 1.0) for topic in open_topics
    ]
    return draws.choices(open_topics, weights)[0]


def _context(draws: Random, *, person: Random, topic: Topic) -> ContextFields:
    """The fields the shop sends along. Region and plan belong to the customer, the rest to the question."""
    region = person.choice(("eu", "eu", "eu", "uk", "nordics", "us", "us"))
    plan = person.choice(("none", "none", "sprout", "bloom", "bloom", "orchard"))
    if topic.theme == "plan" and plan == "none":
        plan = person.choice(("sprout", "bloom", "orchard"))
    return {
        "region": region,
        "plan": plan,
        "device": "Column" if topic.label == "pump_hum" else draws.choice(cast().voice.devices),
        "channel": draws.choice(("chat", "chat", "app", "email")),
        "order_value": round(draws.lognormvariate(3.9, 0.7), 2),
        "days_since_order": min(int(draws.expovariate(1 / 24)), 300),
    }
