"""The gateway: an agent's calls go on to their provider as they are, are recorded, and carry the live version.

An agent changes its base URL, and nothing else (see `addressing` for what that says). What is not a chat API passes
untouched. A recorded call is never slower for it, and never fails with it.
"""

import asyncio
import hashlib
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from loop.errors import RatchetError
from loop.records import Verb
from loop.serve.addressing import PREFIXES, Address, read_address
from loop.serve.auth import Access
from loop.serve.calls import Site
from loop.serve.capture import Recorder
from loop.serve.live import LiveVersions
from loop.serve.refusal import Refusal, refusal_of
from loop.serve.relay import SOURCE, Behind, Relay, Visit
from loop.serve.upstreams import Upstream, choose_upstream, open_session, upstreams_of

VERB: Verb = "models:call"
KEY_SECONDS = 2.0
"""A key that was good before is good while the database does not answer this fast."""
SWITCH_SECONDS = 0.0005
"""How long a thread of this process may keep the interpreter while a call waits: recording gives way to answering."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_REMEMBERED = 1_000
BEGINS = (*(f"/{prefix}/" for prefix in PREFIXES), "/v1/")
"""How the paths of calls through the gateway begin."""
_ANTHROPIC = ("v1/messages", "v1/complete")


@dataclass(frozen=True, slots=True)
class _Running:
    site: Site
    upstreams: Mapping[str, Upstream]
    behind: Behind


class Gateway:
    """What answers calls, and what runs behind it. For one event loop."""

    def __init__(self) -> None:
        self._running: _Running | None = None
        self._known: OrderedDict[str, Access] = OrderedDict()

    @asynccontextmanager
    async def running(self, site: Site) -> AsyncIterator[None]:
        """Open what is needed; at the end hand on what was recorded. Raises InvalidInput for the settings."""
        upstreams = upstreams_of(site.settings)
        untouched = frozenset(filter(None, (one.strip() for one in site.settings.gateway_untouched.split(","))))
        versions = LiveVersions(site.parts, site.database)
        session: aiohttp.ClientSession = open_session(site.settings, upstreams)
        recorder = Recorder(site.intake, clock=site.clock)
        behind = Behind(session=session, versions=versions, recorder=recorder, untouched=untouched, clock=site.clock)
        self._running = _Running(site, upstreams, behind)
        usual = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            yield
        finally:
            sys.setswitchinterval(usual)
            self._running = None
            await asyncio.to_thread(recorder.close)
            await versions.close()
            await session.close()

    async def answer(self, scope: Scope) -> Response:
        """Who calls, for whom, and where to; the body is not read before that is clear."""
        running = self._running
        if running is None:
            return fault(Refusal(503, "starting", "Ratchet is starting.", headers={"Retry-After": "1"}))
        if scope["method"] not in METHODS:
            return fault(Refusal(405, "method", "There is no such method here.", headers={"Allow": ", ".join(METHODS)}))
        raw: Sequence[tuple[bytes, bytes]] = scope["headers"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(raw)}
        try:
            address = read_address(scope.get("raw_path") or scope["path"].encode(), headers)
            access = await self._access(running, address, headers)
            agent = address.agent or access.only_agent(VERB)
            access.check(agent, VERB)
            upstream = _upstream(running.upstreams, address, headers)
        except Refusal as refusal:
            return fault(refusal)
        except RatchetError as error:
            return fault(refusal_of(error))
        visit = Visit(
            address=address,
            agent=agent,
            source=access.source("gateway"),
            upstream=upstream,
            method=scope["method"],
            headers=raw,
            query=scope.get("query_string", b""),
        )
        return Relay(visit, behind=running.behind)

    async def _access(self, running: _Running, address: Address, headers: Mapping[str, str]) -> Access:
        """Whose key it is. A key that was good when it was last looked up stays so while the database is away."""
        shown = {"x-ratchet-key": address.key} if address.key else headers
        if (access := running.site.keys.at_hand(shown)) is not None:
            return access
        name = "\0".join(shown.get(one, "") for one in ("x-ratchet-key", "x-api-key", "authorization"))
        name = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
        known = self._known.get(name)
        try:
            async with asyncio.timeout(KEY_SECONDS if known else None):
                access = await running.site.keys.access(shown)
        except (RatchetError, TimeoutError):
            if known is None:
                raise
            return known
        except Refusal as refusal:
            if refusal.status == 401:
                self._known.pop(name, None)
            raise
        self._known[name] = access
        self._known.move_to_end(name)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return access


class Lane:
    """ASGI middleware: a call through the gateway is answered before anything else looks at it or packs its answer.

    `/v1/…` without anything before it is the gateway's too, but for the paths that are ours.
    """

    def __init__(self, app: ASGIApp, *, gateway: Gateway, ours: Collection[str]) -> None:
        self._app = app
        self._gateway = gateway
        self._ours = frozenset(ours)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it, or pass it on."""
        if scope["type"] == "http" and scope["path"].startswith(BEGINS) and scope["path"] not in self._ours:
            await (await self._gateway.answer(scope))(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def fault(refusal: Refusal) -> Response:
    """A refusal of ours, in a shape that clients of both providers read."""
    error = {"type": "ratchet_gateway", "code": refusal.code, "message": refusal.message}
    headers = {**refusal.headers, SOURCE: "gateway"}
    return JSONResponse({"type": "error", "error": error}, status_code=refusal.status, headers=headers)


def _upstream(upstreams: Mapping[str, Upstream], address: Address, headers: Mapping[str, str]) -> Upstream:
    is_anthropic = "anthropic-version" in headers or address.path.strip("/").startswith(_ANTHROPIC)
    found = choose_upstream(upstreams, named=address.upstream, is_anthropic=is_anthropic)
    if found is None:
        raise Refusal(404, "upstream", "There is no such provider in the operator's settings.")
    return found
