"""Nobody buys, crowds out or forges the exam: each attack of the benchmark in small, beside the rule that fell."""

from collections import Counter

import pytest

from loop.records import EvalCase, Split
from loop.validate import MemoryKnowledge, Work
from loop.validate.examiners import FEW, PER_DAY, Examiners, long_records
from tests.bench.exam_attack import ATTACKS, LEADS, Exam, World, attacked, chosen_names, live, unsalted, used
from tests.builders import agent, at
from tests.firewall import judged_row, standing


@pytest.fixture(scope="module")
def calm() -> Exam:
    """The leads' exam when nobody attacks it."""
    return attacked("", setting="named", accounts=0, rows=0, seed=1)[0]


@pytest.mark.parametrize("attack", ATTACKS)
def test_named_people_keep_their_exam(attack: str, calm: Exam) -> None:
    exam, _ = attacked(attack, setting="named", accounts=10, rows=8, seed=1)
    assert calm.by_leads > 80
    assert (exam.share, exam.is_wrong_proved) == (0.0, False)
    assert exam.by_leads >= 0.98 * calm.by_leads


@pytest.mark.parametrize("setting", ["unnamed", "young"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_where_nobody_is_named_accounts_of_yesterday_do_not_examine(attack: str, setting: str) -> None:
    exam, _ = attacked(attack, setting=setting, accounts=10, rows=8, seed=1)
    assert (exam.share, exam.is_wrong_proved) == (0.0, False)
    assert exam.sealed > 20 or setting == "young"


@pytest.mark.parametrize(
    ("attack", "setting", "accounts"),
    [("behaves", "unnamed", 50), ("blunt", "young", 3), ("ratings", "young", 3), ("forged", "young", 3)],
)
def test_the_naive_rule_falls_for_it(attack: str, setting: str, accounts: int) -> None:
    _, naive = attacked(attack, setting=setting, accounts=accounts, rows=8, seed=0)
    assert naive.share > 0.1
    assert naive.is_wrong_proved


def test_names_that_were_chosen_for_a_hash_without_a_secret_fall_as_any_other() -> None:
    known, names = MemoryKnowledge(), chosen_names(4_000)
    assert {unsalted(name) for name in names} == {Split.DEV, Split.SEALED}
    sealed = sum(known.draw("group", name) < 0.15 for name in names)
    assert sealed / len(names) == pytest.approx(0.15, abs=0.02)


def test_people_who_work_as_long_and_as_well_as_annotators_are_held_by_naming_somebody() -> None:
    """What no cap can do, pinned so that it is known: identity is the defence."""
    named, _ = attacked("patient", setting="named", accounts=2, rows=12, seed=0)
    unnamed, _ = attacked("patient", setting="unnamed", accounts=2, rows=12, seed=0)
    assert named.share == 0.0
    assert 0.1 < unnamed.share < 0.5


def test_no_unnamed_person_makes_more_than_so_many_cases_a_day_nor_owns_more_than_fair_shares() -> None:
    names = [f"p{number}" for number in range(10)]
    examiners = Examiners(frozenset(names), are_named=False)
    work = Work(agent=agent(), known=MemoryKnowledge(), now=at(0), keys=())
    loud = [(judged_row(f"loud{number}", author="p0", at=at(0)), Split.SEALED) for number in range(90)]
    assert len(examiners.within_caps(work, loud)) == FEW
    others = [
        (judged_row(f"{name}-{number}", author=name, at=at(1440 * number)), Split.SEALED)
        for name in names[1:]
        for number in range(30)
    ]
    kept = Counter(key.partition("-")[0].rstrip("0123456789") for key in examiners.within_caps(work, [*loud, *others]))
    assert kept["loud"] == PER_DAY
    assert sum(kept.values()) == PER_DAY + len(others)
    slow = [(judged_row(f"loud{number}", author="p0", at=at(1440 * number)), Split.SEALED) for number in range(300)]
    kept = Counter(key[:4] for key in examiners.within_caps(work, [*slow, *others]))
    assert FEW < kept["loud"] <= 0.2 * kept.total() + 1


def test_the_order_of_arrival_does_not_choose_which_of_a_persons_words_examine() -> None:
    examiners = Examiners(frozenset({f"p{number}" for number in range(10)}), are_named=False)
    work = Work(agent=agent(), known=MemoryKnowledge(), now=at(0), keys=())
    rows = [(judged_row(f"loud{number}", author="p0", at=at(0)), Split.DEV) for number in range(90)]
    assert examiners.within_caps(work, rows) == examiners.within_caps(work, rows[::-1])


def test_a_short_record_beside_long_ones_does_not_examine() -> None:
    long = [standing(f"p{number}", judged=100) for number in range(5)]
    assert long_records([*long, standing("quick", judged=40)]) == {one.name for one in long}
    assert long_records([standing("quick", judged=8)]) == frozenset()
    assert long_records([*long, standing("slow", judged=100, proven=False)]) == {one.name for one in long}


def test_what_somebody_said_before_they_had_a_long_record_examines_once_they_have() -> None:
    """Proven is not enough beside longer records; what was said until then waits, and is looked at again."""
    world = World(0, "unnamed")
    live(world, "", accounts=0, rows=0)
    known = world.known(world.said)
    for n, splits in ((25, set[Split]()), (75, {Split.DEV, Split.SEALED})):
        before = len(world.said)
        for number in range(n):
            topic = world.draw.randrange(9)
            asked = world.ask(topic, customer=f"late-{n}-{number}")
            world.say(asked, "late", f"topic{topic}")
        world.go_on(known, world.said[before:])
        assert known.standing_of["late"][0].standing == "proven"
        mine = [case for case in hidden(used(known)) if case.group.startswith("late-25")]
        assert {case.split for case in mine} == splits


def hidden(cases: list[EvalCase]) -> list[EvalCase]:
    return [case for case in cases if case.split is not Split.LOG]


def test_leads_are_the_ones_who_examine_in_the_world_of_the_attacks() -> None:
    world = World(1, "named")
    live(world, "", accounts=0, rows=0)
    assert {case.author for case in hidden(used(world.judge()))} == set(LEADS)
