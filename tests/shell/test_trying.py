"""Try it: a question is kept, a worker answers it once and within the budget, and a correction takes the usual road."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from loop import desk, errands, wiring
from loop.errors import Conflict, InvalidInput, NotAllowed
from loop.jobs import ErrandRunner
from loop.jobs.errands import PATIENCE
from loop.ports import Answerer, Parts
from loop.ports.probes import RecordFindings
from loop.records import (
    Actor,
    Answer,
    Article,
    Bundle,
    Condition,
    EditInstructions,
    Example,
    FeedbackKind,
    ModelChoice,
    Question,
    Role,
    Rule,
)
from loop.records.probes import CheckFault, Probe
from loop.settings import Settings
from storage import probes as storage_probes
from storage.database import Database
from tests import builders
from tests.builders import NOON
from tests.shell.desk_world import OPERATOR

LIVE = Bundle(
    instructions="Be kind.",
    rules=(Rule(id="r1", when=(Condition(field="question", op="contains", value="lawyer"),), hand_over=True),),
    examples=(
        Example(id="x1", question="where is my parcel", label="parcel", answer="It is on its way."),
        Example(id="x2", question="I want my money back", label="refund"),
    ),
    articles=(Article(id="a1", title="Refunds", body="Refunds take 5 days."),),
)


@pytest.fixture
def parts(database: Database) -> Parts:
    database.create_agent(builders.agent(), LIVE, now=NOON, actor="olga")
    return wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON + timedelta(days=1))


class Site:
    """A worker's errands over one database, with a clock of the test's own."""

    def __init__(self, database: Database, parts: Callable[[str], Parts], found: RecordFindings | None = None) -> None:
        self.now = NOON + timedelta(days=1)
        self.checked: list[str] = []
        self._found = found or RecordFindings(3, 0, 9, 1, (), ())
        self.runner = ErrandRunner(
            database.errands, parts=parts, check=self._check, report=lambda line: None, clock=lambda: self.now
        )

    def look(self) -> None:
        """One look, and the end of what it began."""
        self.runner.look()
        self.runner.close()
        self.runner.__init__(  # type: ignore[misc]  # a closed pool takes nothing more
            self.runner._errands, parts=self.runner._parts, check=self.runner._check, report=self.runner._report,
            clock=self.runner._clock,
        )  # fmt: skip

    def _check(self, slug: str) -> RecordFindings:
        self.checked.append(slug)
        return self._found


def ask(parts: Parts, question: str = "where is my parcel", *numbers: int, actor: Actor = OPERATOR) -> Probe:
    return desk.ask_versions(parts, actor=actor, question=question, numbers=numbers or (0,))


def ended(parts: Parts, probe: Probe) -> Probe:
    found = parts.store.probe(probe.id)
    assert found is not None
    assert found.ended_at is not None
    return found


def test_a_question_waits_until_a_worker_answers_it_and_says_what_it_rests_on(database: Database, parts: Parts) -> None:
    asked = ask(parts)
    assert parts.store.probe(asked.id) == asked
    assert (asked.state, parts.store.waiting_probes()) == ("waits", 1)
    Site(database, lambda slug: parts).look()
    (said,) = ended(parts, asked).answers
    assert (said.number, said.answer.text, said.answer.label) == (0, "It is on its way.", "parcel")
    (used,) = said.used
    assert (used.section, used.id) == ("examples", "x1")
    assert "where is my parcel" in used.words
    assert parts.store.waiting_probes() == 0


def test_two_versions_are_asked_side_by_side_a_waiting_change_among_them(database: Database, parts: Parts) -> None:
    change = EditInstructions(new="Always answer in French.")
    made = desk.draft(parts, actor=OPERATOR, operations=(change,), title="French", rationale="They ask for it.")
    number = parts.store.proposal(made.id).number
    assert number is not None
    asked = ask(parts, "I need a lawyer", 0, number)
    Site(database, lambda slug: parts).look()
    found = ended(parts, asked)
    assert [one.number for one in found.answers] == [0, number]
    assert [one.answer.method for one in found.answers] == ["handover", "handover"]
    assert [part.section for part in found.answers[0].used] == ["rules"]


def test_the_facts_beside_a_question_reach_the_rules(database: Database) -> None:
    big = Rule(id="r2", when=(Condition(field="order_value", op="at_least", value=100.0),), label="vip")
    database.create_agent(builders.agent(), Bundle(rules=(big,)), now=NOON, actor="olga")
    parts = wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON)
    asked = [
        desk.ask_versions(parts, actor=OPERATOR, question="hello", numbers=(0,), context={"order_value": value})
        for value in (99.0, 103.41)
    ]
    Site(database, lambda slug: parts).look()
    assert [ended(parts, one).answers[0].answer.label for one in asked] == [None, "vip"]


def test_a_version_that_holds_nothing_says_so(database: Database) -> None:
    database.create_agent(builders.agent(), Bundle(), now=NOON, actor="olga")
    parts = wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON)
    asked = ask(parts)
    Site(database, lambda slug: parts).look()
    assert "holds nothing" in ended(parts, asked).answers[0].note


def test_what_is_asked_is_masked_before_it_is_kept(database: Database, parts: Parts) -> None:
    asked = ask(parts, "I am ann@example.org, where is my parcel")
    kept = parts.store.probe(asked.id)
    assert kept is not None
    assert "ann@example.org" not in kept.question
    assert "⟨EMAIL_1⟩" in kept.question


@pytest.mark.parametrize(
    ("question", "numbers", "field"),
    [("  ", (0,), "question"), ("hello", (), "numbers"), ("hello", (7,), "numbers"), ("x" * 9_000, (0,), "question")],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_kept(
    database: Database, parts: Parts, question: str, numbers: tuple[int, ...], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.ask_versions(parts, actor=OPERATOR, question=question, numbers=numbers)
    assert refused.value.field == field
    assert parts.store.probes(limit=5) == []


def test_who_may_only_read_may_not_ask(parts: Parts) -> None:
    with pytest.raises(NotAllowed):
        ask(parts, actor=Actor(name="vic", role=Role.VIEWER))


def test_one_agent_lets_only_so_many_questions_wait(parts: Parts) -> None:
    for number in range(20):
        ask(parts, f"question {number}")
    with pytest.raises(Conflict, match="20 questions wait"):
        ask(parts, "one more")


# who answers, and what it costs --------------------------------------------------------------------
class Paid:
    """A model that costs: what it was asked, and what it says."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.asked: list[str] = []
        self._answers = list(answers) or [Answer(text="Bonjour.", method="model")]

    def answerer(self, bundle: Bundle) -> Answerer:
        return self

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        return [one for _, one in self.answer_each(questions, permit=lambda: True)]

    def answer_each(self, questions, *, permit):  # type: ignore[no-untyped-def]
        for place, question in enumerate(questions):
            if not permit():
                return
            self.asked.append(question.text)
            said = self._answers[min(len(self.asked), len(self._answers)) - 1]
            if isinstance(said, Exception):
                raise said
            yield place, said


