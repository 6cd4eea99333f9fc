"""What was learned from feedback that may no longer teach is proposed for unlearning."""

from datetime import timedelta

from loop import update
from loop.change import operations
from loop.evaluate import grade
from loop.heldout import HeldOut
from loop.records import Bundle, ChangeExamples, FeedbackItem, FeedbackState, StakesLevel, Version
from tests import builders
from tests.asking import ask_local

ASKED = (
    ("parcel", "where has my parcel gone"),
    ("parcel", "the courier never rang"),
    ("parcel", "tracking shows nothing since monday"),
    ("invoice", "please send the bill again"),
    ("invoice", "tax number missing on the receipt"),
    ("invoice", "download statement as pdf"),
    ("password", "cannot sign in any more"),
    ("password", "reset link has expired"),
    ("password", "locked out after three tries"),
    ("cancel", "stop my subscription"),
    ("cancel", "close the account for good"),
    ("cancel", "end the contract next month"),
)


def work(*, tainted: frozenset[str], bundle: Bundle, **fields: object) -> update.UpdateWork:
    filled: dict[str, object] = {
        "agent": builders.agent(),
        "base": Version(
            agent="desk", number=3, digest=bundle.digest, parent=2, proposal_id=None, created_at=builders.NOON
        ),
        "bundle": bundle,
        "issues": (),
        "items": {},
        "interactions": {},
        "cases": (),
        "held_out": HeldOut.of(()),
        "earlier": (),
        "reasons": {},
        "ask": ask_local,
        "grade": grade,
        "model": None,
        "boundary": "b",
        "now": builders.at(5),
        "tainted": tainted,
    }
    return update.UpdateWork(**(filled | fields))  # type: ignore[arg-type]


def taught() -> Bundle:
    return builders.bundle(
        examples=(
            builders.example(1, feedback_id="f1"),
            builders.example(2, feedback_id="f2"),
            builders.example(3),
        )
    )


def test_examples_of_tainted_feedback_are_proposed_for_removal_and_the_others_stay() -> None:
    bundle = taught()
    (proposal,) = update.step(work(tainted=frozenset({"f2"}), bundle=bundle)).proposals
    assert proposal.proposer == "unlearning"
    assert proposal.evidence == ("f2",)
    after = operations.apply_all(bundle, proposal.operations)
    assert [one.id for one in after.examples] == ["x1", "x3"]
    assert proposal.stakes.level is StakesLevel.MEDIUM


def test_nothing_is_unlearned_while_nothing_is_tainted() -> None:
    assert update.step(work(tainted=frozenset(), bundle=taught())).proposals == ()


def test_a_bundle_that_teaches_also_unlearns_what_is_tainted() -> None:
    items, interactions = {}, {}
    for number, (intent, question) in enumerate(ASKED, start=10):
        interactions[f"i{number}"] = builders.interaction(number, question=question, label=intent)
        items[f"f{number}"] = FeedbackItem(
            feedback=builders.feedback(number, label=intent, at=builders.NOON + timedelta(minutes=number)),
            state=FeedbackState.VALID,
        )
    cases = tuple(
        builders.case(number, split="log", question=interaction.question + " now", expected=interaction.label)
        for number, interaction in enumerate(interactions.values())
    )
    bundle = taught().model_copy(update={"examples": taught().examples[:1]})
    outcome = update.step(
        work(tainted=frozenset({"f1"}), bundle=bundle, items=items, interactions=interactions, cases=cases)
    )
    bundles = [one for proposal in outcome.proposals for one in proposal.operations if isinstance(one, ChangeExamples)]
    teaching = [one for one in bundles if one.add]
    assert teaching, "answers that people confirmed are taught too"
    assert all("x1" in one.remove for one in teaching)
    assert not [one for one in outcome.proposals if one.proposer == "unlearning"], "a change of its own decides nothing"
    assert any("takes the same examples out" in reason for reason in outcome.held_back)
