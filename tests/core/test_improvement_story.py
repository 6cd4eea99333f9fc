"""A manager's four sentences in a world whose story is known: they tell it, and nothing that is not so."""

import csv
import io
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from loop.improvement import Facts, as_csv, as_html, overview
from loop.improvement.gains import expected_gain
from loop.improvement.waiting import topic_counts, worst_topic
from loop.improvement.wording import version_title
from loop.records import Verdict
from loop.records.counts import DaySignal
from loop.records.improvement import Gain, Improvement, SentenceKey
from tests.manager_world import ANSWERS, DAYS, STORY, Change, World, waiting_item

SEEDS = range(12)
USELESS = (Change(1, 40, "A", 0.0), Change(2, 80, "B", 0.0), Change(3, 120, "C", 0.0))
WAITING = (
    waiting_item("small", verdict=Verdict.PROVED, gain=0.01, days=30),
    waiting_item("large", verdict=Verdict.PROVED, gain=0.04, days=9),
    waiting_item("unknown", verdict=Verdict.PROMISING, gain=None),
    waiting_item("bad", verdict=Verdict.HARMFUL, gain=-0.05),
)


@pytest.fixture(scope="module")
def told() -> dict[int, Improvement]:
    """The page of the world, by seed."""
    return {seed: overview(World(seed, waiting=WAITING).facts()) for seed in SEEDS}


def sentence(page: Improvement, key: SentenceKey) -> str:
    return next(one for one in page.sentences if one.key == key).text


def answer(page: Improvement, key: SentenceKey) -> str:
    return next(one for one in page.sentences if one.key == key).answer


def notes(page: Improvement, key: SentenceKey) -> str:
    return " ".join(next(one for one in page.sentences if one.key == key).notes)


# better ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_better_and_the_interval_holds_the_true_gain(told: dict[int, Improvement], seed: int) -> None:
    page = told[seed]
    assert answer(page, "better") == "Yes"
    assert "the 3 changes in force together make answers right" in sentence(page, "better")
    assert sentence(page, "better").startswith("On up to 800 fresh cases each, "), "not 2,400: they are the same cases"
    assert page.total is not None
    assert 0 < page.total.low <= World(seed).total() <= page.total.high
    assert f"{100 * page.total.effect:.1f} points more often" in sentence(page, "better")


def test_useless_changes_are_not_called_better_even_in_a_season() -> None:
    pages = [overview(World(seed, changes=USELESS).facts()) for seed in SEEDS]
    assert Counter(answer(page, "better") for page in pages) == {"Not shown": len(SEEDS)}


def test_changes_that_harm_are_called_worse_and_to_be_taken_back() -> None:
    for seed in SEEDS:
        page = overview(World(seed, changes=(Change(1, 60, "Be curt", -0.10),)).facts())
        assert answer(page, "better") == "No, worse"
        assert "less often" in sentence(page, "better")
        assert sentence(page, "next").startswith("Read v1 “Be curt”")
        assert "it looks worse on fresh cases, so take it back unless you know better" in sentence(page, "next")


def test_a_gain_on_cases_that_chose_the_changes_is_not_called_a_yes() -> None:
    world = World(0, changes=tuple(Change(one.number, one.day, one.title, one.gain, fresh=0) for one in STORY[:3]))
    facts = world.facts()
    head = facts.versions[-1].number
    flattering = [
        one.model_copy(update={"kind": "progress", "number": head})
        for one in World(0).facts().comparisons
        if one.number == 3
    ]
    page = overview(world.facts(comparisons=[*facts.comparisons, *flattering]))
    assert answer(page, "better") == "Not confirmed yet"
    assert "these also chose the changes (25 looks), so part of it is luck" in sentence(page, "better")


def test_before_anything_went_live_nothing_is_claimed() -> None:
    page = overview(World(0, changes=()).facts())
    assert (answer(page, "better"), answer(page, "why")) == ("Too early", "Nothing yet")
    assert page.total is None
    assert page.avoided == ()


def test_bad_answers_avoided_hold_what_is_true_and_say_what_they_assume(told: dict[int, Improvement]) -> None:
    for seed, page in told.items():
        world, last = World(seed), page.avoided[-1]
        kept = [one for one in STORY if one.ends is None]
        true = sum(ANSWERS * one.gain * (one.day <= n) for n in range(DAYS) for one in kept)
        assert last.low < true < last.high
        assert last.answers == ANSWERS * (DAYS - STORY[0].day)
        assert world.day(DAYS - 1) == last.day
        assert "If what is asked is like the fresh cases, about" in notes(page, "better")
        assert f"of the {last.answers:,} answers since would have been wrong before" in notes(page, "better")


