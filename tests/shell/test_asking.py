"""What a paid model is asked, counted where it is asked: dev first, sealed only where dev says so, set aside never."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from loop import desk, engine
from loop.agent import answerer_for
from loop.jobs import Pace, Worker, steps
from loop.jobs.fleet import Fleet
from loop.jobs.transact import make_engine
from loop.llm import DirectModel
from loop.ports import Answerer, Parts
from loop.records import (
    Bundle,
    ChangeExamples,
    EditInstructions,
    EvalCase,
    Example,
    ModelChoice,
    Operation,
    Report,
    Split,
)
from storage.database import Database
from tests.builders import NOON
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR
from tests.shell.fleet import Workers, bury, is_quiet, jobs_of, status_of, until
from tests.shell.forked_workers import Start
from tests.shell.model_server import ModelServer, serve
from tests.shell.test_kill_jobs import asked, parts_at

FIRST = "Sort the mail."
SECOND = "Sort the mail, second edition."
Test = Callable[[Parts, str], None]


class Paid:
    """A model behind HTTP: the second edition is right, unless it is to say what the first one says."""

    def __init__(self, server: ModelServer) -> None:
        self.server = server
        self.model = DirectModel("openai/scripted", base_url=server.base_url, api_key=None, timeout=200)
        self.truth: dict[str, str] = {}
        """What is right, by question."""
        self.is_better = True

    def answerer(self, bundle: Bundle) -> Answerer:
        """One version on this model."""
        return answerer_for(bundle, model=self.model, concurrency=4, boundary="b")

    def reply(self, request: dict[str, Any]) -> str:
        is_right = SECOND in request["messages"][0]["content"] and self.is_better
        return self.truth[_question(request)] if is_right else "something else"

    def asked(self, edition: str) -> Counter[str]:
        """How often it was asked each question, under instructions that hold these words."""
        requests = list(self.server.requests)
        return Counter(_question(one) for one in requests if edition in one["messages"][0]["content"])


def _question(request: dict[str, Any]) -> str:
    found: str = request["messages"][-1]["content"].split("\n")[1]
    return found


@pytest.fixture
def paid() -> Iterator[Paid]:
    with serve(lambda request: made.reply(request)) as server:
        made = Paid(server)
        yield made
        made.model.close()


def world(database: Database, paid: Paid, *, rows: int = 160) -> Parts:
    """An agent on the paid model, with cases; nothing was asked of it so far."""
    agent = desk_world.agent()
    database.create_agent(agent, Bundle(model=ModelChoice(name="openai/scripted"), instructions=FIRST), now=NOON,
                          actor="olga")  # fmt: skip
    parts = replace(parts_at(database), answerers=paid.answerer)
    desk_world.arrive(parts, rows=rows)
    for name in ("collect", "validate"):
        engine.run_stage(parts, name, defects=[])  # type: ignore[arg-type]
    paid.truth |= {case.question: case.expected for case in parts.store.cases()}
    return parts


def settings(paid: Paid) -> dict[str, Any]:
    return {"model_base_url": paid.server.base_url, "model_api_key": "none", "model_concurrency": 4}


def draft(parts: Parts, *more: Operation, title: str = "Second edition") -> str:
    edit = EditInstructions(old=FIRST, new=SECOND)
    return desk.draft(parts, actor=OPERATOR, operations=(edit, *more), title=title, rationale="It is due.").id


def durably(parts: Parts, proposal_id: str) -> None:
    """As the workers do, round by round."""
    bench = steps.Bench(parts=lambda slug: parts, pace=Pace(), report=lambda line: None)
    asked: list[list[Any]] = []
    while batches := steps.run_test(bench, "desk", proposal_id, asked=asked)["batches"]:
        for digest, case_ids in batches:
            assert not steps.ask_batch(bench, "desk", proposal_id, digest=digest, case_ids=case_ids)["reason"]
        asked += batches


def alone(parts: Parts, proposal_id: str) -> None:
    """As a worker does that has no colleagues."""
    bench = steps.Bench(parts=lambda slug: parts, pace=Pace(), report=lambda line: None, is_alone=lambda: True)
    done = steps.run_test(bench, "desk", proposal_id, asked=[])
    assert done["verdict"], "in one step, without a batch"


def in_one_process(parts: Parts, proposal_id: str) -> None:
    engine.run_stage(parts, "test", defects=[])


every_way = pytest.mark.parametrize("test", [durably, alone, in_one_process])


def report_of(parts: Parts, proposal_id: str) -> Report:
    report = parts.store.proposal(proposal_id).report
    assert report is not None
    return report


def of(parts: Parts, split: Split) -> Counter[str]:
    return Counter(case.question for case in parts.store.cases([split]))


@every_way
def test_a_model_is_asked_no_sealed_question_of_a_change_that_dev_does_not_support(
    test: Test, sqlite_database: Database, paid: Paid
) -> None:
    parts = world(sqlite_database, paid)
    paid.is_better = False
    made = draft(parts)
    test(parts, made)
    report = report_of(parts, made)
    assert not report.is_sealed_asked
    assert report.dev.tally.n > 20
    for edition in (FIRST, SECOND):
        asked = paid.asked(edition)
        assert not asked & of(parts, Split.SEALED), "neither the change nor the live version"
        assert asked <= of(parts, Split.DEV)
        assert asked.total() == report.dev.tally.n, "each case that is heard, once"


@every_way
def test_a_model_is_asked_each_sealed_question_once_of_a_change_that_dev_supports(
    test: Test, sqlite_database: Database, paid: Paid
) -> None:
    parts = world(sqlite_database, paid)
    made = draft(parts)
    test(parts, made)
    report = report_of(parts, made)
    assert report.is_sealed_asked
    assert report.sealed.tally.n > 20
    for edition in (FIRST, SECOND):
        asked = paid.asked(edition)
        assert asked <= of(parts, Split.DEV) + of(parts, Split.SEALED)
        assert asked.total() == report.dev.tally.n + report.sealed.tally.n
        first = set(list(asked)[: report.dev.tally.n])
        assert not first & set(of(parts, Split.SEALED)), "dev comes first"


@every_way
def test_a_change_that_lost_its_dev_screen_is_asked_the_sealed_questions_whatever_dev_says(
    test: Test, sqlite_database: Database, paid: Paid
) -> None:
    parts = world(sqlite_database, paid)
    paid.is_better = False
    test(parts, draft(parts))
    assert not paid.asked(SECOND) & of(parts, Split.SEALED)
    late = draft(parts, ChangeExamples(add=(Example(id="x1", question="quite another thing", label="parcel"),)))
    test(parts, late)
    report = report_of(parts, late)
    assert report.is_dev_in_view
    assert (paid.asked(SECOND) & of(parts, Split.SEALED)).total() == report.sealed_cases > 0


@every_way
def test_a_model_is_never_asked_what_is_set_aside_because_the_change_shows_it(
    test: Test, sqlite_database: Database, paid: Paid
) -> None:
    parts = world(sqlite_database, paid)
    shown = [parts.store.cases([split])[0] for split in (Split.DEV, Split.SEALED)]
    made = draft(parts, ChangeExamples(add=tuple(_example(case) for case in shown)))
    test(parts, made)
    assert {one.split for one in report_of(parts, made).left_out if one.shown} == {Split.DEV, Split.SEALED}
    for edition in (FIRST, SECOND):
        assert paid.asked(edition), "the others are asked"
        assert not {case.question for case in shown} & set(paid.asked(edition))


def _example(case: EvalCase) -> Example:
    return Example(id=f"x-{case.id}", question=case.question, label=case.expected)


def test_an_evaluation_that_begins_anew_asks_only_what_is_not_kept(sqlite_database: Database, paid: Paid) -> None:
    parts = world(sqlite_database, paid)
    made = draft(parts)
    bench = steps.Bench(parts=lambda slug: parts, pace=Pace(), report=lambda line: None)
    first = steps.run_test(bench, "desk", made, asked=[])["batches"]
    for digest, case_ids in first[:-1]:
        steps.ask_batch(bench, "desk", made, digest=digest, case_ids=case_ids)
    assert steps.run_test(bench, "desk", made, asked=[])["batches"] == first[-1:]
    durably(parts, made)
    assert report_of(parts, made).is_sealed_asked
    assert max((paid.asked(FIRST) | paid.asked(SECOND)).values()) == 1


def test_what_a_model_failed_to_answer_is_not_asked_for_ever(sqlite_database: Database, paid: Paid) -> None:
    parts = world(sqlite_database, paid)
    made = draft(parts)
    bench = steps.Bench(parts=lambda slug: parts, pace=Pace(), report=lambda line: None)
    first = steps.run_test(bench, "desk", made, asked=[])["batches"]
    last = steps.run_test(bench, "desk", made, asked=first)
    assert (last["batches"], last["reason"]) == ([], "")
    assert report_of(parts, made).model_failures == sum(len(case_ids) for _, case_ids in first)
    assert paid.server.requests == []


def test_a_worker_asks_by_itself_only_what_nobody_would_share(
    sqlite_database: Database, paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = world(sqlite_database, paid)
    made = draft(parts)
    colleagues = ["worker-2"]
    bench = steps.Bench(
        parts=lambda slug: parts, pace=Pace(), report=lambda line: None, is_alone=lambda: not colleagues
    )
    assert steps.run_test(bench, "desk", made, asked=[])["batches"], "a colleague takes some"
    colleagues.clear()
    monkeypatch.setattr(steps, "HERE", 5)
    assert steps.run_test(bench, "desk", made, asked=[])["batches"], "a colleague may come while so many are asked"
    assert paid.server.requests == []
    monkeypatch.setattr(steps, "HERE", 1_000)
    assert steps.run_test(bench, "desk", made, asked=[])["verdict"]


def test_a_worker_that_asks_by_itself_keeps_to_the_ceiling_and_goes_on_the_next_day(
    sqlite_database: Database, paid: Paid
) -> None:
    parts = world(sqlite_database, paid)
    made = draft(parts)
    desk.change_settings(sqlite_database, parts, actor=OPERATOR, settings=["asks_per_day=10"])
    today = parts_at(sqlite_database)
    bench = steps.Bench(
        parts=lambda slug: replace(today, answerers=paid.answerer),
        pace=Pace(),
        report=lambda line: None,
        is_alone=lambda: True,
    )
    done = steps.run_test(bench, "desk", made, asked=[])
    assert "ceiling of 10 questions a day" in done["reason"]
    assert (done["verdict"], len(paid.server.requests)) == ("", 10)
    desk.change_settings(sqlite_database, parts, actor=OPERATOR, settings=["asks_per_day=none"])
    assert steps.run_test(bench, "desk", made, asked=[])["verdict"]
    assert max((paid.asked(FIRST) | paid.asked(SECOND)).values()) == 1, "what was answered before is not asked again"


@pytest.mark.kill
def test_a_worker_is_alone_only_while_no_other_beats(sqlite_database: Database, sqlite_url: str) -> None:
    worker = Worker(
        sqlite_url,
        parts=lambda slug: parts_at(sqlite_database),
        agents=sqlite_database,
        clock=lambda: NOON,
        report=lambda line: None,
    )
    engine_ = make_engine(sqlite_url)
    other = Fleet(engine_, "another", dead_seconds=600.0)
    try:
        other.join()
        assert not worker.is_alone()
        other.leave()
        assert worker.is_alone()
    finally:
        worker.jobs.close()
        engine_.dispose()


@pytest.mark.kill
def test_a_test_goes_before_what_is_asked_ahead_of_a_stage(
    fleet: Workers, sqlite_database: Database, sqlite_url: str, paid: Paid
) -> None:
    parts = world(sqlite_database, paid)
    made = draft(parts)
    with jobs_of(sqlite_database, sqlite_url) as jobs:
        pid = fleet.start(Start(url=sqlite_url, settings=settings(paid)))
        until("a verdict", lambda: parts.store.proposal(made).report is not None)
        until("the end of all work", lambda: is_quiet(sqlite_database, jobs))
        assert fleet.stop(pid) == 0
    query = sa.text("SELECT name, min(started_at_epoch_ms), min(priority) FROM workflow_status GROUP BY name")
    with sqlite_database.engine.connect() as connection:
        begun = {name: (at, priority) for name, at, priority in connection.execute(query)}
    assert begun["evaluation"] <= begun["answers"]
    assert begun["evaluation"][1] < begun["answers"][1]


@pytest.mark.kill
@pytest.mark.parametrize("nth", [1, 3])
def test_a_worker_that_dies_in_either_round_costs_no_stored_answer_and_asks_no_sealed_question_early(
    fleet: Workers, sqlite_database: Database, sqlite_url: str, paid: Paid, nth: int
) -> None:
    parts = world(sqlite_database, paid, rows=240)
    made = draft(parts)
    start = Start(url=sqlite_url, settings=settings(paid), pace={"dead_seconds": 6.0})
    with jobs_of(sqlite_database, sqlite_url) as jobs:
        dying = fleet.start(Start(url=sqlite_url, settings=settings(paid), kill_at="answers:after", nth=nth))
        assert fleet.wait(dying)["signal"] == 9
        bury(sqlite_database)
        stored, seen = _stored(parts, made), len(paid.server.requests)
        assert stored
        pid = fleet.start(start)
        until("a verdict", lambda: parts.store.proposal(made).report is not None)
        until("the end of all work", lambda: is_quiet(sqlite_database, jobs))
        assert fleet.stop(pid) == 0
        assert status_of(sqlite_database, jobs.turn_id("desk")) == "SUCCESS"
    after = asked(paid.server)[seen:]
    again = {(SECOND in whole, question) for is_first, question, whole in after if is_first or SECOND in whole}
    assert not stored & again
    assert len(after) == len(set(after)), "nobody died after that"
    report = report_of(parts, made)
    assert report.is_sealed_asked
    assert report.model_failures == 0, "every question of either round was really asked"
    candidate = [_question(one) for one in paid.server.requests if SECOND in one["messages"][0]["content"]]
    sealed = of(parts, Split.SEALED)
    first_sealed = next(place for place, one in enumerate(candidate) if one in sealed)
    assert set(candidate[first_sealed:]) <= set(sealed), "no dev question after the first sealed one"
    assert set(candidate[:first_sealed]) <= set(of(parts, Split.DEV))


def _stored(parts: Parts, proposal_id: str) -> set[tuple[bool, str]]:
    """Whether the candidate answered, and what."""
    proposal = parts.store.proposal(proposal_id).proposal
    questions = {case.id: case.question for case in parts.store.cases()}
    return {
        (is_candidate, questions[key])
        for is_candidate, digest in ((False, proposal.base_digest), (True, proposal.candidate_digest))
        for key in parts.store.answers(digest, questions)
    }
