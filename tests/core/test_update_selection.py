"""The chooser's surrogate does what the agent's head does: same space, same constants, same winners."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from loop.text.classifier import FLOOR, Head
from loop.text.spelling import normalise
from loop.update.selection import Field, Surrogate, choose
from tests.core.test_update import TOPICS, question

LABELS = list(TOPICS)
Rows = Sequence[tuple[str, int]]


def rows(start: int, end: int) -> list[tuple[str, int]]:
    return [(question(label, number), place) for place, label in enumerate(LABELS) for number in range(start, end)]


def field(base: Rows, candidates: Rows, cases: Rows) -> Field:
    return Field(
        base_questions=[text for text, _ in base],
        base_classes=[one for _, one in base],
        candidate_questions=[text for text, _ in candidates],
        candidate_classes=[one for _, one in candidates],
        candidate_is_right=[False] * len(candidates),
        candidate_is_sure=[False] * len(candidates),
        is_weighed_by_reliable=False,
        case_questions=[text for text, _ in cases],
        case_classes=[one for _, one in cases],
        case_is_right=[False] * len(cases),
        own=[],
    )


def head(examples: Rows) -> Head:
    ordered = sorted(examples, key=lambda one: one[1])
    return Head([normalise(text) for text, _ in ordered], classes=[one for _, one in ordered])


def test_on_the_base_it_scores_every_case_as_the_agents_head_does() -> None:
    base, cases = rows(0, 9), rows(60, 100)
    surrogate = Surrogate(field(base, [], cases))
    real = head(base).compare([normalise(text) for text, _ in cases]).score
    assert surrogate.winning_score == pytest.approx(real.max(axis=1), abs=1e-4)
    assert (surrogate.winner == np.where(real.max(axis=1) >= FLOOR, real.argmax(axis=1), -1)).all()


def test_what_it_expects_of_added_examples_is_what_the_head_then_does() -> None:
    base, candidates, cases = rows(0, 2), rows(16, 40), rows(60, 100)
    some = field(base, candidates, cases)
    surrogate = Surrogate(some)
    chosen = choose(some, limit=20, caps=[20], groups=[0] * len(candidates))
    for one in chosen:
        surrogate.add(one.candidate)
    taught = [*base, *(candidates[one.candidate] for one in chosen)]
    real = head(taught).compare([normalise(text) for text, _ in cases]).score
    assert len(chosen) == 20
    assert (surrogate.winner == real.argmax(axis=1)).mean() > 0.9


def test_what_it_forecasts_of_one_more_example_is_what_it_then_finds() -> None:
    candidates, cases = rows(16, 24), rows(60, 100)
    expected = np.array([one for _, one in cases])
    some = field(rows(0, 2), candidates, cases)
    surrogate = Surrogate(replace(some, case_is_right=(Surrogate(some).winner == expected).tolist()))
    for candidate in range(0, len(candidates), 3):
        forecast = surrogate.after[candidate].copy()
        surrogate.add(candidate)
        assert (forecast == (surrogate.winner == expected)).all()


def test_an_example_comes_no_closer_once_it_is_in() -> None:
    surrogate = Surrogate(field(rows(0, 2), rows(16, 24), rows(60, 100)))
    assert surrogate.closeness[3] > 0
    surrogate.add(3)
    assert surrogate.closeness[3] == 0
