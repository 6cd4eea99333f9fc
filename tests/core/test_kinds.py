"""Every kind of feedback and every proposer says what follows from it, and has its words on the screens."""

import pytest

from dashboard.components.elements import words
from loop.collect.sanitize import unfit_reason
from loop.records import TRAITS, FeedbackKind, Proposer, Traits
from loop.update import PROPOSERS
from tests.builders import feedback


@pytest.mark.parametrize("kind", FeedbackKind)
def test_every_kind_of_feedback_has_traits_and_words(kind: FeedbackKind) -> None:
    assert isinstance(kind.traits, Traits)
    assert words.FEEDBACK_KINDS[kind]
    assert words.signal(kind, 1.0)


def test_no_traits_are_kept_for_a_kind_that_is_gone() -> None:
    assert set(TRAITS) == set(FeedbackKind)


@pytest.mark.parametrize("kind", FeedbackKind)
def test_a_signal_without_what_it_needs_is_refused_and_with_it_is_not(kind: FeedbackKind) -> None:
    empty = {"text": "", "value": None, "label": None, "article_id": None}
    needed = {"text": {"text": "Like this."}, "value": {"value": 0.0}, "choice": {"article_id": "a"}}
    assert kind.value in unfit_reason(feedback(1, kind=kind, **empty))
    assert unfit_reason(feedback(1, kind=kind, **empty | needed[kind.traits.needs])) == ""


@pytest.mark.parametrize("kind", FeedbackKind)
def test_traits_do_not_contradict_each_other(kind: FeedbackKind) -> None:
    traits = kind.traits
    assert not ((traits.is_rewrite or traits.shows_gap) and not traits.is_worded)
    assert not ((traits.approves or traits.fails_alone) and traits.family != "rating")
    assert (traits.needs == "value") == (traits.family == "rating")


def test_every_proposer_has_its_words_on_the_screens() -> None:
    assert set(words.PROPOSERS) == set(Proposer)
    assert all(words.PROPOSERS.values())


def test_every_machine_proposer_is_asked() -> None:
    assert set(PROPOSERS) == set(Proposer) - {Proposer.PERSON}
    assert {one for one in Proposer if not one.needs_support} == {Proposer.PERSON, Proposer.UNLEARNING}
