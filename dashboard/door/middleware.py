"""The door (ASGI middleware): whose address was asked for, which page asks, and who is signed in, before all else.

A browser lets any page on the machine, and through rebinding any page anywhere, send requests here, and cookies ignore
ports. So each request must name a host of ours exactly; one that acts, and every websocket, must come from a page of
exactly ours; and all but the health check and what programs reach with their keys takes the cookie of a sign-in.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.door import pages
from dashboard.door.hosts import Hosts
from dashboard.door.routes import Desk, Routes
from loop.desk import digest_of
from loop.errors import RatchetError
from loop.records import SignIn
from loop.serve.app import is_for_programs
from loop.serve.calls import Site

KNOWN_SECONDS = 2.0
"""For files of a page a sign-in that was looked up is believed this long; a websocket looks at every message."""
_REMEMBERED = 1_000
_POLICY_VIOLATION = 1008
_CLOSE: Message = {"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""}


class Ask(NamedTuple):
    """What of a request the door goes by."""

    headers: Mapping[bytes, list[bytes]]
    host: str
    port: int
    """The one that was connected to."""
    path: str
    method: str
    is_socket: bool

    def one(self, name: bytes) -> str | None:
        """A header that may be there once: None without it, and an empty text when it is there twice."""
        found = self.headers.get(name, [])
        return None if not found else found[0].decode("latin-1") if len(found) == 1 else ""


class Socket:
    """An open websocket whose every message is looked at: once it may not go on, nothing more comes in or goes out.

    A page run is asked for by a message, a press of a button too; pages of a browser that was signed out stay open.
    Where people sign in, the page itself looks again who asks and what they may: one last message lets it say so.
    """

    def __init__(
        self, receive: Receive, send: Send, *, may_go_on: Callable[[], Awaitable[bool]], has_last_word: bool
    ) -> None:
        self._receive = receive
        self._send = send
        self._may_go_on = may_go_on
        self._has_last_word = has_last_word
        self._is_over = False

    async def receive(self) -> Message:
        """The next message; what comes after the sign-in ended is not handed on, but ends the connection."""
        message = await self._receive()
        if message["type"] != "websocket.receive" or await self._may_go_on():
            return message
        if self._has_last_word:
            self._has_last_word = False
            return message
        if not self._is_over:
            self._is_over = True
            await self._send(_CLOSE)
        return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}

    async def send(self, message: Message) -> None:
        """On to the browser, as long as it may go on."""
        if not self._is_over:
            await self._send(message)


class Door:
    """Lets in, sends to the sign-in page, or refuses."""

    def __init__(self, app: ASGIApp, *, site: Callable[[], Site]) -> None:
        self._app = app
        self._site = site
        self._known: OrderedDict[str, tuple[float, SignIn | None]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        ask = _ask(scope)
        answer = await self._answer(ask, scope, receive)
        if answer is None and ask.is_socket:
            signs_in = bool(self._site().settings.sign_in)
            socket = Socket(receive, send, may_go_on=lambda: self._may_go_on(ask), has_last_word=signs_in)
            await self._app(scope, socket.receive, socket.send)
        elif answer is None:
            await self._app(scope, receive, send)
        elif ask.is_socket:
            await receive()
            await send(_CLOSE)
        else:
            await answer(scope, receive, send)

    async def _answer(self, ask: Ask, scope: Scope, receive: Receive) -> Response | None:
        """None: it may pass."""
        if not ask.is_socket and ask.path == "/healthz":
            return None
        try:
            site = self._site()
        except RatchetError:
            return pages.plain(503, "Ratchet is starting.")
        hosts = Hosts.of(site.settings, port=ask.port)
        if ask.host not in hosts.names:
            return pages.plain(421, "This address is not one of this desk. Name it in RATCHET_ALLOWED_HOSTS.")
        if not ask.is_socket and is_for_programs(ask.path):
            return None
        if not _comes_from_us(ask, hosts):
            return pages.plain(403, "A page of another address may not do this.")
        desk = Desk(site, hosts, ask.port)
        if ask.is_socket:
            return None if await self._signed_in(ask, desk, is_fresh=True) else pages.plain(401, "Sign in first.")
        request = Request(scope, receive)
        if (own := Routes(desk, app=self._app).of(ask.path)) is not None:
            return await own(request)
        if await self._signed_in(ask, desk):
            return None
        return self._stranger(ask, request, desk)

    async def _may_go_on(self, ask: Ask) -> bool:
        """Whether the sign-in a websocket was opened with is open still; while the database is away, nothing is."""
        try:
            site = self._site()
            return await self._signed_in(
                ask, Desk(site, Hosts.of(site.settings, port=ask.port), ask.port), is_fresh=True
            )
        except RatchetError:
            return False

    async def _signed_in(self, ask: Ask, desk: Desk, *, is_fresh: bool = False) -> bool:
        token = _cookies(ask).get(desk.hosts.cookie(ask.host, port=ask.port), "")
        if not token:
            return False
        told, now = digest_of(token), time.monotonic()
        until, found = self._known.get(told, (0.0, None))
        if is_fresh or now >= until:
            found = await asyncio.to_thread(desk.people.sign_in, told)
            self._known[told] = now + KNOWN_SECONDS, found
            self._known.move_to_end(told)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found is not None and found.is_open(desk.now()) and found.is_operator == (not desk.mode)

    def _stranger(self, ask: Ask, request: Request, desk: Desk) -> Response:
        """A page is answered with the way in; anything else with a refusal."""
        if ask.method != "GET" or ask.one(b"sec-fetch-dest") not in (None, "document"):
            return pages.plain(401, "Sign in first.")
        if ask.one(b"sec-fetch-site") in ("cross-site", "same-site"):
            # A link in a mail or on another page: the browser keeps our cookie back until a page of ours asks.
            return pages.hop(pages.address_of(request))
        return Routes(desk, app=self._app).welcome(request)


def _ask(scope: Scope) -> Ask:
    headers: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.lower(), []).append(value)
    hosts = headers.get(b"host", [])
    return Ask(
        headers=headers,
        host=hosts[0].decode("latin-1").lower() if len(hosts) == 1 else "",
        port=int((scope.get("server") or ("", 0))[1] or 0),
        path=scope["path"],
        method=scope.get("method", ""),
        is_socket=scope["type"] == "websocket",
    )


def _comes_from_us(ask: Ask, hosts: Hosts) -> bool:
    """Whether a page of ours asks: by `Origin` where something is done, else by what the browser says of itself."""
    origin = ask.one(b"origin")
    if origin is not None and origin not in hosts.origins(ask.host):
        return False
    if ask.is_socket or ask.method not in ("GET", "HEAD"):
        return origin is not None
    is_ours = ask.one(b"sec-fetch-site") in (None, "same-origin", "none")
    return is_ours or (ask.one(b"sec-fetch-mode") == "navigate" and ask.one(b"sec-fetch-dest") == "document")


def _cookies(ask: Ask) -> dict[str, str]:
    return cookie_parser("; ".join(one.decode("latin-1") for one in ask.headers.get(b"cookie", [])))
