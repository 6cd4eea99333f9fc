"""Another tool's API over HTTP (`loop.collect.connectors.Ask`): within the rules for addresses, and patient.

The operator's address with a path of ours below it, never an address out of a reply; no redirect; the key in the header
its tool expects. Rate limits are honoured: a 429 or 503 is waited for as long as it says, up to a minute, some times.
"""

import base64
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from loop.collect import connectors
from loop.errors import SourceFailed
from loop.llm.connections import Connections, Reply
from loop.llm.retrying import CallFailed, Patience, patiently
from loop.outbound.destinations import SourceTarget, place_of, secret_of

OF_SOURCES = Patience(retries=4, first=1.0, growth=2.0, shortest=1.0, longest=60.0)
"""The limits of these tools are by the minute."""


class HttpSource:
    """One tool at one address. Not for several threads."""

    def __init__(self, name: str, target: SourceTarget, *, pause: Callable[[float], object] = time.sleep) -> None:
        """Nothing is contacted yet. `pause` waits between tries. Raises InvalidInput, NotFound (its key)."""
        self._name = name
        self._pause = pause
        self._connections = Connections(target.url, timeout=target.timeout, place=place_of("the source", name))
        self._headers = {"Accept": "application/json", "User-Agent": "ratchet", **_authorization(name, target)}

    def ask(self, request: connectors.Request) -> Any:
        """The reply, as JSON. Raises SourceFailed, which never quotes it."""
        reply = patiently(lambda: self._try(request), pause=self._pause, patience=OF_SOURCES, in_words=self._in_words)
        try:
            return json.loads(reply.body)
        except (ValueError, RecursionError):
            raise SourceFailed(f"{self._name} gave a reply that is not JSON.", remedy=_CHECK) from None

    def close(self) -> None:
        """Let go of open connections."""
        self._connections.close()

    def _try(self, request: connectors.Request) -> Reply:
        path = self._connections.path + request.path + (f"?{urlencode(request.query)}" if request.query else "")
        if request.body is None:
            reply = self._connections.get(path, self._headers)
        else:
            body = json.dumps(request.body).encode()
            reply = self._connections.post(path, body, self._headers | {"Content-Type": "application/json"})
        if reply.status != 200:
            raise CallFailed("status", status=reply.status, retry_after=reply.retry_after)
        return reply

    def _in_words(self, failed: CallFailed) -> SourceFailed:
        if failed.is_late:
            return SourceFailed(f"{self._name} did not answer in time.", remedy="Try again later; nothing is lost.")
        if failed.is_lost:
            return SourceFailed(f"{self._name} cannot be reached.", remedy="Check its address and the network.")
        match failed.status:
            case 401 | 403:
                return SourceFailed(f"{self._name} refused the key.", remedy="Give it again: ratchet source add")
            case 404:
                return SourceFailed(f"{self._name} does not know what was asked for (404).", remedy=_CHECK)
            case 429:
                return SourceFailed(f"{self._name} is busy (429).", remedy="Pull again later: it goes on where it was.")
        said = f"status {failed.status}" if failed.status is not None else str(failed)
        return SourceFailed(f"{self._name} failed ({said}).", remedy=_CHECK)


_CHECK = "Check its address, its project and its version."


def _authorization(name: str, target: SourceTarget) -> dict[str, str]:
    key = secret_of(target.key, what=f"the source {name}")
    if not key:
        return {}
    if target.kind == "langsmith":
        return {"x-api-key": key}
    if ":" in key:
        return {"Authorization": f"Basic {base64.b64encode(key.encode()).decode()}"}
    return {"Authorization": f"Bearer {key}"}
