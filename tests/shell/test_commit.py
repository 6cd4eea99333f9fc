"""A commit is written whole or not at all, and writing it again changes nothing."""

import itertools
from datetime import timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loop.errors import InvalidInput, NotFound
from loop.ports import Changes, FeedbackMove, Note, ProposalMove, Store, Written
from loop.records import (
    FEEDBACK_MOVES,
    PROPOSAL_MOVES,
    DailyQuality,
    Feedback,
    FeedbackKind,
    FeedbackState,
    Flag,
    Issue,
    IssueSide,
    Measurement,
    ProposalState,
    Record,
    Score,
    Split,
    StageReport,
    Step,
    TurnReport,
)
from storage.database import Database
from storage.rows import TABLES
from storage.store import AgentStore
from tests import builders
from tests.shell import rulings


def everything() -> Changes:
    """One of each, no field at its default where it has one."""
    east = timezone(timedelta(hours=5, minutes=30))
    told = builders.feedback(
        1,
        kind=FeedbackKind.EDIT,
        value=0.25,
        text="Zurück an Absender 🙃\u2028",
        article_id="art",
        reason="wrong",
        seconds_to_answer=2.5,
        attributes={"nested": {"list": [1, 2.5, None, True]}},
        at=builders.at(3).astimezone(east),
    )
    answered = builders.interaction(
        1,
        position=2,
        context={"plan": "pro", "amount": 1.0, "days": 3, "vip": True, "gone": None},
        article_id="art",
        method="rule",
        confidence=0.5,
        uses=("r1", "x1"),
        version=0,
        topic="parcels",
        steps=(Step(kind="tool", name="find", input="{}", output="[]", is_error=True, attributes={"id": 7}),),
        source="import:a.csv",
        attributes={"b": 1, "a": "two"},
    )
    issue = Issue(
        id="issue1",
        agent="desk",
        kind="label",
        title="Parcels are refunds",
        sides=(IssueSide(correction="refund", sources=3, feedback_ids=("f1",)),),
        support=3,
        is_supported=True,
        interaction_ids=("i1",),
        first_at=builders.NOON,
        last_at=builders.at(5),
    )
    return Changes(
        interactions=(answered, builders.interaction(2)),
        feedback=(told, builders.feedback(2)),
        scores=(Score(id="s1", agent="desk", interaction_id="i1", evaluator="e", value=None, at=builders.NOON),),
        flags={"f1": (Flag(feedback_id="f1", detector="d", reason="r", related=("f2",), at=builders.NOON),)},
        feedback_moves=(FeedbackMove(feedback_id="f1", was=FeedbackState.NEW, now=FeedbackState.HELD),),
        issues=(issue,),
        cases=(
            builders.case(1, context={"a": 1}, must_include=("x",), must_exclude=("y",), is_protected=True),
            builders.case(2, split=Split.DEV, author="a", feedback_id="f1", interaction_id="i1"),
        ),
        measurements=(
            Measurement(
                agent="desk", number=0, case_set_digest="c" * 64, n=10, right=7, low=0.4, high=0.9, at=builders.NOON
            ),
        ),
        daily=(
            DailyQuality(agent="desk", day="2026-06-01", number=0, n=2, good=1, low=0.1, high=0.9),
            DailyQuality(agent="desk", day="2026-06-01", number=None, n=1, good=1, low=None, high=None),
        ),
        notes=(Note(actor="engine", action="import", subject="a.csv", at=builders.NOON),),
        turn=TurnReport(
            id="turn1",
            agent="desk",
            started_at=builders.NOON,
            ended_at=builders.at(1),
            stages=(StageReport(stage="collect", counts={"new": 2}, words=("ok",)),),
        ),
    )


def test_every_record_comes_back_as_it_was(store: AgentStore) -> None:
    port: Store = store
    changes = everything()
    proposal = rulings.proposal(base=store.head())
    report = rulings.report(proposal)
    written = port.commit(changes.model_copy(update={"proposals": (proposal,), "reports": (report,)}))

    assert written == Written(new=5, moved=1)
    assert tuple(port.interactions(["i1", "i2", "none"]).values()) == changes.interactions
    items = port.feedback()
    assert tuple(item.feedback for item in items) == changes.feedback
    assert [item.state for item in items] == [FeedbackState.HELD, FeedbackState.NEW]
    assert items[0].flags == changes.flags["f1"]
    assert port.feedback_items(["f1", "none"]) == {"f1": items[0]}
    assert tuple(port.issues()) == changes.issues
    assert tuple(port.cases()) == changes.cases
    assert port.cases([Split.DEV]) == [changes.cases[1]]
    assert tuple(port.measurements()) == changes.measurements
    assert port.last_turn() == changes.turn
    item = port.proposal("p1")
    assert (item.proposal, item.report, item.state) == (proposal, report, ProposalState.DRAFTED)
    assert port.proposals() == [item]
    assert port.sealed_looks() == 1


