"""The gateway, over HTTP: bytes as they were, whole records, whose an error is, and nothing tried twice."""

import gzip
import http.client
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest

from loop.serve.capture import Recorder
from loop.serve.relay import SOURCE
from tests import builders
from tests.shell.gateway_site import GatewaySite, run, until
from tests.shell.provider import Provider, Said, Seen, Sent, serve

CHAT = "/v1/chat/completions"
ASKED = b'{"model" : "gpt-4o",\n "messages":[ {"role":"user","content":"Where is my parcel?\\u00e9"} ], "x":1.0}'


_SCRIPT: dict[str, Any] = {}
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewaySite]:
    """A gateway for most tests."""
    url = f"sqlite:///{tmp_path_factory.mktemp('gateway') / 'ratchet.db'}"
    with serve(lambda call: _SCRIPT["say"](call)) as provider, run(url, provider) as running:
        yield running


@pytest.fixture
def script() -> dict[str, Any]:
    """What the provider says; a test puts `say` there."""
    _SCRIPT["say"] = lambda call: Said("It is on its way.")
    return _SCRIPT


@pytest.fixture
def site(server: GatewaySite, script: dict[str, Any]) -> GatewaySite:
    """The gateway with an agent of the test's own, whose version is empty."""
    server.provider.calls.clear()
    return server.with_agent(builders.agent(f"desk-{next(_NUMBERS)}"))


