"""Activity: the journal in words, by who and what and when, one entry whole, and whether it is as it was written."""

from datetime import timedelta

import pytest

from dashboard.components.record import acts
from loop import desk, errands, wiring
from loop.records import Changes, JournalAction, Note
from loop.records.journal import OPEN_ENDED
from loop.records.probes import CheckFault, RecordCheck
from storage import audit, inspection
from storage.store import AgentStore
from tests.screens.conftest import Opens
from tests.screens.reading import button, list_rows, page_words, tags
from tests.screens.seed import HOSTILE


def note(store: AgentStore, n: int, *, actor: str = "rita", action: str = "set agent", subject: str = "desk") -> None:
    at = wiring.utc_now()
    store.commit(Changes(notes=tuple(Note(actor=actor, action=action, subject=subject, at=at) for _ in range(n))))


def test_entries_are_told_in_words_with_the_title_of_their_change(workspace: AgentStore, opens: Opens) -> None:
    page = page_words(opens("activity"))
    title = workspace.proposals()[0].proposal.title
    assert "approved a change" in page
    assert "put a version live" in page
    assert f"“{title}”" in page
    assert "approve proposal" not in page, "the trade's words stay in the code"


@pytest.mark.parametrize("action", JournalAction)
def test_every_action_the_journal_knows_has_words(action: JournalAction) -> None:
    detail = "admin" if action in OPEN_ENDED else ""
    spelling = Note(actor="rita", action=action, detail=detail, subject="desk", at=wiring.utc_now()).spelling
    assert acts.act(spelling) == acts.ACTS[action]._replace(words=f"{acts.ACTS[action].words} {detail}".rstrip())
    assert acts.act(spelling).words != spelling


def test_how_an_action_is_spelled_ends_with_its_detail_and_an_old_one_stays_as_it_is() -> None:
    assert acts.act("write eval cases").words == "stored eval cases"
    assert acts.act("make reviewer").words == "gave somebody the role reviewer"
    assert acts.act("make set-up link").words == "made a person a link to sign in with"
    assert acts.act("something new").words == "something new"


@pytest.mark.parametrize(("action", "detail"), [("make", ""), ("set agent", "admin"), ("something new", "")])
def test_a_note_takes_no_action_that_no_reader_knows(action: str, detail: str) -> None:
    with pytest.raises(ValueError, match=r"action|detail"):
        Note(actor="rita", action=action, detail=detail, subject="desk", at=wiring.utc_now())


def test_an_entry_of_the_address_bar_opens_with_what_it_vouches_for_and_leads_on(
    workspace: AgentStore, opens: Opens
) -> None:
    entry = next(one for one in workspace.journal() if one.action == "approve proposal")
    app = opens("activity", e=str(entry.seq))
    page = page_words(app)
    assert f"Entry {entry.seq}" in page
    assert entry.digests["record"] in page
    assert "all rows that decide, summed up" in page
    button(app, "same").click().run()
    assert app.text_input(key="about").value == entry.subject
    assert "e" not in app.query_params


def test_the_list_holds_the_entries_of_the_page_and_the_open_one_closes(workspace: AgentStore, opens: Opens) -> None:
    seqs = sorted((entry.seq for entry in workspace.journal()), reverse=True)
    app = opens("activity", e=str(seqs[1]))
    assert [row["id"] for row in list_rows(app)] == [str(seq) for seq in seqs[: len(list_rows(app))]]
    assert f"Entry {seqs[1]:,}" in page_words(app)
    button(app, "close").click().run()
    assert "e" not in app.query_params


def test_filters_narrow_and_what_nobody_did_can_be_cleared(workspace: AgentStore, opens: Opens) -> None:
    note(workspace, 1, actor="olga", action="pause loop")
    app = opens("activity")
    app.selectbox(key="who").set_value("olga").run()
    assert "paused the loop" in page_words(app)
    assert "approved a change" not in page_words(app)
    app.selectbox(key="what").set_value("roll back").run()
    assert "No entry matches" in page_words(app)
    button(app, "clear").click().run()
    assert "approved a change" in page_words(app)


def test_what_people_did_is_told_apart_from_what_the_loop_did(workspace: AgentStore, opens: Opens) -> None:
    note(workspace, 1, actor="engine", action="test proposal")
    note(workspace, 1, actor="provider", action="name person")
    note(workspace, 1, actor="policy: simple", action="approve proposal")
    app = opens("activity")
    for told in ("The loop tested a change", "The sign-in provider named", "policy: simple"):
        assert told in page_words(app)
    app.selectbox(key="who").set_value("People, not the loop").run()
    for told in ("The loop tested a change", "The sign-in provider named", "policy: simple approved"):
        assert told not in page_words(app)
    assert "approved a change" in page_words(app)


def test_days_are_those_of_the_viewers_clock(workspace: AgentStore, opens: Opens) -> None:
    today = wiring.utc_now().date()
    note(workspace, 1, actor="olga", action="pause loop")
    app = opens("activity")
    app.date_input(key="from").set_value(today + timedelta(days=2)).run()
    assert "No entry matches" in page_words(app)
    app.date_input(key="from").set_value(today - timedelta(days=1)).run()
    assert "paused the loop" in page_words(app)


