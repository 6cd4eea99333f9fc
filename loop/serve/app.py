"""One ASGI application for programs: API, and whatever else listens; `ratchet api`, and beside the screens.

The table ENDPOINTS is all there is. A module that listens adds its lines here.
"""

import gc
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from loop import desk, wiring
from loop.errors import StoreUnavailable
from loop.ports import Parts
from loop.serve import api, bundles, health, otlp
from loop.serve.auth import Keys
from loop.serve.calls import Endpoint, Site, route_of
from loop.serve.gateway import BEGINS as GATEWAY
from loop.serve.gateway import Gateway, Lane
from loop.serve.intake import Intake, Place
from loop.serve.openapi import document
from loop.serve.refusal import Refusal
from loop.serve.watching import Watch
from loop.settings import Settings
from storage.database import Database

_log = logging.getLogger("ratchet.serve")
_KNOWN_SECONDS = 5.0
"""How long settings, and the company's contact data, which are not masked, are taken from one look."""

ENDPOINTS: Sequence[Endpoint] = (*health.ENDPOINTS, *api.ENDPOINTS, *bundles.ENDPOINTS, *otlp.ENDPOINTS)
"""Every endpoint. The first whose path and method fit answers."""
_PATHS = frozenset(endpoint.path for endpoint in ENDPOINTS)


def is_for_programs(path: str) -> bool:
    """Whether an address is the programs': each endpoint, and the gateway, asks for a key by itself."""
    return path.startswith(("/api/", *GATEWAY)) or path in _PATHS


class Server:
    """The endpoints, and what runs behind them while the application runs."""

    def __init__(self, settings: Callable[[], Settings] = Settings) -> None:
        self._settings = settings
        self._site: Site | None = None
        self._gateway = Gateway()

    @property
    def routes(self) -> list[BaseRoute]:
        """For a Starlette application, or one that takes its routes, behind `lane`; `running` is its lifespan."""
        described = document(ENDPOINTS)

        async def openapi(_request: Request) -> Response:
            return Response(described, media_type="application/json")

        return [
            *(route_of(endpoint, self._running) for endpoint in ENDPOINTS),
            Route("/api/openapi.json", openapi),
        ]

    def lane(self, app: ASGIApp) -> Lane:
        """The gateway before an application (ASGI middleware): before whatever of it packs or holds answers."""
        return Lane(app, gateway=self._gateway, ours={endpoint.path for endpoint in ENDPOINTS})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Site]:
        """Open the database, start the writer; at the end keep what waits, and close."""
        settings = self._settings()
        database = wiring.open_database(settings)
        # What was imported stays: looking through it again and again for garbage would hold up every request.
        gc.collect()
        gc.freeze()
        try:
            watch = _watch_for(settings, database)
            parts = wiring.desks(settings, database)
            intake = Intake(_Desk(parts, database), clock=wiring.utc_now)
            intake.start()
            self._site = Site(
                settings=settings,
                database=database,
                parts=parts,
                intake=intake,
                keys=Keys(database, clock=wiring.utc_now),
                heads=bundles.Heads(database.change_counters),
                clock=wiring.utc_now,
                health=health.LastLook(database.health.look),
            )
            try:
                async with self._gateway.running(self._site):
                    yield self._site
            finally:
                self._site = None
                watch.stop()
                intake.stop()
        finally:
            gc.unfreeze()
            database.close()

    def site(self) -> Site:
        """What runs behind the endpoints. Raises StoreUnavailable before it does."""
        if self._site is None:
            raise StoreUnavailable("Ratchet is starting.", remedy="Try again in a moment.")
        return self._site

    def _running(self) -> Site:
        if self._site is None:
            raise Refusal(503, "starting", "Ratchet is starting.", headers={"Retry-After": "1"})
        return self._site


def make_app(settings: Callable[[], Settings] = Settings) -> ASGIApp:
    """The application of `ratchet api`: programs only, no screens."""
    server = Server(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with server.running():
            yield

    # Before all of Starlette: what it does for an application costs a call through the gateway time.
    return server.lane(Starlette(routes=server.routes, lifespan=lifespan))


def _watch_for(settings: Settings, database: Database) -> Watch:
    """Started where there is anybody to tell. Raises InvalidInput."""
    notifier = wiring.notifier(settings, database, report=_log.warning)
    watch = Watch(
        database.health,
        agents=lambda: [one.slug for one in database.agents()],
        say=notifier.say,
        dead_seconds=settings.worker_dead_seconds,
    )
    if notifier.has_channels:
        watch.start()
    return watch


class _Desk:
    """The agents' stores, each looked up again after a while. Called by the writer alone, once a transaction."""

    def __init__(self, parts: Callable[[str], Parts], database: Database) -> None:
        self._parts = parts
        self._database = database
        self._known: dict[str, tuple[float, Place]] = {}

    def __call__(self, agent: str) -> Place:
        """Raises NotFound."""
        known = self._known.get(agent)
        if known is None or time.monotonic() > known[0]:
            parts = self._parts(agent)
            store = self._database.store(agent, checkpoint=parts.checkpoint)
            keeps_raw = parts.store.agent.limits.raw_days > 0
            place = Place(store, desk.own_contacts(parts), keeps_raw)
            known = self._known[agent] = time.monotonic() + _KNOWN_SECONDS, place
        return known[1]
