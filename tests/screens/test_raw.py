"""Raw text on the Feedback page: behind a button, shown once for each look, and each look is in the journal."""

from loop import collect, desk
from loop.ports import Parts
from loop.records import Actor, FeedbackKind, Role
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.screens.conftest import Opens
from tests.screens.reading import page_words

DANA = Actor(name="dana", role=Role.ADMIN)
TOLD = "Call her at +49 171 5550123 <b>now</b>."
SHOW = "Show as it was written"


def test_what_was_masked_is_shown_to_who_asks_once_and_the_journal_says_so(
    workspace: AgentStore, sqlite_database: Database, parts: Parts, opens: Opens
) -> None:
    desk.change_settings(sqlite_database, parts, actor=DANA, settings=["raw_days=5"])
    door = collect.Door(actor=DANA, action="import", journal="import file", at=parts.clock(), keeps_raw=True)
    said = builders.feedback(900, kind=FeedbackKind.EDIT, label=None, text=TOLD)
    collect.receive(workspace, door=door, interactions=[builders.interaction(900)], feedback=[said])

    app = opens("feedback", f="f900")
    assert not app.exception
    assert TOLD not in page_words(app)
    assert not any(one.action == "read raw text" for one in workspace.journal())

    next(one for one in app.button if one.label == SHOW).click().run()
    assert not app.exception
    assert TOLD in page_words(app)
    assert [(one.actor, one.subject) for one in workspace.journal() if one.action == "read raw text"] == [
        ("dana", "f900")
    ]

    app.run()
    assert TOLD not in page_words(app)
    assert SHOW in [one.label for one in app.button]


def test_there_is_no_button_where_nothing_is_kept(workspace: AgentStore, opens: Opens) -> None:
    assert SHOW not in [one.label for one in opens("feedback", f="f7").button]