def test_the_same_commit_again_changes_nothing_but_the_journal(store: AgentStore) -> None:
    changes = everything()
    proposal = rulings.proposal(base=store.head())
    changes = changes.model_copy(update={"proposals": (proposal,), "reports": (rulings.report(proposal),)})
    store.commit(changes)
    before = snapshot(store)
    pulse = store.pulse()

    assert store.commit(changes) == Written(duplicate=5)
    assert snapshot(store) == before
    assert store.pulse() == pulse
    assert store.check_journal().is_intact


def test_two_deliveries_of_one_feedback_are_one(store: AgentStore) -> None:
    store.commit(Changes(feedback=(builders.feedback(1),)))
    again = builders.feedback(1, received_at=builders.at(99))
    elsewhere = builders.feedback(1, at=builders.at(1).astimezone(timezone(timedelta(hours=-3))))
    assert store.commit(Changes(feedback=(again, elsewhere))).duplicate == 2
    assert store.feedback()[0].feedback.received_at == builders.at(1)


def test_an_interaction_with_other_content_is_brought_up_to_date(store: AgentStore) -> None:
    first = builders.interaction(1)
    later = builders.interaction(1, answer="Here it is.", attributes={"a": 1})
    assert store.commit(Changes(interactions=(first,))).new == 1
    assert store.commit(Changes(interactions=(later, builders.interaction(2)))) == Written(new=1, updated=1)
    assert store.interactions(["i1"]) == {"i1": later}


def test_the_last_of_one_interaction_in_a_batch_counts(store: AgentStore) -> None:
    batch = tuple(builders.interaction(1, answer=answer) for answer in ("a", "b", "b"))
    assert store.commit(Changes(interactions=batch)) == Written(new=1, updated=1, duplicate=1)
    assert store.interactions(["i1"])["i1"].answer == "b"


def test_later_feedback_of_the_same_author_supersedes_the_earlier(store: AgentStore) -> None:
    earlier = builders.feedback(1, label="refund")
    later = builders.feedback(1, id="f1b", label="invoice", at=builders.at(5), received_at=builders.at(5))
    store.commit(Changes(feedback=(earlier,)))
    assert store.commit(Changes(feedback=(later,))) == Written(updated=1)
    assert [(item.feedback.id, item.feedback.supersedes) for item in store.feedback()] == [("f1b", "f1")]
    history = store.feedback([FeedbackState.SUPERSEDED])
    assert [item.feedback for item in history] == [earlier]


def test_earlier_feedback_that_arrives_late_is_superseded_at_once(store: AgentStore) -> None:
    later = builders.feedback(1, id="f1b", at=builders.at(5))
    store.commit(Changes(feedback=(later,)))
    assert store.commit(Changes(feedback=(builders.feedback(1),))) == Written(new=1)
    assert [item.feedback.id for item in store.feedback()] == ["f1b"]
    assert store.feedback_items(["f1"])["f1"].state is FeedbackState.SUPERSEDED


def test_another_author_kind_or_target_supersedes_nothing(store: AgentStore) -> None:
    told = (
        builders.feedback(1),
        builders.feedback(2, interaction_id="i1"),
        builders.feedback(3, interaction_id="i1", author="a1", kind=FeedbackKind.COMMENT),
        builders.feedback(4, author="a1"),
    )
    assert store.commit(Changes(feedback=told)) == Written(new=4)
    assert len(store.feedback()) == 4


def test_feedback_whose_id_is_taken_is_kept_under_another_id(store: AgentStore) -> None:
    store.commit(Changes(feedback=(builders.feedback(1, label="refund"),)))
    newer = builders.feedback(1, label="invoice", at=builders.at(9))
    assert store.commit(Changes(feedback=(newer,))) == Written(updated=1)
    assert store.commit(Changes(feedback=(newer,))) == Written(duplicate=1)
    (current,) = store.feedback()
    assert (current.feedback.label, current.feedback.supersedes) == ("invoice", "f1")
    assert store.feedback_items(["f1"])["f1"].feedback.label == "refund"


