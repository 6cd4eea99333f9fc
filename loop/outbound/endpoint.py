"""The operator's own agent over HTTP (`loop.ports.Endpoint`): one POST a question, within the rules for addresses.

Held-out questions are put to it as trials: the body says `"is_trial": true` and so does a header, so that tools that
change the world can be left out. The same question of the same version carries the same idempotency key at every try.
"""

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from loop.errors import ModelFailed
from loop.llm.connections import Connections
from loop.llm.retrying import CallFailed, Remedies, with_retries
from loop.outbound.destinations import EndpointTarget, place_of, secret_of

WANTS_BUNDLE = 409
"""What an agent answers to be sent the version whole, where it is given the digest only."""
_SPELLED = 4
"""Versions kept as text: both sides of a test, and those of the next."""


class HttpEndpoint:
    """One agent at one address. Safe to call from many threads."""

    def __init__(self, slug: str, target: EndpointTarget, *, pause: Callable[[float], None] = time.sleep) -> None:
        """Nothing is contacted yet. `pause` waits between tries. Raises InvalidInput, NotFound (its key)."""
        self._slug = slug
        self._target = target
        self._pause = pause
        self._connections = Connections(target.url, timeout=target.timeout, place=place_of("the agent", slug))
        key = secret_of(target.key, what=f"the endpoint of {slug}")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "X-Ratchet-Trial": "1"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._gate = threading.BoundedSemaphore(target.concurrency)
        self._choosing = threading.Lock()
        self._bundles: OrderedDict[str, str] = OrderedDict()
        self._remedies = Remedies(
            late=f"Raise its timeout: ratchet agent endpoint {slug} URL --timeout SECONDS",
            refused=f"Check its key: ratchet agent endpoint {slug} URL --key",
            unknown=f"Check its address: ratchet agent endpoint {slug}",
            busy=f"Ask fewer at a time: ratchet agent endpoint {slug} URL --concurrency N",
            other="Look into the agent's own log.",
        )

    @property
    def concurrency(self) -> int:
        """Calls it takes at a time."""
        return self._target.concurrency

    def call(self, request: Mapping[str, Any], *, bundle: Mapping[str, Any]) -> Mapping[str, Any]:
        """The reply to one request, after at most three tries. Raises ModelFailed."""
        head = _spelled({"agent": self._slug, **request})
        digest = str(request["version"]["digest"])
        headers = self._headers | {"Idempotency-Key": hashlib.sha256(head.encode("utf-8", "replace")).hexdigest()}
        whole = f'{head[:-1]},"bundle":{self._bundle_text(digest, bundle)}}}'

        def once() -> Mapping[str, Any]:
            return self._try(head if self._target.bundle == "on_request" else whole, whole, headers)

        return with_retries(once, name="Your agent", pause=self._pause, remedies=self._remedies)

    def close(self) -> None:
        """Let go of open connections. It can still be called."""
        self._connections.close()

    def _try(self, first: str, whole: str, headers: Mapping[str, str]) -> Mapping[str, Any]:
        with self._gate:
            reply = self._post(first, headers)
            if reply.status == WANTS_BUNDLE and first is not whole:
                reply = self._post(whole, headers)
        if reply.status != 200:
            raise CallFailed("status", status=reply.status, retry_after=reply.retry_after)
        try:
            told = json.loads(reply.body)
        except (ValueError, RecursionError):
            raise CallFailed("a reply that is not JSON") from None
        if not isinstance(told, dict):
            raise ModelFailed("Your agent's reply is not a JSON object.")
        return told

    def _post(self, body: str, headers: Mapping[str, str]) -> Any:
        return self._connections.post(self._connections.path or "/", body.encode("utf-8", "replace"), headers)

    def _bundle_text(self, digest: str, bundle: Mapping[str, Any]) -> str:
        """Spelled once for all questions of a test."""
        with self._choosing:
            text = self._bundles.get(digest) or _spelled(bundle)
            self._bundles[digest] = text
            self._bundles.move_to_end(digest)
            while len(self._bundles) > _SPELLED:
                self._bundles.popitem(last=False)
            return text


def _spelled(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
