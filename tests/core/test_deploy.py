"""What goes live, what comes back, what is measured, and which moves a thing may make."""

from datetime import timedelta
from typing import Any

import pytest

from loop.deploy import deploy_release, measurement, rollback, should_roll_back
from loop.deploy.measure import daily_quality
from loop.errors import Conflict, InvalidInput
from loop.records import (
    DaySignals,
    Decision,
    Limits,
    Mode,
    Proposal,
    Release,
    Version,
    VersionSignals,
)
from tests import builders
from tests.builders import NOON, agent, at, reviewer


def version(number: int, **fields: Any) -> Version:
    filled: dict[str, Any] = {
        "agent": "desk",
        "number": number,
        "digest": f"{number:064x}",
        "parent": number - 1 if number else None,
        "proposal_id": f"p{number}" if number else None,
        "created_at": at(number),
        "released_at": at(number),
    }
    return Version(**filled | fields)


HEAD = version(3)


def proposal(**fields: Any) -> Proposal:
    return builders.proposal("p4", **{"base_number": 3, "base_digest": HEAD.digest} | fields)


def approval(**fields: Any) -> Decision:
    filled: dict[str, Any] = {
        "id": "d1",
        "agent": "desk",
        "proposal_id": "p4",
        "verb": "approve",
        "actor": reviewer(),
        "reason": "Outdated.",
        "seen_digest": "e" * 64,
        "at": at(0),
        "effective_at": at(1),
    }
    return Decision(**filled | fields)


# going live ----------------------------------------------------------------------------------------


def test_an_approval_makes_the_candidate_live() -> None:
    release = deploy_release(approval(), proposal(), number=7, now=at(5))
    assert (release.kind, release.number, release.from_number) == ("deploy", 7, 3)
    assert (release.decision_id, release.actor, release.at) == ("d1", "rita", at(5))


def test_the_same_approval_is_the_same_release_whenever_it_is_applied() -> None:
    once = deploy_release(approval(), proposal(), number=4, now=at(5)).id
    assert deploy_release(approval(), proposal(), number=4, now=at(50)).id == once
    assert deploy_release(approval(id="d2"), proposal(), number=4, now=at(5)).id != once


def test_nothing_goes_live_inside_the_undo_window() -> None:
    with pytest.raises(Conflict, match="can still be undone"):
        deploy_release(approval(), proposal(), number=4, now=at(0.5))
    assert deploy_release(approval(), proposal(), number=4, now=at(1)).number == 4


