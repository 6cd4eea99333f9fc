"""Which version answers: each arm its share, the head the rest, every chance logged."""

import random
from collections import Counter

import pytest

from loop.deploy import assign
from loop.records import Experiment
from loop.records.trials import Arm
from tests.builders import NOON


def experiment(*shares: float) -> Experiment:
    arms = tuple(Arm(name=f"arm-{place}", number=place + 10, share=share) for place, share in enumerate(shares))
    return Experiment(id="x1", agent="desk", kind="live", proposal_id="p1", arms=arms, started_at=NOON)


def test_without_an_experiment_the_head_answers_for_sure() -> None:
    taken = assign(3, experiment=None, draw=0.999)
    assert (taken.number, taken.probability, taken.experiment_id, taken.arm) == (3, 1.0, None, None)


@pytest.mark.parametrize(
    ("draw", "number", "probability", "arm"),
    [(0.0, 10, 0.1, "arm-0"), (0.0999, 10, 0.1, "arm-0"), (0.1, 11, 0.2, "arm-1"), (0.301, 3, 0.7, None)],
)
def test_a_draw_falls_into_one_stretch(draw: float, number: int, probability: float, arm: str | None) -> None:
    taken = assign(3, experiment=experiment(0.1, 0.2), draw=draw)
    assert (taken.number, round(taken.probability, 9), taken.arm, taken.experiment_id) == (
        number,
        probability,
        arm,
        "x1",
    )


def test_the_logged_chance_is_the_share_of_traffic() -> None:
    rng = random.Random(7)
    taken = [assign(3, experiment=experiment(0.5, 0.3), draw=rng.random()) for _ in range(20_000)]
    counted = Counter((one.number, round(one.probability, 9)) for one in taken)
    assert set(counted) == {(10, 0.5), (11, 0.3), (3, 0.2)}
    for (_, probability), count in counted.items():
        assert abs(count / len(taken) - probability) < 0.02
