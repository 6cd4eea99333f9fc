"""Capture off the path: a thread reads the calls that went by and offers them to the intake; nobody waits for it.

It reads a few at a time, so that a call is seldom answered while another is read and written. The queue is bounded in
calls and in bytes. What there is no room for, and what cannot be read, is counted.
"""

import logging
import threading
from collections import defaultdict, deque
from datetime import datetime

from loop.collect import Delivery, chat
from loop.ports import Clock
from loop.ports.deliveries import Capture
from loop.records import Interaction
from loop.serve.intake import Intake

CALLS_MAX = 5_000
"""Calls that may wait to be read."""
BYTES_MAX = 32 * 1024 * 1024
"""Bytes of them."""
LINGER_SECONDS = 0.1
"""How long a call waits for others, to be kept with them."""
MANY = 200
"""Calls that are not let wait, and no more of which are offered at once."""
TICK_SECONDS = 1.0
"""How often turns that wait for their tools are looked at."""

_Where = tuple[str, str]
"""Agent and source."""

_log = logging.getLogger(__name__)


class Recorder:
    """Takes calls as they end. `take` never blocks and never raises."""

    def __init__(self, intake: Intake, *, clock: Clock) -> None:
        self._intake = intake
        self._clock = clock
        self._conversations: dict[_Where, chat.Conversations] = {}
        self._queue: deque[chat.Exchange] = deque()
        self._bytes = 0
        self._ready = threading.Condition()
        self._hurry = threading.Event()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def take(self, exchange: chat.Exchange) -> bool:
        """Whether there was room for it."""
        size = len(exchange.request) + len(exchange.response)
        with self._ready:
            is_room = self._is_open and len(self._queue) < CALLS_MAX and self._bytes + size <= BYTES_MAX
            if is_room:
                self._queue.append(exchange)
                self._bytes += size
                if len(self._queue) == 1:
                    self._ready.notify()
                if len(self._queue) >= MANY or self._bytes > BYTES_MAX / 4:
                    self._hurry.set()
        if not is_room:
            lost = Capture(door=exchange.source, calls=1, dropped=1, last_at=exchange.at)
            self._intake.count(exchange.agent, lost)
        return is_room

    def reject(self, agent: str, source: str, reason: str, *, at: datetime) -> None:
        """Count a call that is not recorded."""
        self._intake.count(agent, Capture(door=source, calls=1, rejected={reason: 1}, last_at=at))

    def close(self) -> None:
        """Read what waits, hand everything on, and end."""
        with self._ready:
            self._is_open = False
            self._hurry.set()
            self._ready.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._ready:
                if not self._queue and self._is_open:
                    self._ready.wait(TICK_SECONDS)
                is_called = bool(self._queue)
            if is_called:
                self._hurry.wait(LINGER_SECONDS)
            with self._ready:
                some = [self._queue.popleft() for _ in range(min(len(self._queue), MANY))]
                self._bytes -= sum(len(one.request) + len(one.response) for one in some)
                if self._is_open and not self._queue:
                    self._hurry.clear()
                is_over = not some and not self._is_open
            made: dict[_Where, list[Interaction]] = defaultdict(list)
            for exchange in some:
                made[exchange.agent, exchange.source] += self._read(exchange)
            now = self._clock()
            for where, conversations in self._conversations.items():
                made[where] += conversations.close() if is_over else conversations.overdue(now)
            for (agent, source), interactions in made.items():
                if interactions:
                    self._intake.offer(Delivery(agent=agent, door=source, interactions=tuple(interactions)))
            if is_over:
                return

    def _read(self, exchange: chat.Exchange) -> list[Interaction]:
        """What is complete with this call; whatever is wrong with it, the next one is read."""
        dialect = chat.dialect_of(exchange.path)
        if dialect is None:
            return []
        where = exchange.agent, exchange.source
        try:
            call = chat.read_call(exchange, dialect=dialect)
            conversations = self._conversations.setdefault(where, chat.Conversations())
            return conversations.admit(call, now=self._clock())
        except chat.Unreadable as unreadable:
            self.reject(*where, unreadable.reason, at=exchange.at)
        except Exception:
            _log.exception("A call could not be recorded.")
            self.reject(*where, "defect", at=exchange.at)
        return []
