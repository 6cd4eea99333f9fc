"""A world of feedback and what the firewall makes of it."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from loop.records import Agent, Feedback, FeedbackItem, FeedbackKind, FeedbackState, Grading, Interaction
from loop.validate import MemoryKnowledge, settle
from tests.bench.learning_curve.streams import LEADS, RATERS

START = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
DAY = 86_400.0
WEEKS = 14 * DAY
VOUCHED = 732


@dataclass
class World:
    """Feedback in the order it came, and which of it is wrong."""

    trusted: tuple[str, ...] = ()
    known: MemoryKnowledge = field(default_factory=MemoryKnowledge)
    wrong: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    """Feedback ids somebody wants to look at afterwards."""

    def say(
        self,
        author: str,
        question: str,
        *,
        at: float,
        asked: str = "",
        is_wrong: bool = False,
        is_marked: bool = False,
        **said: object,
    ) -> str:
        """One interaction with one feedback. `at`: seconds from the start. `asked`: the interaction, where it is not
        a new one.
        """
        number = len(self.known.items) + 1
        key, moment = f"f{number:06}", START + timedelta(seconds=at)
        target = asked or f"i{number:06}"
        self.known.asked.setdefault(
            target,
            Interaction(
                id=target, agent="desk", episode_id=f"e{target}", customer=f"c{target}", at=moment, question=question,
                answer=str(said.pop("answer", "")), label=None, method="head", version=0, source="bench",
            ),
        )  # fmt: skip
        fields = {"kind": FeedbackKind.LABEL} | said
        given = Feedback(
            id=key, agent="desk", interaction_id=target, author=author, source="api", at=moment, received_at=moment,
            **fields,
        )  # fmt: skip
        self.known.items[key] = FeedbackItem(feedback=given, state=FeedbackState.NEW, seq=number)
        self.known.list_of["facts"][key] = 1
        if is_wrong:
            self.wrong.add(key)
        if is_marked:
            self.marked.add(key)
        return key

    def judge(self, *, grading: Grading = Grading.LABEL, seed: int = 0) -> MemoryKnowledge:
        """Everything through the firewall."""
        desk = Agent(slug="desk", name="Desk", grading=grading, trusted_authors=self.trusted, created_at=START)
        settle(self.known, desk, now=START + timedelta(days=60), seed=seed)
        return self.known

    def held(self) -> set[str]:
        """Feedback that is not valid."""
        return {key for key, item in self.known.items.items() if item.state is not FeedbackState.VALID}

    def taught(self) -> set[str]:
        """Feedback that supported issues cite for their side, or that made cases."""
        cited = {key for one in self.known.issues.values() if one.is_supported for key in one.sides[0].feedback_ids}
        return cited | {one.feedback_id for one in self.known.cases.values() if one.feedback_id}


def said_by_raters(
    world: World, rows: Sequence[tuple[str, str]], *, noise: float, draw: random.Random, raters: Sequence[str] = RATERS
) -> list[dict[str, object]]:
    """Rows by raters in turn, each wrong with the same chance, to any other label."""
    labels = sorted({label for _, label in rows})
    told: list[dict[str, object]] = []
    for place, (text, label) in enumerate(rows):
        is_wrong = draw.random() < noise
        said = draw.choice([one for one in labels if one != label]) if is_wrong else label
        told.append({"author": raters[place % len(raters)], "question": text, "label": said, "is_wrong": is_wrong})
    return told


def said_by_leads(rows: Iterable[tuple[str, str]]) -> list[dict[str, object]]:
    """Rows by the two leads, right."""
    return [{"author": LEADS[place % 2], "question": text, "label": label} for place, (text, label) in enumerate(rows)]


def over_time(world: World, told: list[dict[str, object]], *, draw: random.Random, seconds: float = WEEKS) -> World:
    """All of it in a drawn order, spread evenly; what has a time of its own keeps it."""
    free = [one for one in told if "at" not in one]
    draw.shuffle(free)
    for place, one in enumerate(free):
        one["at"] = seconds * place / max(len(free), 1)
    for one in sorted(told, key=lambda one: float(str(one["at"]))):
        world.say(**one)  # type: ignore[arg-type]
    return world


def banking(
    rows: list[tuple[str, str]],
    *,
    seed: int,
    n: int,
    noise: float,
    vouched: int,
    more: Sequence[dict[str, object]] = (),
) -> World:
    """Two weeks of corrections, and whatever more is said meanwhile."""
    draw = random.Random(seed)
    shuffled = draw.sample(rows, len(rows))
    world = World(trusted=LEADS if vouched else ())
    told = said_by_raters(world, shuffled[:n], noise=noise, draw=draw) + said_by_leads(shuffled[n : n + vouched])
    return over_time(world, [*told, *(dict(one) for one in more)], draw=draw)


def spare(rows: list[tuple[str, str]], *, seed: int, n: int, vouched: int) -> list[tuple[str, str]]:
    """What `banking` with the same seed and sizes leaves over."""
    shuffled = random.Random(seed).sample(rows, len(rows))
    return shuffled[n + vouched :]
