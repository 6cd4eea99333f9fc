"""Sign-in by a real provider on loopback: let in, denied, forged, replayed, expired, ended, and a role that is gone."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect
from pydantic import SecretStr
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from loop import desk, wiring
from loop.records import Actor, Role
from loop.settings import Settings
from storage.database import Database
from tests.browser.conftest import Opens, settled
from tests.desk_process import PATIENCE, Desk, running_desk
from tests.identity_provider import IdentityProvider, identity_provider
from tests.screens import seed

pytestmark = pytest.mark.browser

SECRET = "0123456789abcdef" * 4
KEY = SecretStr("k" * 32)
ADMIN = Actor(name="root", role=Role.ADMIN)


class Team:
    """A desk whose people a provider signs in."""

    def __init__(self, process: Desk, database: Database, provider: IdentityProvider) -> None:
        self.address = process.address
        self.port = process.port
        self.database = database
        self.provider = provider

    def token(self, context: BrowserContext) -> str:
        """What the browser holds of ours; empty: nothing."""
        found = [one["value"] for one in context.cookies(self.address) if one["name"] == f"ratchet-{self.port}"]
        return str(found[0]) if found else ""

    def status(self, token: str) -> int:
        """Of a page that is asked for with a token."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/", headers={"Cookie": f"ratchet-{self.port}={token}"})
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as running:
        yield running


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, provider: IdentityProvider) -> Iterator[Team]:
    with running_team(tmp_path_factory.mktemp("oidc"), provider) as made:
        yield made


@contextmanager
def running_team(folder: Path, provider: IdentityProvider) -> Iterator[Team]:
    """A desk of its own, whose roles the provider's groups give."""
    url = f"sqlite:///{folder / 'ratchet.db'}"
    database = wiring.open_database(Settings(database_url=url, journal_key=KEY))
    seed.fill(database, slug="desk", rows=60)
    # So that nobody below is the last admin.
    order = desk.Invitation(name="root", role=Role.ADMIN, agents=("desk",), has_link=False)
    desk.invite(database.people, order, actor=ADMIN, clock=wiring.utc_now, token=wiring.new_token)
    environment = {
        "RATCHET_SIGN_IN": "oidc",
        "RATCHET_OIDC_METADATA_URL": provider.metadata,
        "RATCHET_OIDC_CLIENT_ID": "desk",
        "RATCHET_OIDC_CLIENT_SECRET": "secret",
        "RATCHET_OIDC_ROLES": "heads=admin,deciders=reviewer,readers=viewer",
        "RATCHET_COOKIE_SECRET": SECRET,
        "RATCHET_JOURNAL_KEY": KEY.get_secret_value(),
    }
    try:
        with running_desk(url, folder, environment=environment) as process:
            yield Team(process, database, provider)
    finally:
        database.close()


def to_provider(page: Page, team: Team, path: str = "/") -> None:
    """Up to the provider's own page."""
    page.goto(f"{team.address}{path}")
    page.get_by_role("link", name="Sign in with").click()
    page.wait_for_url(f"{team.provider.address}/**")


def sign_in(page: Page, team: Team, subject: str, path: str = "/") -> None:
    """All the way, as somebody."""
    to_provider(page, team, path)
    page.fill("input[name=sub]", subject)
    page.get_by_role("button", name="Authorize").first.click()
    page.wait_for_url(f"{team.address}/**")


def knows(team: Team, subject: str, *groups: str, email: str = "", is_verified: bool = True) -> None:
    team.provider.says(
        subject, email=email or f"{subject}@example.org", email_verified=is_verified, groups=list(groups)
    )


def test_who_is_let_in_comes_to_the_page_they_asked_for_as_who_they_are(team: Team, opens: Opens) -> None:
    knows(team, "dora", "deciders")
    page = opens()
    sign_in(page, team, "dora", "/review?agent=desk")
    page.wait_for_url("**/review?agent=desk*")
    settled(page)
    expect(page.locator(".rt-frame")).to_contain_text("dora@example.org")
    page.reload()
    settled(page)
    names = {one["name"] for one in page.context.cookies()}
    assert not any(name.startswith("_streamlit_user") for name in names), "nothing that nobody can end"
    (ours,) = [one for one in page.context.cookies() if one["name"] == f"ratchet-{team.port}"]
    assert (ours["httpOnly"], ours["sameSite"]) == (True, "Strict")
    told = [(one.actor, one.action, one.subject) for one in team.database.store("desk").journal()]
    assert ("provider", "admit as reviewer", "dora@example.org") in told


