"""Group commit: deliveries queue up, one writer thread keeps all that wait in one transaction, then answers them all.

What is acknowledged is durable: a receipt comes after the commit that holds it. The queue is bounded, so a database
that is slow or gone is told to the senders and never to the memory of this process.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from loop.collect import Delivery, PreparedDelivery, add_captures, dropped_capture, prepare
from loop.errors import InvalidInput, RatchetError, StoreUnavailable
from loop.ports import Clock
from loop.ports.deliveries import Capture, Deliveries, DeliveryOutcome
from loop.serve.refusal import Busy, Refusal
from loop.text.contacts import OwnContacts

WAITING_MAX = 20_000
"""Records that may wait to be kept; a delivery beyond is refused, or dropped and counted."""
OFFERED_MAX = 10_000
"""Of these, records of doors that do not wait: they never keep a sender who waits from being served."""
GROUP_MAX = 2_000
"""Records kept in one transaction, unless one delivery alone has more."""
MANY = 8
"""Deliveries of one transaction from which there is a pause before the next one."""
GATHER_SECONDS = 0.01
"""That pause, while many senders are at it: a larger group costs less for each of them."""
AGAIN_SECONDS = 0.5
"""Pause before what nobody waits for is tried again, when the database is away."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery. It is durable."""

    kept: Mapping[str, Any]
    """`interactions` and `feedback`: ids in the order given. `refused`: place and reason of each that is unfit."""
    is_repeat: bool = False
    """The same key and content came before; this is what was answered then."""


@dataclass(slots=True)
class _Waiting:
    delivery: Delivery
    reply: asyncio.Future[Receipt] | None
    """None: nobody waits."""


_Told = tuple[_Waiting, Receipt | Exception]


class Place(NamedTuple):
    """Where an agent's deliveries are kept, and how they are redacted."""

    store: Deliveries
    own: OwnContacts | None = None
    """The company's own contact data, which are not masked."""
    keeps_raw: bool = False
    """What is masked is kept as it was written too, apart."""


Desk = Callable[[str], Place]
"""Raises NotFound."""


