"""The statistics that keep the firewall from wronging honest people: funnel test, two groups, majority or fit."""

import numpy as np
import pytest

from loop.stats.agreement import Panel, fit_panels
from loop.stats.funnel import PEERS, below_peers
from loop.stats.mixture import bound

GRID = np.geomspace(1e-4, 0.5, 40)


def panels(skills: list[float], *, items: int, votes: int, seed: int) -> tuple[list[Panel], list[str]]:
    """Yes and no by people of given skills, and the truth."""
    draw = np.random.default_rng(seed)
    truth = ["yes" if draw.random() < 0.5 else "no" for _ in range(items)]
    other = {"yes": "no", "no": "yes"}
    made = []
    for one in truth:
        people = draw.permutation(len(skills))[:votes]
        said = tuple(one if draw.random() < skills[who] else other[one] for who in people)
        made.append(Panel(said, tuple(f"r{who:02}" for who in people)))
    return made, truth


def test_where_everybody_is_equally_noisy_hardly_ever_is_anybody_below_the_others() -> None:
    """Family-wise: of 400 worlds of forty equal people, at most 5 % name anybody at all (and three errors of that)."""
    draw = np.random.default_rng(0)
    named = 0
    for _ in range(400):
        n = draw.integers(8, 200, size=40)
        agreed = draw.binomial(n, 0.6)
        records = [(float(good), int(many)) for good, many in zip(agreed, n, strict=True)]
        named += min(below_peers(records, least=0.5)) <= 0.05
    assert named / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_somebody_who_agrees_a_fifth_of_the_time_among_good_people_is_surely_below_them() -> None:
    records = [(45.0, 50)] * 19 + [(10.0, 50)]
    *others, last = below_peers(records, least=0.5)
    assert last < 1e-6
    assert min(others) > 0.05


def test_a_few_people_are_held_against_the_least_and_not_against_each_other() -> None:
    alone = below_peers([(4.0, 10), (10.0, 10)], least=0.5)
    assert len(alone) < PEERS
    assert alone[0] > 0.3
    assert below_peers([], least=0.5) == []


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_the_share_of_bad_scores_is_bounded_and_what_lies_below_the_line_is_mostly_bad(share: float) -> None:
    draw = np.random.default_rng(1)
    is_bad = draw.random(4_000) < share
    scores = np.where(is_bad, draw.beta(0.5, 60, size=4_000), draw.beta(5, 2, size=4_000))
    of_bad = draw.beta(0.5, 60, size=4_000)
    bad = np.array([(of_bad < one).mean() for one in GRID])
    found = bound(scores, bad=bad, grid=GRID, precision=0.8)
    assert 0.8 * is_bad.mean() <= found.share <= 1.25 * is_bad.mean()
    held = scores < found.below
    assert (held & is_bad).sum() / held.sum() >= 0.75
    assert (held & is_bad).sum() / is_bad.sum() >= 0.8


def test_where_nothing_is_bad_next_to_nothing_is_held() -> None:
    draw = np.random.default_rng(2)
    scores = draw.beta(5, 2, size=4_000)
    bad = np.array([(draw.beta(0.5, 60, size=4_000) < one).mean() for one in GRID])
    found = bound(scores, bad=bad, grid=GRID, precision=0.8)
    assert (scores < found.below).mean() < 0.01
    assert bound(np.zeros(0), bad=bad, grid=GRID, precision=0.8).below == 0.0


def test_raters_who_differ_are_told_apart_and_beat_the_plain_majority() -> None:
    made, truth = panels([0.1] * 6 + [0.85] * 24, items=400, votes=3, seed=0)
    model = fit_panels(made)
    assert model.raters
    right = [max(told := model.consensus(one.votes, raters=one.raters), key=lambda key: told[key]) for one in made]
    plain = [max(sorted(set(one.votes)), key=one.votes.count) for one in made]
    n_right = sum(said == true for said, true in zip(right, truth, strict=True))
    assert n_right > sum(said == true for said, true in zip(plain, truth, strict=True)) + 20


@pytest.mark.parametrize("votes", [3, 10])
def test_raters_who_are_alike_are_not_told_apart_so_that_the_majority_decides(votes: int) -> None:
    for seed in range(5):
        made, _ = panels([0.8] * 30, items=150, votes=votes, seed=seed)
        assert not fit_panels(made).raters
