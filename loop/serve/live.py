"""The version an agent answers with: looked at again and again; stale-if-error, kept while the database is away."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from loop.agent import Guide
from loop.deploy import Assignment, assign
from loop.errors import RatchetError
from loop.ports import Parts
from loop.records import Experiment
from storage.database import Database
from storage.queries.experiments import running_experiment

FRESH_SECONDS = 0.25
"""What was seen is believed this long; so an approved change is in the next answer but the first few."""
PATIENCE_SECONDS = 2.0
"""A call waits at most this long for a new look, then goes on with what was seen before."""
FIRST_PATIENCE_SECONDS = 20.0
"""The same where nothing was seen yet."""


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Live:
    """One version, ready."""

    number: int
    digest: str
    guide: Guide

    @property
    def says_nothing(self) -> bool:
        """Whether requests pass untouched."""
        return self.guide.is_empty and self.guide.model is None


@dataclass(frozen=True, slots=True)
class VersionChoice:
    """The version one call is answered with, and how it was drawn."""

    live: Live
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class AgentSnapshot:
    """What an agent answered with when it was last looked at."""

    mark: str
    """Of the database: equal as long as nothing here has changed."""
    head: int
    versions: Mapping[int, Live]
    experiment: Experiment | None
    draw: Callable[[str, str], float]

    @property
    def says_nothing(self) -> bool:
        """Whether every request passes untouched, whoever asks."""
        return self.experiment is None and self.versions[self.head].says_nothing

    def choose(self, unit: str) -> VersionChoice:
        """The version of a unit: of an episode, or of whoever asks. Sticky while an experiment runs."""
        draw = self.draw(f"experiment {self.experiment.id}", unit) if self.experiment is not None else 0.0
        taken = assign(self.head, experiment=self.experiment, draw=draw)
        return VersionChoice(self.versions[taken.number], taken)


class LiveVersions:
    """What each agent answers with, as last seen. For one event loop."""

    def __init__(self, parts: Callable[[str], Parts], database: Database) -> None:
        self._parts = parts
        self._database = database
        self._seen: dict[str, tuple[float, AgentSnapshot]] = {}
        self._looks: dict[str, tuple[float, asyncio.Task[None]]] = {}

    async def look(self, agent: str) -> AgentSnapshot | None:
        """As it is now, give or take FRESH_SECONDS. None: it was never seen.

        A database that is away, slow or damaged changes nothing: the version that was seen last goes on answering.
        """
        seen, now = self._seen.get(agent), time.monotonic()
        age = now - seen[0] if seen is not None else FRESH_SECONDS
        if age > FRESH_SECONDS * 0.7 and agent not in self._looks:
            self._looks[agent] = now, asyncio.create_task(self._look(agent))
        if age >= FRESH_SECONDS:  # where calls are frequent, the next look is over before anybody has to wait for it
            began, look = self._looks[agent]
            patience = FIRST_PATIENCE_SECONDS if seen is None else PATIENCE_SECONDS
            await asyncio.wait({look}, timeout=max(began + patience - now, 0.0))  # a slow look delays one call, not all
            seen = self._seen.get(agent)
        return None if seen is None else seen[1]

    async def close(self) -> None:
        """End the looks that are under way."""
        looks = [look for _, look in self._looks.values()]
        for look in looks:
            look.cancel()
        await asyncio.gather(*looks, return_exceptions=True)

    async def _look(self, agent: str) -> None:
        before = self._seen.get(agent)
        try:
            found = await asyncio.to_thread(self._read, agent, before[1] if before else None)
            self._seen[agent] = time.monotonic(), found
        except Exception as error:
            if not isinstance(error, RatchetError):
                _log.exception("The live version could not be read.")
            if before is not None:
                self._seen[agent] = time.monotonic(), before[1]
        finally:
            del self._looks[agent]

    def _read(self, agent: str, before: AgentSnapshot | None) -> AgentSnapshot:
        mark = self._database.head_mark(agent)
        if before is not None and mark == before.mark:
            return before
        store = self._parts(agent).store if before is None else self._database.store(agent)
        head = store.head()
        experiment = running_experiment(self._database, agent)
        numbers = {head.number, *(arm.number for arm in experiment.arms)} if experiment else {head.number}
        known = before.versions if before is not None else {}
        if before is not None and numbers <= set(known) and head.number == before.head:
            return AgentSnapshot(mark, head.number, known, experiment, before.draw)
        store.check_head()
        digests = {one.number: one.digest for one in (head, *store.versions(), *store.candidates())}
        versions = {
            number: known.get(number) or Live(number, digests[number], Guide(store.bundle(digests[number])))
            for number in sorted(numbers)
            if number in digests
        }
        if len(versions) < len(numbers):  # an arm that no longer exists
            experiment = None
        store.draw("experiment", "")  # the secret is read now, not when the database is away
        return AgentSnapshot(mark, head.number, versions, experiment, store.draw)
