"""The manager's page: four sentences as they were computed, charts behind the one that is chosen, and its exports."""

import csv
import html
import io
import json
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from loop import desk, evaluate, improvement, stats
from loop.cli import group
from loop.errors import Conflict, InvalidInput
from loop.records import Changes, Derived, Verdict
from loop.records.improvement import Caught, Gain, Improvement
from loop.text.sheets import guard_cell, unguarded
from storage.database import Database
from storage.store import AgentStore
from tests.manager_world import STORY, Change, World, waiting_item
from tests.screens import improving
from tests.screens.conftest import Opens
from tests.screens.reading import page_words
from tests.screens.seed import HOSTILE

SECTIONS = ("Better", "Why", "Cost", "Next", "Months")


@pytest.fixture
def told(workspace: AgentStore) -> Improvement:
    """The page of the known story, on the seeded agent; a title is a stranger's."""
    changes = (*STORY[:2], Change(3, 108, HOSTILE, 0.07), STORY[3])
    waiting = (
        waiting_item("large", verdict=Verdict.PROVED, gain=0.04, days=9),
        waiting_item("bad", verdict=Verdict.HARMFUL, gain=-0.05),
    )
    return improving.keep(workspace, improvement.overview(World(1, changes=changes, waiting=waiting).facts()))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


# the page --------------------------------------------------------------------------------------------------
def test_before_the_first_turn_the_page_says_what_will_stand_there(empty_workspace: AgentStore, opens: Opens) -> None:
    assert "The first turn of the loop does; then four sentences stand here." in page_words(opens("improvement"))


@pytest.mark.parametrize("behind", SECTIONS)
def test_the_four_sentences_stand_above_every_section(told: Improvement, opens: Opens, behind: str) -> None:
    app = opens("improvement", behind=behind)
    assert not app.exception
    shown = page_words(app)
    for one in told.sentences:
        assert one.question in shown
        assert one.answer in shown
        assert one.text in shown
    headings = {
        "Better": "What people say, day by day",
        "Why": "What each release was worth",
        "Cost": "Taken over, week by week",
        "Next": "What waits, and what it is worth",
        "Months": "Month by month",
    }
    assert headings[behind] in shown
    assert not any(name in shown for key, name in headings.items() if key != behind)


@pytest.mark.parametrize(("behind", "charts"), [("Better", 2), ("Why", 2), ("Cost", 2), ("Next", 2), ("Months", 0)])
def test_every_chart_has_its_words_and_its_numbers(told: Improvement, opens: Opens, behind: str, charts: int) -> None:
    app = opens("improvement", behind=behind)
    drawn = app.get("plotly_chart")
    assert len(drawn) == charts
    assert all(one.proto.alt for one in drawn)
    for expander in app.get("expander"):
        assert expander.proto.label == "Show numbers"


def test_each_kind_of_signal_has_its_own_chart(told: Improvement, opens: Opens) -> None:
    names = []
    for kind in ("Thumbs", "Outcomes", "Satisfaction"):
        chart, *_ = opens("improvement", signal=kind).get("plotly_chart")
        names.append(chart.proto.alt.split(":")[0])
    assert names == ["Thumbs", "Outcomes", "Satisfaction"]


def test_time_is_the_horizontal_axis_and_a_cut_axis_says_so(told: Improvement, opens: Opens) -> None:
    chart, avoided = (json.loads(one.proto.spec) for one in opens("improvement").get("plotly_chart"))
    assert chart["data"][0]["x"] == sorted(day.day for day in told.signals[0].days if day.n)
    low, _ = chart["layout"]["yaxis"]["range"]
    assert chart["layout"]["yaxis"]["title"]["text"] == f"axis from {low:.0%}"
    assert avoided["layout"]["yaxis"]["rangemode"] == "tozero"


def test_an_alarm_stands_above_everything(workspace: AgentStore, opens: Opens) -> None:
    page = improvement.overview(World(1, season=None, falls=0.12).facts())
    improving.keep(workspace, page)
    shown = page_words(opens("improvement"))
    assert shown.index(page.alarms[0].text) < shown.index("Is it getting better?")


