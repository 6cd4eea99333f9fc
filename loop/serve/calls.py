"""What an endpoint is, and what its handler gets: a checked key first, then the body, never more of it than allowed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from loop.errors import RatchetError
from loop.ports import Clock, Parts
from loop.records import Verb
from loop.records.health import Health
from loop.serve.auth import Access, Keys
from loop.serve.intake import Intake
from loop.serve.refusal import Refusal, refusal_of
from loop.settings import Settings
from storage.database import Database

BODY_MAX = 256 * 1024
"""Bytes of a request that brings one record."""
BATCH_BODY_MAX = 4 * 1024 * 1024
"""Bytes of a request that brings many."""
BODY_SECONDS = 30.0
"""A body that takes longer to come is given up."""

Auth = Literal["key", "none"]


class Heads(Protocol):
    """Which version of each agent is live."""

    async def moved_from(self, agent: str, number: int, *, seconds: float) -> None:
        """Returns when another version of the agent is live, or when the time is over. Raises Refusal."""
        ...


class LastHealth(Protocol):
    """How the database and the workers are."""

    def health(self) -> Health | None:
        """None: the database cannot be read. Reads it: never on the event loop."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """What runs behind the endpoints."""

    settings: Settings
    database: Database
    parts: Callable[[str], Parts]
    """Of one agent. Reads the database: never on the event loop, but through `asyncio.to_thread`."""
    intake: Intake
    keys: Keys
    heads: Heads
    clock: Clock
    health: LastHealth


@dataclass(frozen=True, slots=True)
class Call:
    """One request whose key was checked. Its body has not been read."""

    site: Site
    request: Request
    access: Access | None
    """None where the endpoint takes no key."""
    endpoint: "Endpoint"

    @property
    def holder(self) -> Access:
        """Whose key it is."""
        if self.access is None:
            raise Refusal(401, "key", "This takes an API key.", headers={"WWW-Authenticate": "Bearer"})
        return self.access

    async def body(self) -> bytes:
        """The whole body, at most the endpoint's `body_max`. Raises Refusal."""
        return await read_body(self.request, limit=self.endpoint.body_max)


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One line of the table of routes."""

    methods: tuple[str, ...]
    path: str
    """In Starlette's form; `{agent}` is checked against the key where `verb` is set."""
    handler: Handler
    verb: Verb | None = None
    """What the key must allow at the agent of the path; None: the handler checks."""
    auth: Auth = "key"
    """`none`: no key is asked for here; the handler finds out for itself who calls, before it reads the body."""
    body_max: int = BODY_MAX
    summary: str = ""
    """For the OpenAPI document; empty: the endpoint is not part of it."""
    takes: type[BaseModel] | None = None
    """The body; None: none, or not ours to describe."""
    gives: type[BaseModel] | None = None
    """The answer."""


def route_of(endpoint: Endpoint, site: Callable[[], Site]) -> Route:
    """The endpoint as a route. Whatever is wrong with a request becomes an answer below 500 that quotes nothing."""

    async def serve(request: Request) -> Response:
        try:
            running = site()
            access = None
            if endpoint.auth == "key":
                access = await running.keys.access(request.headers)
                if endpoint.verb is not None:
                    access.check(request.path_params["agent"], endpoint.verb)
            return await endpoint.handler(Call(running, request, access, endpoint))
        except Refusal as refusal:
            return refusal.response()
        except RatchetError as error:
            return refusal_of(error).response()
        except (ClientDisconnect, HTTPException):
            return Refusal(400, "broken_off", "The request broke off.").response()

    return Route(endpoint.path, serve, methods=list(endpoint.methods), name=endpoint.path)


async def read_body(request: Request, *, limit: int) -> bytes:
    """The body, never more of it than `limit` bytes, whatever its length is said to be. Raises Refusal."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise _too_large(limit)
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                size += len(piece)
                if size > limit:
                    raise _too_large(limit)
                pieces.append(piece)
    except TimeoutError:
        raise Refusal(408, "timeout", "The body did not come in time.") from None
    return b"".join(pieces)


def _too_large(limit: int) -> Refusal:
    return Refusal(
        413, "too_large", f"The body is larger than {limit:,} bytes. Send it in parts.", headers={"Connection": "close"}
    )


def path_text(call: Call, name: str) -> str:
    """A part of the path that names something of the client's. Raises Refusal for what no database keeps."""
    text: Any = call.request.path_params[name]
    with suppress(UnicodeEncodeError):
        text.encode()
        if text.strip() and "\0" not in text and len(text) <= 1_000:
            return str(text)
    raise Refusal(422, "invalid", "The path names nothing that can be kept.", where=name)
