"""What it costs honest people: how many of their corrections wait, and for how long, with nobody attacking."""

from dataclasses import dataclass
from statistics import median

from loop.agent import LocalAgent
from loop.demo.company import HELPDESK
from loop.demo.people import cast
from loop.demo.reactions import is_right
from loop.demo.world import World
from loop.records import Answer, Feedback, FeedbackItem, FeedbackState, Interaction, Question
from loop.text.spelling import fold
from loop.validate import MemoryKnowledge, ground_of, settle
from tests.bench.attack.desks import UNTIL

DAYS = 60


@dataclass(frozen=True)
class Held:
    """Honest corrections in words of people who are not vouched for."""

    n: int
    waiting: int
    """Of these, still held for a claim on the last day."""
    days: tuple[float, ...]
    """Of those that were held on the evening of their day and freed later: how long, each."""

    @property
    def share(self) -> float:
        """Still waiting."""
        return self.waiting / max(self.n, 1)

    @property
    def wait(self) -> float:
        """Median days of those freed; 0 when none had to wait."""
        return median(self.days) if self.days else 0.0


def held(*, seed: int, vouched: int, every: int = 1) -> Held:
    """Sixty days of the demo's desk, answers of version 0; the firewall looks every `every` days."""
    world = World(seed, until=UNTIL)
    start = world.start()
    agent = start.agent.model_copy(update={"trusted_authors": start.agent.trusted_authors[:vouched]})
    names = {one.rpartition(":")[2] for one in agent.trusted_authors}
    ground = ground_of(agent, start.bundle)
    answerer = LocalAgent(start.bundle)
    known = MemoryKnowledge()
    honest: dict[str, float] = {}
    since: dict[str, float] = {}
    waited: list[float] = []
    coming: list[Feedback] = []
    for day in world.days()[:DAYS]:
        evening = world.moment(day.number, hour=22)
        answers = answerer.answer([Question(text=one.question, context=one.context) for one in day.questions])
        for asked, answer in zip(day.questions, answers, strict=True):
            one = _with(asked, answer)
            known.asked[one.id] = one
            coming += world.react(one, answer=answer)
        due = sorted((one for one in coming if one.received_at <= evening), key=lambda one: (one.received_at, one.id))
        coming = [one for one in coming if one.received_at > evening]
        for said in due:
            known.items[said.id] = FeedbackItem(feedback=said, state=FeedbackState.NEW, seq=len(known.items) + 1)
            known.list_of["facts"][said.id] = 1
            if said.author not in names and _is_honest(world, said):
                honest[said.id] = day.number
        if day.number % every == every - 1 or day.number == DAYS - 1:
            settle(known, agent, now=evening, seed=0, ground=ground)
            for key, first in honest.items():
                waits = any(one.detector == "claim" for one in known.judged[key].findings)
                if waits:
                    since.setdefault(key, first)
                elif key in since:
                    waited.append(day.number - since.pop(key))
    return Held(len(honest), len(since), tuple(waited))


def _with(asked: Interaction, answer: Answer) -> Interaction:
    return asked.model_copy(
        update={"answer": answer.text, "label": answer.label, "article_id": answer.article_id, "method": answer.method}
    )


def _is_honest(world: World, said: Feedback) -> bool:
    """A colleague's correction in words that says what is true under the right label."""
    if (
        said.source != HELPDESK
        or not said.kind.traits.is_worded
        or said.author not in {one.name for one in cast().staff}
    ):
        return False
    truth = world.truth(said.interaction_id)
    if truth.disputed or truth.hands_over:
        return False
    right = is_right(Answer(text=said.text, method="case"), truth=truth)
    return right and said.label == truth.label and all(fold(one) in fold(said.text) for one in truth.facts)