def test_who_denies_at_the_provider_is_not_signed_in(team: Team, opens: Opens) -> None:
    page = opens()
    to_provider(page, team)
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url(f"{team.address}/**")
    expect(page.get_by_role("alert")).to_contain_text("You were not signed in")
    assert team.token(page.context) == ""


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?code=x&state=y", "?state=y&error=access_denied", "?code=&state=", "?state=%00"]
)
def test_a_forged_return_signs_nobody_in(team: Team, opens: Opens, query: str) -> None:
    page = opens()
    page.goto(f"{team.address}/oauth2callback{query}")
    expect(page.locator("h1")).to_have_text("Sign in")
    assert team.token(page.context) == ""


def test_a_return_that_was_used_or_is_anothers_signs_nobody_in(team: Team, opens: Opens) -> None:
    knows(team, "dora", "deciders")
    page, returns = opens(), []
    page.on("request", lambda asked: returns.append(asked.url) if "/oauth2callback" in asked.url else None)
    sign_in(page, team, "dora")
    settled(page)
    (used,) = returns
    token = team.token(page.context)
    again = page.context.new_page()
    again.goto(used)
    expect(again.locator("h1")).to_have_text("Sign in")
    assert team.token(page.context) == token, "what was open stays open"
    other = opens()
    other.goto(used)
    assert team.token(other.context) == ""
    # A return that was never used, but asked for by another browser.
    first = opens()
    to_provider(first, team)
    fresh = first.context.request.post(first.url, form={"sub": "dora"}, max_redirects=0).headers["location"]
    assert fresh.startswith(f"{team.address}/oauth2callback?")
    thief = opens()
    thief.goto(fresh)
    expect(thief.locator("h1")).to_have_text("Sign in")
    assert team.token(thief.context) == ""


@pytest.mark.parametrize("cookie", ["_streamlit_user", "ratchet"])
def test_a_made_up_cookie_signs_nobody_in(team: Team, opens: Opens, cookie: str) -> None:
    page = opens()
    name = f"ratchet-{team.port}" if cookie == "ratchet" else cookie
    value = create_signed_value("another secret", name, '{"sub": "dora", "is_logged_in": true}').decode()
    page.context.add_cookies([{"name": name, "value": value, "url": team.address}])
    answer = page.goto(team.address)
    assert answer is not None
    assert answer.status == 401


def test_even_streamlits_own_good_cookie_opens_nothing(team: Team, opens: Opens) -> None:
    page = opens()
    claims = {"sub": "dora", "iss": "x", "is_logged_in": True, "exp": 99999999999, "origin": team.address}
    value = create_signed_value(SECRET, "_streamlit_user", json.dumps(claims)).decode()
    page.context.add_cookies([{"name": "_streamlit_user", "value": value, "url": team.address}])
    for path in ("/", "/oauth2callback", "/review"):
        answer = page.goto(f"{team.address}{path}")
        assert answer is not None
        assert answer.status == 401
    assert team.token(page.context) == ""


@pytest.mark.parametrize(
    ("subject", "groups", "is_verified", "words"),
    [
        ("nobody", (), True, "Nobody has let you in here yet"),
        ("stranger", ("others", "heads "), True, "Nobody has let you in here yet"),
    ],
)
def test_whom_nobody_let_in_stays_outside(
    team: Team, opens: Opens, subject: str, groups: tuple[str, ...], is_verified: bool, words: str
) -> None:
    knows(team, subject, *groups, is_verified=is_verified)
    page = opens()
    sign_in(page, team, subject)
    expect(page.get_by_role("alert")).to_contain_text(words)
    assert team.token(page.context) == ""


