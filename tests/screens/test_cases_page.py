"""Cases on the screen: who examines, every dev and log case, protection, the blind audit, files; sealed ones never."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.components.cases import case_files
from loop import desk
from loop.ports import Parts
from loop.records import Actor, Changes, EvalCase, Role, Split
from storage.store import AgentStore
from tests import builders
from tests.screens.conftest import Opens
from tests.screens.reading import button, list_rows, page_words, tags
from tests.screens.seed import HOSTILE

SECRET = "What only the sealed case asks"
APPROVER = Actor(name="anna", role=Role.APPROVER)


def case(number: int, split: Split, **fields: object) -> EvalCase:
    filled = {"split": split, "author": "lead-1", "topic": "refunds", "feedback_id": f"f{number}"}
    return builders.case(number, **filled | fields)


@pytest.fixture
def examined(workspace: AgentStore) -> AgentStore:
    """Sixty dev cases, three of the log, five sealed."""
    cases = [case(number, Split.DEV) for number in range(60)]
    cases += [case(100 + number, Split.LOG, question=f"A log question {number}") for number in range(3)]
    cases += [case(200 + number, Split.SEALED, question=f"{SECRET} {number}") for number in range(5)]
    cases.append(case(301, Split.DEV, question="I want my money back", expected="refund"))
    cases.append(case(300, Split.DEV, question=HOSTILE, expected=HOSTILE, author=HOSTILE[:80], topic="<b>odd</b>"))
    workspace.commit(Changes(cases=tuple(cases)))
    return workspace


def everything(app: AppTest) -> str:
    """All that the browser is sent, not only what is read."""
    return "\n".join([*(piece.value for piece in app.html), *(str(one.proto) for one in app.main)])


def test_the_examination_is_told_in_numbers_and_words(examined: AgentStore, opens: Opens) -> None:
    page = page_words(opens("cases"))
    assert "67 cases examine (5 sealed)" in page
    for words in ("totals only; nobody has read one", "lead-1", "refunds", "Who made them"):
        assert words in page
    assert "there was no blind audit" in page


@pytest.mark.parametrize("section", ["Who examines", "Cases", "Blind audit", "Import and export"])
def test_no_part_of_the_page_sends_a_sealed_question(examined: AgentStore, opens: Opens, section: str) -> None:
    app = opens("cases", section=section)
    assert not app.exception
    assert SECRET not in everything(app)


def test_a_sealed_case_of_the_address_bar_is_not_there(examined: AgentStore, opens: Opens) -> None:
    app = opens("cases", case="case200")
    assert "There is no case of this address to show" in page_words(app)
    assert SECRET not in everything(app)
    assert "no case of this address" in page_words(opens("cases", case="no-such"))


def test_fifty_cases_stand_on_a_page_and_the_older_follow(examined: AgentStore, opens: Opens) -> None:
    app = opens("cases", section="Cases")
    assert page_words(app).count("Where is parcel") == 48
    button(app, "cases-older").click().run()
    assert page_words(app).count("Where is parcel") == 12
    button(app, "cases-newest").click().run()
    assert page_words(app).count("Where is parcel") == 48


def test_filters_narrow_and_can_be_cleared(examined: AgentStore, opens: Opens) -> None:
    app = opens("cases", section="Cases")
    app.text_input(key="case-topic").set_value("nothing").run()
    assert "No case matches" in page_words(app)
    button(app, "clear-cases").click().run()
    assert "Where is parcel" in page_words(app)
    app.segmented_control(key="split").set_value("Log").run()
    assert "A log question 1" in page_words(app)
    assert "Where is parcel" not in page_words(app)


def test_strangers_words_are_read_as_they_are(examined: AgentStore, opens: Opens) -> None:
    app = opens("cases", case="case300")
    assert page_words(app).count(HOSTILE) >= 2
    assert not set().union(*(tags(piece.value) for piece in app.html)) & {"img", "script", "a"}


def test_a_case_is_protected_with_a_reason_and_says_who_did(examined: AgentStore, opens: Opens) -> None:
    app = opens("cases", case="case7")
    button(app, "protect-send").click().run()
    assert "needs a reason" in app.error[0].value
    app.text_input(key="protect-why-case7").set_value("A customer left over it.")
    button(app, "protect-send").click().run()
    assert examined.cases_by_id(["case7"])["case7"].is_protected
    page = page_words(app)
    assert "dana" in page
    assert "protected it" in page
    assert "A customer left over it." in page
    app.text_input(key="protect-why-case7").set_value("Not any more.")
    button(app, "protect-send").click().run()
    assert not examined.cases_by_id(["case7"])["case7"].is_protected


def test_a_case_is_opened_from_its_row_and_closed(examined: AgentStore, opens: Opens) -> None:
    ids = [row["id"] for row in list_rows(opens("cases", section="Cases"))]
    assert "case59" in ids
    app = opens("cases", section="Cases", case="case7")
    button(app, "close-case").click().run()
    assert "case" not in app.query_params


def test_who_may_only_read_sees_cases_and_changes_nothing(
    examined: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "current_user", lambda: Actor(name="vic", role=Role.VIEWER))
    ask = "Ask somebody with the role"
    assert f"Your role may not protect a case. {ask} reviewer or above." in page_words(opens("cases", case="case7"))
    audit = page_words(opens("cases", section="Blind audit"))
    assert f"Your role may not audit the cases. {ask} approver or above." in audit
    files = opens("cases", section="Import and export")
    assert f"Your role may not hand cases in. {ask} admin." in page_words(files)
    for app in (opens("cases", case="case7"), files):
        keys = [one.key or "" for one in app.button]
        assert not [key for key in keys if key.startswith(("protect", "set-send", "burn", "cases-send"))]


# the blind audit -----------------------------------------------------------------------------------
def test_an_audit_is_answered_blind_and_settled_where_both_differ(examined: AgentStore, opens: Opens) -> None:
    app = opens("cases", section="Blind audit")
    button(app, "audit-first").click().run()
    (audit,) = examined.case_audits()
    cases = examined.cases_by_id(audit.case_ids)
    for place, case_id in enumerate(audit.case_ids):
        assert f"Question {place + 1} of {len(audit.case_ids)}" in str([one.proto for one in app.main.get("progress")])
        assert "On file" not in page_words(app)
        expected = cases[case_id].expected
        said = ("refund" if expected == "parcel" else "parcel") if place == 0 else expected
        app.selectbox(key=f"audit-said-{audit.id}-{case_id}").set_value(said)
        button(app, "audit-send").click().run()
    first = audit.case_ids[0]
    page = page_words(app)
    assert "On file" in page
    assert "You said" in page
    button(app, f"settle-file-{first}").click().run()
    (ended,) = examined.case_audits()
    assert ended.ended_at is not None
    assert f"{len(audit.case_ids) - 1} of {len(audit.case_ids)}" in page_words(app)


# files ---------------------------------------------------------------------------------------------
def test_a_file_is_looked_at_before_anything_is_stored_and_handed_in_by_one_press(
    examined: AgentStore, opens: Opens
) -> None:
    rows = "question,expected\nHow do I return it?,refund\n,refund\nWhere is it?,parcel\n"
    app = opens("cases", section="Import and export")
    app.file_uploader(key="cases-file-desk").upload("cases.csv", rows.encode(), "text/csv").run()
    page = page_words(app)
    assert "cases.csv: 2 cases understood, 1 row refused. Nothing is stored yet." in page
    assert "How do I return it?" in page
    stored = {one.question for one in examined.cases()}
    assert "How do I return it?" not in stored
    button(app, "cases-send").click().run()
    made = {one.question: one for one in examined.cases()}
    assert made["How do I return it?"].vouched_by == "dana"
    assert "2 new" in page_words(app)


def test_a_file_that_is_none_is_refused_in_words(examined: AgentStore, opens: Opens) -> None:
    app = opens("cases", section="Import and export")
    app.file_uploader(key="cases-file-desk").upload("cases.csv", b"name,age\nann,4\n", "text/csv").run()
    assert app.error
    assert not [one for one in app.button if (one.key or "").startswith("cases-send")]


def test_dev_cases_leave_as_lines_and_as_a_guarded_sheet(parts: Parts, examined: AgentStore) -> None:
    cases = desk.case_rows(parts, [Split.DEV], actor=APPROVER)
    odd = cases[0].model_copy(update={"question": "=1+1", "expected": "@cmd"})
    lines = case_files._as_jsonl([odd, *cases]).splitlines()
    assert json.loads(lines[0])["question"] == "=1+1"
    assert len(lines) == len(cases) + 1
    sheet = case_files._as_csv([odd])
    assert "'=1+1" in sheet
    assert "'@cmd" in sheet


def test_sealed_cases_leave_only_when_their_secrecy_may_go_and_the_journal_says_who(
    examined: AgentStore, opens: Opens
) -> None:
    app = opens("cases", section="Import and export")
    app.session_state["burn"] = True
    app.run()
    app.text_input(key="burn-why").set_value("Moving to another tool.")
    button(app, "burn-send").click().run()
    assert "secrecy may go" in app.error[0].value
    assert examined.journal()[-1].action != "export sealed cases"
    app.checkbox(key="burn-sure").set_value(True)
    app.text_input(key="burn-why").set_value("Moving to another tool.")
    button(app, "burn-send").click().run()
    last = examined.journal()[-1]
    assert (last.action, last.actor) == ("export sealed cases", "dana")
    assert examined.shown_cases(["dana"]) == {f"case{200 + number}" for number in range(5)}
    assert "nobody has read one" not in page_words(opens("cases"))


def test_a_set_is_kept_under_a_name_and_says_what_moved_since(examined: AgentStore, opens: Opens) -> None:
    app = opens("cases", section="Import and export")
    app.text_input(key="set-name").set_value("spring")
    button(app, "set-send").click().run()
    assert "the same cases" in page_words(app)
    examined.commit(Changes(cases=(case(400, Split.DEV),)))
    assert "1 came, 0 went" in page_words(opens("cases", section="Import and export"))


def test_a_file_is_read_once_and_not_in_every_page_run(
    examined: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opens("cases", section="Import and export")
    app.file_uploader(key="cases-file-desk").upload("c.csv", b"question,expected\na b,refund\n", "text/csv").run()

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the file was read again")

    monkeypatch.setattr("loop.collect.read_cases", refuse)
    assert "1 case understood" in page_words(app.run())