class Intake:
    """The queue and its writer. `submit` waits until a delivery is durable, `offer` never waits."""

    def __init__(self, desk: Desk, *, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._lock = threading.Condition()
        self._queue: list[_Waiting] = []
        self._size = 0
        self._offered = 0
        self._counts: dict[tuple[str, str], Capture] = {}
        self._is_open = False
        self._pause = threading.Event()
        self._writer: threading.Thread | None = None

    def start(self) -> None:
        """Start the writer."""
        self._is_open = True
        self._writer = threading.Thread(target=self._write, name="intake", daemon=True)
        self._writer.start()

    def stop(self) -> None:
        """Take nothing more, keep what waits, and end."""
        with self._lock:
            self._is_open = False
            self._pause.set()
            self._lock.notify()
        if self._writer is not None:
            self._writer.join()

    @property
    def waiting(self) -> int:
        """Records that wait to be kept."""
        return self._size

    async def submit(self, delivery: Delivery) -> Receipt:
        """Keep a delivery; returns when it is durable. Raises Busy when too much waits, Refusal, RatchetError."""
        reply: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        with self._lock:
            if not self._is_open or (self._size and self._size + delivery.size > WAITING_MAX):
                raise Busy()
            self._put(_Waiting(delivery, reply))
        return await reply

    def offer(self, delivery: Delivery) -> bool:
        """Take a delivery that nobody waits for; whether there was room. What there is no room for is counted."""
        with self._lock:
            is_room = self._is_open and self._offered + delivery.size <= OFFERED_MAX
            if is_room:
                self._offered += delivery.size
                self._put(_Waiting(delivery, None))
            else:
                self._add(delivery.agent, dropped_capture(delivery, at=self._clock()))
        return is_room

    def count(self, agent: str, captured: Capture) -> None:
        """Add to capture health what never became a delivery; kept with the next group."""
        with self._lock:
            self._add(agent, captured)
            self._lock.notify()

    def _put(self, waiting: _Waiting) -> None:
        self._queue.append(waiting)
        self._size += waiting.delivery.size
        self._lock.notify()

    def _add(self, agent: str, captured: Capture) -> None:
        place = agent, captured.door
        known = self._counts.get(place)
        self._counts[place] = captured if known is None else add_captures(known, captured)

    def _write(self) -> None:
        while (group := self._next_group()) is not None:
            waiting, counts = group
            by_agent: dict[str, list[_Waiting]] = defaultdict(list)
            for one in waiting:
                by_agent[one.delivery.agent].append(one)
            told: list[_Told] = []
            for agent in {*by_agent, *(agent for agent, _ in counts)}:
                captured = [one for (whose, _), one in counts.items() if whose == agent]
                told += self._keep(agent, by_agent[agent], captured)
            again = [one for one, result in told if one.reply is None and isinstance(result, StoreUnavailable)]
            done = [pair for pair in told if pair[0] not in again]
            with self._lock:
                self._size -= sum(one.delivery.size for one, _ in done)
                self._offered -= sum(one.delivery.size for one, _ in done if one.reply is None)
                self._lose(one for one, result in done if one.reply is None and isinstance(result, Exception))
                self._queue[:0] = again if self._is_open else ()
            _answer(done)
            if again:
                self._pause.wait(AGAIN_SECONDS)
            elif len(waiting) >= MANY:
                self._pause.wait(GATHER_SECONDS)

    def _next_group(self) -> tuple[Sequence[_Waiting], Mapping[tuple[str, str], Capture]] | None:
        """What waits now, as much as one transaction takes; None at the end."""
        with self._lock:
            while not self._queue and not self._counts:
                if not self._is_open:
                    return None
                self._lock.wait()
            taken = size = 0
            for one in self._queue:
                if taken and size + one.delivery.size > GROUP_MAX:
                    break
                taken, size = taken + 1, size + one.delivery.size
            group, self._queue = self._queue[:taken], self._queue[taken:]
            counts, self._counts = self._counts, {}
            return group, counts

    def _keep(self, agent: str, waiting: Sequence[_Waiting], captured: Sequence[Capture]) -> list[_Told]:
        """One transaction; where the database finds a record unfit, one for each delivery. What became of each."""
        at = self._clock()
        failed: list[_Told] = []
        ready: list[tuple[_Waiting, PreparedDelivery]] = []
        try:
            store, own, keeps_raw = self._desk(agent)
        except Exception as error:
            return [(one, error) for one in waiting]
        for one in waiting:
            try:
                ready.append((one, prepare(one.delivery, at=at, own=own, keeps_raw=keeps_raw)))
            except Exception as error:
                failed.append((one, error))
        counted = _together([*captured, *(prepared.capture for _, prepared in ready)])
        try:
            told = store.deliver([prepared.parcel for _, prepared in ready], captured=counted, now=at)
        except InvalidInput as error:
            if len(ready) <= 1:
                return [*failed, *((one, error) for one, _ in ready)]
            alone = [self._keep(agent, [one], ()) for one, _ in ready]
            return [*failed, *chain.from_iterable(alone)]
        except Exception as error:
            return [*failed, *((one, error) for one, _ in ready)]
        return [*failed, *((one, _receipt(result)) for (one, _), result in zip(ready, told, strict=True))]

    def _lose(self, lost: Iterable[_Waiting]) -> None:
        for one in lost:
            self._add(one.delivery.agent, dropped_capture(one.delivery, at=self._clock()))


def _together(captured: Iterable[Capture]) -> list[Capture]:
    found: dict[str, Capture] = {}
    for one in captured:
        found[one.door] = add_captures(found[one.door], one) if one.door in found else one
    return list(found.values())


def _receipt(told: DeliveryOutcome) -> Receipt | Exception:
    if told.outcome == "conflict":
        return Refusal(409, "idempotency_key", "This idempotency key came before with another request.")
    return Receipt(told.receipt, is_repeat=told.outcome == "known")


def _answer(told: Sequence[_Told]) -> None:
    """Wake everybody who waits; each event loop is woken once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Told]] = defaultdict(list)
    for one, result in told:
        if one.reply is not None:
            by_loop[one.reply.get_loop()].append((one, result))
    for loop, some in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, some)


def _resolve(told: Sequence[_Told]) -> None:
    for one, result in told:
        if one.reply is None or one.reply.done():
            continue
        match result:
            case Receipt():
                one.reply.set_result(result)
            case RatchetError() | Refusal():
                one.reply.set_exception(result)
            case _:
                one.reply.set_exception(Refusal(503, "failed", _FAILED, headers={"Retry-After": "5"}))


_FAILED = "This could not be kept, and nothing of it was. Send it again later."
