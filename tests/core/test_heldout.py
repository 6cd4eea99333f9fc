"""The leak guard, rule by rule: each alone keeps something from teaching."""

import pytest

from loop.heldout import HeldOut, group_of, waiting_groups
from loop.records import Limits, Split
from tests.builders import agent, case, interaction

EXAMINED = case(
    1, feedback_id="f1", interaction_id="i1", group="ann", question="Where is my parcel?", split=Split.SEALED
)
ELSE = interaction(9, customer="bob", question="I want my money back")


@pytest.mark.parametrize("split", [Split.SEALED, Split.DEV])
@pytest.mark.parametrize(
    ("feedback_id", "asked"),
    [
        ("f1", ELSE),
        ("f9", ELSE.model_copy(update={"id": "i1"})),
        ("f9", ELSE.model_copy(update={"customer": "ann"})),
        ("f9", ELSE.model_copy(update={"customer": "", "episode_id": "ann"})),
        ("f9", ELSE.model_copy(update={"question": "Where is my parcel?"})),
        ("f9", ELSE.model_copy(update={"question": "  where is MY parcel "})),
    ],
    ids=["the feedback", "the interaction", "the customer", "the episode", "the question", "the same words"],
)
def test_each_rule_alone_holds_out(split: Split, feedback_id: str, asked: object) -> None:
    guard = HeldOut.of([EXAMINED.model_copy(update={"split": split})])
    assert guard.covers(feedback_id, asked)  # type: ignore[arg-type]
    assert not guard.covers("f9", ELSE)


def test_what_may_teach_anyway_holds_nothing_out() -> None:
    log = EXAMINED.model_copy(update={"split": Split.LOG})
    assert not HeldOut.of([log]).covers("f1", interaction(1, customer="ann", question="Where is my parcel?"))


def test_an_empty_question_or_source_holds_out_nobody_else() -> None:
    bare = case(2, group="", question=" ?! ", feedback_id=None, interaction_id=None)
    nameless = interaction(3, question="...", customer="", episode_id="e3")
    assert not HeldOut.of([bare]).covers("f3", nameless)
    assert group_of(nameless) == "e3"


def test_a_group_drawn_to_examine_teaches_nobody_while_it_waits_for_somebody_who_may() -> None:
    limits = Limits(dev_share=0.2, sealed_share=0.2)
    drawn = {"low": 0.0, "middle": 0.5, "high": 0.99, "settled": 0.0, "": 0.0}

    def waiting(**fields: object) -> frozenset[str]:
        some = agent(limits=limits, **fields)
        return waiting_groups(drawn, agent=some, settled={"settled": Split.LOG}, draw=lambda _, group: drawn[group])

    assert waiting() == {"low", "high"}
    assert HeldOut.of([], waiting=waiting()).covers("f9", interaction(9, customer="low"))
    assert waiting(trusted_authors=("dana",)) == frozenset(), "where people are named, a group teaches until they speak"
