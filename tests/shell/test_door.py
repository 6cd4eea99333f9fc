"""The door looks at every message of a websocket: a page that was open does nothing once its sign-in is over."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from dashboard import session
from dashboard.door.middleware import Door
from loop import desk
from loop.errors import StoreUnavailable
from loop.records import Role
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON
from tests.shell import people_world
from tests.shell.people_world import OPERATOR, later, member

PORT = 8501
CLOSED = {"type": "websocket.close", "code": 1008, "reason": ""}


class Site:
    """What the door asks."""

    def __init__(self, database: Database, sign_in: str) -> None:
        self.settings = Settings(sign_in=sign_in)  # type: ignore[arg-type]
        self.database = database
        self.clock = people_world.opening().clock


class Browser:
    """A page whose websocket is open, and the application behind the door."""

    def __init__(self, site: Any, token: str) -> None:
        self.heard: list[Any] = []
        self.sent: list[Message] = []
        self._token = token
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._door = Door(self._app, site=lambda: site)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            self.heard.append(message.get("text", message["type"]))
            await send({"type": "websocket.send", "text": "drawn"})
        await send({"type": "websocket.send", "text": "too late"})

    async def _receive(self) -> Message:
        return await self._messages.get()

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    def begin(self) -> "asyncio.Task[None]":
        """Open the websocket."""
        host = f"127.0.0.1:{PORT}".encode()
        headers = [(b"host", host), (b"origin", b"http://" + host)]
        headers.append((b"cookie", f"ratchet-{PORT}={self._token}".encode()))
        scope = {"type": "websocket", "path": "/_stcore/stream", "server": ("127.0.0.1", PORT), "headers": headers}
        self._messages.put_nowait({"type": "websocket.connect"})
        return asyncio.ensure_future(self._door(scope, self._receive, self._send))

    async def press(self, what: str) -> None:
        """A click, and time for the application to hear of it."""
        self._messages.put_nowait({"type": "websocket.receive", "text": what})
        for _ in range(2_000):
            if (what in self.heard and len(self.sent) == len(self.heard)) or CLOSED in self.sent:
                return
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("end", ["signed out", "everywhere", "shut out", "operator signed out", "database away"])
def test_a_press_in_a_page_whose_sign_in_is_over_reaches_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    how = people_world.opening()
    signed = people_world.signed_database(database)
    if end == "operator signed out":
        link = desk.operator_link(signed.people, actor=OPERATOR, clock=how.clock, token=how.token)
        opened = desk.open_for_operator(signed.people, link, clock=how.clock, token=how.token)
        site = Site(signed, "")
    else:
        member(signed, how)
        opened = member(signed, how, "ben", Role.APPROVER)
        site = Site(signed, "accounts")

    def over() -> None:
        admin, clock = people_world.ADMIN, later(how, seconds=1).clock
        match end:
            case "everywhere":
                desk.end_sign_ins(signed.people, "ben", actor=admin, clock=clock)
            case "shut out":
                desk.disable(signed.people, "ben", actor=admin, clock=clock)
            case "database away":

                def away(_: str) -> None:
                    raise StoreUnavailable("It is away.")

                monkeypatch.setattr(type(signed.people), "sign_in", lambda _, told: away(told))
            case _:
                signed.people.close(desk.digest_of(opened.token), at=NOON)

    async def story() -> Browser:
        page = Browser(site, opened.token)
        running = page.begin()
        await page.press("approve the first")
        over()
        if site.settings.sign_in:
            await page.press("the page says so")
        await page.press("approve the second")
        await asyncio.wait_for(running, 60)
        return page

    page = asyncio.run(story())
    last = ["the page says so"] if site.settings.sign_in else []
    assert page.heard == ["websocket.connect", "approve the first", *last]
    assert page.sent[-1] == CLOSED
    assert {"type": "websocket.send", "text": "too late"} not in page.sent


@pytest.mark.parametrize(("host", "prefix"), [("desk.example.org", "__Host-"), (f"127.0.0.1:{PORT}", "")])
def test_over_https_no_other_host_of_the_domain_can_put_in_whose_desk_it_is(
    database: Database, monkeypatch: pytest.MonkeyPatch, host: str, prefix: str
) -> None:
    """A cookie for the whole domain can be set by each of its hosts, but not under a name that browsers keep apart."""
    how = people_world.opening()
    signed = people_world.signed_database(database)
    site: Any = Site(signed, "")
    site.settings = Settings(public_url="https://desk.example.org", port=PORT)

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("the desk")(scope, receive, send)

    browser = TestClient(Door(inside, site=lambda: site), base_url=f"http://{host}")
    server = {"Host": host, "Cookie": ""}
    link = desk.operator_link(signed.people, actor=OPERATOR, clock=how.clock, token=how.token)
    given = browser.get(f"/open?link={link}", headers=server).headers.get_list("set-cookie")[0]
    name, _, token = given.partition(";")[0].partition("=")
    assert name.removesuffix(str(browser_port(host))) == f"{prefix}ratchet-"
    flags = {one.strip().lower() for one in given.partition(";")[2].split(";")}
    assert {"httponly", "samesite=strict", "path=/"} <= flags
    assert ("secure" in flags) is bool(prefix)
    assert not any(one.startswith("domain") for one in flags)
    tossed = name.removeprefix("__Host-") if prefix else f"__Host-{name}"
    assert browser.get("/", headers=server | {"Cookie": f"{tossed}={token}"}).status_code == 401
    assert browser.get("/", headers=server | {"Cookie": f"{name}={token}"}).text == "the desk"
    monkeypatch.setattr(session, "settings", lambda: site.settings)
    monkeypatch.setattr(session.st, "get_option", lambda _: browser_port(host))
    context = SimpleNamespace(headers={"host": host}, cookies={name: token, tossed: "tossed"})
    monkeypatch.setattr(session.st, "context", context)
    assert session.cookie() == token, "the page goes by the same cookie as the door"


def browser_port(host: str) -> int:
    """What a client without a socket says it connected to."""
    return int(host.partition(":")[2] or 80)
