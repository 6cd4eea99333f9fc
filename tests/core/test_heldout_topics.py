"""Held-out topics: a broad change leaves some out, so that what it does not teach is measured; the next may."""

import hashlib
from collections import Counter
from dataclasses import replace

import pytest

from loop.change import footprint, operations
from loop.evaluate import grade
from loop.heldout import HeldOut
from loop.limits import EACH_CLASS
from loop.records import (
    Bundle,
    ChangeExamples,
    Example,
    FeedbackItem,
    FeedbackKind,
    FeedbackState,
    Grading,
    ProposalItem,
    ProposalState,
    Proposer,
    Split,
)
from loop.update import UpdateWork
from loop.update.heldout_topics import FEWEST, LARGEST, left_out
from loop.update.proposers.examples import ExampleProposer
from tests.asking import ask_local
from tests.builders import NOON, agent, case, feedback, interaction, proposal, report
from tests.core.test_update import issue, version

TOPICS = ("kettle", "parasol", "heater", "lamp", "rug", "desk", "sofa", "mirror", "shelf", "clock", "stool", "vase")
FRAMES = ("my {} broke", "send the {} back", "where is the {}", "a {} for my mother", "the {} is late", "price of a {}")


SEEN = tuple(
    Example(id=f"seen {topic} {n}", question=f"zq{place} n{n}", label=topic)
    for place, topic in enumerate(TOPICS)
    for n in range(EACH_CLASS)
)
"""What the base teaches: as much of each as a bundle has room for."""


def draw_of(base: str):  # type: ignore[no-untyped-def]
    """A draw that follows from the base and the topic."""
    return lambda topic: int.from_bytes(hashlib.sha256(f"{base}:{topic}".encode()).digest()[:8], "big") / 2**64


