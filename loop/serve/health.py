"""`/healthz`: the truth about database, worker and queue, at most a second old. Numbers only: anybody may ask."""

import asyncio
import threading
import time
from collections.abc import Callable

from starlette.responses import JSONResponse, Response

from loop.desk import health_document
from loop.errors import RatchetError
from loop.records.health import Health
from loop.serve.calls import Call, Endpoint

_KNOWN_SECONDS = 1.0
"""How long one look answers for: whoever asks more often costs nothing more."""


class LastLook:
    """The last look at the database's health (a cache of one). Safe to share between threads."""

    def __init__(self, look: Callable[[], Health], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._monotonic = monotonic
        self._looking = threading.Lock()
        self._health: Health | None = None
        self._until = float("-inf")

    def health(self) -> Health | None:
        """None: the database could not be read. One look at a time."""
        with self._looking:
            if self._monotonic() >= self._until:
                try:
                    self._health = self._look()
                except RatchetError:
                    self._health = None
                self._until = self._monotonic() + _KNOWN_SECONDS
            return self._health


async def healthy(call: Call) -> Response:
    """200 while the database is read and written; 503 otherwise. A stopped worker is said, and is `degraded`."""
    site = call.site
    found = await asyncio.to_thread(site.health.health)
    told = health_document(found, dead_seconds=site.settings.worker_dead_seconds, now=site.clock())
    status = 503 if told["status"] == "unavailable" else 200
    return JSONResponse(told, status_code=status, headers={"Cache-Control": "no-store"})


ENDPOINTS = (Endpoint(methods=("GET",), path="/healthz", handler=healthy, auth="none"),)
