"""What arrives is kept once, in order, and never waits for the agent's head."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from loop.errors import InvalidInput, NotFound
from loop.ports import Store
from loop.records import Answer, Changes, Derived, Due, FeedbackMove, FeedbackState, RowCounts, Score
from storage.connecting import writing
from storage.database import Database
from storage.inspection import inspect
from storage.locks import lock_agent
from storage.store import AgentStore
from storage.tables import ArrivalLogRow, FeedbackRow, InteractionRow
from tests import builders
from tests.shell import deciding


def positions(database: Database, agent: str = "desk") -> dict[str, int]:
    """Log position of every interaction and feedback, by id."""
    found: dict[str, int] = {}
    with database.engine.connect() as connection:
        for table in (InteractionRow.core(), FeedbackRow.core()):
            query = sa.select(table.c.id, table.c.seq).where(table.c.agent == agent)
            found.update((row.id, row.seq) for row in connection.execute(query))
    return found


def test_what_is_appended_comes_back_and_is_a_duplicate_the_second_time(store: AgentStore) -> None:
    port: Store = store
    answered = builders.interaction(
        1, bundle_digest="b" * 64, experiment_id="x1", arm="candidate", probability=0.25, version=3
    )
    told = builders.feedback(1)
    score = Score(id="s1", agent="desk", interaction_id="i1", evaluator="e", value=0.5, at=builders.NOON)
    note = deciding.note("a.csv")
    assert port.append(interactions=[answered], feedback=[told], scores=[score], notes=[note]) == RowCounts(new=3)
    assert port.interactions(["i1"]) == {"i1": answered}
    assert [item.feedback for item in port.feedback([FeedbackState.NEW])] == [told]
    assert store.journal()[-1].subject == "a.csv"
    counted = port.change_counter()
    assert port.append(interactions=[answered], feedback=[told], scores=[score]) == RowCounts(duplicate=3)
    assert port.change_counter() == counted
    assert store.check_journal().is_intact


def test_each_arrival_gets_the_next_log_position_and_changed_content_a_new_one(
    database: Database, store: AgentStore
) -> None:
    store.append(interactions=[builders.interaction(1), builders.interaction(2)], feedback=[builders.feedback(1)])
    assert positions(database) == {"i1": 1, "i2": 2, "f1": 3}
    counted = store.change_counter()
    store.append(interactions=[builders.interaction(1, answer="Here.")], feedback=[builders.feedback(2)])
    assert positions(database) == {"i1": 4, "i2": 2, "f1": 3, "f2": 5}
    assert store.change_counter() != counted
    store.append(feedback=[builders.feedback(3, interaction_id="i2", author="a2", at=builders.at(9))])
    assert positions(database)["f2"] == 5, "given once, superseded or not"
    assert store.feedback_counts() == dict.fromkeys(FeedbackState, 0) | {
        FeedbackState.NEW: 2,
        FeedbackState.SUPERSEDED: 1,
    }


def test_what_is_due_is_read_in_the_order_it_came_and_no_more_than_asked(store: AgentStore) -> None:
    store.append(feedback=[builders.feedback(number, received_at=builders.at(9 - number)) for number in range(1, 6)])
    done = Derived(done=(("facts", Due("f2", 1)),))
    move = FeedbackMove(feedback_id="f2", was=FeedbackState.NEW, now=FeedbackState.VALID)
    store.commit(Changes(feedback_moves=(move,), derived=done))
    assert [one.key for one in store.due("facts", limit=3)] == ["f1", "f3", "f4"]
    assert store.feedback_counts([FeedbackState.NEW]) == {FeedbackState.NEW: 4}


def test_the_count_of_what_is_new_and_the_change_counter_walk_no_history(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        for query, index in (
            (
                "SELECT state, count(*) FROM feedback WHERE agent = 'desk' AND state IN ('new') GROUP BY state",
                "COVERING INDEX ix_feedback_agent_state_received_at",
            ),
            ("SELECT seq FROM arrival_log WHERE agent = 'desk'", "sqlite_autoindex_arrival_log_1"),
        ):
            plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
            assert index in plan
            assert "TEMP B-TREE" not in plan


def test_an_append_for_another_agent_or_one_that_is_gone_is_refused(store: AgentStore, database: Database) -> None:
    with pytest.raises(InvalidInput):
        store.append(feedback=[builders.feedback(1, agent="other")])
    with pytest.raises(NotFound):
        AgentStore(database.engine, "nobody").append(feedback=[builders.feedback(1, agent="nobody")])
    assert positions(database) == {}


def test_what_cannot_be_stored_leaves_nothing_of_its_batch(store: AgentStore, database: Database) -> None:
    bad = builders.feedback(2).model_copy(update={"text": "a\x00b"})
    with pytest.raises(InvalidInput):
        store.append(interactions=[builders.interaction(1)], feedback=[bad], notes=[deciding.note("x")])
    assert positions(database) == {}
    assert len(store.journal()) == 1


@pytest.mark.postgres
def test_an_arrival_does_not_wait_for_whoever_holds_the_head(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    store = database.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="rita")
    with writing(database.engine) as connection:
        lock_agent(connection, "desk")
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        done = threading.Thread(target=lambda: store.append(feedback=[builders.feedback(1)]), daemon=True)
        done.start()
        done.join(timeout=200)
        assert not done.is_alive(), "the append waits for the head"
        assert store.feedback_counts([FeedbackState.NEW]) == {FeedbackState.NEW: 1}
    database.close()


def at_once(actions: list[Callable[[], object]]) -> list[Exception]:
    """Start all together; what they raised."""
    gate = threading.Barrier(len(actions))
    failures: list[Exception] = []

    def run(action: Callable[[], object]) -> None:
        gate.wait()
        try:
            action()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_writers_who_append_while_decisions_are_made_lose_nothing(database: Database, store: AgentStore) -> None:
    def append(writer: int) -> None:
        mine = database.store("desk")
        for number in range(8):
            places = range(writer * 1000 + number * 5, writer * 1000 + number * 5 + 5)
            mine.append(
                interactions=[builders.interaction(place) for place in places],
                feedback=[builders.feedback(place) for place in places],
                notes=[deciding.note(f"{writer}.{number}")],
            )

    def decide() -> None:
        mine = database.store("desk")
        for number in range(6):
            approval = deciding.decision(deciding.waiting(mine, f"p{number}"))
            mine.decide(approval)
            assert deciding.deploy(mine, approval).outcome == "applied"

    def judge() -> None:
        mine = database.store("desk")
        for _ in range(12):
            moves = tuple(
                FeedbackMove(feedback_id=item.feedback.id, was=FeedbackState.NEW, now=FeedbackState.VALID)
                for item in mine.feedback([FeedbackState.NEW])[:20]
            )
            mine.commit(Changes(feedback_moves=moves))

    assert at_once([lambda: append(1), lambda: append(2), decide, judge]) == []
    given = positions(database)
    assert len(given) == 160
    assert sorted(given.values()) == list(range(1, 161)), "positions without gaps or repeats"
    with database.engine.connect() as connection:
        assert connection.execute(sa.select(ArrivalLogRow.core().c.seq)).scalar() == 160
    assert sum(store.feedback_counts().values()) == 80
    noted = [entry for entry in store.journal() if not entry.action.startswith("write ")]
    assert len(noted) == 1 + 16 + 12
    assert store.check_journal().is_intact
    with database.engine.connect() as connection:
        assert inspect(connection, "desk").faults == ()


def test_two_who_tell_something_newer_at_once_leave_one_that_counts(database: Database, store: AgentStore) -> None:
    def tell(writer: int) -> None:
        mine = database.store("desk")
        for number in range(6):
            told = builders.feedback(
                writer * 100 + number, interaction_id="i1", author="ann", at=builders.at(writer + 2 * number)
            )
            mine.append(feedback=[told])

    assert at_once([lambda: tell(0), lambda: tell(1)]) == []
    assert store.feedback_counts() == dict.fromkeys(FeedbackState, 0) | {
        FeedbackState.NEW: 1,
        FeedbackState.SUPERSEDED: 11,
    }
    (newest,) = store.feedback([FeedbackState.NEW])
    assert newest.feedback.id == "f105"


def test_an_answer_is_kept_once_by_bundle_and_case_and_a_failed_one_never(store: AgentStore) -> None:
    port: Store = store
    first = Answer(text="Ten days.", method="article", confidence=0.5, uses=("a1",))
    port.keep_answers("d" * 64, {"c1": first, "c2": Answer(method="failed", failure="no reply")})
    told = port.keep_answers("d" * 64, {"c1": Answer(text="Other.", method="model"), "c3": first})
    assert told == {"c1": first}
    port.keep_answers("e" * 64, {"c1": Answer(text="Theirs.", method="model")})
    assert port.answers("d" * 64, ["c1", "c2", "c3", "c4"]) == {"c1": first, "c3": first}
    assert port.answers("d" * 64, (f"c{number}" for number in range(5000))) == {"c1": first, "c3": first}
    assert port.answers("f" * 64, ["c1"]) == {}
