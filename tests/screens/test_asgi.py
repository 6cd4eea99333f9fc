"""The screens start only where a press means what it says, and tell every browser what to refuse."""

import pytest

from dashboard import asgi

SAFE: dict[str, object] = {
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.trustedUserHeaders": {},
    "server.address": "127.0.0.1",
}


def test_the_shipped_settings_are_accepted() -> None:
    assert asgi.dangers(SAFE.__getitem__) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("server.enableAgentApi", True),
        ("server.enableCORS", False),
        ("server.enableXsrfProtection", False),
        ("server.trustedUserHeaders", {"X-User": "name"}),
        ("server.address", "0.0.0.0"),
        ("server.address", None),
    ],
)
def test_a_dangerous_setting_is_refused_by_name(option: str, value: object) -> None:
    (found,) = asgi.dangers((SAFE | {option: value}).__getitem__)
    assert found.startswith(f"{option}: ")


def test_a_page_may_talk_to_its_own_host_only() -> None:
    told = dict(rule.split(" ", 1) for rule in asgi.policy("127.0.0.1:8501").split("; "))
    assert told["connect-src"] == "'self' ws://127.0.0.1:8501 wss://127.0.0.1:8501"
    assert told["frame-ancestors"] == "'none'"
    assert "'unsafe-inline'" not in told["script-src"]


@pytest.mark.parametrize("host", ["", "evil; script-src *", "a b", "x\r\ny"])
def test_an_odd_host_gets_no_say_in_the_policy(host: str) -> None:
    assert asgi.policy(host) == asgi.policy("")
