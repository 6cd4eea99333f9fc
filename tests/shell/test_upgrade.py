"""What the first release stored is there after the upgrade as it was: rows, digests, journal, and open work."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from loop.errors import StoreUnavailable
from loop.records import Feedback, FeedbackState, Interaction, ProposalState
from storage.database import Database
from storage.rows import from_row
from storage.schema import VERSION_TABLE, move_schema
from storage.tables import metadata
from tests import builders
from tests.shell import deciding, released

GROWN = {"version", "bundle", "audit"}
"""Tables that get the candidates of open proposals, and the journal's entry of the upgrade."""
MARKED = {"head"}
"""Tables that say where the journal ends."""
ORDERED = {"issue", "daily_quality"}
"""Tables whose rows had a place of their own; now they are ordered by what they say."""
SECOND = "0002_floor"


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """A database of the first release, on each kind of server."""
    made = released.make(database_url)
    yield made
    made.dispose()


@pytest.fixture
def upgraded(engine: sa.Engine, database_url: str) -> Iterator[Database]:
    """The same, opened by this program."""
    opened = Database.open(database_url)
    yield opened
    opened.close()


def known(row: dict, table: str) -> dict:
    """A row without what this upgrade added; what it renamed under its old name."""
    if table == "head":
        row = {("mark" if name == "change_counter" else name): value for name, value in row.items()}
    first = released.rows()[table][0]
    return {name: value for name, value in row.items() if name in first}


def indexes(engine: sa.Engine) -> dict[str, str]:
    """Every index by name, with its columns and its condition; on SQLite in the order in which they were made."""
    query = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid"
        if engine.dialect.name == "sqlite"
        else "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
    )
    with engine.connect() as connection:
        return {row[0]: row[1] for row in connection.exec_driver_sql(query)}


def unmarked(engine: sa.Engine) -> dict[str, list[dict]]:
    """Every row but those in which the journal says that the database was upgraded."""
    marked = {"audit", "head", "arrival_log", "seal"}
    return {name: rows for name, rows in released.stored(engine).items() if name not in marked}


def unplaced(rows: list[dict]) -> list[dict]:
    """Rows without their place, in an order of their own."""
    return sorted(({key: one for key, one in row.items() if key != "position"} for row in rows), key=str)


def test_every_row_of_every_table_is_as_it_was(engine: sa.Engine, database_url: str) -> None:
    before = released.stored(engine)
    assert {name for name, rows in before.items() if rows} == set(released.rows())
    Database.open(database_url).close()
    after = released.stored(engine)
    for table, rows in before.items():
        kept = [known(row, table) for row in after[table]]
        if table == "proposal":
            rows = [row | {"state": "stale"} if row["id"] == "lost" else row for row in rows]
        if table in ORDERED:
            assert unplaced(kept) == unplaced(rows), table
        elif table in MARKED:
            continue
        elif table in GROWN:
            assert all(row in kept for row in rows)
        else:
            assert kept == rows, table


def test_the_upgraded_schema_is_the_one_the_program_knows(upgraded: Database) -> None:
    with upgraded.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_either_build_of_the_second_schema_ends_with_the_indexes_the_program_knows(
    engine: sa.Engine, database_url: str
) -> None:
    move_schema(engine, SECOND)
    rows = unmarked(engine)
    assert "ix_feedback_new" in indexes(engine)
    move_schema(engine, "0003_voices")
    third = indexes(engine)
    with engine.begin() as connection:  # a build of the second schema that made the indexes of the third
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '{SECOND}'"))
    move_schema(engine, "0003_voices")
    # Where several look equally good, SQLite takes the one made last: their order is part of the schema.
    assert list(indexes(engine).items()) == list(third.items())
    Database.open(database_url).close()
    upgraded = indexes(engine)
    after = unmarked(engine)
    for table, some in rows.items():
        pairs = zip(after[table], some, strict=True)
        assert [{name: now[name] for name in before} for now, before in pairs] == some, table
    move_schema(engine, "base")
    metadata.create_all(engine)
    assert upgraded == indexes(engine)


def test_the_second_schema_again_has_the_indexes_it_had(engine: sa.Engine) -> None:
    move_schema(engine, SECOND)
    before, rows = indexes(engine), unmarked(engine)
    move_schema(engine, "head")
    assert indexes(engine) != before
    move_schema(engine, SECOND)
    assert indexes(engine) == before
    assert unmarked(engine) == rows


def test_digests_and_journal_of_the_first_release_verify(upgraded: Database) -> None:
    store = upgraded.store("desk")
    assert store.check_journal().is_intact
    assert store.check_journal().entries == 13  # the upgrade is one of them
    for version in (*store.versions(), *store.candidates()):
        assert store.bundle(version.digest).digest == version.digest
    assert [version.number for version in store.versions()] == [0, 1, 2, 3]
    assert store.bundle(store.head().digest).model.name == "openai/gpt-4o-mini"


def test_what_the_first_release_was_told_is_a_duplicate_when_it_is_told_again(upgraded: Database) -> None:
    store = upgraded.store("desk")
    with upgraded.engine.connect() as connection:
        told = {
            kind: [
                from_row(kind, row)
                for row in connection.execute(sa.select(metadata.tables[table])).mappings()
                if row["agent"] == "desk"
            ]
            for kind, table in ((Interaction, "interaction"), (Feedback, "feedback"))
        }
    counted = store.change_counter()
    written = store.append(interactions=told[Interaction], feedback=told[Feedback])
    assert (written.new, written.updated, written.duplicate) == (0, 0, 9)
    assert store.change_counter() == counted


