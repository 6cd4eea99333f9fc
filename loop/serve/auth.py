"""API key check from headers alone, before a byte of the body is read; a token bucket for each key.

A key reads `rk_ID_SECRET`: the id finds the row, the secret is compared by its SHA-256 in constant time. Keys are
looked up at most once in KNOWN_SECONDS, so a revoked one opens nothing after that.
"""

import asyncio
import hashlib
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from loop.errors import RatchetError
from loop.ports import Clock
from loop.ports.api_keys import ApiKeys
from loop.records import ApiKey, Verb
from loop.serve.refusal import Busy, Refusal

KNOWN_SECONDS = 2.0
"""A key that was looked up is believed this long."""
RATE = 5_000.0
"""Requests a second that one key may send for long."""
BURST = 10_000.0
"""Requests one key may send at once."""
_USE_NOTED_SECONDS = 60.0
_REMEMBERED = 1_000
"""Ids looked up last, known ones and others."""
_LOOKING_UP = 4
"""Look-ups at a time: made-up keys do not keep the database busy."""

_FORM = re.compile(r"rk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Access:
    """What the holder of a key may do."""

    key_id: str
    client: str
    """The program; its records come from the door `api:CLIENT`, its idempotency keys are its own."""
    agents: Mapping[str, frozenset[Verb]]
    """What it may do, by agent."""

    def source(self, door: str = "api") -> str:
        """The `source` of records that come through a door; with it people of two programs are told apart."""
        return f"{door}:{self.client}"

    def check(self, agent: str, verb: Verb) -> None:
        """Raises Refusal. An agent that does not exist and one that the key is not for are not told apart."""
        verbs = self.agents.get(agent)
        if verbs is None:
            raise Refusal(404, "not_found", "There is no such agent for this key.")
        if verb not in verbs:
            raise Refusal(403, "not_allowed", f"This key may not do {verb} here.")

    def only_agent(self, verb: Verb) -> str:
        """The agent of a key for one, where the request names none. Raises Refusal."""
        if len(self.agents) != 1:
            raise Refusal(400, "agent", "This key is for several agents; the request has to name one.")
        agent = next(iter(self.agents))
        self.check(agent, verb)
        return agent


class _Known(NamedTuple):
    until: float
    keys: Sequence[ApiKey]


class Keys:
    """The keys as requests bring them. For one event loop."""

    def __init__(self, stored: ApiKeys, *, clock: Clock) -> None:
        self._stored = stored
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._opened: dict[bytes, tuple[float, Access]] = {}
        """By digest of the whole key, until when it is believed."""
        self._buckets: dict[str, Bucket] = {}
        self._noted: dict[str, float] = {}
        self._looking_up = asyncio.Semaphore(_LOOKING_UP)
        self._noting: set[asyncio.Task[None]] = set()

    async def access(self, headers: Mapping[str, str]) -> Access:
        """Who sends this request, by `Authorization: Bearer rk_…`, `x-api-key` or `x-ratchet-key`. Raises Refusal."""
        found = self.at_hand(headers)
        if found is not None:
            return found
        given = _given(headers)
        parts = _FORM.fullmatch(given)
        if parts is None:
            raise _unknown()
        key_id, secret = parts.groups()
        until, keys = await self._look_up(key_id)
        told = hashlib.sha256(secret.encode()).hexdigest()
        now = self._clock()
        live = [one for one in keys if hmac.compare_digest(one.secret_digest, told) and one.is_live(now)]
        if not live:
            raise _unknown()
        access = Access(key_id, live[0].client, {one.agent: frozenset(one.verbs) for one in live})
        if len(self._opened) >= _REMEMBERED:
            self._opened.clear()
        self._opened[_name(given)] = until, access
        self._take(key_id)
        self._note_use(key_id, live)
        return access

    def at_hand(self, headers: Mapping[str, str]) -> Access | None:
        """The same for a key that was good a moment ago; None: it has to be looked at. Raises Refusal."""
        found = self._opened.get(_name(_given(headers)))
        if found is None or time.monotonic() >= found[0]:
            return None
        self._take(found[1].key_id)
        return found[1]

    async def _look_up(self, key_id: str) -> _Known:
        known = self._known.get(key_id)
        if known is not None and time.monotonic() < known.until:
            return known
        async with self._looking_up:
            known = self._known.get(key_id)
            if known is not None and time.monotonic() < known.until:
                return known
            keys = await asyncio.to_thread(self._stored.find_key, key_id)
            known = self._known[key_id] = _Known(time.monotonic() + KNOWN_SECONDS, keys)
            self._known.move_to_end(key_id)
            while len(self._known) > _REMEMBERED:
                old, _ = self._known.popitem(last=False)
                self._buckets.pop(old, None)
                self._noted.pop(old, None)
            return known

    def _take(self, key_id: str) -> None:
        bucket = self._buckets.setdefault(key_id, Bucket(rate=RATE, burst=BURST))
        if pause := bucket.take(time.monotonic()):
            raise Busy(seconds=pause, status=429, message="This key sends too much. Send it again after the pause.")

    def _note_use(self, key_id: str, live: Sequence[ApiKey]) -> None:
        """Once a minute, beside the request: nobody waits for it, and nothing fails with it."""
        now = time.monotonic()
        if now - self._noted.get(key_id, -_USE_NOTED_SECONDS) >= _USE_NOTED_SECONDS:
            self._noted[key_id] = now
            task = asyncio.create_task(self._keep_use(live))
            self._noting.add(task)
            task.add_done_callback(self._noting.discard)

    async def _keep_use(self, live: Sequence[ApiKey]) -> None:
        with suppress(RatchetError):
            await asyncio.to_thread(self._stored.note_key_use, live, at=self._clock())


class Bucket:
    """Token bucket: `rate` a second, `burst` at once."""

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at: float | None = None

    def take(self, now: float) -> int:
        """Take one; 0, or whole seconds to wait when there is none. `now`: seconds of a monotonic clock."""
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return max(1, round((1 - self._tokens) / self._rate))
        self._tokens -= 1
        return 0


def _name(given: str) -> bytes:
    """What a key is remembered by."""
    return hashlib.sha256(given.encode("utf-8", "replace")).digest()


def _given(headers: Mapping[str, str]) -> str:
    for name in ("x-ratchet-key", "x-api-key"):
        if (value := headers.get(name)) and value.startswith("rk_"):
            return value
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _unknown() -> Refusal:
    return Refusal(
        401,
        "key",
        "This takes a live API key. Make one: ratchet keys create",
        headers={"WWW-Authenticate": "Bearer"},
    )
