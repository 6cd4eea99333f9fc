"""Honest people pass: outages, positions that are nobody's name, majorities that are sure, the first weeks."""

import random
from typing import Any

import pytest

from loop.records import FeedbackItem, FeedbackKind, FeedbackState, Grading, Judged, is_person, person_of
from loop.validate import MemoryKnowledge, settle, thinness, topic_in_words
from loop.validate.crowds import CROWD, episodes, kind_of
from tests.builders import agent, at, feedback, interaction
from tests.core.test_validate_incremental import rechecked

HOUR, DAY = 60, 1_440
"""Minutes, as `at` counts."""
OUTAGE = "the app does not load since this morning"
LABELS = tuple(f"topic{number}" for number in range(6))
SHARED = tuple(f"plain{first}{second}" for first in "abcd" for second in "abcdefghij")


def own_word(label: int, number: int) -> str:
    """One of ten words that only one label has."""
    return f"mark{chr(97 + label)}{chr(97 + number)}"


class Desk:
    """A world that grows in the order things are said."""

    def __init__(self, seed: int = 1, **fields: Any) -> None:
        self.draw = random.Random(seed)
        self.agent = agent(**fields)
        self.known = MemoryKnowledge()

    def question(self, label: int) -> str:
        own = [own_word(label, self.draw.randrange(10)) for _ in range(4)]
        words = own + self.draw.sample(SHARED, 5)
        self.draw.shuffle(words)
        return " ".join(words)

    def say(self, author: str, question: str, *, minute: float, asked: int | None = None, **said: Any) -> str:
        number = len(self.known.items) + 1
        target = asked if asked is not None else number
        fields = {"label": None, "answer": ""} | said.pop("asked_as", {})
        made = interaction(target, question=question, at=at(minute), **fields)
        self.known.asked.setdefault(made.id, made)
        given = feedback(
            number,
            interaction_id=made.id,
            author=author,
            at=at(minute),
            received_at=at(minute),
            **{"label": None} | said,
        )
        self.known.items[given.id] = FeedbackItem(feedback=given, state=FeedbackState.NEW, seq=number)
        self.known.list_of["facts"][given.id] = 1
        return given.id

    def ordinary(self, count: int, *, days: float = 10, noise: float = 0.0) -> None:
        for place in range(count):
            truth = self.draw.randrange(len(LABELS))
            said = self.draw.randrange(len(LABELS)) if self.draw.random() < noise else truth
            minute = days * DAY * place / count
            self.say(f"rater{place % 12}", self.question(truth), minute=minute, label=LABELS[said])

    def settle(self) -> None:
        settle(self.known, self.agent, now=at(99_999), seed=0)

    def states(self, ids: list[str]) -> set[FeedbackState]:
        return {self.known.items[key].state for key in ids}

    def topics(self) -> list[dict[str, Any]]:
        return [dict(body) for (kind, _), body in self.known.documents.items() if kind == "topic" and body]

    def taught(self) -> set[str]:
        cited = {key for one in self.known.issues.values() if one.is_supported for key in one.sides[0].feedback_ids}
        return cited | {case.feedback_id or "" for case in self.known.cases.values()}


def outage(desk: Desk, *, people: int = 40, day: float = 12, over: float = 2 * HOUR, **said: Any) -> list[str]:
    """Strangers who say the same within hours."""
    return [
        desk.say(f"customer{place}", OUTAGE, minute=day * DAY + over * place / people, **said)
        for place in range(people)
    ]


@pytest.mark.parametrize("trusted", [(), ("lead",)])
@pytest.mark.parametrize(
    "said",
    [
        {"label": "outage"},
        {"kind": FeedbackKind.THUMBS, "value": 0.0, "text": OUTAGE, "seconds_to_answer": 0.3},
        {"kind": FeedbackKind.COMMENT, "text": OUTAGE},
    ],
    ids=["a label", "thumbs down", "comments"],
)
def test_an_outage_in_the_same_words_is_an_emerging_topic_and_nobody_is_held(
    trusted: tuple[str, ...], said: dict[str, Any]
) -> None:
    desk = Desk(trusted_authors=trusted)
    desk.ordinary(240)
    ids = outage(desk, **said)
    desk.settle()
    assert desk.states(ids) == {FeedbackState.VALID}
    (topic,) = desk.topics()
    assert topic["people"] == 40
    assert topic["since"] == desk.known.judged[ids[0]].at
    assert topic_in_words(topic).startswith("40 people since ")
    assert OUTAGE in topic_in_words(topic)
    assert not desk.taught() & set(ids)


