"""The journal page by page: by who, what, whom and when, newest first, and whole when it leaves."""

from datetime import timedelta

import pytest

from loop.records import Changes, Note
from storage.database import Database
from storage.queries import Scope
from storage.queries import journal as query
from storage.queries.journal import JournalFilter
from storage.store import AgentStore
from tests import builders
from tests.builders import NOON


@pytest.fixture
def scope(database: Database) -> Scope:
    """An agent with 120 entries after its first, and another agent with its own."""
    store = database.create_agent(builders.agent(), builders.bundle(), now=NOON, actor="rita")
    database.create_agent(builders.agent("other"), builders.bundle(), now=NOON, actor="somebody else")
    for number in range(120):
        note(store, number)
    return Scope(engine=database.engine, agent="desk")


def note(store: AgentStore, number: int) -> None:
    store.commit(
        Changes(
            notes=(
                Note(
                    actor="dana" if number % 3 else "rita",
                    action="approve proposal" if number % 2 else "reject proposal",
                    subject=f"p{number % 10}",
                    at=NOON + timedelta(hours=number),
                ),
            )
        )
    )


def seqs(scope: Scope, **fields: object) -> list[int]:
    return [line.seq for line in query.list_entries(scope, JournalFilter.model_validate(fields))]


def test_a_page_is_the_newest_fifty_and_the_next_goes_on_after_it(scope: Scope) -> None:
    first = seqs(scope)
    assert first == list(range(121, 71, -1))
    assert seqs(scope, before=first[-1]) == list(range(71, 21, -1))
    assert seqs(scope, before=22)[-1] == 1
    assert query.last_seq(scope) == 121


@pytest.mark.parametrize(
    "fields",
    [
        {"actor": "dana"},
        {"action": "reject proposal"},
        {"subject": "p3"},
        {"actor": "rita", "action": "approve proposal", "subject": "p3"},
        {"since": NOON + timedelta(hours=100)},
        {"until": NOON + timedelta(hours=10)},
        {"since": NOON + timedelta(hours=10), "until": NOON + timedelta(hours=20), "actor": "dana"},
    ],
)
def test_a_filter_finds_what_it_names_and_nothing_else(scope: Scope, fields: dict[str, object]) -> None:
    wanted = JournalFilter.model_validate(fields | {"limit": 500})
    everything = query.list_entries(scope, JournalFilter(limit=500))
    fitting = [
        line.seq
        for line in everything
        if line.actor == (wanted.actor or line.actor)
        and line.action == (wanted.action or line.action)
        and line.subject == (wanted.subject or line.subject)
        and (wanted.since is None or line.at >= wanted.since)
        and (wanted.until is None or line.at < wanted.until)
    ]
    assert fitting
    assert [line.seq for line in query.list_entries(scope, wanted)] == fitting


def test_names_and_actions_are_those_of_this_agent(scope: Scope) -> None:
    assert query.actors(scope) == ["dana", "rita"]
    assert query.actions(scope) == ["approve proposal", "create agent", "reject proposal"]


def test_an_export_holds_everything_that_matches_in_pieces(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "_FETCHED", 7)
    assert [line.seq for line in query.export_entries(scope, JournalFilter())] == list(range(121, 0, -1))
    assert len(list(query.export_entries(scope, JournalFilter(actor="rita")))) == 41
    monkeypatch.setattr(query, "EXPORTED", 20)
    assert len(list(query.export_entries(scope, JournalFilter()))) == 20


def test_one_entry_is_found_by_its_number_in_its_own_journal_only(scope: Scope) -> None:
    line = query.entry(scope, 2)
    assert line is not None
    assert (line.actor, line.is_signed) == ("rita", False)
    assert query.entry(scope, 999) is None


def test_the_title_of_a_change_is_read_with_its_entries(scope: Scope, database: Database) -> None:
    database.store("desk").commit(
        Changes(proposals=(builders.proposal("p3", candidate_digest=builders.bundle().digest),),
                bundles=(builders.bundle(),))
    )  # fmt: skip
    assert query.titles(scope, ["p3", "p4", "p3"]) == {"p3": "Ask for kindness"}
    assert query.titles(scope, []) == {}
