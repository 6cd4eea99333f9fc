"""A journal that was changed, cut, reordered or added to does not pass."""

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.records import AuditEntry, Changes
from storage import audit
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.shell import deciding

DATABASE_ERRORS = sa.exc.DBAPIError


def chain(length: int, *, agent: str = "desk") -> list[AuditEntry]:
    """An intact journal."""
    entries: list[AuditEntry] = []
    previous = audit.START
    for seq in range(1, length + 1):
        told = deciding.note(f"s{seq}", at=builders.at(seq), digests={"bundle": f"{seq:064}"})
        entries.append(audit.seal(told, agent=agent, seq=seq, previous=previous))
        previous = entries[-1].hash
    return entries


def test_an_intact_journal_passes() -> None:
    entries = chain(5)
    assert audit.verify(entries, last=(5, entries[-1].hash)) == audit.AuditCheck(is_intact=True, entries=5)
    assert audit.verify([]).is_intact


def test_a_field_that_entries_get_later_breaks_no_chain() -> None:
    class Later(AuditEntry):
        door: str = "desk"

    entries = [Later(**entry.model_dump()) for entry in chain(3)]
    assert audit.verify(entries).is_intact
    assert not audit.verify([entries[0], entries[1].model_copy(update={"actor": "mallory"})]).is_intact


def edits(entry: AuditEntry) -> list[AuditEntry]:
    """The entry with each of its fields changed."""
    changed = {
        "agent": "other",
        "seq": entry.seq + 1,
        "at": builders.at(999),
        "actor": "mallory",
        "action": "nothing",
        "subject": "elsewhere",
        "digests": {"bundle": "f" * 64},
        "previous": "f" * 64,
        "hash": "f" * 64,
        "signature": "ab12cd34:" + "f" * 64,
    }
    assert set(changed) == set(AuditEntry.model_fields)
    return [entry.model_copy(update={name: item}) for name, item in changed.items()]


@settings(deadline=None)
@given(data=st.data())
def test_any_single_tampering_is_found_where_it_starts(data: st.DataObject) -> None:
    entries = chain(data.draw(st.integers(2, 12)))
    last = (len(entries), entries[-1].hash)
    place = data.draw(st.integers(0, len(entries) - 1))
    tampered = list(entries)
    match data.draw(st.sampled_from(["edit", "delete", "swap", "insert", "resealed"])):
        case "edit":
            tampered[place] = data.draw(st.sampled_from(edits(entries[place])))
            first_bad = place + 1 if (place or tampered[0].agent == "desk") else None
        case "delete":
            del tampered[place]
            first_bad = place + 1
        case "swap":
            other = data.draw(st.integers(0, len(entries) - 1).filter(lambda one: one != place))
            tampered[place], tampered[other] = tampered[other], tampered[place]
            first_bad = min(place, other) + 1
        case "insert":
            tampered.insert(place, data.draw(st.sampled_from(chain(12))))
            first_bad = None if tampered == sorted(tampered, key=lambda one: one.seq) else place + 1
        case "resealed":
            # Somebody who knows how the hash is made changes one line and leaves the rest.
            told = deciding.note("elsewhere", actor="mallory")
            tampered[place] = audit.seal(told, agent="desk", seq=place + 1, previous=entries[place].previous)
            first_bad = place + 2 if place + 1 < len(entries) else place + 1
    check = audit.verify(tampered, last=last)
    assert not check.is_intact
    assert check.reason
    if first_bad is not None:
        assert check.first_bad == first_bad


@settings(deadline=None)
@given(length=st.integers(1, 8), kept=st.integers(0, 7))
def test_a_cut_or_rewritten_end_is_found_by_what_was_kept_elsewhere(length: int, kept: int) -> None:
    entries = chain(length)
    last = (length, entries[-1].hash)
    if kept < length:
        check = audit.verify(entries[:kept], last=last)
        assert (check.is_intact, check.first_bad) == (False, kept + 1)
    assert not audit.verify(chain(length, agent="rewritten"), last=last).is_intact
    assert audit.verify(entries[:kept]).is_intact


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'mallory'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_journal(
    database: Database, store: AgentStore, statement: str
) -> None:
    before = store.journal()
    with pytest.raises(DATABASE_ERRORS, match="append-only"), database.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert store.journal() == before


@pytest.mark.postgres
def test_postgresql_refuses_to_empty_the_journal(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    store = database.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="rita")
    with pytest.raises(DATABASE_ERRORS, match="append-only"), database.engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE audit")
    assert len(store.journal()) == 1
    database.close()


def test_an_entry_removed_behind_the_triggers_back_is_found(
    sqlite_database: Database, sqlite_store: AgentStore
) -> None:
    sqlite_store.commit(Changes(notes=tuple(deciding.note(f"n{number}") for number in range(3))))
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_delete")
        connection.exec_driver_sql("DELETE FROM audit WHERE seq = 4")
    check = sqlite_store.check_journal()
    assert (check.is_intact, check.first_bad) == (False, 4)


def test_each_agent_has_a_chain_of_its_own(database: Database, store: AgentStore) -> None:
    other = database.create_agent(builders.agent("other"), builders.bundle(), now=builders.NOON, actor="rita")
    for number in range(3):
        store.commit(Changes(notes=(deciding.note(f"a{number}"),)))
        other.commit(Changes(notes=(deciding.note(f"b{number}"), deciding.note(f"c{number}"))))
    assert [entry.seq for entry in store.journal()] == [1, 2, 3, 4]
    assert [entry.seq for entry in other.journal()] == [1, 2, 3, 4, 5, 6, 7]
    assert store.check_journal().is_intact
    assert other.check_journal().is_intact
