"""A team on PostgreSQL, in real browsers with a real worker: two approve, it goes live, one takes it back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pydantic import SecretStr

from loop import desk, wiring
from loop.demo import story
from loop.demo.story import SLUG
from loop.records import Actor, ProposalItem, ProposalState, Role, StakesLevel, Verdict
from loop.settings import Settings
from storage.database import Database
from tests.browser.conftest import Opens, settled
from tests.browser.pressing import QUIET, ready
from tests.desk_process import running_desk

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

KEY = "k" * 32
ADMIN = Actor(name="root", role=Role.ADMIN)
SECRET = "correct horse battery staple"


class Team:
    """The demo's desk, to which people sign in by name and password."""

    def __init__(self, address: str, database: Database) -> None:
        self.address = address
        self.people = database.people
        self.store = database.store(SLUG)

    def enters(self, page: Page, name: str, path: str) -> None:
        """An approver sets a password and opens the page."""
        order = desk.Invitation(name=name, role=Role.APPROVER, agents=(SLUG,))
        made = desk.invite(self.people, order, actor=ADMIN, clock=wiring.utc_now, token=wiring.new_token)
        page.goto(f"{self.address}/set-up?link={made.link}")
        page.fill("#password", SECRET)
        page.fill("#again", SECRET)
        page.get_by_role("button", name="Sign in").click()
        settled(page)
        page.goto(f"{self.address}{path}")
        settled(page)

    def best(self) -> ProposalItem:
        """What is proved, and of high stakes."""
        found = self.store.proposals([ProposalState.WAITING])
        return next(
            one
            for one in found
            if one.proposal.stakes.level is StakesLevel.HIGH and one.report and one.report.verdict is Verdict.PROVED
        )


@pytest.fixture
def team(tmp_path: Path, postgres_url: str) -> Iterator[Team]:
    settings = Settings(database_url=postgres_url, journal_key=SecretStr(KEY))
    database = wiring.open_database(settings)
    story.build(settings, database, seed=0, fresh=True, now=wiring.utc_now())
    parts = wiring.parts_for(settings, database, SLUG)
    desk.change_settings(database, parts, actor=ADMIN, settings=["undo_seconds_high=0"])
    environment = {"RATCHET_SIGN_IN": "accounts", "RATCHET_JOURNAL_KEY": KEY}
    with running_desk(postgres_url, tmp_path, environment=environment, has_worker=True) as process:
        yield Team(process.address, database)
    database.close()


def approve(page: Page, reason: str) -> None:
    settled(page)
    ready(page)
    page.wait_for_timeout(QUIET)
    page.keyboard.press("a")
    expect(page.get_by_label("Reason", exact=True)).to_be_focused()
    page.keyboard.type(reason)
    page.keyboard.press("Control+Enter")
    settled(page)


def test_what_two_approved_is_live_by_the_worker_and_one_key_takes_it_back(team: Team, opens: Opens) -> None:
    item = team.best()
    before = team.store.bundle(team.store.head().digest)
    here = f"/review?agent={SLUG}&p={item.proposal.id}"
    ana, ben = opens(), opens()
    team.enters(ana, "ana", here)
    team.enters(ben, "ben", here)
    expect(ben.get_by_text("ana is looking at this change")).to_be_visible()
    approve(ana, "I read the answers it fixes.")
    ana.goto(f"{team.address}{here}")
    expect(ana.get_by_text("You approved this already")).to_be_visible()
    expect(ana.get_by_role("button", name="Approve")).to_be_disabled()
    expect(ben.get_by_text("Approved by 1 of 2").first).to_be_visible()
    expect(ben.get_by_text("ana is looking at this change")).to_have_count(0)
    expect(ben.get_by_role("button", name="Approve")).to_be_enabled()
    approve(ben, "So did I.")
    ben.wait_for_function(f"() => !location.search.includes('{item.proposal.id}')")
    told = [(one.verb, one.actor.name) for one in team.store.decisions(item.proposal.id)]
    assert told == [("endorse", "ana"), ("approve", "ben")]
    back = ben.get_by_role("button", name="Take v")
    expect(back).to_be_enabled()
    assert team.store.proposal(item.proposal.id).state is ProposalState.LIVE
    assert team.store.bundle(team.store.head().digest) != before
    expect(ana.get_by_text("Live", exact=True).first).to_be_visible()
    settled(ben)
    ready(ben)
    ben.wait_for_timeout(QUIET)
    ben.keyboard.press("u")
    settled(ben)
    expect(ben.get_by_text("is live again").first).to_be_visible()
    assert team.store.bundle(team.store.head().digest) == before
    assert team.store.proposal(item.proposal.id).state is ProposalState.UNDONE
