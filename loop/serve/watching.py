"""Watch (dead man's switch): who listens for programs also listens for the worker, and has people told of its death.

A worker that died cannot say so; one that was ended in good order has left, and nobody is told.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from loop.errors import RatchetError
from loop.records.health import Silence, frozen_after
from loop.records.notices import Notice

LEAST = 60.0
"""Seconds of silence, at least, before people are told: a worker that is started again at once is nobody's trouble."""
_LOOK_SECONDS = 10.0


class Beats(Protocol):
    """The heartbeats of the workers."""

    def last_beat(self) -> float | None:
        """When one was last heard of, by the database's clock; None: none is listed."""
        ...

    def silence(self) -> Silence:
        """How long nobody was heard of."""
        ...


class Watch:
    """Looks at the heartbeats in a thread of its own."""

    def __init__(
        self, beats: Beats, *, agents: Callable[[], list[str]], say: Callable[[Notice], object], dead_seconds: float
    ) -> None:
        """`agents`: their slugs. `say` has people told, once for each notice."""
        self._beats = beats
        self._agents = agents
        self._say = say
        self._silence = frozen_after(dead_seconds, least=LEAST)
        self._done = threading.Event()

    def start(self) -> None:
        """Until `stop`."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def stop(self) -> None:
        """At the next look."""
        self._done.set()

    def look(self) -> None:
        """Once. Raises StoreUnavailable."""
        silence = self._beats.silence().seconds
        if silence is None or silence < self._silence:
            return
        beat, agents = self._beats.last_beat(), self._agents()
        if beat is None or not agents:
            return
        subject = f"{beat:.3f}"
        at = datetime.fromtimestamp(beat, UTC)
        agent = agents[0]
        self._say(
            Notice(agent=agent, id=Notice.id_of(agent, "no_worker", subject), kind="no_worker", subject=subject, at=at)
        )

    def _watch(self) -> None:
        while not self._done.wait(_LOOK_SECONDS):
            try:
                self.look()
            except RatchetError:
                continue  # a database that cannot be read is said at /healthz
