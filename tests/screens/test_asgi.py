"""The screens start only where a press means what it says, and tell every browser what to refuse."""

import pytest
from pydantic import SecretStr

from dashboard import asgi
from dashboard.door import dangers
from loop.errors import InvalidInput
from loop.settings import Settings

SAFE: dict[str, object] = {
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.trustedUserHeaders": {},
    "server.address": "127.0.0.1",
    "server.allowedHosts": ["localhost"],
    "server.baseUrlPath": "",
}
OPEN = SAFE | {"server.address": "0.0.0.0"}
TEAM = Settings(
    sign_in="accounts",
    allowed_hosts="desk.example.org",
    public_url="https://desk.example.org",
    journal_key=SecretStr("k" * 32),
)
OIDC = TEAM.model_copy(
    update={"sign_in": "oidc", "oidc_metadata_url": "https://id.example.org/.well-known/openid-configuration"}
    | {"oidc_client_id": "desk", "cookie_secret": SecretStr("s" * 32)}
)


def found(options: dict[str, object], settings: Settings) -> list[str]:
    """The settings that are refused, in order."""
    return [one.option for one in dangers.dangers(options.__getitem__, settings)]


def test_the_shipped_settings_are_accepted() -> None:
    assert found(SAFE, Settings()) == []
    assert found(OPEN, TEAM) == []
    assert found(OPEN, OIDC) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("server.enableAgentApi", True),
        ("server.enableCORS", False),
        ("server.enableXsrfProtection", False),
        ("server.trustedUserHeaders", {"X-User": "name"}),
        ("server.address", "0.0.0.0"),
        ("server.address", None),
        ("server.allowedHosts", []),
        ("server.allowedHosts", ["*"]),
        ("server.baseUrlPath", "api"),
    ],
)
def test_a_dangerous_setting_is_refused_by_name(option: str, value: object) -> None:
    told = dangers.dangers((SAFE | {option: value}).__getitem__, Settings())
    assert told[0].option == option
    with pytest.raises(InvalidInput, match=option.replace(".", r"\.")):
        dangers.refuse(told)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_a_provider_on_this_machine_is_asked_without_https(host: str) -> None:
    here = {"oidc_metadata_url": f"http://{host}:9000/.well-known/openid-configuration"}
    assert found(SAFE, OIDC.model_copy(update=here)) == []


@pytest.mark.parametrize("settings", [TEAM, OIDC], ids=["accounts", "oidc"])
@pytest.mark.parametrize(
    ("url", "key"),
    [("postgresql+psycopg://r@db/r", ""), ("postgresql+psycopg://r@db/r", "off"), ("sqlite:///ratchet.db", "off")],
)
def test_where_people_sign_in_their_rows_are_signed(settings: Settings, url: str, key: str) -> None:
    keyless = settings.model_copy(update={"database_url": url, "journal_key": SecretStr(key)})
    assert found(SAFE, keyless) == ["RATCHET_JOURNAL_KEY"]
    assert found(SAFE, keyless.model_copy(update={"sign_in": ""})) == [], "one person runs everything"
    assert found(SAFE, keyless.model_copy(update={"journal_key": SecretStr("k" * 32)})) == []


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("server.address", TEAM.model_copy(update={"sign_in": ""})),
        (
            "RATCHET_ALLOWED_HOSTS",
            TEAM.model_copy(update={"allowed_hosts": "", "public_url": "", "insecure_http": True}),
        ),
        ("RATCHET_ALLOWED_HOSTS", TEAM.model_copy(update={"allowed_hosts": "*"})),
        ("RATCHET_ALLOWED_HOSTS", TEAM.model_copy(update={"allowed_hosts": "https://desk.example.org"})),
        ("RATCHET_PUBLIC_URL", TEAM.model_copy(update={"public_url": "http://desk.example.org"})),
        ("RATCHET_PUBLIC_URL", TEAM.model_copy(update={"public_url": ""})),
        ("RATCHET_PUBLIC_URL", TEAM.model_copy(update={"public_url": "desk.example.org", "insecure_http": True})),
        ("RATCHET_OIDC_METADATA_URL", OIDC.model_copy(update={"oidc_metadata_url": ""})),
        ("RATCHET_OIDC_METADATA_URL", OIDC.model_copy(update={"oidc_metadata_url": "http://id.example.org/x"})),
        ("RATCHET_OIDC_CLIENT_ID", OIDC.model_copy(update={"oidc_client_id": ""})),
        ("RATCHET_COOKIE_SECRET", OIDC.model_copy(update={"cookie_secret": SecretStr("s" * 31)})),
        ("RATCHET_COOKIE_SECRET", OIDC.model_copy(update={"cookie_secret": SecretStr("")})),
    ],
)
def test_an_address_that_others_reach_takes_sign_in_and_its_names(name: str, settings: Settings) -> None:
    assert found(OPEN, settings) == [name]


def test_plain_http_has_to_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = TEAM.model_copy(update={"public_url": "http://desk.example.org", "insecure_http": True})
    assert found(OPEN, plain) == []


def test_a_page_may_talk_to_its_own_host_only() -> None:
    told = dict(rule.split(" ", 1) for rule in asgi.policy("127.0.0.1:8501").split("; "))
    assert told["connect-src"] == "'self' ws://127.0.0.1:8501 wss://127.0.0.1:8501"
    assert told["frame-ancestors"] == "'none'"
    assert "'unsafe-inline'" not in told["script-src"]


@pytest.mark.parametrize("host", ["", "evil; script-src *", "a b", "x\r\ny"])
def test_an_odd_host_gets_no_say_in_the_policy(host: str) -> None:
    assert asgi.policy(host) == asgi.policy("")
