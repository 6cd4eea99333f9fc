"""The operator's own agent over HTTP: real requests to a real server, to the operator's address and to nowhere else."""

import json
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from loop.agent import EndpointAgent
from loop.errors import InvalidInput, ModelFailed, NotFound
from loop.llm.connections import resolve_address
from loop.llm.retrying import CallFailed
from loop.outbound import Destinations, EndpointTarget, HttpEndpoint, Outbound, WebhookTarget
from loop.records import Bundle, ModelChoice, Question
from tests.shell.agent_server import Call, listen

BUNDLE = Bundle(instructions="Be brief.", model=ModelChoice(name="yours"))
KEY = "key-canary-0123456789"


def endpoint(url: str, pauses: list[float], **fields: object) -> HttpEndpoint:
    target = EndpointTarget.model_validate({"url": url, "key": KEY} | fields)
    return HttpEndpoint("support", target, pause=pauses.append)


def ask(made: HttpEndpoint, text: str = "hello") -> str:
    try:
        (answer,) = EndpointAgent(BUNDLE, made).answer([Question(text=text)])
    finally:
        made.close()
    return answer.failure or answer.text


def right(call: Call) -> tuple[int, object]:
    return 200, {"answer": "Hi.", "version": call.json["version"]["digest"]}


def test_the_agent_gets_the_question_the_version_and_its_key_and_that_it_is_a_trial() -> None:
    with listen(right) as server:
        assert ask(endpoint(server.url, [])) == "Hi."
    (call,) = server.calls
    assert (call.path, call.headers["authorization"], call.headers["x-ratchet-trial"]) == (
        "/answer", f"Bearer {KEY}", "1",
    )  # fmt: skip
    assert {name: value for name, value in call.json.items() if name != "bundle"} == {
        "agent": "support", "question": "hello", "context": {}, "version": {"digest": BUNDLE.digest}, "is_trial": True,
    }  # fmt: skip
    assert Bundle.model_validate(call.json["bundle"]).digest == BUNDLE.digest


def test_an_agent_that_keeps_versions_is_sent_each_one_once() -> None:
    known: set[str] = set()

    def remember(call: Call) -> tuple[int, object]:
        digest = call.json["version"]["digest"]
        if "bundle" in call.json:
            known.add(digest)
        return right(call) if digest in known else (409, {"error": "unknown version"})

    with listen(remember) as server:
        made = endpoint(server.url, [], bundle="on_request")
        assert [ask(made, "one"), ask(made, "two")] == ["Hi.", "Hi."]
    assert ["bundle" in call.json for call in server.calls] == [False, True, False]


def test_every_try_of_one_question_has_the_same_idempotency_key_and_another_question_another() -> None:
    left = [503, 429]

    def busy(call: Call) -> tuple[int, object]:
        return (left.pop(), {}) if left else right(call)

    pauses: list[float] = []
    with listen(busy) as server:
        made = endpoint(server.url, pauses)
        assert [ask(made, "one"), ask(made, "two")] == ["Hi.", "Hi."]
    keys = [call.headers["idempotency-key"] for call in server.calls]
    assert (len(keys), len(set(keys[:3])), len(set(keys))) == (4, 1, 2)
    assert pauses == [0.5, 2.0]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with listen(right) as target, listen(lambda call: (status, b"", {"Location": target.url})) as server:
        assert f"status {status}" in ask(endpoint(server.url, []))
    assert target.calls == []


@pytest.mark.parametrize("body", [b"not json", b"[]", b"", b"[" * 100_000, b"{}"])
def test_a_reply_that_makes_no_sense_is_a_failure(body: bytes) -> None:
    with listen(lambda call: (200, body)) as server:
        assert "Your agent" in ask(endpoint(server.url, []))


def test_a_reply_that_drips_is_given_up_in_time_however_often_a_byte_comes() -> None:
    with listen(right, drip=0.05) as server:
        made = endpoint(server.url, [], timeout=0.4)
        assert "in time" in ask(made)


def test_a_failure_never_holds_the_key_or_the_question() -> None:
    echo = json.dumps({"error": f"{KEY} the canary question"}).encode()
    for status in (400, 401, 404, 429, 500):
        with listen(lambda call, status=status: (status, echo)) as server:  # type: ignore[misc]
            said = ask(endpoint(server.url, []), "the canary question")
        assert KEY not in said
        assert "canary" not in said


@pytest.mark.parametrize("found", ["127.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1", "::ffff:127.0.0.1"])
def test_a_name_that_leads_to_a_forbidden_address_is_not_called(monkeypatch: pytest.MonkeyPatch, found: str) -> None:
    """DNS rebinding: the name looked harmless when it was set."""
    family = socket.AF_INET6 if ":" in found else socket.AF_INET
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(family, socket.SOCK_STREAM, 6, "", (found, 443))])
    with pytest.raises(CallFailed, match="forbidden"):
        resolve_address("agent.example.com", 443)
    with listen(right) as server:
        port = int(server.url.rsplit(":", 1)[1].split("/")[0])
        assert "failed" in ask(endpoint(f"https://agent.example.com:{port}/answer", []))
    assert server.calls == []


def test_addresses_are_read_from_the_operators_file_only_and_checked(tmp_path: Path) -> None:
    where = Destinations(tmp_path / "outbound.json")
    assert where.read() == Outbound()
    target = EndpointTarget(url="http://127.0.0.1:9/answer", key=SecretStr(KEY))
    where.write(Outbound(endpoints={"support": target}))
    assert where.read().endpoints == {"support": target}
    assert (where.path.stat().st_mode & 0o077) == 0
    for url in ("http://10.0.0.7/answer", "https://169.254.169.254/x", "ftp://example.com", "https://a:b@example.com"):
        where.path.write_text(json.dumps({"endpoints": {"support": {"url": url}}}), encoding="utf-8")
        with pytest.raises(InvalidInput, match="agent support"):
            where.read()
    where.path.write_text('{"endpoints": {"support": {"url": "https://example.com", "timeout": "soon"}}}', "utf-8")
    with pytest.raises(InvalidInput, match="timeout"):
        where.read()
    where.path.write_text('{"webhooks": {"ops": {"url": "http://example.com", "secret": "whsec_"}}}', "utf-8")
    with pytest.raises(InvalidInput, match="webhook ops"):
        where.read()


def test_a_key_may_stay_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPORT_KEY", KEY)
    with listen(right) as server:
        assert ask(endpoint(server.url, [], key="env:SUPPORT_KEY")) == "Hi."
    assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"
    monkeypatch.delenv("SUPPORT_KEY")
    with pytest.raises(NotFound, match="SUPPORT_KEY"):
        endpoint("https://example.com", [], key="env:SUPPORT_KEY")
    assert KEY not in repr(WebhookTarget(url="https://example.com", secret=SecretStr(KEY)))


def test_an_agent_that_is_not_there_is_a_failure_that_says_what_to_do() -> None:
    with listen(right) as gone:
        made = endpoint(gone.url, [])
    with pytest.raises(ModelFailed, match="cannot be reached"):
        EndpointAgent(BUNDLE, made).answer([Question(text=str(n)) for n in range(20)])