def test_an_outage_that_strangers_write_into_answers_waits_and_is_a_topic_until_somebody_known_says_it() -> None:
    """What everybody would be told is not theirs to decide, however many they are; that they are many shows."""
    desk = Desk(trusted_authors=("lead",), grading=Grading.TEXT)
    desk.ordinary(240)
    said = {"kind": FeedbackKind.EDIT, "text": f"Sorry, {OUTAGE}.", "asked_as": {"answer": "Try again later."}}
    ids = outage(desk, **said)
    desk.settle()
    assert desk.states(ids) == {FeedbackState.HELD}
    (topic,) = desk.topics()
    assert (topic["people"], topic["is_known"]) == (40, False)
    desk.say("lead", OUTAGE, minute=13 * DAY, **said)
    desk.settle()
    assert desk.states(ids) == {FeedbackState.VALID}
    assert [one["is_known"] for one in desk.topics()] == [True]
    assert rechecked(desk.known, desk.agent) == ()


def test_a_text_that_turns_out_to_be_a_copy_counts_for_nothing_any_more() -> None:
    """Twice may be a slip; once somebody said it three times, the second was a copy as well."""
    desk = Desk(trusted_authors=("lead",), grading=Grading.TEXT)
    said = {"kind": FeedbackKind.EDIT, "text": "Refunds take 5 days.", "asked_as": {"answer": "We will see."}}
    first, second = (desk.say("ann", "how long does it take", minute=day * DAY, **said) for day in (1, 2))
    desk.settle()
    assert {one.counts for one in desk.known.sayings("feedback_id", [first, second])} == {True}
    third = desk.say("ann", "how long does it take", minute=3 * DAY, **said)
    desk.settle()
    assert {one.counts for one in desk.known.sayings("feedback_id", [second, third])} == {False}
    assert rechecked(desk.known, desk.agent) == ()


def test_an_outage_in_peoples_own_words_is_an_emerging_topic() -> None:
    desk = Desk()
    desk.ordinary(240)
    ids = [
        desk.say(f"customer{place}", desk.question(2), minute=12 * DAY + 3 * place, label=LABELS[2])
        for place in range(40)
    ]
    desk.settle()
    assert desk.states(ids) == {FeedbackState.VALID}
    assert [(topic["people"], topic["choice"]) for topic in desk.topics()] == [(40, LABELS[2])]


def test_what_is_usual_is_no_topic() -> None:
    desk = Desk()
    desk.ordinary(240)
    for place in range(360):
        minute = 10 * DAY * place / 360
        desk.say(f"customer{place}", desk.question(place % 3), minute=minute, label=LABELS[place % 3])
    desk.settle()
    assert desk.topics() == []


def test_a_handful_of_accounts_in_chorus_is_held_as_before() -> None:
    desk = Desk()
    desk.ordinary(240)
    ids = outage(desk, people=CROWD - 1, over=5, label="outage")
    desk.settle()
    assert desk.states(ids) == {FeedbackState.HELD}
    assert desk.topics() == []


@pytest.mark.parametrize("history", [0, 240])
def test_a_flood_in_one_message_teaches_nothing_until_somebody_known_says_the_same(history: int) -> None:
    """Also where nobody has a record yet, and number is all there is."""
    desk = Desk(trusted_authors=("lead",))
    desk.ordinary(history)
    ids = outage(desk, label="outage")
    desk.settle()
    assert not desk.taught() & set(ids)
    desk.say("lead", OUTAGE, minute=13 * DAY, label="outage")
    desk.settle()
    if not history:
        assert desk.taught() & set(ids)
    assert rechecked(desk.known, desk.agent) == ()


