"""Every page of the menu opens: with data, without any, and when the database cannot be read."""

import time

import pytest
import sqlalchemy as sa

from dashboard import session
from dashboard.components.elements import words
from dashboard.menu import SCREENS, Screen
from loop import desk
from loop.errors import NotAllowed, NotFound
from loop.jobs.fleet import Fleet
from loop.jobs.transact import make_engine
from loop.ports import Parts
from loop.records import Actor, Bundle, Changes, Derived, FailedJob, Kept, ModelChoice, ProposalState, Role, StakesLevel
from storage.database import Database
from storage.queries import Scope, review
from storage.store import AgentStore
from tests import builders
from tests.builders import NOON
from tests.screens.conftest import Opens
from tests.screens.reading import page_words, shortcuts, tags
from tests.screens.seed import HOSTILE

PAGES = pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.title)


@PAGES
def test_a_page_opens_with_data_and_says_it_is_a_demo(screen: Screen, workspace: AgentStore, opens: Opens) -> None:
    app = opens(screen.path)
    assert not app.exception
    assert not app.error
    assert not app.markdown, "only our own escaped HTML, or text that is shown as text"
    assert "Demo data" in page_words(app)
    assert "Northwind Support" in page_words(app)


@PAGES
def test_a_page_without_data_says_what_comes_next(screen: Screen, empty_workspace: AgentStore, opens: Opens) -> None:
    app = opens(screen.path)
    assert not app.exception
    assert not app.error
    assert any("rt-empty" in piece.value or "rt-note" in piece.value for piece in app.html)
    assert "Demo data" not in page_words(app)


@PAGES
def test_a_page_without_a_database_says_so_and_offers_another_try(
    screen: Screen, broken_workspace: None, opens: Opens
) -> None:
    app = opens(screen.path)
    assert not app.exception
    assert [one.label for one in app.button] == ["Try again"]


