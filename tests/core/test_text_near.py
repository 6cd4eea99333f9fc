"""Texts are compared as promised: same words same features, left-out scores as if refitted, groups by overlap."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from loop.text import classifier
from loop.text.spelling import quote
from loop.text.vectors import Vectoriser, letter_pieces, word_pieces
from loop.validate import MemoryKnowledge
from loop.validate.questions import register

words = st.lists(
    st.sampled_from(["where", "is", "my", "new", "card", "the", "über", "paket", "5", "days", "商品", "late"]),
    min_size=1,
    max_size=8,
)
texts = st.lists(words.map(" ".join), min_size=1, max_size=12)


@settings(deadline=None)
@given(texts)
def test_word_features_are_exactly_the_words_and_pairs(some: list[str]) -> None:
    pieces = word_pieces(some)
    for row, text in enumerate(some):
        parts = text.split()
        expected = len(set(parts)) + len(set(pairwise(parts)))
        assert len(set(pieces.hashes[pieces.rows == row].tolist())) == expected


@settings(deadline=None)
@given(texts)
def test_the_same_text_has_the_same_features_wherever_it_stands(some: list[str]) -> None:
    alone = set(letter_pieces(some[-1:]).hashes.tolist())
    pieces = letter_pieces(some)
    assert set(pieces.hashes[pieces.rows == len(some) - 1].tolist()) == alone


@settings(deadline=None)
@given(texts)
def test_vectors_have_length_one(some: list[str]) -> None:
    for _, block in Vectoriser.fit(some, max_features=10_000).blocks(some):
        assert np.sqrt((block.toarray() ** 2).sum(axis=1)) == pytest.approx(1, abs=1e-5)


def near_groups(texts: Sequence[str], *, seed: int) -> NDArray[np.int64]:
    """The group of each text when they are registered in this order, all at once."""
    registry = register(MemoryKnowledge(), {str(place): text for place, text in enumerate(texts)}, others=(), seed=seed)
    return np.array([registry.near_of(str(place)) for place in range(len(texts))], dtype=np.int64)


def task(count: int, *, seed: int) -> tuple[list[str], list[str]]:
    draw = np.random.default_rng(seed)
    labels = [f"label{number % 4}" for number in range(count)]
    asked = [
        " ".join([*(f"{label}w{n}" for n in draw.integers(8, size=3)), *(f"s{n}" for n in draw.integers(30, size=4))])
        for label in labels
    ]
    return asked, labels


def test_left_out_chances_are_those_of_a_model_without_the_text() -> None:
    """Up to what the text does to the term weights and the temperature, which are kept."""
    asked, labels = task(80, seed=1)
    model = classifier.fit(asked, labels=labels, seed=0)
    assert model is not None
    blocks = [block.toarray() for _, block in model.vectoriser.blocks(asked)]
    matrix = np.concatenate(blocks).astype(np.float64)
    known = np.array([model.labels.index(label) for label in labels])
    for out in range(0, 80, 7):
        stay = np.arange(80) != out
        profiles = np.stack([matrix[stay & (known == number)].sum(axis=0) for number in range(4)])
        profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
        chances = np.exp(profiles @ matrix[out] / model.temperature)
        chances /= chances.sum()
        assert model.left_out.given_chance[out] == pytest.approx(chances[known[out]], abs=1e-3)


def test_it_learns_and_its_left_out_accuracy_is_that_on_new_texts() -> None:
    asked, labels = task(400, seed=1)
    model = classifier.fit(asked, labels=labels, seed=0)
    assert model is not None
    fresh, truth = task(400, seed=2)
    said = model.predict(fresh, given=truth)
    accuracy = np.mean([model.labels[top] == label for top, label in zip(said.top, truth, strict=True)])
    assert accuracy > 0.9
    assert abs(accuracy - model.accuracy) < 0.05
    assert np.isnan(model.predict(fresh[:1], given=["never seen"]).given_chance[0])


def test_thinning_keeps_every_label() -> None:
    asked, labels = task(400, seed=1)
    model = classifier.fit([*asked, "rare words"], labels=[*labels, "rare"], seed=0, max_rows=20)
    assert model is not None
    assert model.rows.size == 20
    assert (model.counts >= 1).all()
    assert model.labels[-1] == "rare"


def test_one_label_teaches_nothing() -> None:
    assert classifier.fit(["a b", "c d"], labels=["same", "same"], seed=0) is None


def test_near_identical_questions_share_a_group_and_others_do_not() -> None:
    some = [
        "i have been waiting for my new card for two weeks now",
        "i have been waiting for my new card for two weeks",
        "why is there a fee on my statement from last month",
        "i have not been waiting for my new card for two weeks now",
        "",
        "",
    ]
    groups = near_groups(some, seed=1)
    assert groups[0] == groups[1]
    assert len(set(groups[[0, 2, 3, 4, 5]].tolist())) == 5


@settings(deadline=None)
@given(texts, st.integers(0, 100))
def test_equal_texts_always_share_a_group(some: list[str], seed: int) -> None:
    groups = near_groups([*some, *some], seed=seed)
    assert (groups[: len(some)] == groups[len(some) :]).all()


def test_a_quote_is_one_short_printable_line() -> None:
    said = quote("line one\nline\u202e two " + "x" * 500, limit=30)
    assert len(said) <= 32
    assert said.isprintable()