def test_an_address_makes_nobody_somebody_else(team: Team, opens: Opens) -> None:
    """The same address under another subject, and an address the provider did not check."""
    knows(team, "edda", "heads", email="edda@example.org")
    first = opens()
    sign_in(first, team, "edda")
    settled(first)
    knows(team, "edda-two", "heads", email="edda@example.org")
    second = opens()
    sign_in(second, team, "edda-two")
    expect(second.get_by_role("alert")).to_contain_text("Somebody else is known by your address")
    knows(team, "edda-three", "readers", email="edda@example.org", is_verified=False)
    third = opens()
    sign_in(third, team, "edda-three")
    settled(third)
    expect(third.locator(".rt-frame")).to_contain_text("edda-three@localhost")


def test_who_signed_out_is_out_in_this_browser_for_good(team: Team, opens: Opens) -> None:
    knows(team, "finn", "deciders")
    page = opens()
    sign_in(page, team, "finn")
    settled(page)
    kept = team.token(page.context)
    assert team.status(kept) == 200
    page.goto(f"{team.address}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("You are signed out")
    assert team.token(page.context) == ""
    page.wait_for_timeout(2_500)  # files of a page are let through on a look two seconds old
    assert team.status(kept) == 401, "a cookie that was captured before is worth nothing"


def waiting_id(team: Team) -> str:
    return next(one.proposal.id for one in team.database.store("desk").proposals() if one.state.value == "waiting")


def press_approve(page: Page) -> None:
    """As fast as one can: the page takes itself away when it hears that its person is gone."""
    with suppress(Error):
        page.get_by_role("button", name="Approve").first.click(timeout=5_000)


@pytest.mark.parametrize("how", ["ended", "shut out", "role taken", "role taken at the provider"])
def test_a_page_that_was_open_decides_nothing_any_more(team: Team, opens: Opens, how: str) -> None:
    subject = f"gina-{how.replace(' ', '-')}"
    name = f"{subject}@example.org"
    knows(team, subject, "heads")
    page = opens()
    sign_in(page, team, subject, "/review?agent=desk")
    settled(page)
    people, store = team.database.people, team.database.store("desk")
    before = len(store.journal())
    match how:
        case "ended":
            desk.end_sign_ins(people, name, actor=ADMIN, clock=wiring.utc_now)
        case "shut out":
            desk.disable(people, name, actor=ADMIN, clock=wiring.utc_now)
        case "role taken":
            desk.set_role(people, name, Role.VIEWER, agents=("desk",), actor=ADMIN, clock=wiring.utc_now)
        case _:
            knows(team, subject, "readers")
            other = opens()
            sign_in(other, team, subject)
            settled(other)
    acts = len(store.journal()) - before
    press_approve(page)
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert len(store.journal()) == before + acts, "nothing was written"
    assert not any(one.actor.name == name for one in team.database.store("desk").decisions(waiting_id(team)))


def test_a_word_that_is_too_old_lets_nobody_in(browser: Browser, opens: Opens, tmp_path: Path) -> None:
    """The sign-in ends with the provider's word; while the page is open too."""
    with identity_provider(seconds=60) as short, running_team(tmp_path, short) as team:
        knows(team, "hana", "deciders")
        page = opens()
        sign_in(page, team, "hana", "/review?agent=desk")
        settled(page)
        kept = team.token(page.context)
        for _ in range(PATIENCE):
            if team.status(kept) == 401:
                break
            page.wait_for_timeout(1_000)
        before = len(team.database.store("desk").journal())
        press_approve(page)
        expect(page.locator("[data-testid=stApp]")).to_contain_text("signed out")
        assert len(team.database.store("desk").journal()) == before
        assert team.status(kept) == 401


def test_a_provider_that_is_away_is_said_in_words(browser: Browser, opens: Opens, tmp_path: Path) -> None:
    with identity_provider() as short:
        away = IdentityProvider(short.address)
    with running_team(tmp_path, away) as team:
        page = opens()
        page.goto(team.address)
        page.get_by_role("link", name="Sign in with").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
        assert urlsplit(page.url).hostname == "127.0.0.1"