_targets = itertools.count()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_order_of_arrival_does_not_matter(sqlite_store: AgentStore, data: st.DataObject) -> None:
    mark = f"t{next(_targets)}"
    minutes = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=6))
    told = [
        builders.feedback(1, id=f"{mark}-{place}", interaction_id=mark, at=builders.at(minute))
        for place, minute in enumerate(minutes)
    ]
    expected = max(told, key=lambda one: (one.at, one.received_at, one.id))
    shuffled = data.draw(st.permutations(told))
    cut = data.draw(st.integers(0, len(told)))
    for part in (shuffled[:cut], shuffled[cut:], shuffled):
        sqlite_store.commit(Changes(feedback=tuple(part)))
    items = sqlite_store.feedback_items([one.id for one in told])
    assert len(items) == len(told)
    assert [name for name, item in items.items() if item.state is not FeedbackState.SUPERSEDED] == [expected.id]


def test_feedback_that_must_not_teach_enters_as_excluded(store: AgentStore) -> None:
    store.commit(Changes(feedback=(builders.feedback(1, teaches=False),)))
    assert store.feedback()[0].state is FeedbackState.EXCLUDED


def test_feedback_may_arrive_before_its_interaction(store: AgentStore) -> None:
    store.commit(Changes(feedback=(builders.feedback(1, value=1.0),)))
    assert [(day.number, day.n, day.good) for day in store.signals_by_day()] == [(None, 1, 1)]
    store.commit(Changes(interactions=(builders.interaction(1, version=0),)))
    assert [(day.number, day.n, day.good) for day in store.signals_by_day()] == [(0, 1, 1)]


def test_signals_leave_out_what_the_firewall_holds_back(store: AgentStore) -> None:
    states = [state for state in FeedbackState if state is not FeedbackState.SUPERSEDED]
    for place, state in enumerate(states, start=1):
        told = builders.feedback(place, value=0.5 if place % 2 else 0.25)
        answer = builders.interaction(place, version=0, at=builders.at(60 * 24 * (place % 2)))
        store.commit(Changes(interactions=(answer,), feedback=(told,)))
        for step in path(FeedbackState.NEW, state, FEEDBACK_MOVES):
            store.commit(Changes(feedback_moves=(FeedbackMove(feedback_id=told.id, was=step[0], now=step[1]),)))
    counted = {FeedbackState.NEW, FeedbackState.VALID, FeedbackState.RELEASED}
    days = store.signals_by_day()
    assert sum(day.n for day in days) == len(counted)
    assert [day.day for day in days] == sorted({day.day for day in days})
    assert sum(day.good for day in days) == sum(1 for n, one in enumerate(states, 1) if one in counted and n % 2)


def test_every_feedback_move_is_as_the_table_says(sqlite_store: AgentStore) -> None:
    number = itertools.count(1)
    for was, now in itertools.product(FeedbackState, FeedbackState):
        told = builders.feedback(next(number))
        sqlite_store.commit(Changes(feedback=(told,)))
        for step in path(FeedbackState.NEW, was, FEEDBACK_MOVES):
            sqlite_store.commit(Changes(feedback_moves=(FeedbackMove(feedback_id=told.id, was=step[0], now=step[1]),)))
        change = Changes(feedback_moves=(FeedbackMove(feedback_id=told.id, was=was, now=now),))
        if now in FEEDBACK_MOVES[was]:
            assert sqlite_store.commit(change).moved == 1
            assert sqlite_store.feedback_items([told.id])[told.id].state is now
        else:
            with pytest.raises(InvalidInput):
                sqlite_store.commit(change)


def test_every_proposal_move_by_a_commit_is_as_the_table_says(sqlite_store: AgentStore) -> None:
    decided = {ProposalState.APPROVED, ProposalState.REJECTED, ProposalState.EDITED}
    released = {ProposalState.LIVE, ProposalState.UNDONE}
    for was, now in itertools.product(ProposalState, ProposalState):
        change = Changes(proposal_moves=(ProposalMove(proposal_id="p", was=was, now=now),))
        undoes = now is ProposalState.WAITING and was in decided
        if now in PROPOSAL_MOVES[was] and now not in decided | released and not undoes:
            assert sqlite_store.commit(change).moved == 0
        else:
            with pytest.raises(InvalidInput):
                sqlite_store.commit(change)


