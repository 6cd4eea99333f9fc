"""A real server on a real port, in a thread of the test, and a client that sends whatever bytes it is told to."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from dashboard.door.hosts import cookie_name
from loop import desk, wiring
from loop.records import VERBS, Actor, Role, Verb
from loop.serve.app import make_app
from loop.settings import Settings
from storage.database import Database
from tests import builders

OPERATOR = Actor(name="olga", role=Role.ADMIN)
SECONDS = 30
"""Longest wait for one answer; ends what hangs."""


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of a refusal."""
        return str(self.json["error"]["code"])


class Client:
    """One program with its key."""

    def __init__(self, port: int, key: str = "") -> None:
        self.port = port
        self.key = key

    def send(self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str) -> Reply:
        """One request on a connection of its own. Header names with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key and "authorization" not in {name.lower() for name in named}:
            named["Authorization"] = f"Bearer {self.key}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, body=body, headers=named)
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        return self.send("GET", path)

    def post(self, path: str, body: object, **headers: str) -> Reply:
        """`body`: bytes as they are, or what is sent as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, raw, **{"content_type": "application/json"} | headers)

    def feedback(self, body: object, *, agent: str = "desk", **headers: str) -> Reply:
        return self.post(f"/api/v1/agents/{agent}/feedback", body, **headers)

    def interaction(self, body: object, *, agent: str = "desk", **headers: str) -> Reply:
        return self.post(f"/api/v1/agents/{agent}/interactions", body, **headers)


def new_key(
    database: Database,
    *,
    client: str = "helpdesk",
    agents: tuple[str, ...] = ("desk",),
    verbs: tuple[Verb, ...] = VERBS,
) -> desk.MadeKey:
    """A key that lives."""
    order = desk.KeyOrder(client=client, agents=agents, verbs=verbs)
    return desk.create_key(database, order, actor=OPERATOR, clock=wiring.utc_now, chance=wiring.key_chance())


@contextmanager
def serving(url: str) -> Iterator[int]:
    """The port of a server on this database."""
    app = make_app(lambda: Settings(database_url=url))
    config = uvicorn.Config(app, log_level="critical", access_log=False, ws="none", lifespan="on")
    server = uvicorn.Server(config)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        for _ in range(SECONDS * 100):
            if server.started:
                break
            threading.Event().wait(0.01)
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        listening.close()


def operator_cookie(url: str, *, port: int) -> tuple[str, str]:
    """Name and value of the cookie of a browser in which the operator opened the desk on this database."""
    database = wiring.open_database(Settings(database_url=url))
    try:
        operator = Actor(name="dana", role=Role.ADMIN, is_single_operator=True)
        chance = {"clock": wiring.utc_now, "token": wiring.new_token}
        link = desk.operator_link(database.people, actor=operator, **chance)
        return cookie_name(port), desk.open_for_operator(database.people, link, **chance).token
    finally:
        database.close()


def thumbs(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A body: a thumb on interaction `number`."""
    return {"interaction_id": f"i{number}", "kind": "thumbs", "value": 1.0, "author": f"a{number}"} | fields


def asked(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A body: interaction `number`."""
    filled = {"id": f"i{number}", "episode_id": f"e{number}", "question": f"Where is parcel {number}?"}
    return filled | {"answer": "On its way.", "at": builders.at(number).isoformat()} | fields
