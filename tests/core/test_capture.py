"""The recorder: bounded in calls and bytes, and what it has taken is read before it ends."""

import threading
from typing import Any, cast

import pytest

from loop.collect import Delivery, chat
from loop.ports.deliveries import Capture
from loop.serve.capture import Recorder
from tests import builders
from tests.fakes import FakeClock


class FakeIntake:
    """Remembers what it is given."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.counted: list[Capture] = []

    def offer(self, delivery: Delivery) -> bool:
        self.deliveries.append(delivery)
        return True

    def count(self, _agent: str, captured: Capture) -> None:
        self.counted.append(captured)


def exchange(number: int, *, size: int = 0) -> chat.Exchange:
    """A call of a conversation of its own."""
    asked = f'{{"messages":[{{"role":"user","content":"Question {number}?"}}],"pad":"{"x" * size}"}}'
    said = f'{{"id":"chatcmpl-{number:024x}","choices":[{{"message":{{"role":"assistant","content":"Yes."}}}}]}}'
    return chat.Exchange(
        id=f"x{number}", agent="desk", path="/v1/chat/completions", request=asked.encode(), response=said.encode(),
        at=builders.at(number), source="gateway:shop", response_type="application/json",
    )  # fmt: skip


@pytest.fixture
def intake() -> FakeIntake:
    return FakeIntake()


@pytest.fixture
def recorder(intake: FakeIntake, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """One that reads nothing before it ends, so that the queue can be looked at."""
    monkeypatch.setattr("loop.serve.capture.LINGER_SECONDS", 300.0)
    return Recorder(cast(Any, intake), clock=FakeClock(builders.at(60)))


def test_what_was_taken_is_kept_before_the_end(
    recorder: Recorder, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(recorder.take(exchange(number)) for number in range(150))
    assert intake.deliveries == []
    monkeypatch.setattr("loop.serve.capture.MANY", 60)
    recorder.close()
    kept = [one for delivery in intake.deliveries for one in delivery.interactions]
    assert [one.question for one in kept] == [f"Question {number}?" for number in range(150)]
    assert [len(one.interactions) for one in intake.deliveries] == [60, 60, 30], "kept together, not one by one"
    assert not recorder.take(exchange(1)), "nothing is taken after the end"


def test_what_waits_is_bounded_in_bytes_and_the_loss_is_counted(
    recorder: Recorder, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loop.serve.capture.BYTES_MAX", 100_000)
    monkeypatch.setattr("loop.serve.capture.MANY", 5_000)
    assert recorder.take(exchange(1, size=20_000))
    assert not recorder.take(exchange(2, size=90_000))
    recorder.close()
    assert [(one.calls, one.dropped) for one in intake.counted] == [(1, 1)]


def test_many_are_not_let_wait(recorder: Recorder, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loop.serve.capture.MANY", 10)
    for number in range(10):
        recorder.take(exchange(number))
    for _ in range(20_000):
        if intake.deliveries:
            break
        threading.Event().wait(0.01)
    assert intake.deliveries
    recorder.close()