@pytest.fixture
def paid(database: Database) -> tuple[Parts, Paid]:
    bundle = LIVE.model_copy(update={"model": ModelChoice(name="openai/small")})
    database.create_agent(builders.agent(), bundle, now=NOON, actor="olga")
    model = Paid()
    parts = wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON + timedelta(days=1))
    return replace(parts, answerers=model.answerer), model


def test_a_question_to_a_model_counts_once_in_the_budget_of_the_day(
    database: Database, paid: tuple[Parts, Paid]
) -> None:
    parts, model = paid
    asked = ask(parts)
    Site(database, lambda slug: parts).look()
    assert ended(parts, asked).answers[0].answer.text == "Bonjour."
    assert (len(model.asked), parts.store.asks_on("2026-06-02")) == (1, 1)


def test_when_the_budget_is_spent_nothing_is_asked_and_the_page_says_so(
    database: Database, paid: tuple[Parts, Paid]
) -> None:
    parts, model = paid
    desk.change_settings(database, parts, actor=OPERATOR, settings=["asks_per_day=0"])
    asked = ask(parts)
    Site(database, lambda slug: parts).look()
    found = ended(parts, asked)
    assert (found.state, model.asked) == ("failed", [])
    assert "ceiling of 0 questions a day" in found.reason


def test_what_a_model_repeats_of_personal_data_is_masked(database: Database, paid: tuple[Parts, Paid]) -> None:
    parts, _ = paid
    model = Paid(Answer(text="Write to bob@example.org.", method="model"))
    parts = replace(parts, answerers=model.answerer)
    asked = ask(parts)
    Site(database, lambda slug: parts).look()
    assert "bob@example.org" not in ended(parts, asked).model_dump_json()