def work(topics: tuple[str, ...] = TOPICS, *, base: str = "one", examples: tuple[Example, ...] = SEEN) -> UpdateWork:
    """Six corrections of each topic by different people, with their log cases."""
    items, interactions, cases = {}, {}, []
    behind: dict[str, list[str]] = {topic: [] for topic in topics}
    for number in range(6 * len(topics)):
        topic = topics[number % len(topics)]
        asked = interaction(number, question=FRAMES[number // len(topics)].format(topic), label=None, answer="")
        given = feedback(number, label=topic, author=f"a{number % 9}")
        interactions[asked.id], items[given.id] = asked, FeedbackItem(feedback=given, state=FeedbackState.VALID)
        behind[topic].append(given.id)
        linked = {"feedback_id": given.id, "interaction_id": asked.id}
        cases.append(case(number, split=Split.LOG, question=asked.question, expected=topic, **linked))
    bundle = Bundle(examples=examples)
    return UpdateWork(
        agent=agent(), held_out=HeldOut.of(()), base=version(bundle), bundle=bundle,
        issues=[issue(topic, ids) for topic, ids in behind.items()], items=items, interactions=interactions,
        cases=cases, earlier=(), reasons={}, ask=ask_local, grade=grade, model=None, boundary="b", now=NOON,
        draw=draw_of(base),
    )  # fmt: skip


def taught(given: UpdateWork) -> set[str]:
    (idea,) = ExampleProposer().propose(given).ideas
    (change,) = idea.operations
    assert isinstance(change, ChangeExamples)
    return {one.label or "" for one in change.add}


def spared(base: str, *, tried: int = 0) -> set[str]:
    return set(left_out(dict.fromkeys(TOPICS, 6), known=TOPICS, draw=lambda topic: draw_of(base)(f"{tried}:{topic}")))


@pytest.mark.parametrize("base", ["one", "two", "three"])
def test_a_bundle_teaches_all_but_what_was_drawn_for_its_base(base: str) -> None:
    assert 1 <= len(spared(base)) <= 4
    assert taught(work(base=base)) == set(TOPICS) - spared(base)


def test_what_one_base_leaves_out_another_teaches() -> None:
    assert set().union(*(taught(work(base=base)) for base in ("one", "two", "three"))) == set(TOPICS)
    assert len({frozenset(spared(base)) for base in ("one", "two", "three")}) > 1


def test_a_bundle_that_was_tested_and_waits_makes_the_next_one_teach_what_it_left_out() -> None:
    """Otherwise a few topics that lose for being left behind hold back all that is learned around them."""
    given = work()
    assert spared("one", tried=1) != spared("one")

    def tried(base_digest: str) -> ProposalItem:
        made = proposal("b1", base_digest=base_digest, proposer=Proposer.EXAMPLES)
        return ProposalItem(proposal=made, state=ProposalState.STALE, report=report(made))

    here, elsewhere = tried(given.base.digest), tried("b" * 64)
    assert taught(replace(given, earlier=(here,))) == set(TOPICS) - spared("one", tried=1)
    untested = here.model_copy(update={"report": None})
    assert taught(replace(given, earlier=(elsewhere, untested))) == set(TOPICS) - spared("one")


def test_its_cases_there_are_untaught_and_the_rationale_names_them() -> None:
    given = work()
    (idea,) = ExampleProposer().propose(given).ideas
    touched = operations.footprint_of(idea.operations, given.bundle)
    untaught = {one.expected for one in given.cases if not footprint.is_taught(one, by=touched)}
    assert untaught == spared("one")
    assert all(topic in idea.rationale.split("Left out, so that")[1] for topic in untaught)


def test_what_the_base_teaches_little_of_is_never_left_out() -> None:
    assert taught(work(examples=())) == set(TOPICS)
    known, little = SEEN[: 9 * EACH_CLASS], SEEN[9 * EACH_CLASS :: EACH_CLASS]
    assert taught(work(examples=known + little, base="two")) >= set(TOPICS[9:])
    assert not taught(work(examples=known + little, base="two")) >= set(TOPICS[:9])


def test_nothing_is_left_out_while_much_is_not_taught_at_all() -> None:
    """What is taught answers for what is not, and would lose to all that comes."""
    assert taught(work(examples=SEEN[: 7 * EACH_CLASS], base="two")) == set(TOPICS)


def test_with_few_topics_nothing_is_left_out() -> None:
    few = TOPICS[: FEWEST - 1]
    assert taught(work(few)) == set(few)
    assert taught(replace(work(), draw=None)) == set(TOPICS), "nor where nothing is drawn"


def test_when_hardly_anything_else_is_left_to_learn_it_is_taught() -> None:
    unlucky = TOPICS[:5]
    known = tuple(
        Example(id=f"x{topic}{place}", question=frame.format(topic), label=topic)
        for topic in TOPICS[5:]
        for place, frame in enumerate(FRAMES[:5])
    )
    known += tuple(one for one in SEEN if one.label in unlucky)
    given = replace(work(examples=known), draw=lambda topic: 0.0 if topic in unlucky else 0.9)
    assert left_out(dict.fromkeys(TOPICS, 6), known=TOPICS, draw=lambda topic: 0.0 if topic in unlucky else 0.9) == set(
        unlucky
    )
    assert taught(given) >= set(unlucky)


def test_a_topic_that_most_is_about_is_never_left_out_and_one_always_is() -> None:
    counts = {f"t{number}": 10 for number in range(20)}
    drawn: Counter[str] = Counter()
    for base in range(400):
        found = left_out(counts | {"large": 1_000}, known={*counts, "large"}, draw=draw_of(str(base)))
        assert "large" not in found
        assert found
        drawn.update(found)
    assert 10 * LARGEST < 1_000
    assert min(drawn.values()) > 20
    assert sum(drawn.values()) / 400 == pytest.approx(2.1, abs=0.4)


def test_a_new_topic_moves_no_other() -> None:
    counts = {f"t{number}": 10 for number in range(40)}
    before, after = (left_out(some, known=set(some), draw=draw_of("b")) for some in (counts, counts | {"new": 1}))
    assert before == after - {"new"}


def test_a_text_agent_leaves_out_subjects() -> None:
    given = work()
    texts = {}
    for key, item in given.items.items():
        said = {"label": None, "kind": FeedbackKind.EDIT, "text": f"About your {item.feedback.label}."}
        texts[key] = item.model_copy(update={"feedback": item.feedback.model_copy(update=said)})
    asked = {
        key: one.model_copy(update={"topic": TOPICS[int(key[1:]) % 12]}) for key, one in given.interactions.items()
    }
    graded = replace(given, items=texts, interactions=asked, agent=agent(grading=Grading.TEXT), cases=())
    (idea,) = ExampleProposer().propose(graded).ideas
    (change,) = idea.operations
    assert isinstance(change, ChangeExamples)
    assert {one.label for one in change.add} == set(TOPICS) - spared("one")
