"""What a change is worth is asked again, on cases nobody could have seen when it was decided; and of the same cases."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from loop import engine, evaluate, improvement
from loop.agent import LocalAgent
from loop.evaluate.tallies import weigh
from loop.ports import Answerer, Parts
from loop.records import (
    Bundle,
    Changes,
    Comparison,
    EvalCase,
    ModelChoice,
    ProposalState,
    Split,
    Tally,
)
from tests import builders, fake_store
from tests.builders import NOON
from tests.shell import desk_world
from tests.shell.desk_world import approve

LATER = NOON + timedelta(days=3)
"""After every decision of these tests, which are made two days after noon."""


def shipped(bundle: Bundle | None = None, **fields: object) -> Parts:
    """An agent whose best change was proved, approved and is live."""
    parts = fake_store.parts_on(fake_store.FakeStore(desk_world.agent(), bundle or Bundle()), **fields)
    desk_world.arrive(parts, rows=160)
    engine.turn(parts)
    approve(parts, parts.store.proposals([ProposalState.WAITING])[0].proposal.id)
    engine.turn(parts)
    assert parts.store.head().number == 1
    return parts


def more(parts: Parts, rows: int, **fields: object) -> None:
    """Further questions and what people say they are, and a turn."""
    desk_world.arrive(parts, rows=rows, prefix=f"more{rows}-", seed=rows, **({"start": LATER} | fields))  # type: ignore[arg-type]
    engine.turn(parts)


def found(parts: Parts, kind: str = "confirmation") -> Comparison:
    (one,) = [one for one in parts.store.comparisons() if one.kind == kind and one.number == 1]
    return one


def sealed_later(parts: Parts) -> list[EvalCase]:
    return [case for case in parts.store.cases([Split.SEALED]) if case.at >= LATER]


# what counts ---------------------------------------------------------------------------------------
def test_a_live_change_is_confirmed_on_cases_sealed_after_its_decision_and_on_no_others() -> None:
    parts = shipped()
    assert len(parts.store.cases([Split.SEALED])) > 30, "there are some, but all were there before"
    assert found(parts).fresh == 0
    assert evaluate.confirmation_words(found(parts)) == "not yet confirmed: 0 fresh cases, 50 are needed"
    more(parts, 60)
    early = found(parts)
    assert 0 < early.fresh <= len(sealed_later(parts)) < evaluate.LEAST
    assert not early.evidence.tally.n, "no total before there are enough"
    assert "not yet confirmed" in evaluate.confirmation_words(early)
    more(parts, 600)
    late = found(parts)
    assert late.evidence.tally.n == late.fresh >= evaluate.LEAST
    assert late.fresh <= len(sealed_later(parts))
    assert late.is_confirmed
    assert evaluate.confirmation_words(late).startswith(f"confirmed on {late.fresh} fresh cases: +")


def test_what_was_asked_before_the_decision_or_arrived_before_it_confirms_nothing() -> None:
    parts = shipped()
    more(parts, 300, start=NOON + timedelta(hours=5))
    assert len(parts.store.cases([Split.SEALED])) > found(parts).there / 2
    assert (found(parts).fresh, found(parts).unasked) == (0, 0)


def test_a_question_asked_before_the_decision_and_answered_after_it_confirms_nothing() -> None:
    parts = shipped()
    store = parts.store
    desk_world.arrive(parts, rows=200, prefix="more", seed=5, start=LATER)
    memory = store.known  # type: ignore[attr-defined]
    for key, one in list(memory.asked.items()):
        if key.startswith("imore"):
            memory.asked[key] = one.model_copy(update={"at": NOON + timedelta(days=1)})
    engine.turn(parts)
    assert len(sealed_later(parts)) > evaluate.LEAST
    assert found(parts).fresh == 0


def test_a_case_handed_in_before_the_decision_confirms_nothing() -> None:
    parts = shipped()
    decided = parts.store.decisions()[0].at
    made = [
        builders.case(900 + number, split=Split.SEALED, question=f"{word} {word}{number} please", at=at)
        for number, (word, at) in enumerate((("zebra", decided), ("quokka", decided + timedelta(minutes=1))))
    ]
    parts.store.commit(Changes(cases=tuple(made)))
    engine.run_stage(parts, "deploy", defects=[])
    assert found(parts).fresh == 1


def test_what_stands_in_the_change_and_what_its_author_made_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(**fields: object) -> int:
        parts = shipped()
        (item,) = parts.store.proposals([ProposalState.LIVE])
        altered = item.model_copy(update={"proposal": item.proposal.model_copy(update=fields)})
        monkeypatch.setattr(parts.store, "proposals", lambda states=None: [altered])
        monkeypatch.setattr(parts.store, "shown_cases", lambda names: frozenset())
        desk_world.arrive(parts, rows=60, prefix="more", seed=5, start=LATER)
        engine.run_stage(parts, "validate", defects=[])
        if "evidence" in fields:
            altered = item.model_copy(update={"proposal": item.proposal.model_copy(update={"evidence": tuple(
                case.feedback_id or "" for case in sealed_later(parts))})})  # fmt: skip
        engine.run_stage(parts, "deploy", defects=[])
        return found(parts).fresh

    everything = count()
    by_one = count(authors=("lead-1",))
    assert 0 < by_one < everything, "without the cases that the author of the change made"
    assert count(evidence=()) == 0, "without those the change cites"


def test_cases_the_change_holds_word_for_word_confirm_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = shipped()
    desk_world.arrive(parts, rows=60, prefix="more", seed=5, start=LATER)
    engine.run_stage(parts, "validate", defects=[])
    texts = [case.question for case in sealed_later(parts)]
    monkeypatch.setattr(evaluate, "added_texts", lambda base, candidate: texts)
    engine.run_stage(parts, "deploy", defects=[])
    assert found(parts).fresh == 0


# how it is counted ---------------------------------------------------------------------------------
def test_fresh_cases_are_counted_when_there_are_enough_and_again_only_when_they_have_doubled() -> None:
    parts = shipped()
    more(parts, 300)
    first = found(parts)
    more(parts, 20)
    assert found(parts).evidence == first.evidence, "a few more cases would tell their own results"
    more(parts, 400)
    assert found(parts).evidence.tally.n >= 2 * first.evidence.tally.n


def test_a_confirmation_never_reaches_the_ledger_or_a_report() -> None:
    parts = shipped()
    ledger = parts.store.ledger()
    item = parts.store.proposals([ProposalState.LIVE])[0]
    desk_world.arrive(parts, rows=600, prefix="more", seed=5, start=LATER)
    engine.run_stage(parts, "validate", defects=[])
    engine.run_stage(parts, "deploy", defects=[])
    assert found(parts).evidence.tally.n
    assert parts.store.ledger() == ledger
    assert parts.store.proposal(item.proposal.id).report == item.report


def test_a_turn_that_sees_no_new_case_compares_nothing_again() -> None:
    parts = shipped()
    more(parts, 60)
    commits = parts.store.commits  # type: ignore[attr-defined]
    before = sum(len(one.comparisons) for one in commits)
    engine.turn(parts)
    engine.run_stage(parts, "deploy", defects=[])
    assert sum(len(one.comparisons) for one in commits) == before


def test_a_paid_model_is_never_asked_for_a_confirmation_and_the_words_say_so() -> None:
    asked: list[str] = []

    def paid(bundle: Bundle) -> Answerer:
        asked.append(bundle.digest)
        return LocalAgent(bundle)

    parts = shipped(Bundle(model=ModelChoice(name="openai/gpt-4o-mini")), answerers=paid)
    before = parts.store.versions()[0].digest
    desk_world.arrive(parts, rows=200, prefix="more", seed=5, start=LATER)
    engine.run_stage(parts, "validate", defects=[])
    asked.clear()
    engine.run_stage(parts, "deploy", defects=[])
    assert before not in asked
    assert (found(parts).fresh, found(parts).unasked > 20) == (0, True)
    assert "would cost model calls" in evaluate.confirmation_words(found(parts))


# the same cases ------------------------------------------------------------------------------------
def test_the_gain_since_the_first_version_is_counted_only_over_cases_both_were_asked() -> None:
    parts = shipped()
    gain = found(parts, "progress")
    newest = {one.number: one for one in parts.store.measurements()}
    assert gain.evidence.tally.n == newest[0].n == newest[1].n
    assert gain.evidence.tally.fixed - gain.evidence.tally.broken == newest[1].right - newest[0].right
    one, two = {"a": True, "b": False, "c": True}, {"b": True, "c": True, "d": False}
    both = evaluate.pair_outcomes(one, after=two).tally
    assert (both.n, both.fixed, both.both_right) == (2, 1, 1)


def test_a_paid_model_is_compared_with_what_its_first_version_was_asked_when_it_was_live() -> None:
    parts = shipped(Bundle(model=ModelChoice(name="openai/gpt-4o-mini")))
    once = found(parts, "progress").evidence.tally.n
    more(parts, 200)
    newest = {one.number: one for one in parts.store.measurements()}
    assert newest[1].n > newest[0].n, "the live version was measured on more cases"
    assert found(parts, "progress").evidence.tally.n == once == newest[0].n


# counted again and again --------------------------------------------------------------------------
def test_a_useless_change_is_confirmed_or_called_worse_no_more_often_for_being_counted_again_and_again() -> None:
    rng = random.Random(7)
    once: Counter[str] = Counter()
    for _ in range(400):
        fixed = broken = n = 0
        said: set[str] = set()
        for wanted in (50, 100, 200, 400, 800):
            drawn = [rng.random() for _ in range(wanted - n)]
            fixed, broken, n = fixed + sum(x < 0.06 for x in drawn), broken + sum(x > 0.94 for x in drawn), wanted
            ends = evaluate.fresh_evidence(Tally(fixed=fixed, broken=broken, both_right=n - fixed - broken))
            assert ends.low is not None
            assert ends.high is not None
            said |= {"better"} if ends.low > 0 else {"worse"} if ends.high < 0 else set()
        once.update(said)
    assert once["better"] <= 28, "one in twenty, and what 400 worlds scatter; 64 without spending"
    assert once["worse"] <= 28


def test_what_was_counted_under_an_earlier_rule_claims_no_more_than_others() -> None:
    parts = shipped()
    more(parts, 600)
    right = found(parts)
    assert right.evidence.tally.n
    plain = right.model_copy(update={"evidence": weigh(right.evidence.tally)})
    assert plain != right
    parts.store.commit(Changes(comparisons=(plain,)))
    engine.turn(parts)
    assert found(parts) == right


def test_what_proofs_have_cost_is_kept_by_the_turn_for_the_pages() -> None:
    parts = shipped()
    budget = improvement.stored_budget(parts.store)
    assert budget is not None
    assert budget.looks == len(parts.store.ledger().looks) > 0
    assert budget.words.startswith(f"Look {budget.looks + 1} at the sealed cases: proved means")


# in words ------------------------------------------------------------------------------------------
def compared(fixed: int, broken: int, *, n: int = 60, **fields: object) -> Comparison:
    weighed = evaluate.pair_outcomes(
        {str(place): fixed <= place < fixed + broken for place in range(n)},
        after={str(place): place < fixed for place in range(n)},
    )
    filled = {"agent": "desk", "kind": "confirmation", "number": 1, "against": 0, "there": n, "fresh": n, "at": NOON}
    return Comparison.model_validate(filled | {"evidence": weighed} | fields)


def test_the_words_follow_the_interval_beside_them() -> None:
    assert evaluate.confirmation_words(compared(12, 1)).startswith("confirmed on 60 fresh cases: +18.3 points (90 %")
    unsure = evaluate.confirmation_words(compared(3, 2))
    assert unsure.startswith("not confirmed: +1.7 points (90 % interval -")
    assert unsure.endswith("counted again when there are 120")
    assert "looks worse" in evaluate.confirmation_words(compared(1, 12))
    kept = compared(2, 2, n=400, allowed=0.03)
    assert kept.is_confirmed
    assert "a loss of 3.0 points is ruled out" in evaluate.confirmation_words(kept)
    assert not compared(2, 2, n=400).is_confirmed, "a gain that was promised is not confirmed by the absence of a loss"
