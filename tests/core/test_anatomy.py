"""Why a person had to answer, and what of it is learned: never a granted exception, never one person's style."""

from typing import Any

import pytest

from loop.records import Anatomy, Feedback, FeedbackItem, FeedbackKind, FeedbackState, Interaction, Step
from loop.text.sentences import compare
from loop.validate import MemoryKnowledge, settle
from loop.validate.anatomy import anatomy_of, teaches
from loop.validate.edits import must_include
from tests import builders
from tests.builders import NOON, at


def takeover(text: str, **fields: Any) -> Feedback:
    return builders.feedback(1, **{"kind": FeedbackKind.TAKEOVER, "label": None, "text": text, "at": at(4)} | fields)


def asked(**fields: Any) -> Interaction:
    return builders.interaction(1, **{"method": "head", "answer": "You cannot return it."} | fields)


def taken_apart(feedback: Feedback, interaction: Interaction) -> Anatomy:
    found = anatomy_of(feedback, interaction)
    assert found is not None
    return found


FAILED = Step(kind="tool", name="order status", is_error=True)
WORKED = Step(kind="tool", name="order status")


@pytest.mark.parametrize(
    ("interaction", "text", "cause"),
    [
        (asked(method="handover", answer=""), "It ships on 3 May.", "missing fact"),
        (asked(), "You cannot return it. Our depot is in Mainz.", "missing fact"),
        (asked(method="rule"), "It ships on 3 May.", "wrong rule"),
        (asked(), "You can return it, it is allowed.", "wrong rule"),
        (asked(steps=(FAILED,)), "It ships on 3 May.", "tool failure"),
        (asked(steps=(Step(kind="check", name="tone", is_error=True),)), "It ships on 3 May.", "missing fact"),
        (asked(steps=(FAILED, WORKED), method="handover", answer=""), "It ships on 3 May.", "missing fact"),
        (asked(), "You cannot return it. Sorry for the trouble!", "tone"),
        (asked(steps=(FAILED,)), "As an exception we take it back.", "exception"),
    ],
)
def test_a_takeover_has_a_cause(interaction: Interaction, text: str, cause: str) -> None:
    found = taken_apart(takeover(text), interaction)
    assert found.cause == cause
    assert found.why


def test_a_takeover_names_the_last_step_the_moment_and_the_resolution() -> None:
    found = taken_apart(takeover("It ships on 3 May."), asked(steps=(WORKED, FAILED), position=2, at=at(1)))
    assert (found.last_step, found.seconds, found.position) == ("tool order status failed", 180, 2)
    assert found.resolution == "It ships on 3 May."
    early = taken_apart(takeover("It ships.", at=NOON), asked(at=at(1)))
    assert early.seconds is None


def test_a_rating_has_no_anatomy() -> None:
    rated = builders.feedback(1, kind=FeedbackKind.THUMBS, value=1.0, label=None)
    assert anatomy_of(rated, asked()) is None


@pytest.mark.parametrize(
    ("state", "says", "is_taught"),
    [
        (FeedbackState.NEW, "It ships on 3 May.", True),
        (FeedbackState.NEW, "As an exception we take it back.", False),
        (FeedbackState.RELEASED, "As an exception we take it back.", True),
    ],
)
def test_a_granted_exception_does_not_teach_until_a_person_says_it_is_none(
    state: FeedbackState, says: str, is_taught: bool
) -> None:
    item = FeedbackItem(feedback=takeover(says), state=state)
    assert teaches(item, asked()) is is_taught
    assert not teaches(item, None)
    marked = FeedbackItem(feedback=takeover(says, teaches=False), state=state)
    assert not teaches(marked, asked())


def test_the_firewall_keeps_the_anatomy_and_gives_an_exception_no_voice() -> None:
    known = MemoryKnowledge()
    texts = ("Our depot is in Mainz.", "Just this once we take it back.")
    for number, text in enumerate(texts, start=1):
        feedback = takeover(text, id=f"f{number}", interaction_id=f"i{number}", author=f"a{number}")
        known.items[feedback.id] = FeedbackItem(feedback=feedback, state=FeedbackState.NEW, seq=number)
        known.asked[f"i{number}"] = builders.interaction(number, method="handover", answer="")
        known.list_of["facts"][feedback.id] = 1
    settle(known, builders.agent(trusted_authors=("a1", "a2")), now=NOON, seed=0)
    kept = {key: Anatomy.model_validate(body) for key, body in known.kept("anatomy").items()}
    assert {key: one.cause for key, one in kept.items()} == {"f1": "missing fact", "f2": "exception"}
    assert {key: row.has_voice for key, row in known.judged.items()} == {"f1": True, "f2": False}


def test_a_right_answer_need_not_hold_one_persons_style() -> None:
    sent = "It ships on Monday. It is blue. Kind regards, Mia"
    edit = compare("It ships on Monday.", rewritten=sent)
    assert must_include(edit, rewritten=sent) == ("It is blue",)
