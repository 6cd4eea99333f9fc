"""`ratchet people` and `ratchet open`: who may come in, said on the terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.door.provider import secrets_of
from loop import desk, wiring
from loop.records import Role
from loop.settings import Settings
from tests.shell.conftest import Ratchet
from tests.shell.people_world import SECRET, Plain

LONGEST = 200
KEY = "k" * 32


@pytest.fixture
def team(ratchet: Ratchet, monkeypatch: pytest.MonkeyPatch) -> Ratchet:
    """With an agent `desk`, and accounts."""
    assert ratchet("agent", "create", "desk", "--grading", "label").code == 0
    monkeypatch.setenv("RATCHET_SIGN_IN", "accounts")
    monkeypatch.setenv("RATCHET_JOURNAL_KEY", KEY)
    return ratchet


def test_the_first_admin_is_made_with_a_link_and_no_password(team: Ratchet) -> None:
    said = team("people", "invite", "ana", "--role", "admin")
    assert said.code == 0
    token = said.out.strip().partition("/set-up?link=")[2]
    database = wiring.open_database(Settings())
    try:
        person = database.people.person("ana")
        assert person is not None
        assert person.password == ""
        how = desk.Opening(wiring.utc_now, wiring.new_token)
        desk.set_password(database.people, token, SECRET, passwords=Plain(), how=how)
        assert database.people.roles_of("ana") == {"desk": Role.ADMIN}
    finally:
        database.close()


def test_a_person_is_listed_given_a_role_signed_out_and_shut_out(team: Ratchet, sqlite_url: str) -> None:
    assert team("people", "invite", "ana", "--role", "admin").code == 0
    assert team("people", "invite", "ben", "--role", "viewer").code == 0
    assert team("people", "role", "ben", "reviewer").code == 0
    (ana, ben) = json.loads(team("people", "list", "--json").out)
    assert (ana["role"], ben["role"], ben["shut_out"]) == ("admin", "reviewer", False)
    assert team("people", "sign-out", "ben").code == 0
    assert team("people", "shut-out", "ben").code == 0
    assert "ben  shut out" in team("people", "list").out
    assert team("people", "let-in", "ben", "--role", "viewer").code == 0
    assert "/set-up?link=" in team("people", "link", "ben").out
    last = team("people", "role", "ana", "none")
    assert last.code == 1
    assert "last admin" in last.err


def test_nobody_is_let_in_where_rows_are_not_signed(team: Ratchet, monkeypatch: pytest.MonkeyPatch) -> None:
    assert team("people", "invite", "ana", "--role", "admin").code == 0
    monkeypatch.setenv("RATCHET_JOURNAL_KEY", "off")
    for words in (("invite", "ben", "--role", "admin"), ("link", "ana")):
        said = team("people", *words)
        assert said.code == 1
        assert "RATCHET_JOURNAL_KEY" in said.err


def test_a_desk_of_one_person_has_no_people_and_a_team_no_link(team: Ratchet, monkeypatch: pytest.MonkeyPatch) -> None:
    said = team("open", "--no-browser")
    assert said.code == 1
    assert "People sign in here" in said.err
    monkeypatch.delenv("RATCHET_SIGN_IN")
    said = team("people", "invite", "ana", "--role", "admin")
    assert said.code == 1
    assert "RATCHET_SIGN_IN" in said.err or "accounts or oidc" in said.err
    link = team("open", "--no-browser", "--port", "8765").out.strip()
    assert link.startswith("http://127.0.0.1:8765/open?link=")


def test_the_terminal_is_no_single_operator_where_people_sign_in() -> None:
    assert not wiring.operator(Settings(sign_in="accounts")).is_single_operator
    assert wiring.operator(Settings()).is_single_operator


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ({}, "http://127.0.0.1:8501"),
        ({"port": 9000}, "http://127.0.0.1:9000"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8501"),
        ({"host": "::1"}, "http://[::1]:8501"),
        ({"host": "10.0.0.5"}, "http://10.0.0.5:8501"),
        ({"host": "0.0.0.0", "public_url": "https://desk.example.org/"}, "https://desk.example.org"),
    ],
)
def test_links_lead_to_where_the_desk_is_reached(said: dict[str, str], address: str) -> None:
    """One address for the terminal, the People page, notices and the provider's way back."""
    settings = Settings.model_validate(said | {"sign_in": "oidc"})
    assert settings.address() == address
    assert secrets_of(settings, port=settings.port)["auth"]["redirect_uri"] == f"{address}/oauth2callback"


@pytest.mark.parametrize("name", ["ana", "x"])
def test_the_terminal_decides_nothing_where_people_sign_in(
    team: Ratchet, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Under any name, a person's too: one shell would be both of two."""
    assert team("people", "invite", "ana", "--role", "admin").code == 0
    monkeypatch.setenv("RATCHET_OPERATOR", name)
    said = team("review", "--agent", "desk")
    assert said.code == 1
    assert "decide on the desk" in said.err
    assert team("review", "--agent", "desk", "--list").code == 0


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        ({"RATCHET_HOST": "0.0.0.0"}, "server.address"),
        ({"RATCHET_HOST": "0.0.0.0", "RATCHET_SIGN_IN": "accounts"}, "RATCHET_ALLOWED_HOSTS"),
        ({"RATCHET_SIGN_IN": "oidc"}, "RATCHET_OIDC_METADATA_URL"),
        ({"RATCHET_SIGN_IN": "accounts", "RATCHET_JOURNAL_KEY": "off"}, "RATCHET_JOURNAL_KEY"),
        ({"RATCHET_SIGN_IN": "everybody"}, "RATCHET_SIGN_IN"),
    ],
)
def test_up_refuses_unsafe_settings_by_name(
    sqlite_url: str, tmp_path: Path, settings: dict[str, str], option: str
) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "loop.cli", "up", "--no-browser", "--no-worker"],
        cwd=tmp_path,
        env=os.environ | {"RATCHET_DATABASE_URL": sqlite_url, "RATCHET_JOURNAL_KEY": KEY} | settings,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert said.returncode == 1
    assert option in said.stderr


@pytest.mark.parametrize(
    ("flag", "option"),
    [
        ("--server.enableAgentApi=true", "server.enableAgentApi"),
        ("--server.address=0.0.0.0", "server.address"),
        ("--server.enableXsrfProtection=false", "server.enableXsrfProtection"),
    ],
)
def test_the_screens_themselves_refuse_to_start(sqlite_url: str, tmp_path: Path, flag: str, option: str) -> None:
    """However they are started: not everybody comes through `ratchet up`."""
    screens = Path(__file__).resolve().parents[2] / "dashboard" / "asgi.py"
    usual = ["--server.headless=true", "--server.address=127.0.0.1", "--server.port=0"]
    said = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", str(screens), *usual, "--server.allowedHosts=127.0.0.1", flag],
        cwd=tmp_path,
        env=os.environ | {"RATCHET_DATABASE_URL": sqlite_url},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert said.returncode != 0
    assert option in said.stderr + said.stdout
