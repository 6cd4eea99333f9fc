"""Accounts kept here, in a real browser: the set-up link, the password, and a page whose person lost their role."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr

from loop import desk, wiring
from loop.records import Actor, Role
from loop.settings import Settings
from storage.database import Database
from tests.browser.accessibility import plain_offences
from tests.browser.conftest import Opens, settled
from tests.desk_process import Desk, running_desk
from tests.screens import seed

pytestmark = pytest.mark.browser

KEY = SecretStr("k" * 32)
ADMIN = Actor(name="root", role=Role.ADMIN)
SECRET = "correct horse battery staple"


class Team:
    """A desk whose people sign in by name and password."""

    def __init__(self, process: Desk, database: Database) -> None:
        self.address = process.address
        self.port = process.port
        self.database = database

    def invite(self, name: str, role: Role) -> str:
        """Address of the set-up link."""
        order = desk.Invitation(name=name, role=role, agents=("desk",))
        made = desk.invite(self.database.people, order, actor=ADMIN, clock=wiring.utc_now, token=wiring.new_token)
        return f"{self.address}/set-up?link={made.link}"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with running_team(tmp_path_factory.mktemp("accounts")) as made:
        yield made


@contextmanager
def running_team(folder: Path, **environment: str) -> Iterator[Team]:
    url = f"sqlite:///{folder / 'ratchet.db'}"
    database = wiring.open_database(Settings(database_url=url, journal_key=KEY))
    seed.fill(database, slug="desk", rows=60)
    signs = {"RATCHET_SIGN_IN": "accounts", "RATCHET_JOURNAL_KEY": KEY.get_secret_value()}
    with running_desk(url, folder, environment=signs | environment) as process:
        yield Team(process, database)
    database.close()


def set_up(page: Page, link: str, password: str = SECRET, again: str = "") -> None:
    page.goto(link)
    page.fill("#password", password)
    page.fill("#again", again or password)
    page.get_by_role("button", name="Sign in").click()


def enter(page: Page, name: str, password: str = SECRET) -> None:
    page.fill("#name", name)
    page.fill("#password", password)
    page.get_by_role("button", name="Sign in").click()


def test_an_invited_person_sets_a_password_once_and_comes_back_with_it(team: Team, opens: Opens) -> None:
    link = team.invite("ana", Role.ADMIN)
    page = opens()
    set_up(page, link, again="something else entirely")
    expect(page.get_by_role("alert")).to_contain_text("not the same")
    set_up(page, link, "ana ana ana ana")
    expect(page.get_by_role("alert")).to_contain_text("easy to guess")
    set_up(page, link)
    settled(page)
    expect(page.locator(".rt-frame")).to_contain_text("ana")
    other = opens()
    other.goto(link)
    expect(other.get_by_role("alert")).to_contain_text("does not work any more")
    other.goto(f"{team.address}/releases?agent=desk")
    enter(other, "ana", "wrong wrong wrong")
    expect(other.get_by_role("alert")).to_contain_text("Name or password is wrong")
    enter(other, "ana")
    other.wait_for_url("**/releases?agent=desk*")
    settled(other)
    assert SECRET not in other.url


def test_a_page_that_was_open_offers_and_writes_nothing_when_the_role_is_gone(team: Team, opens: Opens) -> None:
    page = opens()
    set_up(page, team.invite("ben", Role.APPROVER))
    settled(page)
    page.goto(f"{team.address}/review?agent=desk")
    settled(page)
    desk.set_role(team.database.people, "ben", Role.VIEWER, agents=("desk",), actor=ADMIN, clock=wiring.utc_now)
    before = len(team.database.store("desk").journal())
    page.get_by_role("button", name="Approve").first.click()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert len(team.database.store("desk").journal()) == before


def test_only_an_admin_sees_who_may_do_what_and_changes_it_by_keyboard(team: Team, opens: Opens) -> None:
    boss = opens()
    set_up(boss, team.invite("cleo", Role.ADMIN))
    settled(boss)
    boss.goto(f"{team.address}/people?agent=desk")
    settled(boss)
    boss.keyboard.press("n")
    box = boss.get_by_role("textbox", name="Name")
    expect(box).to_be_focused()
    boss.keyboard.type("dario")
    boss.keyboard.press("Control+Enter")
    settled(boss)
    link = boss.locator("code", has_text="/set-up?link=").inner_text()
    page = opens()
    set_up(page, link)
    settled(page)
    page.goto(f"{team.address}/people?agent=desk")
    settled(page)
    expect(page.locator("[data-testid=stApp]")).to_contain_text("up to an admin")
    assert page.get_by_role("button", name="Invite").count() == 0
    told = [(one.actor, one.action, one.subject) for one in team.database.store("desk").journal()]
    assert ("cleo", "invite as reviewer", "dario") in told


def test_signing_out_takes_a_press_of_ones_own(team: Team, opens: Opens) -> None:
    page = opens()
    set_up(page, team.invite("ed", Role.VIEWER))
    settled(page)
    page.goto(f"{team.address}/sign-out")
    page.goto(f"{team.address}/review")
    settled(page)
    page.goto(f"{team.address}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("You are signed out")
    page.goto(f"{team.address}/review")
    expect(page.locator("h1")).to_have_text("Sign in")


def test_the_forms_of_signing_in_keep_the_rules_of_accessibility(team: Team, browser: Browser) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    for address in (f"{team.address}/sign-in", team.invite("edda", Role.VIEWER)):
        page.goto(address)
        assert page.locator("#password").count() == 1
        assert plain_offences(page) == ""
    context.close()


def guess(team: Team, name: str, **headers: str) -> str:
    """What a program is answered that tries a password."""
    connection = http.client.HTTPConnection("127.0.0.1", team.port, timeout=60)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": team.address}
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    try:
        connection.request("POST", "/sign-in", urlencode({"name": name, "password": "wrong " * 3}), form | named)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
def test_a_guesser_has_to_wait_whatever_it_says_and_keeps_nobody_out(
    browser: Browser, opens: Opens, tmp_path: Path, trusted: str
) -> None:
    """Addresses are believed from a trusted proxy alone, and a browser that was signed in before counts apart."""
    with running_team(tmp_path, RATCHET_TRUSTED_PROXY=trusted) as team:
        page = opens()
        set_up(page, team.invite("ana", Role.ADMIN))
        settled(page)
        kept = {one["name"]: one for one in page.context.cookies(f"{team.address}/sign-in")}
        known = kept[f"ratchet-known-{team.port}"]
        assert (known["httpOnly"], known["sameSite"], known["path"]) == (True, "Strict", "/sign-in")
        page.goto(f"{team.address}/sign-out")
        page.get_by_role("button", name="Sign out").click()
        answers = [guess(team, f"name-{n}", X_Forwarded_For=f"203.0.113.{n}") for n in range(25)]
        assert sum("too often" in one for one in answers) == (0 if trusted else 5)
        for _ in range(6):
            last = guess(team, "ana")
        assert "too often" in last
        page.goto(f"{team.address}/sign-in")
        enter(page, "ana")
        settled(page)
        expect(page.locator(".rt-frame")).to_contain_text("ana")
        stranger = opens()
        stranger.goto(f"{team.address}/sign-in")
        enter(stranger, "ana")
        expect(stranger.get_by_role("alert")).to_contain_text("too often")