def test_a_defect_ends_one_question_in_words_and_the_next_is_answered(
    database: Database, paid: tuple[Parts, Paid]
) -> None:
    parts, _ = paid
    model = Paid(ValueError("what is stored is never told"), Answer(text="Fine.", method="model"))
    parts = replace(parts, answerers=model.answerer)
    site = Site(database, lambda slug: parts)
    first = ask(parts, "one")
    site.look()
    assert ended(parts, first).reason == "It met a defect (ValueError); the log says where."
    second = ask(parts, "two")
    site.look()
    assert ended(parts, second).answers[0].answer.text == "Fine."


def test_a_question_is_taken_by_one_worker_and_again_only_when_that_one_fell_silent(
    database: Database, paid: tuple[Parts, Paid]
) -> None:
    parts, _ = paid
    ask(parts)
    now = NOON + timedelta(days=1)
    assert len(database.errands.take(now, patience=PATIENCE, limit=4)) == 1
    assert database.errands.take(now + PATIENCE / 2, patience=PATIENCE, limit=4) == []
    (again,) = database.errands.take(now + 2 * PATIENCE, patience=PATIENCE, limit=4)
    assert (again.kind, again.is_given_up) == ("probe", False)


def test_two_who_look_at_once_never_take_the_same(database: Database, parts: Parts) -> None:
    ask(parts)
    now = NOON + timedelta(days=1)
    waiting = database.errands._waiting(storage_probes._PROBE, now - PATIENCE, 4)
    assert [database.errands._claim(storage_probes._PROBE, row, now) for row in (*waiting, *waiting)] == [True, False]


def test_a_question_at_which_workers_keep_dying_is_given_up_in_words(
    database: Database, paid: tuple[Parts, Paid]
) -> None:
    parts, model = paid
    asked, site = ask(parts), Site(database, lambda slug: parts)
    for number in range(storage_probes.TRIES):
        database.errands.take(site.now + 2 * number * PATIENCE, patience=PATIENCE, limit=4)
    site.now += 2 * storage_probes.TRIES * PATIENCE
    site.look()
    assert "The worker died" in ended(parts, asked).reason
    assert model.asked == []


def test_a_worker_that_died_after_asking_costs_no_second_question(database: Database, paid: tuple[Parts, Paid]) -> None:
    parts, model = paid

    def dies(label: str) -> None:
        if label == "probe:after":
            raise KeyboardInterrupt

    asked, site = ask(parts), Site(database, lambda slug: replace(parts, checkpoint=dies))
    assert site.runner._free.acquire(blocking=False)
    with pytest.raises(KeyboardInterrupt):
        site.runner._run(database.errands.take(site.now, patience=PATIENCE, limit=1)[0])
    kept = parts.store.probe(asked.id)
    assert kept is not None
    assert kept.state == "waits"
    again = Site(database, lambda slug: parts)
    again.now += 2 * PATIENCE
    again.look()
    assert ended(parts, asked).answers[0].answer.text == "Bonjour."
    assert (len(model.asked), parts.store.asks_on("2026-06-02")) == (1, 1)


def test_the_first_who_ends_a_question_is_right(database: Database, parts: Parts) -> None:
    asked = ask(parts)
    Site(database, lambda slug: parts).look()
    late = asked.model_copy(update={"reason": "too late", "ended_at": NOON + timedelta(days=2)})
    assert not parts.store.end_probe(late)
    assert ended(parts, asked).reason == ""


def test_only_the_newest_questions_are_kept_and_what_was_answered_to_the_others_goes(
    database: Database, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_probes, "KEPT", 2)
    clock: list[datetime] = [NOON]
    parts = replace(parts, clock=lambda: clock[0])
    asked = []
    for number in range(3):
        clock[0] = NOON + timedelta(minutes=number)
        asked.append(ask(parts, f"where is parcel {number}"))
        Site(database, lambda slug: parts).look()
    assert [one.id for one in parts.store.probes(limit=9)] == [asked[2].id, asked[1].id]
    kept = parts.store.answers(LIVE.digest, [one.id for one in asked])
    assert set(kept) == {asked[1].id, asked[2].id}


