"""Try it, settings, cases and the journal in a real browser: keys, what a worker brings, files as they leave."""

import csv
import io
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from loop import errands, wiring
from loop.jobs import ErrandRunner
from loop.records import Changes, Note, Split
from loop.settings import Settings
from storage.store import AgentStore
from tests import builders
from tests.browser.conftest import Served, Visits, settled
from tests.browser.pressing import ready

pytestmark = pytest.mark.browser


def work(served: Served) -> None:
    """What a worker does for people who wait, once."""
    settings = Settings(database_url=served.database.engine.url.render_as_string(hide_password=False))
    runner = ErrandRunner(
        served.database.errands,
        parts=wiring.desks(settings, served.database),
        check=lambda slug: errands.check_record(settings, served.database, slug),
        report=lambda line: None,
        clock=wiring.utc_now,
    )
    runner.look()
    runner.close()


def fill_and_send(page: Page, text: str) -> None:
    page.get_by_label("What would a customer ask?").fill(text)
    page.keyboard.press("Control+Enter")


def test_a_question_is_asked_by_ctrl_enter_answered_by_a_worker_and_corrected_on_the_spot(
    served: Served, visits: Visits
) -> None:
    store = served.agent("trying")
    page = visits("/try?agent=trying&v=v0")
    ready(page)
    fill_and_send(page, "Where is my parcel 3?")
    expect(page.get_by_text("Being answered …")).to_be_visible()
    (probe,) = store.probes(limit=5)
    assert probe.question == "Where is my parcel 3?"
    work(served)
    expect(page.get_by_text("It rests on 1 part")).to_be_visible()
    assert f"t={probe.id}" in page.url
    settled(page)
    ready(page)
    page.get_by_label("What it should have said").fill("Tomorrow.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Correction saved").first).to_be_visible()
    said = [item.feedback for item in store.feedback() if item.feedback.text == "Tomorrow."]
    assert [(one.author, one.source) for one in said] == [("dana", "dashboard")]


def test_one_press_asks_one_question(served: Served, visits: Visits) -> None:
    store = served.agent("once")
    page = visits("/try?agent=once&v=v0")
    ready(page)
    page.get_by_label("What would a customer ask?").fill("Where is my parcel 3?")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Being answered …")).to_be_visible()
    settled(page)
    assert len(store.probes(limit=9)) == 1


def test_a_setting_is_shown_before_it_is_saved_and_the_keys_do_both(served: Served, visits: Visits) -> None:
    store = served.agent("setting")
    page = visits("/loop?agent=setting&part=Autonomy")
    ready(page)
    page.get_by_role("textbox", name="Undo window of low and medium stakes, in seconds").fill("120")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    settled(page)
    ready(page)
    assert store.agent.limits.undo_seconds == 60
    page.locator("h1").first.click()
    page.keyboard.press("s")
    expect(page.get_by_text("Not saved yet")).to_have_count(0)
    assert store.agent.limits.undo_seconds == 120


def test_cases_are_walked_by_keys_and_the_address_opens_the_same_case(served: Served, visits: Visits) -> None:
    store = served.agent("casebook")
    cases = [builders.case(n, agent="casebook", split=Split.DEV, question=f"Dev question {n}") for n in range(3)]
    store.commit(Changes(cases=tuple(cases)))
    page = visits("/cases?agent=casebook&section=Cases")
    ready(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What people did about it").or_(page.get_by_text("Protect it"))).to_be_visible()
    settled(page)
    shown = page.url
    other = visits(shown.removeprefix(served.address))
    expect(other.get_by_text("Right is")).to_be_visible()
    ready(page)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Right is")).to_have_count(0)
    assert "case=" not in page.url


def test_cases_leave_of_the_agent_that_is_looked_at(served: Served, visits: Visits, tmp_path: Path) -> None:
    store = served.agent("leaving")
    cases = [builders.case(n, agent="leaving", split=Split.DEV, question=f"Dev question {n}") for n in range(3)]
    store.commit(Changes(cases=tuple(cases)))
    page = visits("/cases?agent=leaving&section=Import+and+export")
    with page.expect_download() as got:
        page.get_by_role("button", name="Dev, JSONL").click()
    got.value.save_as(tmp_path / "cases.jsonl")
    lines = (tmp_path / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["question"] for line in lines} == {f"Dev question {n}" for n in range(3)}


def hostile_entry(store: AgentStore) -> None:
    note = Note(actor="=HYPERLINK(1)", action="set agent", subject="@cmd", at=wiring.utc_now())
    store.commit(Changes(notes=(note,)))


def test_the_journal_is_checked_by_a_worker_and_leaves_without_formulas(
    served: Served, visits: Visits, tmp_path: Path
) -> None:
    store = served.agent("journal")
    hostile_entry(store)
    page = visits("/activity?agent=journal")
    page.get_by_role("button", name="Check it now").click()
    expect(page.get_by_text("asked for a new check")).to_be_visible()
    work(served)
    expect(page.get_by_text("Follows from itself", exact=True)).to_be_visible()
    with page.expect_download() as got:
        page.get_by_role("button", name="CSV").click()
    got.value.save_as(tmp_path / "journal.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "journal.csv").read_text(encoding="utf-8"))))
    assert len(rows) == len(store.journal())
    assert (rows[0]["who"], rows[0]["subject"]) == ("'=HYPERLINK(1)", "'@cmd")
    with page.expect_download() as got:
        page.get_by_role("button", name="JSON Lines").click()
    got.value.save_as(tmp_path / "journal.jsonl")
    lines = (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0])["actor"] == "=HYPERLINK(1)"
    assert [json.loads(line)["seq"] for line in lines] == [entry.seq for entry in reversed(store.journal())]
