"""One call on its way: read the body, put the version in, send it on, and send back every byte as it comes.

Invariants: bytes go on as they came, both ways, but for what an approved version puts in. A stream is teed, never
held. Nothing is tried twice. Capture takes a copy at the end and can neither delay nor fail the call. A client that
leaves takes the call to the provider with it. An error says whose it is (`x-ratchet-error-source`).
"""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from yarl import URL

from loop.collect import chat
from loop.ports import Clock
from loop.serve.acting import Act, IncomingRequest, act
from loop.serve.addressing import Address, backward, carrier_of, has_key, onward
from loop.serve.capture import Recorder
from loop.serve.live import LiveVersions
from loop.serve.upstreams import ANTHROPIC, BlockedAddress, Upstream

SOURCE = "x-ratchet-error-source"
VERSION = "x-ratchet-version"
BODY_MAX = chat.BODY_MAX
"""Bytes of a body that are read here; a larger one passes as it comes."""
BODY_SECONDS = 60.0
"""A body that is read here and takes longer to come is given up."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Behind:
    """What all calls share."""

    session: aiohttp.ClientSession
    versions: LiveVersions
    recorder: Recorder
    untouched: frozenset[str]
    """Agents whose calls are never changed."""
    clock: Clock


@dataclass(frozen=True, slots=True)
class Visit:
    """A call whose key was checked; its body has not been read."""

    address: Address
    agent: str
    source: str
    upstream: Upstream
    method: str
    headers: Sequence[tuple[bytes, bytes]]
    query: bytes


@dataclass(slots=True)
class _Tape:
    """What is kept of a call while it goes by."""

    at: datetime
    began: float
    request: bytes = b""
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    status: int = 0
    headers: Headers = field(default_factory=Headers)
    first_byte: float | None = None
    cut: str = ""
    is_sent: bool = False
    """Whether the answer went out to its end."""
    assigned: chat.VersionAssignment = field(default_factory=chat.VersionAssignment)

    def add(self, piece: bytes) -> None:
        """A piece of the answer, as long as there is room for the copy."""
        if self.first_byte is None:
            self.first_byte = time.perf_counter()
        if self.size + len(piece) <= BODY_MAX:
            self.pieces.append(piece)
            self.size += len(piece)
        else:
            self.cut = self.cut or "size"


class _Gone(Exception):
    """The client left."""


class Relay(Response):
    """The answer to one call (an ASGI response): it is made while it is sent."""

    def __init__(self, visit: Visit, *, behind: Behind) -> None:
        super().__init__()
        self._visit = visit
        self._behind = behind
        self._path = visit.address.path
        self._dialect: chat.Dialect | None = chat.dialect_of(self._path) if visit.method == "POST" else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the call; ends when the answer is sent, or as soon as the client is gone."""
        del scope
        tape = _Tape(at=self._behind.clock(), began=time.perf_counter())
        upload = _Upload(receive)
        try:
            if self._dialect is not None:
                tape.request = await upload.take(BODY_MAX)
        except _Gone:
            return
        except TimeoutError:
            await _refuse(send, 408, "timeout", "The body did not come in time.", source="client")
            return
        is_whole = upload.is_over
        work = asyncio.ensure_future(self._serve(tape, upload, send))
        gone = asyncio.ensure_future(upload.gone())

        def leave(_gone: asyncio.Future[None]) -> None:
            if not work.done() and not tape.is_sent:  # a client may leave as soon as it has its answer
                tape.cut = "client"
                work.cancel()

        gone.add_done_callback(leave)
        try:
            await asyncio.wait({work})
        finally:
            gone.remove_done_callback(leave)
            gone.cancel()
            work.cancel()
            self._record(tape, is_whole=is_whole)
        if work.done() and not work.cancelled() and (error := work.exception()) is not None:
            raise error

    async def _serve(self, tape: _Tape, upload: "_Upload", send: Send) -> None:
        made = await self._act(tape) if upload.is_over else None
        if made is not None:
            tape.assigned = made.assigned
        if made is not None and made.own is not None:
            await self._answer(made, tape, send)
            return
        changed = made.body if made is not None else None
        body: Any = changed or tape.request or None
        if not upload.is_over:
            body = upload.rest(tape.request)
        await self._relay(body, tape, send, is_changed=changed is not None, has_length=upload.is_over)

    async def _act(self, tape: _Tape) -> Act | None:
        """What the live version makes of the request; None: it passes as it is, whatever the reason."""
        visit, dialect = self._visit, chat.spoken_of(self._path) if self._visit.method == "POST" else None
        if dialect is None or visit.agent in self._behind.untouched:
            return None
        try:
            incoming = IncomingRequest(
                agent=visit.agent,
                dialect=dialect,
                body=chat.decode_body(tape.request, _header(visit.headers, b"content-encoding")),
                episode=visit.address.episode,
                upstream=visit.upstream.name,
                at=tape.at,
            )
            return await act(incoming, versions=self._behind.versions)
        except chat.Unreadable:
            return None
        except Exception:
            _log.exception("A version could not be put into a call; the call goes on without it.")
            return None

    async def _answer(self, made: Act, tape: _Tape, send: Send) -> None:
        """The version's own answer."""
        pieces = made.own or []
        kind = "text/event-stream; charset=utf-8" if made.is_streamed else "application/json"
        headers = [(b"content-type", kind.encode()), (VERSION.encode(), str(made.assigned.version).encode())]
        if not made.is_streamed:
            headers.append((b"content-length", str(sum(map(len, pieces))).encode()))
        tape.status, tape.headers = 200, Headers(raw=headers)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in pieces:
            tape.add(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await _end(tape, send)

    async def _relay(self, body: Any, tape: _Tape, send: Send, *, is_changed: bool, has_length: bool) -> None:
        """Ask the provider once, and send back what comes as it comes."""
        visit = self._visit
        query = f"?{visit.query.decode('latin-1')}" if visit.query else ""
        headers = onward(visit.headers, is_changed=is_changed)
        if not has_key(headers):
            usual = "x-api-key" if visit.upstream.name == ANTHROPIC else "authorization"
            headers += visit.upstream.own_key(carrier_of(visit.headers) or usual).items()
        if not has_length and (length := _header(visit.headers, b"content-length")):
            headers.append(("content-length", length))
        has_begun = False
        try:
            async with self._behind.session.request(
                visit.method,
                URL(visit.upstream.url(self._path) + query, encoded=True),
                data=body,
                headers=headers,
                allow_redirects=False,
                proxy=visit.upstream.proxy,
            ) as answer:
                tape.status, tape.headers = answer.status, Headers(raw=list(answer.raw_headers))
                if answer.status in (301, 302, 303, 307, 308):
                    tape.cut = "redirect"
                    await _refuse(send, 502, "redirect", "The provider sends the call elsewhere; it is not followed.")
                    return
                has_begun = True
                await send(
                    {"type": "http.response.start", "status": answer.status, "headers": self._back(answer, tape)}
                )
                async for piece in answer.content.iter_any():
                    tape.add(piece)
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await _end(tape, send)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            tape.cut = "provider"
            if not has_begun:
                await _fail(error, send)
            # What has begun is broken off: the connection closes before the answer's end, and the client sees it.

    def _back(self, answer: aiohttp.ClientResponse, tape: _Tape) -> list[tuple[bytes, bytes]]:
        headers = backward(answer.raw_headers)
        if answer.status >= 400:
            headers.append((SOURCE.encode(), b"provider"))
        if tape.assigned.version is not None:
            headers.append((VERSION.encode(), str(tape.assigned.version).encode()))
        return headers

    def _record(self, tape: _Tape, *, is_whole: bool) -> None:
        """Hand the copy over. Keys that were not taken, and calls nobody can read, leave a count at most."""
        if self._dialect is None or tape.status in (401, 403, 404):
            return
        visit, ended = self._visit, time.perf_counter()
        try:
            if not is_whole:
                self._behind.recorder.reject(visit.agent, visit.source, "too_large", at=tape.at)
                return
            first = None if tape.first_byte is None else round((tape.first_byte - tape.began) * 1000, 1)
            self._behind.recorder.take(
                chat.Exchange(
                    id=uuid.uuid4().hex,
                    agent=visit.agent,
                    path=self._path,
                    request=tape.request,
                    response=b"".join(tape.pieces),
                    at=tape.at,
                    status=tape.status,
                    request_encoding=_header(visit.headers, b"content-encoding"),
                    response_encoding=tape.headers.get("content-encoding", ""),
                    response_type=tape.headers.get("content-type", "").lower(),
                    milliseconds=round((ended - tape.began) * 1000, 1),
                    first_byte_ms=first,
                    cut=tape.cut,
                    episode=visit.address.episode,
                    customer=visit.address.customer,
                    trace=visit.address.trace,
                    upstream=visit.upstream.name,
                    source=visit.source,
                    assigned=tape.assigned,
                )
            )
        except Exception:
            _log.exception("A call could not be recorded.")


class _Upload:
    """The client's body: read as far as it is looked at here, the rest passed on as it comes."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._over = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether all of it was read."""
        return self._over.is_set()

    async def take(self, limit: int) -> bytes:
        """The body, or as much of it as goes beyond `limit` first. Raises TimeoutError, _Gone."""
        pieces, size = [], 0
        async with asyncio.timeout(BODY_SECONDS):
            while not self.is_over and size <= limit:
                piece = await self._next()
                pieces.append(piece)
                size += len(piece)
        return b"".join(pieces)

    async def rest(self, begun: bytes) -> AsyncIterator[bytes]:
        """All of it, as it comes."""
        if begun:
            yield begun
        while not self.is_over:
            piece = await self._next()
            if piece:
                yield piece

    async def gone(self) -> None:
        """Returns when the client leaves."""
        await self._over.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        if not message.get("more_body", False):
            self._over.set()
        body: bytes = message.get("body", b"")
        return body


async def _end(tape: _Tape, send: Send) -> None:
    tape.is_sent = True
    await send({"type": "http.response.body", "body": b""})


async def _fail(error: Exception, send: Send) -> None:
    """Why there is no answer, in words that quote nothing."""
    match error:
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, BlockedAddress):
            said = (502, "address", "The provider's name leads to an address that is never called.", "gateway")
        case BlockedAddress():
            said = (502, "address", "The provider's name leads to an address that is never called.", "gateway")
        case TimeoutError():
            said = (504, "timeout", "The provider did not answer in time.", "provider")
        case aiohttp.ClientConnectorError():
            said = (502, "unreachable", "The provider cannot be reached.", "provider")
        case _:
            said = (502, "broken_off", "The provider broke off without an answer.", "provider")
    status, code, message, source = said
    await _refuse(send, status, code, message, source=source)


async def _refuse(send: Send, status: int, code: str, message: str, *, source: str = "provider") -> None:
    error = {"type": "ratchet_gateway", "code": code, "message": message}
    response = JSONResponse({"type": "error", "error": error}, status_code=status, headers={SOURCE: source})
    await send({"type": "http.response.start", "status": status, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body})


def _header(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key == name), "")