def test_a_database_without_agents_tells_how_to_make_one(
    sqlite_url: str, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATCHET_DATABASE_URL", sqlite_url)
    app = opens()
    assert "ratchet demo" in page_words(app)


@pytest.mark.parametrize("path", ["", "review", "releases"])
@pytest.mark.parametrize(
    ("model", "words"), [("local", "Built-in agent"), ("openai/small", "Language model"), ("yours", "Your own agent")]
)
def test_a_page_says_which_kind_of_agent_answers(
    path: str, model: str, words: str, sqlite_url: str, sqlite_database: Database, opens: Opens,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("RATCHET_DATABASE_URL", sqlite_url)
    bundle = Bundle(model=ModelChoice(name=model))
    sqlite_database.create_agent(builders.agent(), bundle, now=NOON, actor="rita")
    assert words in page_words(opens(path))


@PAGES
def test_no_two_buttons_of_a_page_share_a_key(screen: Screen, workspace: AgentStore, opens: Opens) -> None:
    keys = shortcuts(opens(screen.path))
    assert sorted(set(keys)) == sorted(keys)


@PAGES
def test_strangers_words_make_no_tag(screen: Screen, workspace: AgentStore, opens: Opens) -> None:
    app = opens(screen.path)
    made = set().union(*(tags(piece.value) for piece in app.html))
    assert not made & {"img", "script", "iframe", "a", "form", "input", "link"}


def test_strangers_words_are_read_as_they_are(workspace: AgentStore, opens: Opens) -> None:
    app = opens("feedback", f="f7")
    assert HOSTILE in page_words(app)
    markdown = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    assert not any("outside.invalid" in one.value for one in markdown)


def test_what_kept_failing_is_on_today_with_its_reason_and_the_way_to_try_again(
    workspace: AgentStore, opens: Opens
) -> None:
    failed = FailedJob(
        agent="desk", id="desk:update", kind="stage", subject="update", tries=5, reason=f"It broke on {HOSTILE}.",
        failed_at=NOON, retry_at=NOON,
    )  # fmt: skip
    workspace.keep_failed_job(failed)
    assert "kept failing" not in page_words(opens()), "it is tried again by itself"
    workspace.keep_failed_job(failed.model_copy(update={"retry_at": None}))
    today = page_words(opens())
    assert "kept failing" in today
    assert "The stage Update" in today
    assert f"It broke on {HOSTILE}. 5 tries." in today
    assert "ratchet jobs retry desk:update" in today


def test_what_was_set_aside_is_tried_again_by_one_press_and_the_journal_says_who(
    workspace: AgentStore, opens: Opens
) -> None:
    workspace.keep_failed_job(FailedJob(
        agent="desk", id="desk:update", kind="stage", subject="update", tries=5, reason="It broke.",
        failed_at=NOON, retry_at=None,
    ))  # fmt: skip
    app = opens()
    app.button(key="retry-desk:update").click().run()
    assert not app.exception
    assert "kept failing" not in page_words(app)
    (job,) = workspace.failed_jobs()
    assert job.tries == 0
    assert job.retry_at is not None
    assert (workspace.journal()[-1].actor, workspace.journal()[-1].action) == ("dana", "retry job")


def test_who_only_reads_tries_nothing_again(parts: Parts) -> None:
    parts.store.keep_failed_job(FailedJob(
        agent="desk", id="desk:update", kind="stage", subject="update", tries=5, reason="It broke.",
        failed_at=NOON, retry_at=None,
    ))  # fmt: skip
    with pytest.raises(NotAllowed, match="roll back"):
        desk.retry_job(parts, "desk:update", actor=Actor(name="vic", role=Role.VIEWER))
    with pytest.raises(NotFound, match="not set aside"):
        desk.retry_job(parts, "other", actor=Actor(name="rita", role=Role.REVIEWER))


def test_a_test_that_kept_failing_names_the_change_and_leads_to_it(workspace: AgentStore, opens: Opens) -> None:
    proposal = workspace.proposals()[0].proposal
    failed = FailedJob(
        agent="desk", id="evaluation:x", kind="evaluation", subject=proposal.id, tries=5, reason="It broke.",
        failed_at=NOON, retry_at=None,
    )  # fmt: skip
    workspace.keep_failed_job(failed)
    told = page_words(opens())
    assert f"The test of a change{proposal.title}It broke. 5 tries." in told
    workspace.keep_failed_job(failed.model_copy(update={"subject": "gone"}))
    assert "The test of a changeIt broke. 5 tries." in page_words(opens())


def test_today_leads_to_the_next_change_and_says_the_same_age_as_the_list(workspace: AgentStore, opens: Opens) -> None:
    app = opens()
    told = page_words(app)
    lines = review.list_proposals(Scope(engine=session.database().engine, agent="desk"), [ProposalState.WAITING])
    first = min(line.waits_since for line in lines)
    assert words.oldest(first, session.now()) in told
    assert "waits to be decided" in told
    top = next((line for line in lines if line.level is StakesLevel.HIGH), lines[0])
    next(one for one in app.button if one.key == "next").click().run()
    assert top.id in app.query_params["p"]


def test_today_without_anything_to_do_says_so_and_whether_the_loop_goes_on(
    empty_workspace: AgentStore, sqlite_database: Database, opens: Opens
) -> None:
    told = page_words(opens())
    assert "Nothing waits for you. The loop does not look for more: no worker runs." in told
    assert "No change waits for a decision" in told
    engine = make_engine(sqlite_database.engine.url.render_as_string())
    Fleet(engine, "worker-a", dead_seconds=10.0).join()
    assert "Nothing waits for you. The loop looks again by itself." in page_words(opens())
    engine.dispose()


def test_an_emerging_topic_is_on_today_with_people_time_and_words(workspace: AgentStore, opens: Opens) -> None:
    assert "Emerging topics" not in page_words(opens())
    now = time.time()
    body = {
        "people": 70, "items": 75, "since": now - 7_200, "last": now, "is_known": False, "example": "f7",
        "words": f"nothing loads {HOSTILE}", "choice": "outage",
    }  # fmt: skip
    workspace.commit(Changes(derived=Derived(kept=(Kept("topic", "said:x", body),))))
    app = opens()
    today = page_words(app)
    assert "Emerging topics" in today
    assert "70 people since " in today
    assert "nothing loads" in today
    assert "they say it should be “outage”" in today
    assert "It teaches nothing until somebody named, or with a record, says the same." in today
    assert not set().union(*(tags(piece.value) for piece in app.html)) & {"img", "script", "iframe"}


def test_an_unknown_address_is_told_and_the_page_goes_on(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p="no-such-proposal")
    assert not app.exception
    assert "no change of this address" in page_words(app)
    assert any((one.key or "").startswith("approve-") for one in app.button)


def test_another_agents_proposal_is_not_found(workspace: AgentStore, sqlite_database: Database, opens: Opens) -> None:
    sqlite_database.create_agent(builders.agent("other"), builders.bundle(), now=NOON, actor="rita")
    theirs = workspace.proposals()[0].proposal
    app = opens("review", p=theirs.id, agent="other")
    assert not app.exception
    assert "no change of this address" in page_words(app)
    assert theirs.title not in page_words(app)


@PAGES
def test_an_unknown_agent_of_the_address_bar_is_said_and_no_other_is_opened(
    screen: Screen, workspace: AgentStore, opens: Opens
) -> None:
    app = opens(screen.path, agent="<b>somebody-else")
    assert not app.exception
    assert "There is no agent <b>somebody-else here." in page_words(app)
    assert "Northwind Support" not in page_words(app)
    assert not any((one.key or "").startswith("approve-") for one in app.button)
    next(one for one in app.button if one.key == f"open-{workspace.agent.slug}").click().run()
    assert "Northwind Support" in page_words(app)
    assert "There is no agent" not in page_words(app)


@PAGES
def test_every_page_says_when_nobody_works_and_since_when(
    screen: Screen, workspace: AgentStore, sqlite_database: Database, opens: Opens
) -> None:
    assert "No worker runs" in page_words(opens(screen.path))
    engine = make_engine(sqlite_database.engine.url.render_as_string())
    fleet = Fleet(engine, "worker-a", dead_seconds=10.0)
    fleet.join()
    told = page_words(opens(screen.path))
    assert "No worker" not in told
    assert "The worker stopped" not in told
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE ratchet_worker SET beat_at = beat_at - 7200"))
    assert "The worker stopped 2 hours ago: what you decide is kept" in page_words(opens(screen.path))
    fleet.leave()
    engine.dispose()
    assert "The worker stopped: what you decide is kept" in page_words(opens(screen.path))


def test_today_says_that_the_live_version_does_not_follow_from_the_record(
    workspace: AgentStore, sqlite_database: Database, opens: Opens
) -> None:
    assert "does not follow" not in page_words(opens(""))
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE agent SET mode = 'orchestrate' WHERE slug <> 'x'")
    assert "ratchet audit" in page_words(opens(""))
