"""The demo's world keeps its word: authored, deterministic, and reacting to nothing but the truth."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from loop.agent.local import LocalAgent
from loop.change.operations import apply_all
from loop.demo.company import SLUG, Topic, Truth, start_bundle, topics
from loop.demo.people import cast
from loop.demo.reactions import is_right
from loop.demo.script import SCRIPT, Draft
from loop.demo.world import DAYS, World
from loop.records import Answer, FeedbackKind, Interaction, Question

TODAY = date(2026, 7, 1)
EDITS = (FeedbackKind.EDIT,)


@pytest.fixture(scope="module")
def world() -> World:
    return World(0, until=TODAY)


def everything(world: World) -> list[Interaction]:
    return [one for day in world.days() for one in day.questions]


def truths(topic: Topic) -> list[Truth]:
    return [topic] if topic.variant is None else [topic, topic.variant]


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.title)
def test_every_topic_has_many_ways_to_ask(topic: Topic) -> None:
    assert (
        len(set(topic.questions)) == len(topic.questions) >= (8 if topic.disputed else 15 if topic.hands_over else 25)
    )


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.title)
def test_every_authored_reply_states_its_own_facts(topic: Topic) -> None:
    for truth in truths(topic):
        if truth.hands_over:
            continue
        for words in (truth.reply, *truth.edits):
            assert is_right(Answer(text=words, label=truth.label, method="case"), truth=truth), words


def test_a_variant_is_told_from_its_topic_by_the_reply() -> None:
    for topic in topics():
        if topic.variant is not None:
            assert not is_right(Answer(text=topic.reply, method="case"), truth=topic.variant)
            assert not is_right(Answer(text=topic.variant.reply, method="case"), truth=topic)


def test_the_same_seed_makes_the_same_world(world: World) -> None:
    again, other = World(0, until=TODAY), World(1, until=TODAY)
    assert again.days() == world.days()
    assert again.start() == world.start()
    assert other.days() != world.days()


def test_the_date_moves_the_days_and_nothing_else(world: World) -> None:
    later = World(0, until=date(2026, 11, 20))
    told, again = ([(one.id, one.question, one.context) for one in everything(each)] for each in (world, later))
    assert told == again


def test_the_last_day_is_yesterday(world: World) -> None:
    days = world.days()
    assert len(days) == DAYS
    assert (TODAY - days[-1].date).days == 1
    assert all(one.at < datetime(2026, 7, 1, tzinfo=UTC) for one in everything(world))


@pytest.mark.parametrize("seed", range(3))
def test_questions_rarely_repeat_and_are_many(seed: int) -> None:
    asked = [one.question for one in everything(World(seed, until=TODAY))]
    assert 2_000 <= len(asked) <= 2_600
    assert len(set(asked)) >= 0.85 * len(asked)
    assert not any("{" in text or "}" in text for text in asked)


def test_interactions_carry_typed_facts_and_belong_to_the_demo(world: World) -> None:
    for one in everything(world):
        assert one.agent == SLUG
        assert set(one.context) == {"region", "plan", "device", "channel", "order_value", "days_since_order"}


def test_the_new_problem_is_unknown_before_it_starts_and_to_the_first_version(world: World) -> None:
    first = min(one.at for one in everything(world) if world.truth(one.id).label == "pump_hum")
    assert first >= world.moment(next(topic.from_day for topic in topics() if topic.label == "pump_hum"))
    assert not any(example.label == "pump_hum" for example in world.start().bundle.examples)


def test_the_first_version_is_useful_and_far_from_good(world: World) -> None:
    asked = everything(world)
    agent = LocalAgent(world.start().bundle)
    answers = agent.answer([Question(text=one.question, context=one.context) for one in asked])
    right = sum(is_right(answer, truth=world.truth(one.id)) for one, answer in zip(asked, answers, strict=True))
    assert 0.38 <= right / len(asked) <= 0.6


def test_the_first_version_states_the_wrong_refund_time_and_staff_keep_correcting_it(world: World) -> None:
    example = next(one for one in world.start().bundle.examples if one.label == "refund_time")
    answer = Answer(text=example.answer, label="refund_time", method="head")
    edits = [
        said.text
        for one in everything(world)
        if world.truth(one.id).label == "refund_time"
        for said in world.react(one, answer=answer)
        if said.kind is FeedbackKind.EDIT and said.label == "refund_time"
    ]
    assert len(edits) > 40
    assert all("5 business days" in text for text in edits)


def test_reactions_are_the_same_every_time_and_follow_the_answer(world: World) -> None:
    one = next(one for one in everything(world) if world.truth(one.id).label == "leak")
    right = Answer(text=world.truth(one.id).reply, label="leak", method="head")
    assert world.react(one, answer=right) == world.react(one, answer=right)


def test_right_answers_are_sent_as_they_are_and_wrong_ones_rewritten(world: World) -> None:
    plain = [
        one
        for one in everything(world)
        if one.customer.startswith("customer-") and not (world.truth(one.id).hands_over or world.truth(one.id).disputed)
    ]
    kept, changed = Counter[bool](), Counter[bool]()
    for one in plain:
        good = _answer(world.truth(one.id))
        bad = Answer(text="No.", label="none", method="head")
        kept.update(_rewrote(said.text, good) for said in world.react(one, answer=good) if said.kind in EDITS)
        changed.update(_rewrote(said.text, bad) for said in world.react(one, answer=bad) if said.kind in EDITS)
    assert kept[True] < 0.1 * kept.total()  # honest mistakes
    assert changed[True] == changed.total()


def test_customers_prefer_right_answers(world: World) -> None:
    def mean(is_good: bool) -> float:
        values = [
            said.value
            for one in everything(world)
            for said in world.react(
                one,
                answer=_answer(world.truth(one.id)) if is_good else Answer(text="No.", label="none", method="head"),
            )
            if said.author.startswith("customer-") and said.value is not None
        ]
        return sum(values) / len(values)

    assert mean(True) > 0.75 > 0.45 > mean(False)


def test_the_brigade_is_a_few_accounts_in_one_night_who_claim_the_same(world: World) -> None:
    brigade = cast().brigade
    raided = [one for one in everything(world) if one.customer in brigade.accounts]
    planted = [said for one in raided for said in world.react(one, answer=_answer(world.truth(one.id)))]
    assert {said.author for said in planted} == set(brigade.accounts)
    assert len(planted) == len(brigade.accounts) * brigade.per_account
    assert {said.text for said in planted} == set(brigade.claims)
    assert (max(said.at for said in planted) - min(said.at for said in planted)).total_seconds() < 3_700


def test_injections_are_planted_and_other_days_are_clean(world: World) -> None:
    assert len(world.incidents(world.days()[cast().injection.day])) == len(cast().injection.texts)
    assert world.incidents(world.days()[3]) == ()


def test_ids_are_never_used_twice(world: World) -> None:
    asked = everything(world)
    said = [
        one.id for each in asked for one in world.react(each, answer=Answer(text="No.", label="none", method="head"))
    ]
    said += [one.id for day in world.days() for one in world.incidents(day)]
    assert len({one.id for one in asked}) == len(asked)
    assert len(set(said)) == len(said)


def test_what_people_draft_fits_the_first_version() -> None:
    bundle = start_bundle(seed=0)
    for beats in SCRIPT.values():
        for beat in beats:
            if isinstance(beat, Draft):
                assert apply_all(bundle, beat.sketch.operations) != bundle


def _answer(truth: Truth) -> Answer:
    if truth.hands_over:
        return Answer(method="handover")
    return Answer(text=truth.reply, label=truth.label, method="head")


def _rewrote(text: str, answer: Answer) -> bool:
    return text != answer.text