# correcting on the spot ----------------------------------------------------------------------------
def test_a_correction_keeps_the_exchange_once_and_is_feedback_on_it(database: Database, parts: Parts) -> None:
    asked = ask(parts, "I want my money back")
    Site(database, lambda slug: parts).look()
    for minute, text in enumerate(("Refunds take 5 days.", "Refunds take 5 working days.")):
        parts = replace(parts, clock=lambda minute=minute: NOON + timedelta(days=2, minutes=minute))
        said = desk.correct_probe(
            parts, asked.id, 0, actor=OPERATOR, correction=desk.Correction(text=text), door="dashboard"
        )
    (exchange,) = parts.store.interactions([said.interaction_id]).values()
    assert (exchange.question, exchange.label, exchange.version, exchange.source) == (
        "I want my money back", "refund", 0, "probe",
    )  # fmt: skip
    items = [item.feedback for item in parts.store.feedback()]
    assert [(one.kind, one.author, one.text) for one in items] == [
        (FeedbackKind.EDIT, "olga", "Refunds take 5 working days.")
    ]
    actions = [entry.action for entry in database.store("desk").journal()]
    assert actions == ["create agent", "keep tried question", "correct answer", "correct answer"]
    assert parts.store.answer_counts() == [], "what was tried is no traffic, corrected or not"
    assert parts.store.answers_since(NOON, limit=10) == []


def test_one_persons_tried_questions_are_not_one_customer(database: Database, parts: Parts) -> None:
    made = []
    for question in ("I want my money back", "where is my parcel"):
        asked = ask(parts, question)
        Site(database, lambda slug: parts).look()
        said = desk.correct_probe(
            parts, asked.id, 0, actor=OPERATOR, correction=desk.Correction(label="other"), door="dashboard"
        )
        made += parts.store.interactions([said.interaction_id]).values()
    assert [one.customer for one in made] == ["", ""]
    assert len({one.episode_id for one in made}) == 2


@pytest.mark.parametrize("text", ["", "It is on its way.", " It is on its way. "])
def test_a_correction_that_changes_nothing_is_refused_and_leaves_no_trace(
    database: Database, parts: Parts, text: str
) -> None:
    asked = ask(parts)
    Site(database, lambda slug: parts).look()
    with pytest.raises(InvalidInput, match="Nothing was corrected"):
        desk.correct_probe(parts, asked.id, 0, actor=OPERATOR, correction=desk.Correction(text=text), door="dashboard")
    assert [entry.action for entry in database.store("desk").journal()] == ["create agent"]


def test_who_may_only_read_may_not_correct(database: Database, parts: Parts) -> None:
    asked = ask(parts)
    Site(database, lambda slug: parts).look()
    with pytest.raises(NotAllowed):
        desk.correct_probe(
            parts, asked.id, 0, actor=Actor(name="vic", role=Role.VIEWER),
            correction=desk.Correction(text="Another one."), door="dashboard",
        )  # fmt: skip


# the check of the record ---------------------------------------------------------------------------
def test_a_check_is_asked_for_once_done_by_a_worker_and_kept(database: Database, parts: Parts) -> None:
    fault = CheckFault(subject="decision d1", what="It was changed.", repair="Restore a backup.")
    site = Site(database, lambda slug: parts, RecordFindings(7, 5, 20, 2, (fault,) * 60, ("A note.",)))
    assert parts.store.record_check() is None
    desk.ask_check(parts, actor=OPERATOR)
    desk.ask_check(parts, actor=builders.reviewer("rita"))
    waits = parts.store.record_check()
    assert waits is not None
    assert (waits.asked_by, waits.ended_at, waits.found_at) == ("olga", None, None)
    site.look()
    site.look()
    assert site.checked == ["desk"]
    found = parts.store.record_check()
    assert found is not None
    assert (found.entries, found.signed, found.rows, found.anchors, found.n_faults) == (7, 5, 20, 2, 60)
    assert len(found.faults) == 50
    desk.ask_check(parts, actor=builders.reviewer("rita"))
    again = parts.store.record_check()
    assert again is not None
    assert (again.asked_by, again.ended_at, again.n_faults) == ("rita", None, 60)


def test_the_real_check_finds_what_was_changed_from_outside(sqlite_database: Database) -> None:
    sqlite_database.create_agent(builders.agent(), LIVE, now=NOON, actor="olga")
    settings = Settings(database_url=sqlite_database.engine.url.render_as_string(hide_password=False))
    sound = errands.check_record(settings, sqlite_database, "desk")
    assert (sound.entries, sound.faults) == (1, ())
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE agent SET mode = 'simple'")
    found = errands.check_record(settings, sqlite_database, "desk")
    assert any(one.subject == "agent desk" and "changed" in one.what for one in found.faults)
    assert all(one.repair for one in found.faults)