def test_fifty_stand_on_a_page_and_the_older_follow(workspace: AgentStore, opens: Opens) -> None:
    note(workspace, 60, actor="olga", action="pause loop")
    app = opens("activity")
    assert page_words(app).count("paused the loop") == 50
    button(app, "older").click().run()
    assert page_words(app).count("paused the loop") == 10
    assert "approved a change" in page_words(app)
    button(app, "newest").click().run()
    assert page_words(app).count("paused the loop") == 50


@pytest.mark.parametrize("params", [{"e": "abc"}, {"e": "999999"}, {"before": "x"}, {"before": "-1"}, {"e": "1e9"}])
def test_an_address_that_means_nothing_breaks_nothing(
    workspace: AgentStore, opens: Opens, params: dict[str, str]
) -> None:
    app = opens("activity", **params)
    assert not app.exception
    assert "approved a change" in page_words(app)


def test_strangers_words_are_read_as_they_are(workspace: AgentStore, opens: Opens) -> None:
    note(workspace, 1, actor=f"<b>{HOSTILE[:60]}", subject=HOSTILE[:100])
    last = workspace.journal()[-1].seq
    app = opens("activity", e=str(last))
    assert f"About: {HOSTILE[:100]}" in page_words(app)
    assert not set().union(*(tags(piece.value) for piece in app.html)) & {"img", "script", "a"}


# whether it is as it was written -------------------------------------------------------------------
def test_a_check_is_asked_for_and_the_page_waits_for_a_worker(workspace: AgentStore, opens: Opens) -> None:
    app = opens("activity")
    assert "Nobody has checked this journal yet." in page_words(app)
    button(app, "check-record").click().run()
    asked = workspace.record_check()
    assert asked is not None
    assert (asked.asked_by, asked.ended_at) == ("dana", None)
    assert "dana asked for a new check" in page_words(app)
    assert button(app, "check-record").disabled


def test_a_check_that_no_worker_takes_says_how_to_start_one(workspace: AgentStore, opens: Opens) -> None:
    workspace.ask_record_check(actor="dana", at=wiring.utc_now() - timedelta(minutes=1))
    assert "No worker has taken it yet" in page_words(opens("activity"))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Everything follows. Looked at: 7 entries of the journal (5 signed), 20 rows that decide, 1 anchor."),
        ({"n_faults": 1}, "1 thing does not follow."),
        ({"n_faults": 3}, "3 things do not follow."),
    ],
)
def test_what_the_last_check_found_is_told(
    workspace: AgentStore, opens: Opens, fields: dict[str, int], says: str
) -> None:
    now = wiring.utc_now()
    faults = (CheckFault(subject="decision d1", what=f"It was changed. {HOSTILE}", repair="Restore a backup."),)
    found = {"faults": faults if fields else (), "notes": ("A key was lost.",)}
    workspace.end_record_check(
        RecordCheck(
            agent="desk", asked_by="dana", asked_at=now, ended_at=now, found_at=now, entries=7, signed=5, rows=20,
            anchors=1, **fields, **found,  # type: ignore[arg-type]
        )
    )  # fmt: skip
    page = page_words(opens("activity"))
    assert says in page
    assert "A key was lost." in page
    assert ("Not as it was written" in page) is bool(fields)
    assert ("decision d1" in page and "Restore a backup." in page) is bool(fields)


@pytest.mark.parametrize(
    ("fields", "newest", "name", "tone", "says"),
    [
        ({}, 7, "As it was written", "good", "Everything follows."),
        ({"anchors": 0}, 7, "Follows from itself", "unknown", "nothing outside of the database was compared"),
        ({}, 318, "As it was written", "good", "311 newer entries were not checked."),
        (
            {"reason": "It took too long."}, 7, "As it was written", "unknown",
            "The newest check could not be done: It took too long.",
        ),
        ({"found_at": None, "reason": "No."}, 7, "Not known", "unknown", "The check could not be done. No."),
    ],
)  # fmt: skip
def test_a_check_claims_no_more_than_it_looked_at(
    fields: dict[str, object], newest: int, name: str, tone: str, says: str
) -> None:
    now = wiring.utc_now()
    found: dict[str, object] = {"agent": "desk", "asked_by": "dana", "asked_at": now, "ended_at": now, "found_at": now}
    check = RecordCheck.model_validate(found | {"entries": 7, "signed": 5, "rows": 20, "anchors": 1} | fields)
    result = acts.check_result(check, newest=newest)
    assert (result.name, result.tone) == (name, tone)
    assert says in result.words


def test_a_page_run_checks_nothing_by_itself(
    workspace: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a page run walks no journal")

    for walk in (audit.check_journal, inspection.inspect, errands.check_record, desk.ask_check):
        monkeypatch.setattr(walk, "__code__", refuse.__code__)  # under whatever name a page imported it
    with pytest.raises(AssertionError, match="walks no journal"):
        workspace.check_journal()
    assert not opens("activity").exception
