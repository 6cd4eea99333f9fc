"""Group commit: what is acknowledged was kept, many in one transaction, and a full queue is told, never hidden."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from loop.collect import Delivery
from loop.errors import InvalidInput, StoreUnavailable
from loop.ports.deliveries import Capture, DeliveryOutcome, Parcel
from loop.records import Feedback
from loop.serve import intake
from loop.serve.intake import Intake, Place
from loop.serve.refusal import Busy, Refusal
from tests.builders import NOON, feedback


class SlowStore:
    """A store that keeps nothing before it is let, and refuses what it is told to."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.captured: list[Capture] = []
        self.is_let = threading.Event()
        self.has_begun = threading.Event()
        self.refuses: Callable[[Sequence[str]], Exception | None] = lambda _: None

    def deliver(
        self, parcels: Sequence[Parcel], *, captured: Sequence[Capture], now: Any, noted: Any = None
    ) -> list[DeliveryOutcome]:
        self.has_begun.set()
        self.is_let.wait(20)
        ids = [one.id for parcel in parcels for one in parcel.feedback]
        if error := self.refuses(ids):
            raise error
        self.groups.append(ids)
        self.captured += captured
        return [DeliveryOutcome("kept", parcel.receipt) for parcel in parcels]

    def captures(self) -> list[Capture]:
        return self.captured

    @property
    def kept(self) -> list[str]:
        return [one for group in self.groups for one in group]


def delivery(*numbers: int, **fields: Any) -> Delivery:
    said: list[Feedback] = [feedback(number) for number in numbers]
    return Delivery(agent="desk", door="api:test", feedback=said, **fields)


def running(work: Callable[[Intake, SlowStore], Any]) -> SlowStore:
    """Let some work run beside a writer, and wait for both."""
    store = SlowStore()
    taking = Intake(lambda _: Place(store), clock=lambda: NOON)
    taking.start()
    try:
        asyncio.run(asyncio.wait_for(work(taking, store), 20))
    finally:
        store.is_let.set()
        taking.stop()
    return store


def test_an_answer_comes_after_the_commit_and_those_who_wait_share_the_next_one() -> None:
    async def work(taking: Intake, store: SlowStore) -> None:
        first = asyncio.create_task(taking.submit(delivery(0)))
        await asyncio.to_thread(store.has_begun.wait, 20)
        others = [asyncio.create_task(taking.submit(delivery(number))) for number in range(1, 50)]
        await asyncio.sleep(0.05)
        assert not first.done()
        store.is_let.set()
        receipts = await asyncio.gather(first, *others)
        assert [one.kept["feedback"] for one in receipts] == [[f"f{number}"] for number in range(50)]

    store = running(work)
    assert [len(group) for group in store.groups] == [1, 49]


def test_a_full_queue_is_told_to_those_who_wait_with_the_pause_to_make(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "WAITING_MAX", 3)

    async def work(taking: Intake, store: SlowStore) -> None:
        tasks = [asyncio.create_task(taking.submit(delivery(number))) for number in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as told:
            await taking.submit(delivery(3))
        assert (told.value.status, told.value.headers["Retry-After"]) == (503, "1")
        store.is_let.set()
        await asyncio.gather(*tasks)
        await taking.submit(delivery(4))

    assert sorted(running(work).kept) == ["f0", "f1", "f2", "f4"]


def test_doors_that_do_not_wait_never_fill_the_queue_and_what_they_lose_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "OFFERED_MAX", 2)

    async def work(taking: Intake, store: SlowStore) -> None:
        assert [taking.offer(delivery(number)) for number in range(4)] == [True, True, False, False]
        waiting = asyncio.create_task(taking.submit(delivery(9)))
        store.is_let.set()
        await waiting

    store = running(work)
    assert sorted(store.kept) == ["f0", "f1", "f9"]
    assert sum(one.dropped for one in store.captured) == 2
    assert sum(one.feedback for one in store.captured) == 5


def test_what_nobody_waits_for_is_tried_again_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "AGAIN_SECONDS", 0.01)

    async def work(taking: Intake, store: SlowStore) -> None:
        away = [StoreUnavailable("Away."), StoreUnavailable("Away."), None]
        store.refuses = lambda _: away.pop(0) if away else None
        store.is_let.set()
        assert taking.offer(delivery(1))
        with pytest.raises(StoreUnavailable):
            await taking.submit(delivery(2))
        while "f1" not in store.kept:
            await asyncio.sleep(0.01)

    assert running(work).kept == ["f1"]


def test_a_delivery_that_the_database_cannot_keep_stops_no_other() -> None:
    async def work(taking: Intake, store: SlowStore) -> None:
        store.refuses = lambda ids: InvalidInput("Too long.", field="author") if "f2" in ids else None
        first = asyncio.create_task(taking.submit(delivery(0)))
        await asyncio.to_thread(store.has_begun.wait, 20)
        others = [asyncio.create_task(taking.submit(delivery(number))) for number in (1, 2, 3)]
        await asyncio.sleep(0)
        store.is_let.set()
        told = await asyncio.gather(first, *others, return_exceptions=True)
        assert [isinstance(one, InvalidInput) for one in told] == [False, False, True, False]

    assert sorted(running(work).kept) == ["f0", "f1", "f3"]


def test_a_defect_is_told_as_trouble_of_ours_and_the_next_delivery_is_kept() -> None:
    async def work(taking: Intake, store: SlowStore) -> None:
        store.is_let.set()
        store.refuses = lambda ids: ZeroDivisionError() if "f1" in ids else None
        with pytest.raises(Refusal) as told:
            await taking.submit(delivery(1))
        assert told.value.status == 503
        await taking.submit(delivery(2))

    assert running(work).kept == ["f2"]


def test_what_waits_when_the_server_stops_is_kept_and_nothing_more_is_taken() -> None:
    async def work(taking: Intake, store: SlowStore) -> None:
        taking.offer(delivery(1))
        await asyncio.to_thread(store.has_begun.wait, 20)
        taking.offer(delivery(2))
        stopping = asyncio.create_task(asyncio.to_thread(taking.stop))
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await taking.submit(delivery(3))
        store.is_let.set()
        await stopping

    assert running(work).kept == ["f1", "f2"]