def test_every_agent_of_the_first_release_gets_a_secret_of_its_own(upgraded: Database) -> None:
    with upgraded.engine.connect() as connection:
        found = {row.agent: row.secret for row in connection.execute(sa.select(metadata.tables["agent_secret"]))}
    assert set(found) == {"desk", "show"}
    assert len(set(found.values())) == 2
    assert {len(bytes.fromhex(secret)) for secret in found.values()} == {32}
    assert upgraded.store("desk").draw("group", "ann") != upgraded.store("show").draw("group", "ann")


def test_log_positions_follow_the_order_in_which_things_came(upgraded: Database) -> None:
    with upgraded.engine.connect() as connection:
        for agent in ("desk", "show"):
            positions = []
            for table, *order in (("interaction", "at", "id"), ("feedback", "received_at", "at", "id")):
                columns = metadata.tables[table].c
                query = sa.select(columns.seq).where(columns.agent == agent).order_by(*(columns[one] for one in order))
                positions += connection.execute(query).scalars()
            assert positions == list(range(1, len(positions) + 1))
            log = metadata.tables["arrival_log"].c
            last = connection.execute(sa.select(log.seq).where(log.agent == agent)).scalar()
            assert last == len(positions)
    store = upgraded.store("desk")
    new = sorted(store.feedback([FeedbackState.NEW]), key=lambda item: item.seq)
    assert [item.feedback.id for item in new] == ["f4", "f2", "f5"]


def test_open_proposals_have_a_candidate_and_go_on(upgraded: Database) -> None:
    store = upgraded.store("desk")
    open_ones = {item.proposal.id: item for item in store.proposals() if item.number is not None}
    waiting = {"waits", "approved", "brought-back", "successor", "aside", "drafted"}
    assert set(open_ones) == waiting | {"p1", "p2"}
    assert sorted(open_ones[name].number or 0 for name in waiting) == [4, 5, 6, 7, 8, 9]
    for name in waiting:
        proposal = open_ones[name].proposal
        candidate = store.bundle(proposal.candidate_digest)
        assert candidate.instructions.endswith(f"Be kind, says {name}.")
    (approval,) = store.due_approvals(builders.at(99))
    assert approval.report_id == "report-approved"
    assert deciding.deploy(store, approval).outcome == "applied"
    assert store.head().number == open_ones["approved"].number
    assert store.bundle(store.head().digest).instructions.endswith("Be kind, says approved.")


def test_a_decision_made_after_the_upgrade_binds_to_the_report_that_was_kept(upgraded: Database) -> None:
    store = upgraded.store("desk")
    item = store.proposal("waits")
    assert item.report is not None
    assert item.report.id == "report-waits-2"
    assert len(store.ledger().looks) == sum(row["looks"] for row in released.rows()["report"] if row["agent"] == "desk")
    store.decide(deciding.decision(item))
    assert store.proposal("waits").state is ProposalState.APPROVED


def test_looks_of_the_first_release_are_charged_and_what_they_proved_loosely_refills_nothing(
    upgraded: Database,
) -> None:
    ledger = upgraded.store("desk").ledger()
    assert [look.number for look in ledger.looks] == list(range(1, len(ledger.looks) + 1))
    unknown = [look for look in ledger.looks if not look.n]
    assert len(unknown) == 1, "one report stands for two looks"
    assert {(look.p, look.n, look.moved) for look in ledger.looks if look.n} == {(0.2, 10, 3)}
    assert not any(look.is_proved for look in ledger.looks)
    assert ledger.dev_shown_since is not None


def test_a_proposal_whose_content_cannot_be_made_again_is_stale_and_says_why(upgraded: Database) -> None:
    item = upgraded.store("desk").proposal("lost")
    assert item.state is ProposalState.STALE
    assert "could not be made again" in item.stale_reason


def test_decisions_name_the_report_they_rest_on(upgraded: Database) -> None:
    named = {decision.id: decision.report_id for decision in upgraded.store("desk").decisions()}
    assert named["approve-p1"] == "report-p1"
    assert named["reject-rejected"] == "report-rejected"
    assert named["no"] == named["undo"] == "report-brought-back"


def test_down_again_is_the_first_release_without_what_came_later(upgraded: Database) -> None:
    before = released.rows()
    move_schema(upgraded.engine, released.FIRST)
    after = released.stored(upgraded.engine)
    assert {name: len(rows) for name, rows in after.items() if name not in GROWN} == {
        name: len(rows) for name, rows in before.items() if name not in GROWN
    }
    assert len(after["version"]) == len(before["version"])


def test_an_upgrade_that_fails_halfway_leaves_the_first_release(
    engine: sa.Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = released.stored(engine)

    def refuse(connection: sa.Connection) -> None:
        raise StoreUnavailable("no")

    monkeypatch.setattr("storage.schema._check_references", refuse)
    with pytest.raises(StoreUnavailable):
        Database.open(database_url)
    assert released.stored(engine) == before
    monkeypatch.undo()
    Database.open(database_url).close()


def test_what_was_held_back_stays_so(upgraded: Database) -> None:
    store = upgraded.store("desk")
    states = {item.feedback.id: item.state for item in store.feedback(list(FeedbackState))}
    assert states["f1"] is FeedbackState.HELD
    assert sum(store.feedback_counts().values()) == len(states)
    assert isinstance(store.agent.created_at, datetime)
