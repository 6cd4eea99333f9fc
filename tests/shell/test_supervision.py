"""A worker that ended is started again, after growing pauses, and given up in words; one that froze is ended."""

import pytest

from loop.cli.supervising import DEATHS, FIRST_PAUSE, FROZEN, LONGEST_PAUSE, SETTLED, Keeper, Restarts
from loop.errors import StoreUnavailable
from loop.records.health import frozen_after


class Worker:
    """A process that ends when it is told to."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.is_killed = False

    def poll(self) -> int | None:
        return self.code

    def kill(self) -> None:
        self.is_killed = True
        self.code = -9


class World:
    """A clock, a heartbeat, and what was started and said."""

    def __init__(self) -> None:
        self.now = 100.0
        self.silence: float | None = 0.5
        self.is_broken = False
        self.started: list[Worker] = []
        self.said: list[str] = []
        self.keeper = Keeper(self._start, silence=self._silence, report=self.said.append, monotonic=lambda: self.now)

    def after(self, seconds: float) -> None:
        """Time passes, and the keeper looks."""
        self.now += seconds
        self.keeper.look()

    def _start(self) -> Worker:
        self.started.append(Worker())
        return self.started[-1]

    def _silence(self) -> float | None:
        if self.is_broken:
            raise StoreUnavailable("gone")
        return self.silence


@pytest.fixture
def world() -> World:
    """With a worker that runs."""
    made = World()
    made.after(0)
    return made


def test_a_worker_that_ended_is_started_again_and_that_is_said(world: World) -> None:
    world.started[0].code = -9
    world.after(1)
    assert len(world.started) == 1
    world.after(FIRST_PAUSE)
    assert len(world.started) == 2
    assert world.said == [f"The worker ended (by SIGKILL); it is started again in {FIRST_PAUSE:g} s."]


def test_the_pauses_grow_up_to_a_longest_one_and_then_it_is_given_up() -> None:
    restarts = Restarts()
    pauses = [restarts.pause_after(lived=1.0) for _ in range(DEATHS)]
    assert pauses[:-1] == [min(LONGEST_PAUSE, FIRST_PAUSE * 2**one) for one in range(DEATHS - 1)]
    assert pauses[-1] is None
    assert Restarts(deaths=50).pause_after(lived=SETTLED) == FIRST_PAUSE


def test_giving_up_is_said_in_words_and_is_the_end(world: World) -> None:
    for _ in range(DEATHS):
        world.started[-1].code = 3
        world.after(1)
        world.after(LONGEST_PAUSE)
    assert world.keeper.has_given_up
    assert f"ended {DEATHS} times in a row (exit code 3)" in world.said[-1]
    assert "ratchet worker" in world.said[-1]
    world.after(3_600)
    assert len(world.started) == DEATHS


def test_a_worker_that_lived_long_begins_a_new_row(world: World) -> None:
    for _ in range(3 * DEATHS):
        world.after(SETTLED)
        world.started[-1].code = 1
        world.after(1)
        world.after(LONGEST_PAUSE)
    assert not world.keeper.has_given_up
    assert len(world.started) == 3 * DEATHS + 1


def test_a_worker_without_a_heartbeat_is_ended_and_started_again(world: World) -> None:
    world.silence = FROZEN
    world.after(FROZEN)
    assert not world.started[0].is_killed  # once may be a machine that just woke up
    world.after(6)
    assert world.started[0].is_killed
    world.silence = 0.5
    world.after(1)
    world.after(FIRST_PAUSE)
    assert len(world.started) == 2


@pytest.mark.parametrize("silence", [0.5, None, FROZEN - 1])
def test_a_worker_that_is_heard_of_or_is_still_starting_is_left_alone(world: World, silence: float | None) -> None:
    world.silence = silence
    for _ in range(20):
        world.after(6)
    assert not world.started[0].is_killed


def test_a_database_that_cannot_be_read_says_nothing_about_the_worker(world: World) -> None:
    world.is_broken = True
    for _ in range(20):
        world.after(6)
    assert not world.started[0].is_killed


def test_no_worker_is_ended_that_still_counts_as_alive() -> None:
    for dead_seconds in (1.0, 10.0, 60.0, 600.0):
        assert frozen_after(dead_seconds, least=FROZEN) > dead_seconds
    assert frozen_after(10.0, least=FROZEN) == FROZEN