def test_the_same_words_after_days_of_silence_are_another_event() -> None:
    desk = Desk()
    for number in range(CROWD + 2):
        late = 5 * DAY * (number >= CROWD // 2 + 1)
        desk.say(f"user{number}", OUTAGE, minute=late + number, kind=FeedbackKind.LABEL, label=LABELS[0])
    rows = list(judged(desk).values())
    assert [len(episode) for episode in episodes(rows)] == [CROWD // 2 + 1, CROWD // 2 + 1]
    assert {kind_of(episode) for episode in episodes(rows)} == {""}


def judged(desk: Desk) -> dict[str, Judged]:
    settle(desk.known, desk.agent, now=at(60 * DAY), seed=0)
    return desk.known.judged


def test_a_wrong_label_said_over_and_over_for_weeks_is_seen_as_a_repeat() -> None:
    desk = Desk(trusted_authors=("lead",))
    desk.ordinary(240)
    asked = desk.question(2)
    ids = [
        desk.say(f"one-off{place % 60}", asked, minute=30 * DAY * place / 120, label=LABELS[4]) for place in range(120)
    ]
    desk.settle()
    told = {flag.reason for key in ids for flag in desk.known.items[key].flags if flag.detector == "duplicate"}
    assert desk.states(ids) <= {FeedbackState.HELD, FeedbackState.QUARANTINED}
    assert any("accounts or more without a record" in reason for reason in told)
    assert not desk.taught() & set(ids)


def test_positions_in_a_row_are_nobodys_name_and_have_no_record() -> None:
    given = feedback(1, author="rater-1", source="import:a.jsonl", attributes={"author_is": "position"})
    assert not is_person(person_of(given))
    assert is_person(person_of(given.model_copy(update={"attributes": {}})))
    desk = Desk(grading=Grading.ARTICLE)
    for place in range(60):
        for seat in (1, 2, 3):
            desk.say(
                f"rater-{seat}", f"how does thing number {place} work", minute=10 * place, asked=place,
                kind=FeedbackKind.CSAT, value=float(desk.draw.random() < 0.5), text="the same five words every time",
                source="import:a.jsonl", attributes={"author_is": "position"},
            )  # fmt: skip
    desk.settle()
    assert desk.known.standing_of == {}
    assert {item.state for item in desk.known.items.values()} == {FeedbackState.VALID}


def test_a_sure_majority_of_raters_with_records_stands_and_an_unsure_one_waits() -> None:
    desk = Desk()
    contested: list[tuple[int, str]] = []
    for number in range(120):
        truth = desk.draw.choice(("yes", "no"))
        question = f"premise{number}a premise{number}b premise{number}c follows{number}d hence{number}e"
        for person in desk.draw.sample(range(15), 7):
            skill = 0.5 if person < 3 else 0.9
            said = truth if desk.draw.random() < skill else ("no" if truth == "yes" else "yes")
            desk.say(f"p{person}", question, minute=number * 30, asked=number, label=said)
        contested.append((number, truth))
    desk.settle()
    near = {row.interaction_id: str(row.near) for row in desk.known.judged.values()}
    bodies = [(desk.known.documents["near", near[f"i{number}"]], truth) for number, truth in contested]
    split = [(body, truth) for body, truth in bodies if len(body["sides"]) > 1]
    assert len(split) > 60
    assert sum(body["leading"] == truth for body, truth in split) / len(split) > 0.95
    assert sum(body["winner"] is None for body, _ in split) / len(split) < 0.1


@pytest.mark.parametrize("seed", range(4))
def test_where_everybody_is_equally_noisy_nobody_is_condemned(seed: int) -> None:
    desk = Desk(seed=seed)
    for number in range(120):
        truth = desk.draw.choice(("yes", "no"))
        question = f"premise{number}a premise{number}b premise{number}c follows{number}d hence{number}e"
        for person in desk.draw.sample(range(40), 4):
            said = truth if desk.draw.random() < 0.6 else ("no" if truth == "yes" else "yes")
            desk.say(f"p{person}", question, minute=number * 30, asked=number, label=said)
    desk.settle()
    judged = [one for one, _ in desk.known.standing_of.values() if one.judged >= 8]
    assert len(judged) > 20
    assert [one for one in judged if one.standing == "unreliable"] == []


@pytest.mark.parametrize(("noise", "recall", "honest"), [(0.0, 0.0, 0.02), (0.15, 0.7, 0.03)])
def test_slips_are_found_by_the_words_in_the_first_weeks_with_nobody_vouched_for(
    noise: float, recall: float, honest: float
) -> None:
    desk = Desk(seed=3)
    desk.ordinary(900, noise=noise)
    desk.settle()
    words = dict(desk.known.judged)
    wrong = {
        key for key, row in words.items()
        if f"mark{chr(97 + LABELS.index(row.choice))}" not in desk.known.asked[row.interaction_id].question
    }  # fmt: skip
    held = {key for key, item in desk.known.items.items() if item.state is not FeedbackState.VALID}
    assert len(held & wrong) >= recall * len(wrong)
    assert len(held - wrong) <= honest * (len(words) - len(wrong))


def test_newcomers_who_move_one_label_to_another_are_seen_together_where_none_is_seen_alone() -> None:
    desk = Desk(trusted_authors=("lead",))
    desk.ordinary(600)
    ids = []
    for place in range(40):
        mixed = " ".join([desk.question(2), *(own_word(4, (place + step) % 10) for step in (0, 3, 5))])
        ids.append(desk.say(f"visitor{place}", mixed, minute=DAY + 300 * place, label=LABELS[4]))
    honest = [
        desk.say(f"guest{place}", desk.question(5), minute=DAY + 310 * place, label=LABELS[5]) for place in range(40)
    ]
    desk.settle()
    leans = {key: body["leans"] for (kind, key), body in desk.known.documents.items() if kind == "lean"}
    assert leans == {LABELS[4]: True, LABELS[5]: False}
    assert desk.states(honest) == {FeedbackState.VALID}
    told = [flag.reason for key in ids for flag in desk.known.items[key].flags]
    assert sum("far more than usual looks like something else" in reason for reason in told) > len(ids) / 2
    assert rechecked(desk.known, desk.agent) == ()


def test_judging_with_nobody_vouched_for_is_said_to_be_thin_until_it_is_not() -> None:
    desk = Desk()
    assert "too little was said yet" in thinness(desk.agent, desk.known)
    desk.ordinary(120)
    desk.settle()
    assert "Nobody is vouched for" in thinness(desk.agent, desk.known) or "thin" in thinness(desk.agent, desk.known)
    assert thinness(agent(trusted_authors=("lead",)), desk.known) == ""
