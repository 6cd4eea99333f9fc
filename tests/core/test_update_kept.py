"""What people kept of a machine's bundle: the rest stays out, and a bundle drawn up again is no newcomer."""

from dataclasses import replace

from loop.records import ChangeExamples, Example, Proposal, ProposalItem, ProposalState, Proposer
from loop.update import step
from loop.update.history import standing
from tests.core.test_update import added, bundle_of, item, version, work

LEFT_OUT = 5


def kept_by_a_person(state: ProposalState) -> tuple[ProposalItem, ProposalItem]:
    """A bundle of which a person left the first examples out, and what they made of it."""
    found = work()
    idea = bundle_of(found)
    whole = item(idea, found, ProposalState.EDITED)
    part = idea.model_copy(
        update={
            "operations": (ChangeExamples(add=added(idea)[LEFT_OUT:]),),
            "proposer": Proposer.PERSON,
            "authors": ("dana",),
            "replaces": whole.proposal.id,
        }
    )
    return whole, item(part, found, state)


def examples_of(drafted: tuple[Proposal, ...]) -> set[tuple[str, str | None]]:
    return {
        (one.question, one.label)
        for proposal in drafted
        for operation in proposal.operations
        if isinstance(operation, ChangeExamples)
        for one in operation.add
    }


def test_what_a_person_kept_is_not_joined_by_a_machines_draft_of_the_same() -> None:
    for state in (ProposalState.DRAFTED, ProposalState.APPROVED, ProposalState.REJECTED):
        outcome = step(work(earlier=kept_by_a_person(state)))
        assert examples_of(outcome.proposals) == set()
        assert outcome.held_back


def test_what_a_person_left_out_of_a_bundle_never_comes_back() -> None:
    out = {(one.question, one.label) for one in added(bundle_of(work()))[:LEFT_OUT]}
    assert examples_of(step(work()).proposals) & out
    learned = examples_of(step(work(earlier=kept_by_a_person(ProposalState.LIVE))).proposals)
    assert learned, "the rest is learned, should it have been taken back"
    assert not learned & out


def test_a_bundle_drawn_up_again_on_a_new_version_goes_on_where_it_waited() -> None:
    found = work()
    first = bundle_of(found)
    stale = item(first, found, ProposalState.STALE)
    moved = found.bundle.model_copy(update={"examples": (Example(id="x", question="Good day?", answer="Good day."),)})
    again = replace(found, bundle=moved, base=version(moved, number=1), earlier=(stale,))
    (proposal,) = [one for one in step(again).proposals if one.proposer == "examples"]
    assert proposal.replaces == stale.proposal.id
    other = first.model_copy(update={"operations": (ChangeExamples(add=added(first)[: len(added(first)) // 3]),)})
    assert standing(other, work=again).replaces is None, "a bundle of other things is another one"
    followed = item(first.model_copy(update={"replaces": stale.proposal.id}), found, ProposalState.REJECTED)
    assert standing(other, work=replace(again, earlier=(stale, followed))).replaces is None
