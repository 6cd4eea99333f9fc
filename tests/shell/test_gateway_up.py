"""`ratchet up` serves the gateway beside the screens: their application neither packs nor holds what passes."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loop import desk, wiring
from loop.records import VERBS
from storage.database import Database
from tests import builders
from tests.reaching import free_port
from tests.shell.gateway_site import OLGA
from tests.shell.provider import Provider, Said, Seen, Sent, serve
from tests.shell.test_up import PATIENCE, is_healthy, wait_for

PLAIN = json.dumps({"data": [{"id": f"model-{number}"} for number in range(500)]}, indent=1).encode()
"""What anybody who packs answers would pack."""


def say(call: Seen) -> Said | Sent:
    if call.target == "/v1/models":
        return Sent(200, PLAIN, {"content-type": "application/json"})
    return Said("one two three four")


@contextmanager
def up(url: str, provider: Provider, *, folder: Path) -> Iterator[tuple[int, str]]:
    """The port of `ratchet up`, and a key of its agent."""
    database = Database.open(url)
    database.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="olga")
    order = desk.KeyOrder(client="shop", agents=["desk"], verbs=VERBS)
    key = desk.create_key(database, order, actor=OLGA, clock=wiring.utc_now, chance=wiring.key_chance()).text
    database.close()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "loop.cli", "up", "--no-browser", "--no-worker", "--port", str(port)],
        cwd=folder,
        env=os.environ | {"RATCHET_DATABASE_URL": url, "RATCHET_UPSTREAMS": f"openai={provider.base_url}/v1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for("the start", lambda: is_healthy(f"http://127.0.0.1:{port}"))
        yield port, key
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)


def test_what_passes_is_neither_packed_nor_held(sqlite_url: str, tmp_path: Path) -> None:
    with serve(say, holds=True) as provider, up(sqlite_url, provider, folder=tmp_path) as (port, key):
        for path in (f"/k/{key}/v1/models", "/v1/models"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            headers = {"Accept-Encoding": "gzip", "x-ratchet-key": key, "Authorization": "Bearer sk-own"}
            connection.request("GET", path, headers=headers)
            reply = connection.getresponse()
            assert (reply.status, reply.getheader("content-encoding"), reply.read()) == (200, None, PLAIN)
            assert reply.getheader("x-frame-options") == "DENY", "no answer is a page on the desk's own address"
            connection.close()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Count."}]}
        headers = {"Accept-Encoding": "gzip", "Content-Type": "application/json"}
        connection.request("POST", f"/k/{key}/v1/chat/completions", json.dumps(body), headers)
        reply = connection.getresponse()
        began = reply.read1(65536)
        assert b"one" in began or b"role" in began
        assert not provider.go_on.is_set(), "the first words came while the provider still held the rest"
        provider.go_on.set()
        assert b"four" in reply.read()
        connection.close()