def send(url: str, body: bytes = ASKED, *, method: str = "POST", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One raw request: status, headers, body as it travelled."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)) as connection:
        connection.request(method, target, body, {"Content-Type": "application/json"} | headers)
        with connection.getresponse() as reply:
            return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()


def error(reply: tuple[int, dict[str, str], bytes]) -> tuple[int, str, str]:
    """Status, whose it is, and its code."""
    return reply[0], reply[1].get(SOURCE, ""), json.loads(reply[2])["error"].get("code", "")


def test_a_call_passes_byte_for_byte_both_ways(site: GatewaySite) -> None:
    there = send(site.base() + CHAT, **{"Accept-Encoding": "gzip, br", "X-Own": "7", "User-Agent": "shop/1"})
    direct = send(site.provider.base_url + CHAT, **{"Accept-Encoding": "gzip"})
    through, straight = site.provider.calls
    assert through.body == ASKED
    assert (through.target, through.headers["x-own"], through.headers["user-agent"]) == (CHAT, "7", "shop/1")
    assert through.headers["accept-encoding"] == "gzip", "what nobody here could read is not asked for"
    assert gzip.decompress(there[2]).replace(b"%024x" % 1, b"%024x" % 2) == gzip.decompress(direct[2])
    assert [there[1].get(name) for name in ("content-encoding", "content-type")] == ["gzip", "application/json"]
    assert straight.body == through.body


def test_any_other_path_passes_with_its_query_and_is_not_recorded(site: GatewaySite, script: dict[str, Any]) -> None:
    script["say"] = lambda call: Sent(207, b"\x00\xff raw", {"content-type": "audio/x", "x-theirs": "yes"})
    reply = send(site.base("e", "t1") + "/v1/files/a%2Fb?x=%20y&z", b"\x01\x02", method="PUT")
    assert (reply[0], reply[2], reply[1]["x-theirs"]) == (207, b"\x00\xff raw", "yes")
    (call,) = site.provider.calls
    assert (call.method, call.target, call.body) == ("PUT", "/v1/files/a%2Fb?x=%20y&z", b"\x01\x02")
    send(site.base() + CHAT)
    assert len(site.kept(1)) == 1


def test_what_is_recorded_is_what_was_said(site: GatewaySite) -> None:
    send(site.base("e", "ticket%2D17") + CHAT, **{"x-ratchet-customer": "kim", "Accept-Encoding": "gzip"})
    (made,) = site.kept(1)
    assert (made.question, made.answer) == ("Where is my parcel?é", "It is on its way.")
    assert (made.episode_id, made.customer, made.source, made.method) == ("ticket-17", "kim", "gateway:shop", "model")
    assert (made.version, made.probability, made.bundle_digest) == (0, 1.0, site.store.head().digest)


def test_a_stream_is_never_held_back(sqlite_url: str) -> None:
    with serve(lambda call: Said("one two three four"), holds=True) as provider, run(sqlite_url, provider) as site:
        body = json.dumps({"messages": [{"role": "user", "content": "Go"}], "stream": True}).encode()
        parts = urlsplit(site.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        connection.request("POST", site.base().removeprefix(site.url) + CHAT, body)
        reply = connection.getresponse()
        first = reply.read1(65_536)
        assert b"one" in first
        assert b"four" not in first
        provider.go_on.set()
        rest = reply.read()
        assert rest.endswith(b"data: [DONE]\n\n")
        connection.close()
        (made,) = site.kept(1)
        assert made.answer == "one two three four"


def test_a_client_that_leaves_takes_the_call_with_it_and_what_came_is_kept(sqlite_url: str) -> None:
    with serve(lambda call: Said("one two three four"), holds=True) as provider, run(sqlite_url, provider) as site:
        body = json.dumps({"messages": [{"role": "user", "content": "Go"}], "stream": True}).encode()
        parts = urlsplit(site.url)
        with socket.create_connection((parts.hostname, parts.port or 80), timeout=60) as client:
            path = site.base().removeprefix(site.url) + CHAT
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            client.sendall(head.encode() + body)
            seen = b""
            while b"one" not in seen:
                seen += client.recv(65_536)
        assert provider.left.wait(60), "the provider was left waiting"
        (made,) = site.kept(1)
        assert made.attributes["call"]["cut"] == "client"
        assert made.answer.startswith("one")
        assert "four" not in made.answer


def test_an_error_says_whose_it_is(site: GatewaySite, script: dict[str, Any]) -> None:
    script["say"] = lambda call: Sent(429, b'{"error":{"code":"slow_down"}}', {"retry-after": "7"})
    busy = send(site.base() + CHAT)
    assert error(busy) == (429, "provider", "slow_down")
    assert busy[1]["retry-after"] == "7"
    assert error(send(site.url + "/k/rk_000000000000_" + "a" * 43 + CHAT)) == (401, "gateway", "key")
    assert error(send(site.url + "/e/t1" + CHAT, Authorization="Bearer sk-theirs")) == (401, "gateway", "key")
    assert error(send(site.base("a", "other") + CHAT)) == (404, "gateway", "not_found")
    assert error(send(site.base("u", "nobody") + CHAT)) == (404, "gateway", "upstream")
    assert error(send(site.base("e", "x" * 201) + CHAT)) == (400, "gateway", "name")
    assert len(site.provider.calls) == 1, "what is refused here goes nowhere"
    (made,) = site.kept(1)
    assert (made.method, made.attributes["call"]["status"]) == ("failed", 429)


@pytest.mark.parametrize("path", ["/v1/../admin", "/v1/%2e%2E/admin", "/..", "/v1/./x", "/v1/a/..", "/v1\\x"])
def test_a_path_that_leads_elsewhere_is_refused(site: GatewaySite, path: str) -> None:
    assert error(send(site.base() + path)) == (400, "gateway", "path")
    assert site.provider.calls == []


def test_a_provider_that_is_not_there_is_told_apart(sqlite_url: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = Provider(f"http://127.0.0.1:{closed.getsockname()[1]}")
        with run(sqlite_url, nobody) as site:
            assert error(send(site.base() + CHAT)) == (502, "provider", "unreachable")
            (made,) = site.kept(1)
            assert (made.method, made.steps[-1].is_error) == ("failed", True)


def test_no_redirect_is_followed_nor_handed_on(site: GatewaySite, script: dict[str, Any]) -> None:
    with serve(lambda call: Said("stolen")) as elsewhere:
        script["say"] = lambda call: Sent(307, headers={"location": elsewhere.base_url + CHAT})
        reply = send(site.base() + CHAT)
        assert error(reply) == (502, "provider", "redirect")
        assert "location" not in reply[1]
        assert elsewhere.calls == []


def test_an_answer_that_breaks_off_is_broken_off_and_never_asked_again(
    site: GatewaySite, script: dict[str, Any]
) -> None:
    script["say"] = lambda call: Sent(200, b'data: {"choices":[{"index":0,"delta":{"content":"Hal"}}]}\n\n',
                                      {"content-type": "text/event-stream"}, cuts=True)  # fmt: skip
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        send(site.base() + CHAT)
    (made,) = site.kept(1)
    assert (made.answer, made.attributes["call"]["cut"]) == ("Hal", "provider")
    assert len(site.provider.calls) == 1


def test_a_key_of_ours_never_reaches_the_provider_and_theirs_passes(sqlite_url: str) -> None:
    with serve(lambda call: Said("Hi")) as provider, run(sqlite_url, provider, upstream_keys="openai=sk-house") as site:
        send(site.base() + CHAT, Authorization="Bearer sk-own")
        send(site.url + CHAT, Authorization=f"Bearer {site.key}")
        send(site.url + CHAT, **{"x-ratchet-key": site.key, "Cookie": "session=1", "X-Forwarded-For": "10.0.0.7"})
        send(site.base() + "/v1/messages", **{"x-api-key": "sk-ant-own"})
        send(site.url + "/v1/messages", **{"x-api-key": site.key})
        send(site.base("u", "openai") + "/v1/models", method="GET")
        sent = [call.headers for call in provider.calls]
    keys = [(one.get("authorization"), one.get("x-api-key")) for one in sent]
    house = "Bearer sk-house"
    assert keys == [
        ("Bearer sk-own", None),
        (house, None),
        (house, None),
        (None, "sk-ant-own"),
        (None, None),
        ("Bearer sk-house", None),
    ]
    secret = site.key.rpartition("_")[2]
    assert not any(secret in value for one in sent for value in one.values())
    assert all(secret not in call.target for call in provider.calls)
    assert not {"cookie", "x-forwarded-for", "x-ratchet-key"} & {name for one in sent for name in one}


def test_a_call_whose_capture_fails_is_served(site: GatewaySite, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object) -> bool:
        raise OSError("full")

    monkeypatch.setattr(Recorder, "take", broken)
    assert send(site.base() + CHAT)[0] == 200


def test_what_there_is_no_room_for_is_counted(site: GatewaySite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loop.serve.capture.CALLS_MAX", 0)
    assert send(site.base() + CHAT)[0] == 200

    def lost() -> int:
        return sum(one.dropped for one in site.store.captures() if one.door == "gateway:shop")

    assert until(lost) == 1
    assert site.all() == []


def test_a_body_nobody_can_read_passes_and_is_counted(site: GatewaySite, script: dict[str, Any]) -> None:
    script["say"] = lambda call: Sent(400, b"no")
    for body in (b"{", b"[" * 100_000, b"\xff\xfe", b""):
        assert send(site.base() + CHAT, body)[0] == 400
    assert [call.body for call in site.provider.calls] == [b"{", b"[" * 100_000, b"\xff\xfe", b""]

    def rejected() -> int:
        captured = [one for one in site.store.captures() if one.door == "gateway:shop"]
        return sum(sum(one.rejected.values()) for one in captured)

    assert until(lambda: rejected() == 4)


def test_a_body_too_large_to_read_passes_as_it_comes(site: GatewaySite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loop.serve.relay.BODY_MAX", 100_000)
    body = json.dumps({"messages": [{"role": "user", "content": "x" * 3_000_000}]}).encode()
    assert send(site.base() + CHAT, body)[0] == 200
    assert site.provider.calls[0].body == body

    def rejected() -> dict[str, int]:
        return next((dict(one.rejected) for one in site.store.captures() if one.door == "gateway:shop"), {})

    assert until(rejected) == {"too_large": 1}


def test_a_conversation_without_a_name_is_one_episode(site: GatewaySite, script: dict[str, Any]) -> None:
    script["say"] = answers({"Hello": "Hi, what is it?", "My parcel is late": "Let me look."})
    talk: list[dict[str, str]] = []
    for words in ("Hello", "My parcel is late"):
        talk.append({"role": "user", "content": words})
        reply = send(site.base() + CHAT, json.dumps({"messages": talk}).encode())
        talk.append(json.loads(reply[2])["choices"][0]["message"])
    one, two = site.kept(2)
    assert one.episode_id == two.episode_id
    assert [(made.question, made.position) for made in (one, two)] == [("Hello", 0), ("My parcel is late", 1)]


def answers(known: dict[str, str]) -> Callable[[Seen], Said]:
    """Each question's answer."""
    return lambda call: Said(known[call.question])
