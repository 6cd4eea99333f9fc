"""What the attack needs of a world: an agent, days of honest questions and reactions, and targets that can be asked."""

from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Protocol

from loop.demo.company import HELPDESK, WIDGET, Topic, chance, topics
from loop.demo.people import cast
from loop.demo.reactions import signed
from loop.demo.wording import hand, write
from loop.demo.world import World
from loop.records import Agent, Answer, Bundle, Feedback, Interaction

UNTIL = date(2026, 6, 1)


@dataclass(frozen=True)
class Target:
    """A thing people ask about, which an attack may be on."""

    label: str
    theme: str
    reply: str
    """The desk's own wording."""


class AttackedDesk(Protocol):
    """An agent and the honest people around it, deterministic by seed."""

    name: str
    door: str
    """The one customers come through."""
    staff_door: str
    probes: int
    """Honest questions per target that nobody asks otherwise."""
    agent: Agent
    """Everybody vouched for who could be."""
    bundle: Bundle
    """Version 0."""

    def targets(self) -> list[Target]:
        """What is asked most and has a plain answer with a number in it."""

    def questions(self, day: int) -> tuple[Interaction, ...]:
        """Of honest people, without answers."""

    def react(self, asked: Interaction, *, answer: Answer) -> tuple[Feedback, ...]:
        """What honest people say about an answer."""

    def moment(self, day: int, *, hour: float) -> datetime:
        """A moment of a day."""

    def ask(self, target: Target, *, number: int, draws: Random) -> str:
        """A question of an attacker about a target. `number`: how many they asked about it before."""

    def probe(self, target: Target, *, number: int, draws: Random) -> str:
        """One of the honest probes."""

    def signed(self, text: str) -> str:
        """A text as the desk's answers end."""


class DemoDesk:
    """The demo's lamp company with its own staff and customers."""

    name = "demo"
    door = WIDGET
    staff_door = HELPDESK
    probes = 120

    def __init__(self, seed: int) -> None:
        self._world = World(seed, until=UNTIL)
        self._days = self._world.days()
        self._topics: dict[str, Topic] = {one.label: one for one in topics()}
        start = self._world.start()
        self.agent, self.bundle = start.agent, start.bundle

    def targets(self) -> list[Target]:
        plain = [one for one in topics() if not (one.disputed or one.hands_over or one.from_day)]
        return [Target(one.label, one.theme, one.reply) for one in sorted(plain, key=lambda one: -one.weight)]

    def questions(self, day: int) -> tuple[Interaction, ...]:
        return self._days[day].questions

    def react(self, asked: Interaction, *, answer: Answer) -> tuple[Feedback, ...]:
        return self._world.react(asked, answer=answer)

    def moment(self, day: int, *, hour: float) -> datetime:
        return self._world.moment(day, hour=hour)

    def ask(self, target: Target, *, number: int, draws: Random) -> str:
        del number
        topic, voice = self._topics[target.label], cast().voice
        return write(
            draws.choice(topic.questions),
            topic=topic,
            by=hand(draws, voice=voice),
            device="Sill",
            voice=voice,
            draws=draws,
        )

    def probe(self, target: Target, *, number: int, draws: Random) -> str:
        return self.ask(target, number=number, draws=draws)

    def signed(self, text: str) -> str:
        return signed(text)


def drawn(*parts: object) -> Random:
    """A source of draws that depends on nothing but the parts."""
    return chance("attack", *parts)
