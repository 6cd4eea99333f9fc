"""In-memory fakes of the ports, for tests that need no database: one small class a port.

The fake of `Knowledge` is `loop.validate.MemoryKnowledge`; a whole store is in `tests.fake_store`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from loop.errors import InvalidInput, ModelFailed, NotFound
from loop.ports import Answerer
from loop.records import (
    Agent,
    Answer,
    Bundle,
    Decision,
    FailedJob,
    Feedback,
    Interaction,
    Job,
    Note,
    Question,
    RowCounts,
    derived_id,
)
from tests.builders import NOON

KEY_MAX = 255
"""Longest author and id a store keeps."""


class FakeArrivals:
    """`Arrivals` in one dictionary. Idempotent by id and content; feedback is never changed, interactions are."""

    def __init__(self) -> None:
        self.records: dict[str, Interaction | Feedback] = {}
        self.notes: list[Note] = []

    def append(
        self, *, interactions=(), feedback=(), scores=(), notes: Sequence[Note] = (), into=None, raw=()
    ) -> RowCounts:  # type: ignore[no-untyped-def]
        if any(len(one.author) > KEY_MAX for one in feedback):
            raise InvalidInput("Feedback.author is too long.", field="author")
        counts = {"new": 0, "updated": 0, "duplicate": 0}
        for record in (*interactions, *feedback):
            known, own = self.records.get(record.id), record.id
            if known and isinstance(record, Feedback) and _content(known) != _content(record):
                own = derived_id("feedback", own, _content(record))
                known = self.records.get(own)
            what = "new" if known is None else "duplicate" if _content(known) == _content(record) else "updated"
            counts[what] += 1
            if what != "duplicate":
                self.records[own] = record
        self.notes += notes if counts["new"] + counts["updated"] else ()
        return RowCounts(**counts)

    @property
    def current(self) -> dict[tuple[str, str, str], Feedback]:
        """What each author last said about each target, by target, kind and author."""
        said = [one for one in self.records.values() if isinstance(one, Feedback)]
        said.sort(key=lambda one: (one.at, one.received_at, one.id))
        return {(one.interaction_id, one.kind, one.author): one for one in said}


class FakeAnswers:
    """`Answers` in a dictionary; first writer wins."""

    def __init__(self) -> None:
        self.kept_answers: dict[tuple[str, str], Answer] = {}
        self.asks: dict[str, int] = {}

    def answers(self, digest: str, case_ids: Iterable[str]) -> dict[str, Answer]:
        return {key: self.kept_answers[digest, key] for key in case_ids if (digest, key) in self.kept_answers}

    def keep_answers(self, digest: str, answers: Mapping[str, Answer]) -> dict[str, Answer]:
        kept = {key: self.kept_answers.setdefault((digest, key), answer) for key, answer in answers.items()}
        return {key: one for key, one in kept.items() if one != answers[key]}

    def take_asks(self, day: str, n: int, *, most: int) -> int:
        counted = self.asks_on(day)
        taken = max(-counted, n) if n < 0 else max(0, min(n, most - counted))
        self.asks[day] = counted + taken
        return taken

    def asks_on(self, day: str) -> int:
        return self.asks.get(day, 0)


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)


class FakeAnswerer:
    """Answers every question the same; counts them; dead when it has no answer."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.said, self.questions = answer, list[Question]()

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        self.questions += questions
        if self.said is None:
            raise ModelFailed("The endpoint does not answer.", remedy="Start it.")
        return [self.said] * len(questions)


def dead(_: Bundle) -> Answerer:
    """An endpoint nobody started."""
    return FakeAnswerer()


class FakeModel:
    """Says what `reply` makes of the messages, and remembers them; dead when it has no reply."""

    name = "fake"

    def __init__(self, reply: Callable[[str], str] | None = None) -> None:
        self.reply, self.asked = reply, list[str]()

    def complete(self, messages: Sequence[Mapping[str, str]], *, temperature: float, max_tokens: int) -> str:
        self.asked.append("\n".join(one["content"] for one in messages))
        if self.reply is None:
            raise ModelFailed("The endpoint does not answer.", remedy="Start it.")
        return self.reply(self.asked[-1])


def _content(record: Interaction | Feedback) -> dict[str, object]:
    return record.model_dump(exclude={"id", "received_at", "supersedes"})


class FakeFailedJobs:
    """`FailedJobs` in one dictionary, oldest first."""

    def __init__(self) -> None:
        self.failed: dict[str, FailedJob] = {}

    def failed_jobs(self) -> list[FailedJob]:
        return sorted(self.failed.values(), key=lambda one: (one.failed_at, one.id))

    def keep_failed_job(self, job: FailedJob) -> None:
        self.failed[job.id] = job

    def forget_failed_job(self, job_id: str) -> bool:
        return self.failed.pop(job_id, None) is not None


class FakeAgents:
    """`Agents` in one dictionary of what each began with; a slug is given once."""

    def __init__(self) -> None:
        self.created: dict[str, tuple[Agent, Bundle]] = {}

    def create_agent(self, agent: Agent, bundle: Bundle, *, now: datetime, actor: str, chance: str = "") -> None:
        if agent.slug in self.created:
            raise InvalidInput(f"There is an agent {agent.slug} already.", field="slug")
        self.created[agent.slug] = (agent, bundle)


class FakeJobs:
    """`Jobs` in one dictionary: what is there already is left as it is, and nothing ever runs."""

    def __init__(self, *jobs: Job) -> None:
        self.known = {job.id: job for job in jobs}

    def ensure_turn(self, slug: str) -> bool:
        return self._wait(Job(id=f"turn:{slug}", agent=slug, kind="turn", subject="", state="waits"))

    def ensure_apply(self, slug: str, decision: Decision) -> bool:
        key = f"apply:{slug}:{decision.id}"
        return self._wait(Job(id=key, agent=slug, kind="apply", subject=decision.id, state="waits"))

    def jobs(self) -> list[Job]:
        order = ("set aside", "failed", "runs", "waits")
        return sorted(self.known.values(), key=lambda job: (order.index(job.state), job.agent, job.id))

    def retry(self, job_id: str) -> None:
        if job_id not in self.known:
            raise NotFound("No job of this name failed.")
        self.known[job_id] = self.known[job_id].model_copy(update={"state": "failed", "tries": 0, "at": NOON})

    def _wait(self, job: Job) -> bool:
        return self.known.setdefault(job.id, job) is job
