"""Versions by pull: what is live, conditionally (ETag, 304) or as soon as it changes (long poll); content by digest.

Agents that load their own prompts fetch here. Whatever cannot be vouched for is not given out: then the answer is 503,
and the agent keeps the version it has.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from loop.errors import NotFound, RatchetError
from loop.outbound import live_text
from loop.ports import Store
from loop.records import Version
from loop.serve.calls import Call, Endpoint
from loop.serve.refusal import Busy, Refusal

LONGEST_WAIT = 60.0
"""Seconds a request may wait for a change."""
MOST_WAITING = 1_000
"""Requests that may wait at a time; further ones are told to come back."""
_LOOK_SECONDS = 0.5
"""Between two looks at what is live, for all who wait at once."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FOR_EVER = "private, max-age=31536000, immutable"


class LiveBundle(BaseModel):
    """A version whole."""

    agent: str
    number: int
    digest: str
    """SHA-256 of the content: what to send along with every interaction that was answered with it."""
    released_at: datetime | None
    """When it went live; none: a candidate, which is only being tried."""
    bundle: dict[str, Any]
    """Instructions, rules, examples, articles, approaches, model."""


class Heads:
    """Which version of each agent is live, watched for all who wait at once (coalesced polling). For one event loop."""

    def __init__(self, counters: Callable[[], Mapping[str, str]], *, pause: float = _LOOK_SECONDS) -> None:
        """`counters`: by agent, a text that begins with the number that is live and a point."""
        self._counters = counters
        self._pause = pause
        self._seen: Mapping[str, str] = {}
        self._changed = asyncio.Event()
        self._waiting = 0
        self._looking: asyncio.Task[None] | None = None

    async def moved_from(self, agent: str, number: int, *, seconds: float) -> None:
        """Returns when another version of the agent is live, or when the time is over. Raises Busy."""
        until = time.monotonic() + seconds
        async with self._waiter():
            while self._seen.get(agent, str(number)) == str(number):
                left = until - time.monotonic()
                if left <= 0:
                    return
                try:
                    await asyncio.wait_for(self._changed.wait(), left)
                except TimeoutError:
                    return

    @asynccontextmanager
    async def _waiter(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            raise Busy(seconds=5, message="Too many wait for a new version. Ask again after the pause.")
        self._waiting += 1
        if self._looking is None:
            self._seen = {}
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _look(self) -> None:
        """While anybody waits. A database that is away is looked at again: who waits is told when the time is over."""
        while True:
            try:
                counted = await asyncio.to_thread(self._counters)
            except RatchetError:
                counted = None
            if counted is not None:
                found = {agent: text.partition(".")[0] for agent, text in counted.items()}
                if found != self._seen:
                    self._seen = found
                    self._changed.set()
                    self._changed = asyncio.Event()
            await asyncio.sleep(self._pause)


async def show_live(call: Call) -> Response:
    """The live version whole; 304 when the client has it. `?wait=SECONDS` waits for another one."""
    agent = call.request.path_params["agent"]
    seconds = _seconds(call.request.query_params.get("wait", "0"))
    known = call.request.headers.get("if-none-match", "")
    store = await asyncio.to_thread(lambda: call.site.parts(agent).store)
    head = await asyncio.to_thread(store.head)
    if _has(known, head) and seconds:
        await call.site.heads.moved_from(agent, head.number, seconds=seconds)
        head = await asyncio.to_thread(store.head)
    headers = {"ETag": _tag(head), "Cache-Control": "private, no-cache"}
    if _has(known, head):
        return Response(status_code=304, headers=headers)
    text, given = await asyncio.to_thread(_live, store)
    return Response(text, media_type="application/json", headers=headers | {"ETag": _tag(given)})


async def show_bundle(call: Call) -> Response:
    """A version by the digest of its content, which never changes."""
    agent, digest = call.request.path_params["agent"], call.request.path_params["digest"]
    if not _DIGEST.fullmatch(digest):
        raise Refusal(422, "invalid", "A digest has 64 hexadecimal characters.", where="digest")
    headers = {"ETag": f'"{digest}"', "Cache-Control": _FOR_EVER}
    text = await asyncio.to_thread(lambda: _stored(call.site.parts(agent).store, digest))
    if f'"{digest}"' in call.request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="application/json", headers=headers)


def _live(store: Store) -> tuple[str, Version]:
    """Raises BrokenChain, Damaged: what does not follow from the record is not given out."""
    while True:
        head = store.head()
        bundle = store.live_bundle()
        if bundle.digest == head.digest:  # nothing went live between the two reads
            return live_text(head, bundle), head


def _stored(store: Store, digest: str) -> str:
    version = next((one for one in (*reversed(store.versions()), *store.candidates()) if one.digest == digest), None)
    if version is None:
        raise NotFound("There is no version with this content.")
    return live_text(version, store.bundle(digest))


def _tag(version: Version) -> str:
    """Number and digest: after a rollback the content is known, but it is another version."""
    return f'"{version.number}-{version.digest}"'


def _has(known: str, version: Version) -> bool:
    return _tag(version) in known


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise Refusal(422, "invalid", "It takes whole seconds.", where="wait")
    return min(float(text), LONGEST_WAIT)


_AGENT = "/api/v1/agents/{agent}"

ENDPOINTS = (
    Endpoint(
        methods=("GET",),
        path=f"{_AGENT}/bundle",
        handler=show_live,
        verb="versions:read",
        summary="The live version whole; conditional, and with ?wait=SECONDS as soon as it changes",
        gives=LiveBundle,
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_AGENT}/bundles/{{digest}}",
        handler=show_bundle,
        verb="versions:read",
        summary="A version by the digest of its content",
        gives=LiveBundle,
    ),
)
