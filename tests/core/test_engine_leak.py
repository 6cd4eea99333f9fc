"""What examines a version never teaches it, in a world like life: confirmed answers, repeated questions, regulars."""

import random
import re
from datetime import timedelta

import pytest

from loop import desk, engine, update
from loop.heldout import HIDDEN_SPLITS, HeldOut
from loop.ports import Parts
from loop.records import (
    Bundle,
    ChangeExamples,
    EvalCase,
    Example,
    Feedback,
    FeedbackKind,
    Interaction,
    Limits,
    ProposalState,
    Split,
)
from tests import fake_store
from tests.builders import at
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR

ENDINGS = ("", "?", "!", " ...", "?!", "  ")
PHRASES = {
    "refund": ("I want my money back for {}", "please refund {}", "how do I return {} for a refund"),
    "parcel": ("where is my parcel with {}", "track the delivery of {}", "has {} been shipped"),
    "password": ("I forgot my password for {}", "reset the login of {}", "cannot sign in to {}"),
    "invoice": ("send me the invoice for {}", "I need a bill for {}", "download the receipt of {}"),
}
THINGS = ("the blue kettle", "my lamp", "the desk", "a chair", "that rug", "the heater", "my account", "a parasol")


def arrive(parts: Parts, *, rows: int, seed: int) -> None:
    """Half of the answers were right and are confirmed; each question comes three times, from sixty regulars."""
    draw = random.Random(seed)
    truths = sorted(PHRASES)
    pool = [(draw.choice(PHRASES[one]).format(draw.choice(THINGS)) + f" ref {n}", one)
            for n in range(rows // 3) for one in [draw.choice(truths)]]  # fmt: skip
    interactions, feedback = [], []
    for number in range(rows):
        question, truth = draw.choice(pool)
        key, moment = f"{seed}-{number}", at(number)
        label = truth if draw.random() < 0.5 else draw.choice([one for one in truths if one != truth])
        question = (question.upper() if draw.random() < 0.2 else question) + draw.choice(ENDINGS)
        interactions.append(
            Interaction(id=f"i{key}", agent="desk", episode_id=f"e{key}", customer=f"c{draw.randrange(60)}", at=moment,
                        question=question, answer=f"It is about {label}.", label=label, version=0)
        )  # fmt: skip
        author = desk_world.LEADS[number % 2] if number % 4 < 2 else f"rater-{number % 7}"
        feedback.append(
            Feedback(id=f"f{key}", agent="desk", interaction_id=f"i{key}", kind=FeedbackKind.LABEL, label=truth,
                     author=author, source="dashboard", at=moment, received_at=moment)
        )  # fmt: skip
    parts.store.append(interactions=interactions, feedback=feedback)


@pytest.fixture(scope="module")
def lived() -> Parts:
    """An agent that learned for two rounds, with everything it drafted approved."""
    limits = Limits(dev_share=0.25, sealed_share=0.25, undo_seconds=0)
    agent = desk_world.agent().model_copy(update={"limits": limits})
    parts = fake_store.parts_on(fake_store.FakeStore(agent, Bundle()))
    for seed in range(2):
        arrive(parts, rows=160, seed=seed)
        engine.turn(parts)
        for item in parts.store.proposals([ProposalState.WAITING])[:1]:
            seen = item.evidence_digest
            desk.approve(parts, item.proposal.id, actor=OPERATOR, seen_digest=seen, reason="I insist")
        engine.turn(parts)
    return parts


def taught(parts: Parts) -> list[Example]:
    """Everything that was ever proposed or live."""
    drafted = [one for item in parts.store.proposals() for one in item.proposal.operations]
    added = [example for one in drafted if isinstance(one, ChangeExamples) for example in one.add]
    return [*added, *parts.store.bundle(parts.store.head().digest).examples]


def sources(parts: Parts) -> list[tuple[Example, Feedback, Interaction]]:
    """Each with the feedback and the interaction it was made of."""
    made = []
    for example in taught(parts):
        said = parts.store.feedback_items([example.feedback_id or ""])[example.feedback_id or ""].feedback
        made.append((example, said, parts.store.interactions([said.interaction_id])[said.interaction_id]))
    return made


def words(text: str) -> tuple[str, ...]:
    """An idea of "the same question" that is not the guard's: letters and digits, however they are written."""
    return tuple(re.findall(r"\w+", text.casefold()))


def hidden(parts: Parts) -> list[EvalCase]:
    return parts.store.cases(HIDDEN_SPLITS)


def hidden_when_drafted(parts: Parts, example: Example) -> list[EvalCase]:
    """What examined the agent when this was first proposed. A lead's later word makes more examine: what was taught
    before it stays taught, and is no witness for a change that adds it.
    """
    cases: dict[str, EvalCase] = {}
    for changes in parts.store.commits:
        operations = [one for proposal in changes.proposals for one in proposal.operations]
        if any(example in one.add for one in operations if isinstance(one, ChangeExamples)):
            break
        cases |= {case.id: case for case in changes.cases if case.split in HIDDEN_SPLITS}
    return list(cases.values())


def test_the_world_walks_the_paths_that_could_leak(lived: Parts) -> None:
    made = sources(lived)
    splits = {case.split for case in hidden(lived)}
    assert splits == {Split.DEV, Split.SEALED}
    assert any(said.label == asked.label for _, said, asked in made), "answers that were confirmed teach"
    assert any(said.label != asked.label for _, said, asked in made), "and corrections do"
    assert lived.store.head().number > 0, "and something went live"
    items = [item.feedback for item in lived.store.feedback()]
    of_cases = {case.feedback_id for case in lived.store.cases()}
    asked = lived.store.interactions([one.interaction_id for one in items])
    groups, questions = {case.group for case in hidden(lived)}, {words(case.question) for case in hidden(lived)}
    uncased = [asked[one.interaction_id] for one in items if one.id not in of_cases]
    assert any(one.customer in groups and words(one.question) not in questions for one in uncased), "a regular's other"
    assert any(words(one.question) in questions and one.customer not in groups for one in asked.values()), "asked twice"


def test_nothing_taught_is_held_out_by_the_guards_own_idea(lived: Parts) -> None:
    for example, said, asked in sources(lived):
        assert not HeldOut.of(hidden_when_drafted(lived, example)).covers(said.id, asked)


def test_nothing_taught_was_asked_in_an_examination_whatever_its_punctuation(lived: Parts) -> None:
    for example in taught(lived):
        assert words(example.question) not in {words(case.question) for case in hidden_when_drafted(lived, example)}


def test_nothing_taught_comes_from_an_examined_answer_or_an_examined_customer(lived: Parts) -> None:
    for example, said, asked in sources(lived):
        cases = hidden_when_drafted(lived, example)
        assert said.id not in {case.feedback_id for case in cases}
        assert asked.id not in {case.interaction_id for case in cases}
        assert (asked.customer or asked.episode_id) not in {case.group for case in cases}


def handed_to_proposers(lived: Parts, monkeypatch: pytest.MonkeyPatch) -> update.UpdateWork:
    """What the next update stage would choose from."""
    handed: list[update.UpdateWork] = []

    def look(work: update.UpdateWork) -> update.UpdateOutcome:
        handed.append(work)
        return update.UpdateOutcome()

    monkeypatch.setattr(update, "step", look)
    engine.run_stage(lived, "update", defects=[])
    (work,) = handed
    return work


def test_nothing_proposers_may_choose_from_is_examined(lived: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is chosen: most of what leaks would not be chosen, and so would not be seen above."""
    work = handed_to_proposers(lived, monkeypatch)
    cases = hidden(lived)
    asked, groups = {words(case.question) for case in cases}, {case.group for case in cases}
    known_good = work.survey.known_good
    assert {bool(one.issue_id) for one in known_good} == {True, False}, "corrections and confirmations"
    assert [one.question for one in known_good if words(one.question) in asked] == []
    assert [one.interaction.customer for one in known_good if one.interaction.customer in groups] == []
    assert {one.split for one in work.cases} == {Split.LOG}, "who chooses on dev flatters it"


def test_what_a_bundle_leaves_out_is_drawn_with_the_secret_for_the_live_version(
    lived: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = handed_to_proposers(lived, monkeypatch)
    number = lived.store.head().number
    assert work.draw is not None
    drawn = [work.draw(topic) for topic in PHRASES]
    assert drawn == [lived.store.draw("leave out a topic", f"{number}:{topic}") for topic in PHRASES]
    assert len(set(drawn)) == len(drawn)


def test_a_later_examination_holds_out_what_was_not_taught_yet(lived: Parts) -> None:
    moment = lived.clock() + timedelta(minutes=1)
    guard = HeldOut.of(lived.store.cases())
    free = next(asked for _, said, asked in sources(lived) if not guard.covers(said.id, asked))
    assert not HeldOut.of(lived.store.cases()).covers("f-new", free.model_copy(update={"id": "i-new"}))
    examined = EvalCase(
        id="later", agent="desk", split=Split.SEALED, group="someone", question=free.question.upper() + " ?!",
        grading=lived.store.agent.grading, expected="refund", at=moment,
    )  # fmt: skip
    assert HeldOut.of([*lived.store.cases(), examined]).covers("f-new", free.model_copy(update={"id": "i-new"}))