def test_a_move_from_where_it_no_longer_stands_is_skipped(store: AgentStore) -> None:
    store.commit(Changes(feedback=(builders.feedback(1),)))
    move = FeedbackMove(feedback_id="f1", was=FeedbackState.NEW, now=FeedbackState.VALID)
    assert store.commit(Changes(feedback_moves=(move,))).moved == 1
    assert store.commit(Changes(feedback_moves=(move,))).moved == 0


def test_a_retired_case_is_gone_until_it_comes_again(store: AgentStore) -> None:
    store.commit(Changes(cases=(builders.case(1), builders.case(2))))
    store.commit(Changes(retired_cases=("case1",)))
    assert [case.id for case in store.cases()] == ["case2"]
    store.commit(Changes(cases=(builders.case(1, question="Changed?"),)))
    assert store.cases() == [builders.case(1), builders.case(2)]


def test_flags_and_issues_replace_the_earlier_ones(store: AgentStore) -> None:
    store.commit(everything())
    store.commit(Changes(flags={"f1": ()}, issues=()))
    assert store.feedback_items(["f1"])["f1"].flags == ()
    assert store.issues() == []


def test_a_second_report_replaces_the_first_and_counts_as_a_look(store: AgentStore) -> None:
    drafted = rulings.proposal(base=store.head())
    store.commit(Changes(proposals=(drafted,), reports=(rulings.report(drafted),)))
    before = store.proposal("p1").evidence_digest
    second = rulings.report(drafted, id="second", seed=8)
    store.commit(Changes(reports=(second,)))
    assert store.proposal("p1").report == second
    assert store.proposal("p1").evidence_digest not in ("", before)
    assert store.sealed_looks() == 2


def test_a_decided_proposal_keeps_the_evidence_it_was_decided_on(store: AgentStore) -> None:
    item = rulings.waiting(store)
    store.decide(rulings.decision(item))
    store.commit(Changes(reports=(rulings.report(item.proposal, id="late", seed=8),)))
    assert store.proposal("p1").report == item.report
    assert store.proposal("p1").evidence_digest == item.evidence_digest


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "a\x00b"}, "text"),
        ({"label": "\ud800"}, "label"),
        ({"attributes": {"deep": [{"a\x00": 1}]}}, "attributes"),
        ({"attributes": {"made": object()}}, "attributes"),
        ({"author": "a" * 256}, "author"),
        ({"agent": "other"}, "agent"),
    ],
)
def test_what_a_database_cannot_keep_is_refused_by_field(store: AgentStore, change: dict, field: str) -> None:
    bad = builders.feedback(2).model_copy(update=change)
    with pytest.raises(InvalidInput) as refused:
        store.commit(Changes(interactions=(builders.interaction(1),), feedback=(bad,)))
    assert refused.value.field == field
    assert "a" * 99 not in str(refused.value)
    assert store.interactions(["i1"]) == {}


def test_text_that_only_spells_a_nul_is_kept(store: AgentStore) -> None:
    told = builders.feedback(1, text="write \\u0000 in JSON")
    store.commit(Changes(feedback=(told,)))
    assert store.feedback()[0].feedback == told


def test_a_commit_that_fails_at_its_end_leaves_nothing(store: AgentStore) -> None:
    stray = rulings.report(rulings.proposal(base=store.head()))
    with pytest.raises(NotFound):
        store.commit(Changes(feedback=(builders.feedback(1),), reports=(stray,)))
    assert store.feedback() == []


def test_the_pulse_changes_only_when_there_may_be_something_to_do(store: AgentStore) -> None:
    pulses = [store.pulse()]
    store.commit(Changes(feedback=(builders.feedback(1),)))
    pulses.append(store.pulse())
    item = rulings.waiting(store)
    pulses.append(store.pulse())
    store.decide(rulings.decision(item))
    pulses.append(store.pulse())
    rulings.deploy(store, rulings.decision(item))
    pulses.append(store.pulse())
    assert len(set(pulses)) == len(pulses)
    quiet = Changes(daily=everything().daily, issues=(), turn=everything().turn, feedback=(builders.feedback(1),))
    store.commit(quiet)
    assert store.pulse() == pulses[-1]


