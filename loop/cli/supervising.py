"""Supervision: a worker that ended is started again, after growing pauses, until that is plainly of no use."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from loop.errors import RatchetError

FIRST_PAUSE = 0.5
"""Seconds before a worker is started again; twice as long after each death in a row."""
LONGEST_PAUSE = 30.0
DEATHS = 6
"""Deaths in a row after which nobody starts it again."""
SETTLED = 60.0
"""Seconds a worker must have lived for its death not to count as one more in a row."""
FROZEN = 30.0
"""Seconds without a heartbeat from which a worker that has not ended counts as frozen, at least."""
_LOOK_SECONDS = 5.0
"""Between two looks at the heartbeat."""


class Process(Protocol):
    """What is supervised: `subprocess.Popen` is one."""

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


@dataclass
class Restarts:
    """Exponential backoff with an end."""

    deaths: int = 0
    """In a row."""

    def pause_after(self, *, lived: float) -> float | None:
        """Seconds to wait before the next start; None: give up. `lived`: seconds it lived this time."""
        self.deaths = 1 if lived >= SETTLED else self.deaths + 1
        if self.deaths >= DEATHS:
            return None
        return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self.deaths - 1)))


class Keeper:
    """Keeps one worker running. `look` is called again and again by whoever waits for something else."""

    def __init__(
        self,
        start: Callable[[], Process],
        *,
        silence: Callable[[], float | None],
        report: Callable[[str], None],
        frozen_seconds: float = FROZEN,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`start` starts a worker. `silence`: seconds since any worker of the database was heard of."""
        self._start = start
        self._silence = silence
        self._report = report
        self._frozen = frozen_seconds
        self._monotonic = monotonic
        self._restarts = Restarts()
        self.process: Process | None = None
        self._started_at = 0.0
        self._start_at: float | None = monotonic()
        self._looked_at = monotonic()
        self._was_silent = False

    @property
    def has_given_up(self) -> bool:
        """Whether the worker is not started again."""
        return self.process is None and self._start_at is None

    def look(self) -> None:
        """Start the worker when it is time, see when it ended, end it when it froze."""
        now = self._monotonic()
        if self.process is None:
            if self._start_at is not None and now >= self._start_at:
                self.process, self._started_at, self._start_at = self._start(), now, None
            return
        code = self.process.poll()
        if code is None:
            self._check_heartbeat(now)
            return
        self.process = None
        pause = self._restarts.pause_after(lived=now - self._started_at)
        if pause is None:
            self._report(
                f"The worker ended {DEATHS} times in a row ({_in_words(code)}) and is not started again. What it said "
                "last stands above. The screens go on: they say that nobody works. Start it by hand: ratchet worker"
            )
            return
        self._start_at = now + pause
        self._report(f"The worker ended ({_in_words(code)}); it is started again in {pause:g} s.")

    def _check_heartbeat(self, now: float) -> None:
        """Silent at two looks in a row: after a machine wakes up, one look may come before the first heartbeat."""
        if now - self._looked_at < _LOOK_SECONDS or now - self._started_at < self._frozen:
            return
        self._looked_at = now
        try:
            silence = self._silence()
        except RatchetError:
            return  # a database that cannot be read says nothing about the worker
        is_silent = silence is not None and silence >= self._frozen
        if is_silent and self._was_silent and self.process is not None:
            self._report(f"The worker has not been heard of for {int(silence or 0)} s; it is ended and started again.")
            self.process.kill()
        self._was_silent = is_silent


def _in_words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"