def test_a_strangers_title_is_text_on_the_page_and_its_links_go_to_the_change(told: Improvement, opens: Opens) -> None:
    app = opens("improvement", behind="Why")
    assert HOSTILE[:60] in page_words(app)
    tags = _Tags()
    for piece in app.html:
        tags.feed(piece.value)
    assert not {"img", "script", "a"} & {name for name, _ in tags.seen}
    for one in app.get("plotly_chart"):
        assert "<img" not in one.proto.spec
    (link,) = opens("improvement", behind="Next").get("page_link")
    assert "p=large" in link.proto.query_string


def test_a_page_run_reads_one_document_and_computes_nothing(
    told: Improvement, opens: Opens, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("computed in a page run")

    for name in ("overview", "day_rows", "hour_rows"):
        monkeypatch.setattr(improvement, name, refuse)
    statements: list[str] = []
    documents: list[object] = []

    def note(_connection: object, _cursor: object, statement: str, given: object, *_rest: object) -> None:
        statements.append(statement)
        if "FROM kept" in statement and "improvement" in str(given):
            documents.append(given)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        app = opens("improvement")
        assert not app.exception
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    forbidden = ("FROM interaction", "FROM judged", "daily_signal", "hourly_signal", "daily_answers", "eval_case")
    assert not [one for one in statements if any(table in one for table in forbidden)]
    assert len(documents) == 1


@pytest.mark.parametrize("path", ["", "loop", "improvement"])
def test_what_proofs_have_cost_is_counted_by_the_turn_and_not_by_a_page(
    told: Improvement, workspace: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a page run spends no budget")

    budget = improvement.StoredBudget(looks=26, words="Look 27 at the sealed cases: 3 looks have cost something.")
    workspace.commit(Changes(derived=Derived(kept=(improvement.budget_document(budget),))))
    for function in (stats.budget.left, stats.proportions.wilson, stats.paired.score_interval):
        monkeypatch.setattr(function, "__code__", refuse.__code__)
    with pytest.raises(AssertionError, match="spends no budget"):
        evaluate.budget_left(workspace.ledger(), limits=workspace.agent.limits)
    app = opens(path)
    assert not app.exception
    assert ("3 looks have cost something" in page_words(app)) is (path == "loop")


# exports ---------------------------------------------------------------------------------------------------
def test_the_report_is_one_page_that_loads_and_runs_nothing(told: Improvement, workspace: AgentStore) -> None:
    made = desk.improvement_report(told, agent=workspace.agent, how="html")
    tags = _Tags()
    tags.feed(made)
    names = {name for name, _ in tags.seen}
    assert not names & {"script", "img", "link", "iframe", "object", "a", "form", "base"}
    assert not any(key.startswith("on") or key in ("src", "href") for _, attrs in tags.seen for key in attrs)
    assert "url(" not in made
    assert "default-src 'none'" in made
    assert "svg" in names
    assert "@page" in made, "made to be printed"
    for one in told.sentences:
        assert one.question in made
        assert one.answer in made
    assert "&lt;img src=" in made
    assert len(made) < 200_000


def test_the_printed_report_says_no_more_than_the_page() -> None:
    waiting = tuple(waiting_item(f"w{n}", verdict=Verdict.PROVED, gain=0.04) for n in range(15))
    page = improvement.overview(World(1, season=None, falls=0.12, waiting=waiting).facts())
    estimate = Gain(effect=0.33, low=0.2, high=0.5, n=24)
    page = page.model_copy(
        update={"caught": Caught(held=90, looked_at=300, judged=24, precision=estimate, recall=estimate)}
    )
    made = html.unescape(improvement.as_html(page, name="Desk"))
    assert made.index(page.alarms[0].text) < made.index("Is it getting better?")
    assert made.count(page.alarms[0].text) == 1
    people = [gain for one in page.releases for gain in one.people]
    assert people
    assert all(improvement.people_words(gain).replace("90 % interval ", "") in made for gain in people)
    assert "Intervals are 90 % where nothing else is said" in made
    assert any(not gain.is_clear for gain in people)
    assert ", not clear" in made
    assert "24 items that people settled: 67 % of what it holds are false alarms (95 % interval 50 % to 80 %)" in made
    assert "it holds 33 % of what is bad (20 % to 50 %)" in made
    assert f"items of feedback since {page.funnel.since}" in made
    assert "Of all time: 4 changes drafted, by the loop or by people" in made
    assert "And 10 more. Right answers a week: what its test lets expect" in made


def test_no_cell_of_the_csv_is_a_formula(told: Improvement) -> None:
    texts = ("=1+1", "\u200b=1", "\u2003+1", "\u202e@cmd", "x;=1")
    for text in texts:
        hostile = told.model_copy(
            update={"releases": tuple(one.model_copy(update={"title": text}) for one in told.releases)}
        )
        read = list(csv.DictReader(io.StringIO(improvement.as_csv(hostile), newline="")))
        assert {row["title"] for row in read if row["table"] == "release"} == {guard_cell(text)} != {text}
        assert {unguarded(row["title"]) for row in read if row["table"] == "release"} == {text}
        lines = [json.loads(line) for line in improvement.as_jsonl(hostile).split("\n") if line]
        assert {line["title"] for line in lines if line["table"] == "release"} == {text}, "rows as they are"


def test_ordinary_texts_and_numbers_stay_as_they_are(told: Improvement) -> None:
    assert "Say refunds take 5 days, not 10 to 14" in improvement.as_csv(told)
    read = list(csv.DictReader(io.StringIO(improvement.as_csv(told), newline="")))
    (total,) = [row for row in read if row["table"] == "total gain on fresh cases"]
    assert told.total is not None
    assert float(total["value"]) == told.total.effect
    worth = next(row for row in read if row["table"] == "waits" and row["name"] == "bad")
    assert float(worth["value"]) < 0, "a number that is negative is a number"


def test_both_formats_hold_everything_the_page_shows(told: Improvement) -> None:
    rows = [json.loads(line) for line in improvement.as_jsonl(told).splitlines()]
    assert [row["words"] for row in rows if row["table"] == "sentence"] == [one.text for one in told.sentences]
    assert sum(row["table"] == "signal" for row in rows) == sum(len(chart.days) for chart in told.signals)
    assert len(rows) == len(list(csv.DictReader(io.StringIO(improvement.as_csv(told), newline=""))))


def test_the_page_offers_the_report_and_the_numbers(told: Improvement, opens: Opens) -> None:
    labels = [one.proto.label for one in opens("improvement").get("download_button")]
    assert labels == ["Report to print", "Numbers (CSV)", "Numbers (JSONL)"]


def test_the_terminal_tells_the_same(told: Improvement, tmp_path: Path) -> None:
    shown = CliRunner().invoke(group, ["report", "--agent", "desk"])
    assert shown.exit_code == 0
    assert f"Is it getting better? {told.sentences[0].answer}" in shown.output
    assert told.sentences[0].text in shown.output
    for how in ("html", "csv", "jsonl"):
        out = tmp_path / f"report.{how}"
        done = CliRunner().invoke(group, ["report", "--agent", "desk", "--format", how, "--out", str(out)])
        assert done.exit_code == 0
        assert out.read_bytes()


def test_there_is_no_report_before_the_first_turn(empty_workspace: AgentStore) -> None:
    slug = empty_workspace.agent.slug
    shown = CliRunner().invoke(group, ["report", "--agent", slug])
    assert isinstance(shown.exception, Conflict)
    assert f"ratchet turn --agent {slug}" in shown.exception.remedy


def test_an_unknown_format_names_those_there_are(told: Improvement, workspace: AgentStore) -> None:
    with pytest.raises(InvalidInput, match=r"html, csv, jsonl"):
        desk.improvement_report(told, agent=workspace.agent, how="pdf")


def test_the_page_says_how_old_it_is(workspace: AgentStore, opens: Opens) -> None:
    page = improving.tell(workspace, now=workspace.head().created_at)
    improving.keep(workspace, page.model_copy(update={"at": page.at - timedelta(days=3)}))
    assert "As of" in page_words(opens("improvement"))


def test_a_map_of_few_signals_is_a_table_and_not_an_empty_picture(workspace: AgentStore, opens: Opens) -> None:
    page = improvement.overview(World(1).facts())
    few = tuple(cell.model_copy(update={"n": 6, "bad": 2}) for cell in page.heat)
    improving.keep(workspace, page.model_copy(update={"heat": few}))
    app = opens("improvement", behind="Next")
    assert "so there is no map of hours" in page_words(app)
    assert "deliveries" in page_words(app)
    assert not app.get("plotly_chart")
