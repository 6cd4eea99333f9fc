"""A database opens, upgrades, refuses what is not its own, and says what to do."""

from storage.database import Database
from storage.store import AgentStore
from tests import builders


def test_a_new_agent_starts_with_version_0_live(store: AgentStore, database: Database) -> None:
    assert store.head().number == 0
    assert store.bundle(store.head().digest) == builders.bundle()
    assert [release.kind for release in store.releases()] == ["start"]
    assert [entry.action for entry in store.journal()] == ["create agent"]
    assert store.check_journal().is_intact
    assert database.agents() == [builders.agent()]