@pytest.mark.parametrize("other", [{"verb": "reject"}, {"verb": "undo"}, {"proposal_id": "p9"}, {"agent": "shop"}])
def test_only_the_approval_of_this_proposal_counts(other: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        deploy_release(approval(**other), proposal(), number=4, now=at(5))


def test_a_proposal_of_another_agent_is_refused() -> None:
    with pytest.raises(InvalidInput):
        deploy_release(approval(), proposal(agent="shop"), number=4, now=at(5))


# coming back ---------------------------------------------------------------------------------------


def test_a_rollback_is_a_new_version_with_older_content() -> None:
    back = rollback(HEAD, target=version(1), actor=reviewer(), reason=" Wrong prices. ", now=at(9))
    assert (back.version.number, back.version.parent, back.version.restores) == (4, 3, 1)
    assert back.version.digest == version(1).digest
    assert back.version.proposal_id is None
    assert (back.release.kind, back.release.from_number, back.release.reason) == ("rollback", 3, "Wrong prices.")
    assert back.undone == "p3"


def test_a_rollback_can_be_taken_back_and_then_undoes_no_proposal() -> None:
    back = rollback(HEAD, target=version(1), actor=reviewer(), reason="Wrong.", now=at(9))
    again = rollback(back.version, target=HEAD, actor=reviewer(), reason="It was fine.", now=at(10))
    assert (again.version.number, again.version.restores, again.version.digest) == (5, 3, HEAD.digest)
    assert again.undone is None
    assert again.release.id != back.release.id


def test_a_rollback_to_what_is_live_is_refused() -> None:
    with pytest.raises(Conflict):
        rollback(HEAD, target=HEAD, actor=reviewer(), reason="Wrong.", now=at(9))
    with pytest.raises(Conflict):
        rollback(HEAD, target=version(1, digest=HEAD.digest), actor=reviewer(), reason="Wrong.", now=at(9))


def test_a_rollback_needs_a_reason_and_a_version_of_the_same_agent_that_was_live() -> None:
    for target, reason in (
        (version(1), "  "),
        (version(7, released_at=None), "Wrong."),
        (version(1, agent="shop"), "Wrong."),
    ):
        with pytest.raises(InvalidInput):
            rollback(HEAD, target=target, actor=reviewer(), reason=reason, now=at(9))


# measured ------------------------------------------------------------------------------------------


def test_a_measurement_carries_its_interval_or_none_without_cases() -> None:
    found = measurement(HEAD, case_set_digest="s", n=100, right=85, now=NOON)
    assert (found.number, found.n, found.right) == (3, 100, 85)
    assert found.low == pytest.approx(0.767, abs=0.001)
    assert found.high == pytest.approx(0.907, abs=0.001)
    empty = measurement(HEAD, case_set_digest="s", n=0, right=0, now=NOON)
    assert (empty.low, empty.high) == (None, None)


def test_days_come_in_order_with_intervals() -> None:
    signals = [
        DaySignals(day="2026-06-02", number=1, n=10, good=9),
        DaySignals(day="2026-06-01", number=1, n=0, good=0),
        DaySignals(day="2026-06-02", number=None, n=4, good=0),
    ]
    days = daily_quality(agent(), signals)
    assert [(day.day, day.number) for day in days] == [("2026-06-01", 1), ("2026-06-02", None), ("2026-06-02", 1)]
    assert days[0].low is None
    assert days[1].low == 0.0
    assert days[2].high is not None
    assert days[2].high < 1


# watched -------------------------------------------------------------------------------------------

USUAL = VersionSignals(n=1000, good=850)
WORSE = VersionSignals(n=400, good=280, unhappy_people=90, loudest_share=0.03)
RELEASE = Release(
    id="r1",
    agent="desk",
    kind="deploy",
    number=4,
    from_number=3,
    decision_id="d1",
    proposal_id="p4",
    actor="rita",
    at=NOON,
)


def alarm(**fields: Any) -> Any:
    filled: dict[str, Any] = {
        "before": USUAL,
        "since": WORSE,
        "mode": Mode.SIMPLE,
        "limits": Limits(),
        "rolled_back_at": (),
        "now": at(600),
    }
    released = fields.pop("release", RELEASE)
    return should_roll_back(released, **filled | fields)


def test_a_proved_loss_asks_in_manual_mode_and_acts_in_the_others() -> None:
    assert alarm(mode=Mode.MANUAL).action == "ask"
    assert alarm(mode=Mode.SIMPLE).action == "roll_back"
    assert alarm(mode=Mode.ORCHESTRATE).action == "roll_back"
    assert "70% of 400 signals are good since version 4, 85% of 1000 before" in alarm().reason
    assert "compares times, not versions" in alarm().reason


def test_the_loop_never_rolls_a_rollback_back() -> None:
    assert alarm(release=RELEASE.model_copy(update={"kind": "rollback"})).action == "ask"


@pytest.mark.parametrize(
    "fields",
    [
        {"before": VersionSignals(n=99, good=85)},
        {"since": VersionSignals(n=49, good=0, unhappy_people=40, loudest_share=0.05)},
        {"now": at(59)},
        {"since": VersionSignals(n=400, good=335, unhappy_people=60, loudest_share=0.03)},
        {"since": VersionSignals(n=4000, good=3300, unhappy_people=600, loudest_share=0.01)},
        {"before": VersionSignals(n=1000, good=0)},
    ],
)
def test_too_little_too_early_or_too_small_does_nothing(fields: dict[str, Any]) -> None:
    found = alarm(**fields)
    assert found.action == "none"
    assert found.reason


def test_five_hundred_hostile_thumbs_of_two_people_roll_nothing_back() -> None:
    hostile = VersionSignals(n=600, good=90, unhappy_people=2, loudest_share=0.5)
    joined_by_a_few = VersionSignals(n=600, good=90, unhappy_people=12, loudest_share=0.49)
    for heard in (hostile, joined_by_a_few):
        found = alarm(since=heard)
        assert found.action == "ask"
        assert "look at the feedback" in found.reason


def test_an_oscillation_rolls_back_twice_a_day_and_then_freezes() -> None:
    rolled_back, actions = [], []
    for minutes in range(0, 24 * 60, 120):
        released = RELEASE.model_copy(update={"at": at(minutes)})
        now = at(minutes + 90)
        found = alarm(release=released, rolled_back_at=rolled_back, now=now)
        actions.append(found.action)
        if found.action == "roll_back":
            rolled_back.append(now)
    assert actions == ["roll_back"] * 2 + ["frozen"] * 10
    later = at(0) + timedelta(hours=48)
    fresh = RELEASE.model_copy(update={"at": later - timedelta(hours=2)})
    assert alarm(release=fresh, rolled_back_at=rolled_back, now=later).action == "roll_back"