def test_only_answers_of_a_version_with_the_change_count_and_others_are_said() -> None:
    world = World(1)
    page = overview(world.facts())

    def with_answers(number: int | None) -> Improvement:
        return overview(world.facts(answers=[one._replace(number=number) for one in world.facts().answers]))

    elsewhere, unknown = with_answers(0), with_answers(None)
    assert (elsewhere.avoided, unknown.avoided) == ((), ())
    assert "wrong before" not in notes(elsewhere, "better") + notes(unknown, "better")
    half = [one._replace(n=one.n // 2) for one in world.facts().answers]
    ramped = overview(world.facts(answers=[*half, *(one._replace(number=0) for one in half)]))
    assert ramped.avoided[-1].total == pytest.approx(page.avoided[-1].total / 2, abs=0.2)
    some = overview(world.facts(answers=[*half, *(one._replace(number=None) for one in half)]))
    n = some.avoided[-1].unknown
    assert n == ANSWERS // 2 * (DAYS - STORY[0].day)
    assert f"{n:,} more came without the version that gave them and are not counted." in notes(some, "better")


def test_bad_answers_avoided_grow_with_answers_and_start_at_the_first_change(told: dict[int, Improvement]) -> None:
    for seed, page in told.items():
        assert page.avoided[0].day >= World(seed).day(STORY[0].day)
        totals = [one.total for one in page.avoided]
        assert totals == sorted(totals)
        assert page.avoided[-1].low < page.avoided[-1].total < page.avoided[-1].high


# why -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", SEEDS)
def test_both_real_gains_are_named_and_the_harmful_release_was_taken_back(
    told: dict[int, Improvement], seed: int
) -> None:
    text = sentence(told[seed], "why")
    head, _, rest = text.partition("; ")
    assert head.startswith("Confirmed on fresh cases: v1 “Say refunds take 5 days, not 10 to 14”")
    assert "v3 “Ask for the parcel number first”" in head
    assert "v4 “Answer every invoice question with the terms” was taken back after 5 days" in rest
    assert "points lower" in rest, "what people said while it was live"


def test_the_useless_release_is_credited_no_more_often_than_chance_has_it(told: dict[int, Improvement]) -> None:
    standing = Counter(one.standing for page in told.values() for one in page.releases if one.number == 2)
    assert standing["confirmed"] + standing["worse"] <= 3, "one in ten by construction of the interval"
    assert standing["no clear effect"] + standing["coincided"] >= 9
    (seed,) = [seed for seed in SEEDS if told[seed].releases[1].standing == "no clear effect"][:1]
    assert "v2 “Greet people by their first name” shows no clear effect" in sentence(told[seed], "why")


def test_what_only_coincided_is_called_that() -> None:
    useless = (Change(1, 60, "New greeting", 0.0), Change(2, 61, "Shift", 0.10, verdict=Verdict.PROMISING, fresh=0))
    world = World(3, season=None, changes=useless[:1])
    lucky = World(3, season=None, changes=useless)
    page = overview(world.facts(signals=lucky.facts().signals, topics=lucky.facts().topics))
    (one,) = page.releases
    assert one.standing == "coincided"
    assert "only coincided with" in sentence(page, "why")
    assert answer(page, "why") == "Nothing shown"


def test_of_a_release_that_was_asked_too_little_nothing_is_said_and_not_that_it_did_nothing() -> None:
    late = Change(1, DAYS - 2, "New tone", 0.0, verdict=Verdict.NOT_ENOUGH_DATA, fresh=0)
    page = overview(World(1, season=None, changes=(late,)).facts())
    assert page.releases[0].standing == "not known"
    assert sentence(page, "why") == "Of v1 “New tone” nothing can be said yet."
    ruled_out = Change(1, DAYS - 2, "New tone", 0.0, verdict=Verdict.NO_EFFECT, fresh=0)
    page = overview(World(1, season=None, changes=(ruled_out,)).facts())
    assert sentence(page, "why") == "V1 “New tone” shows no clear effect."


def test_each_release_that_coincided_is_told_with_its_own_figure() -> None:
    world = World(3, season=None, changes=(Change(1, 60, "A", 0.0, fresh=0), Change(2, 90, "B", 0.0, fresh=0)))
    moved = World(3, season=None, changes=(Change(1, 60, "A", 0.12), Change(2, 90, "B", -0.12))).facts()
    facts = world.facts(signals=moved.signals, topics=moved.topics)
    lines = [one.model_copy(update={"verdict": ""}) for one in facts.changes]
    page = overview(replace(facts, changes=lines))
    first, second = ([gain.effect for gain in one.people if gain.is_clear] for one in page.releases)
    assert max(first) > 0 > min(second)
    text = sentence(page, "why")
    assert "V1 “A” only coincided with" in text
    assert "v2 “B” only coincided with" in text
    assert "its test" not in text


def test_a_change_that_was_proved_and_not_yet_confirmed_says_so() -> None:
    page = overview(World(1, changes=(Change(1, 170, "Quicker", 0.08, fresh=0),)).facts())
    assert sentence(page, "why").startswith("Proved in its test, and not yet confirmed: v1 “Quicker”")
    assert page.releases[0].standing == "proved"
    seen = page.releases[0].tested
    assert seen is not None
    assert f"{100 * seen.effect:+.1f} points seen, " in sentence(page, "why")
    assert "; +4.0 to be expected)" in sentence(page, "why")
    assert "; +4.0 to be expected" in as_html(page, name="Desk")


# cost ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", SEEDS)
def test_costs_are_counted_and_what_is_not_known_is_said(told: dict[int, Improvement], seed: int) -> None:
    text = sentence(told[seed], "cost")
    assert "people took over 4.4 of 100 answers, against 9.0 in the weeks before v1: −4.6 points (90 % interval" in text
    assert "and what people did here took about 2.2 hours by the journal" in text
    assert "The time is an estimate" in notes(told[seed], "cost")
    assert "money is not known" in text


def test_takeovers_nobody_reports_are_unknown_and_not_zero() -> None:
    facts = World(0).facts()
    page = overview(World(0).facts(signals=[row for row in facts.signals if row.kind != "takeover"]))
    assert "How often people take over is not known" in sentence(page, "cost")
    assert "0.0 of 100" not in sentence(page, "cost")


def test_where_no_time_is_on_record_none_is_told() -> None:
    page = overview(World(0).facts(work=[]))
    assert "no time of people is on record" in sentence(page, "cost")
    assert "0.0 h" not in as_html(page, name="Desk")


def without_takeovers(*, before: int = 0, after: int = DAYS) -> Improvement:
    """The page where takeovers are reported on the days between alone."""
    world = World(0)
    known = {world.day(n) for n in range(before, after)}
    rows = [row for row in world.facts().signals if row.kind != "takeover" or row.day in known]
    return overview(world.facts(signals=rows))


def test_takeovers_nobody_reports_are_drawn_and_listed_as_unknown() -> None:
    page = without_takeovers(before=DAYS)
    assert {one.takeovers for one in (*page.weeks, *page.months)} == {None}
    assert "0.0 %" not in as_html(page, name="Desk").partition("Month by month")[2]
    taken = [row for row in csv.DictReader(io.StringIO(as_csv(page))) if row["name"] == "taken over"]
    assert taken
    assert {(row["n"], row["value"]) for row in taken} == {("", "")}


def test_takeovers_that_are_reported_late_are_not_said_to_have_risen_from_none() -> None:
    page = without_takeovers(before=STORY[0].day + 60)
    assert "weeks before v1" not in sentence(page, "cost")
    assert "people took over 4.4 of 100 answers, against 5.0 in the 28 days before" in sentence(page, "cost")
    assert [one.takeovers is None for one in page.weeks] == sorted(
        (one.takeovers is None for one in page.weeks), reverse=True
    )
    begun = next(one for one in page.weeks if one.takeovers is not None)
    assert begun.watched < begun.answers, "days before the first report are days of which nothing is known"


def test_takeovers_that_are_not_reported_any_more_are_not_zero() -> None:
    page = without_takeovers(after=DAYS - 40)
    assert "not known, because no takeover was reported since 11 Oct" in sentence(page, "cost")
    assert page.weeks[-1].takeovers is None


def test_takeovers_of_the_newest_answers_are_still_to_come() -> None:
    facts = World(0).facts()
    newest = [row for row in facts.signals if row.kind == "takeover"][-3:]
    page, late = overview(facts), overview(World(0).facts(signals=[row for row in facts.signals if row not in newest]))
    assert sentence(late, "cost") == sentence(page, "cost")
    assert late.weeks[-1].takeovers == page.weeks[-1].takeovers


def test_money_is_told_where_prices_and_outcomes_are_known() -> None:
    facts = World(0).facts()
    priced = [one._replace(priced=one.n, money=0.01 * one.n) for one in facts.answers]
    rate = sum(row.good for row in facts.signals if row.kind == "outcome" and row.day >= "2026-10-24") / sum(
        row.n for row in facts.signals if row.kind == "outcome" and row.day >= "2026-10-24"
    )
    page = overview(World(0).facts(answers=priced))
    assert "an answer costs $0.0100 in model calls, about " in sentence(page, "cost")
    assert f"about ${0.01 / rate:.4f} for each one that solved the problem" in sentence(page, "cost")
    assert "a conversation of four answers costs four times that" in notes(page, "cost")
    silent = [row for row in facts.signals if row.kind != "outcome"]
    page = overview(World(0).facts(answers=priced, signals=silent))
    assert "it is not known, because no outcome was reported" in sentence(page, "cost")
    few = [one._replace(priced=one.n // 2) for one in priced]
    assert "because only 50 % of the answers come with a price" in sentence(
        overview(World(0).facts(answers=few)), "cost"
    )


# next ------------------------------------------------------------------------------------------------------
def test_the_decision_worth_most_comes_first_and_the_harmful_one_is_to_be_rejected(
    told: dict[int, Improvement],
) -> None:
    text = sentence(told[1], "next")
    assert text.startswith("Decide “Change large” first: it is worth about 140 right answers a week")
    assert "has waited 9 days; 3 others wait, worth about 35 together as far as they do not overlap" in text
    assert "one that waits harms: reject it" in text
    assert "takes it that what is asked is like the cases of its test" in notes(told[1], "next")
    assert [one.title for one in told[1].waiting][:2] == ["Change large", "Change small"]


def test_what_a_change_is_worth_lies_within_its_own_interval() -> None:
    seen = Gain(effect=0.08, low=0.04, high=0.12, n=300)
    told = expected_gain(seen, shrunk=0.02)
    assert told is not None
    assert told.low < 0.02 < told.high < seen.high
    assert (told.low + told.high) / 2 == pytest.approx(0.02)
    assert told.high - told.low == pytest.approx((seen.high - seen.low) / 2), "the root of a quarter"
    assert expected_gain(seen, shrunk=None) is None
    assert expected_gain(None, shrunk=0.02) is None


def test_what_waits_without_a_known_worth_is_not_given_one() -> None:
    page = overview(World(0, waiting=(waiting_item("x", verdict=Verdict.PROMISING, gain=None),)).facts())
    assert page.waiting[0].week is None
    assert "what it is worth is not known" in sentence(page, "next")


def test_when_nothing_waits_the_worst_topic_is_named(told: dict[int, Improvement]) -> None:
    page = overview(World(2).facts())
    assert sentence(page, "next").startswith("Nothing waits for a decision; most goes wrong in “deliveries”")


def test_where_no_case_examines_the_agent_the_first_step_is_to_make_some() -> None:
    """A new agent with ratings alone: the loop can prove nothing, and to wait would be the wrong advice."""
    page = overview(World(2, changes=()).facts(looks=0, measurements=()))
    assert answer(page, "next") == "Correct answers"
    assert "no case examines the agent yet, so no change could be proved" in sentence(page, "next")
    assert sentence(page, "next").endswith("elsewhere.")
    assert answer(overview(World(2, changes=()).facts()), "next") != "Correct answers"


def rated(topics: Mapping[str, float], *, n: int = 3, seed: int = 0) -> Facts:
    """The world with these topics alone, rated bad that often, so many times a day each."""
    world, rng = World(seed, changes=()), random.Random(seed)
    rows = []
    for day in range(DAYS - 28, DAYS):
        for topic, bad in topics.items():
            good = sum(rng.random() >= bad for _ in range(n))
            rows.append(DaySignal(world.day(day), "thumbs", topic, 0, n, 0, n, good, 0))
    return world.facts(topics=rows)


def test_where_there_is_one_topic_none_is_worse_than_elsewhere() -> None:
    text = sentence(overview(rated({"refunds": 0.08})), "next")
    assert text == "Nothing waits for a decision, and too few ratings say where answers go wrong."


def test_no_topic_is_named_worst_where_all_go_wrong_alike() -> None:
    alike = dict.fromkeys("abcdef", 0.08)
    some = [worst_topic(topic_counts(rated(alike, seed=seed), kind="thumbs")) for seed in range(60)]
    assert sum(one is not None for one in some) <= 7, "one in twenty, all topics together"
    text = sentence(overview(rated(alike)), "next")
    assert text == "Nothing waits for a decision, and no topic stands out."


def test_a_topic_that_goes_wrong_more_often_than_the_others_is_named_with_what_they_have() -> None:
    for seed in range(12):
        text = sentence(overview(rated({**dict.fromkeys("abcdef", 0.08), "refunds": 0.4}, seed=seed)), "next")
        assert "most goes wrong in “refunds”: " in text
        assert " of 84 thumbs were bad in the last 28 days, " in text


# season and alarm ------------------------------------------------------------------------------------------
def test_the_season_is_told_as_one_and_credited_to_no_release(told: dict[int, Improvement]) -> None:
    heard = [notes(page, "better") for page in told.values()]
    assert sum("deliveries" in text for text in heard) >= 10
    assert all("v1 went live" not in text and "v3 went live" not in text for text in heard)
    assert all(answer(page, "better") == "Yes" for page in told.values())


def test_the_last_days_falling_rings_a_calm_alarm_and_ordinary_days_do_not() -> None:
    still = [overview(World(seed, season=None).facts()) for seed in SEEDS]
    falling = [overview(World(seed, season=None, falls=0.12).facts()) for seed in SEEDS]
    assert [page.alarms for page in still] == [()] * len(SEEDS)
    assert all(page.alarms for page in falling)
    for page in falling:
        assert "Nothing went live around it" in page.alarms[0].text
        assert page.alarms[0].text in next(one for one in page.sentences if one.key == "better").notes


def test_a_fall_does_not_stand_under_a_green_yes() -> None:
    page = overview(World(1, season=None, falls=0.12).facts())
    better = page.sentences[0]
    assert (better.answer, better.tone) == ("Yes", "neutral")
    assert overview(World(1, season=None).facts()).sentences[0].tone == "good"


def test_signals_that_stop_while_answers_go_on_ring_and_a_desk_that_closed_does_not() -> None:
    world, last = World(1, season=None), World(1).day(DAYS - 20)
    facts = world.facts()
    silent = [row for row in facts.signals if row.kind != "thumbs" or row.day <= last]
    (alarm,) = overview(world.facts(signals=silent)).alarms
    assert alarm.text.startswith("Thumbs stopped: none since 1 Nov, ")
    assert "while 9,500 answers were given" in alarm.text
    closed = [one for one in facts.answers if one.day <= last]
    assert overview(world.facts(signals=silent, answers=closed)).alarms == ()


def test_an_alarm_names_the_release_beside_it_and_blames_it_for_nothing() -> None:
    late = (Change(1, 175, "New tone", 0.0, fresh=0),)
    page = overview(World(4, season=None, changes=late, falls=0.15).facts())
    assert "Version 1 went live on 16 Nov" in page.alarms[0].text
    assert "the days alone do not show that it is the cause" in page.alarms[0].text


def test_limits_begin_anew_at_each_release_so_that_a_good_one_is_no_alarm(told: dict[int, Improvement]) -> None:
    for page in told.values():
        chart = page.signals[0]
        centres = list(dict.fromkeys(day.centre for day in chart.days if day.centre is not None))
        assert len(centres) >= 4
        outside = sum(day.mark == "outside" for day in chart.days)
        assert outside <= 3


def test_signals_stay_apart(told: dict[int, Improvement]) -> None:
    assert [chart.kind for chart in told[0].signals] == ["thumbs", "outcome", "csat"]
    rows = World(0).facts().signals
    for chart in told[0].signals:
        assert chart.n == sum(row.n for row in rows if row.kind == chart.kind)


def test_a_change_is_named_without_quotes_in_quotes_and_without_in_how_many_texts() -> None:
    title = "Say “Refunds take 5 days”, not 10 to 14 days (in 20 of 226 texts)"
    assert version_title(4, title) == "v4 “Say ‘Refunds take 5 days’, not 10 to 14 days”"
    assert version_title(4, "") == "v4"