@pytest.mark.parametrize("kind", sorted(TABLES, key=lambda kind: kind.__name__))
def test_every_field_is_a_column_or_in_the_body(kind: type[Record]) -> None:
    columns = TABLES[kind].core().columns
    assert "body" in columns or set(kind.model_fields) <= set(columns.keys())
    assert "agent" in columns or kind.__name__ == "Agent"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=5))
def test_any_text_comes_back_as_it_was(sqlite_store: AgentStore, texts: list[str]) -> None:
    told = builders.interaction(1, question=texts[0], answer=texts[1], attributes={texts[2]: texts[3:]})
    sqlite_store.commit(Changes(interactions=(told,)))
    assert sqlite_store.interactions(["i1"])["i1"] == told


def path(start: object, end: object, moves: dict) -> list[tuple]:
    """Steps from one state to another along the table."""
    routes: dict = {start: []}
    queue = [start]
    for state in queue:
        for following in sorted(moves[state]):
            if following not in routes:
                routes[following] = [*routes[state], (state, following)]
                queue.append(following)
    return routes[end]


def snapshot(store: AgentStore) -> list:
    """All a store can tell."""
    told: list[Feedback] = [item.feedback for item in store.feedback(list(FeedbackState))]
    return [
        store.feedback(list(FeedbackState)),
        store.interactions([one.interaction_id for one in told]),
        store.cases(),
        store.issues(),
        store.proposals(),
        store.decisions(),
        store.versions(),
        store.releases(),
        store.measurements(),
        store.signals_by_day(),
        store.sealed_looks(),
        store.last_turn(),
    ]


def test_no_read_of_one_agent_shows_another(database: Database) -> None:
    mine = database.create_agent(builders.agent("mine"), builders.bundle(), now=builders.NOON, actor="a")
    other = database.create_agent(builders.agent("other"), builders.bundle(), now=builders.NOON, actor="b")
    empty = [snapshot(other), other.journal()]
    mine.commit(owned(everything(), "mine"))
    approval = rulings.ship(mine)
    rulings.decision(rulings.waiting(mine, "p2"))
    assert [snapshot(other), other.journal()] == empty
    ids = ["i1", "i2", "f1", "f2"]
    assert other.interactions(ids) == {}
    assert other.feedback_items(ids) == {}
    with pytest.raises(NotFound):
        other.proposal("p1")
    with pytest.raises(NotFound):
        other.bundle(rulings.candidate("p1").digest)
    assert other.due_approvals(builders.at(999)) == []
    assert other.decisions(approval.proposal_id) == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.tuples(st.sampled_from(["mine", "other"]), st.integers(1, 4)), max_size=12))
def test_the_same_ids_in_two_agents_never_meet(sqlite_database: Database, numbers: list[tuple[str, int]]) -> None:
    stores = {}
    for slug in ("mine", "other"):
        if slug not in {agent.slug for agent in sqlite_database.agents()}:
            sqlite_database.create_agent(builders.agent(slug), builders.bundle(), now=builders.NOON, actor="a")
        stores[slug] = sqlite_database.store(slug)
    for slug, number in numbers:
        changes = Changes(
            interactions=(builders.interaction(number, agent=slug, question=f"canary {slug}"),),
            feedback=(builders.feedback(number, agent=slug, text=f"canary {slug}"),),
            cases=(builders.case(number, agent=slug, question=f"canary {slug}"),),
        )
        stores[slug].commit(changes)
    for slug, foreign in (("mine", "other"), ("other", "mine")):
        seen = repr(snapshot(stores[slug]))
        assert f"canary {foreign}" not in seen
        wanted = {number for owner, number in numbers if owner == slug}
        assert {f"i{number}" for number in wanted} <= set(stores[slug].interactions(f"i{n}" for n in range(5)))


def owned(changes: Changes, slug: str) -> Changes:
    """The same records, of another agent."""
    update: dict = {}
    for name in ("interactions", "feedback", "scores", "issues", "cases", "measurements", "daily"):
        update[name] = tuple(one.model_copy(update={"agent": slug}) for one in getattr(changes, name))
    assert changes.turn is not None
    return changes.model_copy(update={**update, "turn": changes.turn.model_copy(update={"agent": slug})})
