"""A page run asks the database for each thing once, and for few things."""

from collections import Counter

import pytest

from dashboard.menu import SCREENS
from loop.records import Role
from storage.database import Database
from storage.store import AgentStore
from tests.screens.conftest import Opens
from tests.screens.reading import page_words
from tests.screens.signed_in import come_in
from tests.statements import counted

MOST = {"": 45, "review": 30, "corrections": 25}
"""Statements of one run, by page; of every other page at most MOST_ELSEWHERE."""
MOST_ELSEWHERE = 20

SIGNED_IN = 16
"""Statements more that tell who acts and may decide, where people sign in."""
LINKS = "FROM audit WHERE audit.agent = ? AND audit.seq = ?"
"""The check of the live version looks up the entry of each link by itself, though two may be the same."""


OPENED = (
    ("review", {"show": "Set aside"}),
    ("feedback", {"f": "f3"}),
    ("corrections", {"c": "i3"}),
    ("corrections", {"view": "My corrections"}),
    ("improvement", {"behind": "Why"}),
    ("releases", {"from": "v3", "to": "v1"}),
    ("cases", {"section": "Cases"}),
    ("cases", {"section": "Blind audit"}),
    ("cases", {"section": "Import and export"}),
    ("activity", {"e": "3"}),
    ("loop", {"part": "Model"}),
    ("loop", {"part": "Proof"}),
)
"""Pages with something opened."""


@pytest.mark.parametrize(("path", "params"), [*((screen.path, {}) for screen in SCREENS), *OPENED])
def test_a_page_run_asks_for_each_thing_once(
    workspace: AgentStore, opens: Opens, path: str, params: dict[str, str]
) -> None:
    opens(path, **params)  # opens the database
    with counted() as asked:
        app = opens(path, **params)
    assert not app.exception
    again = {one: times for one, times in Counter(asked).items() if times > 1 and LINKS not in one[0]}
    assert not again
    assert 3 < len(asked) <= MOST.get(path, MOST_ELSEWHERE), len(asked)


@pytest.mark.parametrize("path", ["", "review", "corrections", "people"])
def test_who_acts_costs_a_handful_of_statements_more_where_people_sign_in(
    team: None, sqlite_database: Database, opens: Opens, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    come_in(sqlite_database, monkeypatch, "ana", Role.ADMIN)
    opens(path)
    with counted() as asked:
        app = opens(path)
    assert not app.exception
    assert "ana" in page_words(app)
    assert len(asked) <= MOST.get(path, MOST_ELSEWHERE) + SIGNED_IN, len(asked)
