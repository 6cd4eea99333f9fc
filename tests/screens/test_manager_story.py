"""A known story told by what is really kept: written through the store, counted by the engine, read on the page.

Two changes confirmed on the same fresh cases; part of the traffic answered elsewhere, or by nobody knows which version;
a question of *Try it*; takeovers reported from the fortieth day on; one topic.
"""

from datetime import timedelta

import pytest

from loop import evaluate, improvement, wiring
from loop.engine.counting import count_differences
from loop.ports import Parts
from loop.records import Changes, Comparison, Feedback, FeedbackKind, FeedbackMove, FeedbackState, Tally
from loop.records.improvement import Improvement, Sentence
from loop.settings import Settings
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.builders import NOON
from tests.fakes import FakeClock
from tests.screens import improving
from tests.screens.conftest import Opens
from tests.screens.reading import page_words
from tests.shell import deciding

DAYS = 59
REPORTED = 40
A_DAY = {2: 20, 0: 20, None: 10}
"""Answers a day by version."""


@pytest.fixture
def parts(empty_workspace: AgentStore, sqlite_database: Database) -> Parts:
    """The story, as it happened."""
    made = wiring.parts_for(Settings(), sqlite_database, "desk", clock=FakeClock(NOON + timedelta(days=DAYS + 1)))
    _released(made.store)
    _answered(made.store)
    return made


@pytest.fixture
def told(parts: Parts) -> Improvement:
    """The page that a turn keeps of it."""
    improving.tell(parts.store, now=parts.clock())
    page = improvement.stored_page(parts.store)
    assert page is not None
    return page


def _released(store: AgentStore) -> None:
    for name in ("p1", "p2"):
        deciding.ship(store, name)
    tally = Tally(both_right=300, fixed=60, broken=10, both_wrong=30)
    store.commit(
        Changes(
            comparisons=tuple(
                Comparison(
                    agent="desk", kind="confirmation", number=number, against=number - 1, fresh=400, there=900,
                    evidence=evaluate.fresh_evidence(tally), at=NOON,
                )
                for number in (1, 2)
            )
        )
    )  # fmt: skip


def _answered(store: AgentStore) -> None:
    asked, said, n = [], [], 0
    for day in range(1, DAYS + 1):
        at = NOON + timedelta(days=day)
        first = n
        for version, many in A_DAY.items():
            for _ in range(many):
                asked.append(builders.interaction(n, version=version, topic="refunds", at=at))
                n += 1
        said += [_said(first + k, FeedbackKind.THUMBS, at, value=float((first + k) % 11 > 0)) for k in range(4)]
        if day >= REPORTED:
            said += [_said(first + 4 + k, FeedbackKind.TAKEOVER, at, text="I sent it again.") for k in range(2)]
    asked.append(builders.interaction(n, version=2, topic="refunds", at=NOON + timedelta(days=5), source="probe"))
    store.append(interactions=asked, feedback=said)
    moves = [FeedbackMove(feedback_id=one.id, was=FeedbackState.NEW, now=FeedbackState.VALID) for one in said]
    store.commit(Changes(feedback_moves=tuple(moves)))


def _said(number: int, kind: FeedbackKind, at: object, **fields: object) -> Feedback:
    return builders.feedback(number, kind=kind, label=None, at=at, received_at=at, **fields)


def sentence(page: Improvement, key: str) -> Sentence:
    return next(one for one in page.sentences if one.key == key)


def test_cases_that_both_changes_share_are_told_once(told: Improvement) -> None:
    better = sentence(told, "better")
    assert better.answer == "Yes"
    assert better.text.startswith("On up to 400 fresh cases each, the 2 changes in force together make answers right")


def test_only_answers_of_the_version_with_both_changes_were_saved_and_the_rest_is_said(told: Improvement) -> None:
    (note,) = [one for one in sentence(told, "better").notes if one.startswith("If what is asked")]
    assert f"of the {A_DAY[2] * DAYS:,} answers since would have been wrong before" in note
    assert f"{A_DAY[None] * DAYS:,} more came without the version that gave them and are not counted." in note
    assert told.total is not None
    assert told.avoided[-1].total == pytest.approx(A_DAY[2] * DAYS * told.total.effect, abs=0.1)


def test_takeovers_reported_from_a_day_on_are_not_none_before_it(told: Improvement) -> None:
    cost = sentence(told, "cost").text
    assert cost.startswith("In the last 28 days people took over 4.0 of 100 answers (90 % interval ")
    assert "before" not in cost
    known = [one.week for one in told.weeks if one.takeovers is not None]
    assert known
    assert min(known) >= (NOON + timedelta(days=REPORTED - 6)).date().isoformat()
    assert told.months[0].takeovers is None


def test_one_topic_is_not_worse_than_elsewhere(told: Improvement) -> None:
    assert "goes wrong in" not in sentence(told, "next").text + " ".join(sentence(told, "next").notes)


def test_what_was_tried_is_in_no_number_and_all_of_it_follows_from_the_log(told: Improvement, parts: Parts) -> None:
    assert sum(month.answers for month in told.months) == sum(A_DAY.values()) * DAYS
    assert count_differences(parts) == ()


def test_the_page_says_the_four_sentences(told: Improvement, opens: Opens) -> None:
    shown = page_words(opens("improvement"))
    for one in told.sentences:
        assert one.text in shown
        assert all(note in shown for note in one.notes)
