"""The only place that chooses parts: settings in, a store, an agent, a model, a clock and checkpoints out."""

import os
import signal
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from getpass import getuser
from pathlib import Path
from secrets import token_hex, token_urlsafe
from typing import TYPE_CHECKING

from loop.agent import answerer_for
from loop.desk import Chance
from loop.llm import model_from, model_named
from loop.outbound import Courier, Destinations, EndpointTarget, HttpEndpoint
from loop.ports import Answerer, Checkpoint, Clock, Model, Parts, Store
from loop.records import Actor, AgentKind, Bundle, Role
from loop.settings import Settings, data_folder
from storage.anchors import Anchors, places_of
from storage.connecting import parse_url
from storage.database import Database
from storage.keys import JournalKeys, read_keys
from storage.outbox import Outbox

if TYPE_CHECKING:
    from loop.outbound.pulling import Puller

_READY = 8
"""Versions of a model that a worker keeps ready to answer."""
_READY_LOCAL = 2
"""The same of the built-in agent: a version, and the one it is tested against; each holds its index in memory."""


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


def open_database(settings: Settings) -> Database:
    """The database the settings name, migrated. Raises StoreUnavailable, InvalidInput."""
    keys = journal_keys(settings)
    places = places_of(settings.anchors, beside=anchor_file(settings.database_url))
    return Database.open(settings.database_url, keys=keys, anchors=Anchors(places, keys=keys))


def journal_keys(settings: Settings) -> JournalKeys:
    """What signs the journal. On SQLite a key is made on first use; on PostgreSQL a team is given one to share."""
    given = settings.journal_key.get_secret_value()
    if given == "off":
        return JournalKeys()
    is_own = parse_url(settings.database_url).get_backend_name() == "sqlite"
    return read_keys(journal_key_file(), given=given) if given or is_own else JournalKeys()


def journal_key_file() -> Path:
    """Where the journal's key is kept: never in the database, nor beside it."""
    return data_folder() / "journal.key"


def anchor_file(url: str) -> Path:
    """Where anchors go when no place is named: beside a SQLite file, else in the data folder."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Path(f"{parsed.database}.anchors.jsonl")
    return data_folder() / f"{parsed.host or 'localhost'}-{parsed.database or ''}.anchors.jsonl"


def parts_for(settings: Settings, database: Database, slug: str, *, clock: Clock = utc_now) -> Parts:
    """Everything the core needs to serve one agent. Raises NotFound when there is no such agent."""
    return desks(settings, database, clock=clock)(slug)


def desks(settings: Settings, database: Database, *, clock: Clock = utc_now) -> Callable[[str], Parts]:
    """Parts by agent, as `parts_for` makes them: versions and connections to models are kept from one to the next."""
    answerer, model, checkpoint = _kept(_answerers(settings)), model_from(settings), _checkpoint(settings)

    def desk(slug: str) -> Parts:
        # The annotation proves that AgentStore has the shape of the port.
        store: Store = database.store(slug, checkpoint=checkpoint)
        return Parts(
            store=store,
            clock=clock,
            answerers=lambda bundle: answerer(slug, bundle),
            model=model,
            checkpoint=checkpoint,
            token=_token,
            seed=settings.seed,
        )

    return desk


def destinations(settings: Settings) -> Destinations:
    """Where the operator said Ratchet may call or write."""
    return Destinations(settings.outbound or data_folder() / "outbound.json")


def courier(
    settings: Settings, database: Database, *, report: Callable[[str], None], clock: Clock = utc_now
) -> Courier:
    """What tells others that a version went live."""
    return Courier(
        Outbox(database.engine),
        destinations=destinations(settings),
        agents=lambda: [agent.slug for agent in database.agents()],
        store=database.store,
        clock=clock,
        report=report,
    )


def puller(
    settings: Settings, database: Database, *, pause: Callable[[float], object] = time.sleep, clock: Clock = utc_now
) -> "Puller":
    """What reads from other tools."""
    from loop.outbound.pulling import Puller  # reads protobuf, which takes time to load

    parts = desks(settings, database, clock=clock)
    return Puller(database.cursors, parts=parts, deliveries=database.store, clock=clock, pause=pause)


def rounds(
    settings: Settings, database: Database, *, report: Callable[[str], None], pause: Callable[[float], object]
) -> Callable[[], None]:
    """One round of the worker's errands: tell others what went live, and read what is new in their tools."""
    from loop.outbound.pulling import Rounds

    courier_ = courier(settings, database, report=report)
    pulls = Rounds(
        puller(settings, database, pause=pause), destinations=destinations(settings), clock=utc_now, report=report
    )

    def once() -> None:
        courier_.deliver()
        pulls.round()

    return once


def operator(settings: Settings) -> Actor:
    """Who acts while sign-in is off: one person who runs everything, and every record says so."""
    name = settings.operator.strip()
    if not name:
        try:
            name = getuser()
        except (OSError, KeyError):  # no user database, as in some containers
            name = "operator"
    return Actor(name=name, role=Role.ADMIN, is_single_operator=True)


def key_chance() -> Chance:
    """What a new API key is made from."""
    return Chance(key_id=token_hex(6), secret=token_urlsafe(32))


_Answering = Callable[[str, Bundle], Answerer]
"""Makes a version of an agent ready to answer."""


def _answerers(settings: Settings) -> _Answering:
    endpoints = _Endpoints(destinations(settings))

    @cache
    def named(name: str) -> Model:
        return model_named(name, settings)  # one per name: its limit of calls at a time holds for all versions

    def build(slug: str, bundle: Bundle) -> Answerer:
        kind = bundle.model.kind
        return answerer_for(
            bundle,
            model=named(bundle.model.name) if kind is AgentKind.MODEL else None,
            endpoint=endpoints.of(slug) if kind is AgentKind.YOURS else None,
            concurrency=settings.model_concurrency,
            boundary=_token(),
        )

    return build


class _Endpoints:
    """The operator's own agents, each with its connections; another one when its address was changed."""

    def __init__(self, where: Destinations) -> None:
        self._where = where
        self._choosing = threading.Lock()
        self._known: dict[str, tuple[EndpointTarget, HttpEndpoint]] = {}

    def of(self, slug: str) -> HttpEndpoint | None:
        """None where the operator set none. Raises InvalidInput, NotFound."""
        with self._choosing:
            target = self._where.read().endpoints.get(slug)
            if target is None:
                return None
            known = self._known.get(slug)
            if known is None or known[0] != target:
                known = self._known[slug] = (target, HttpEndpoint(slug, target))
            return known[1]


def _kept(build: _Answering) -> _Answering:
    """The versions asked last, ready to answer again. What the operator's own agent holds is its own affair."""
    ready: dict[bool, OrderedDict[str, Answerer]] = {True: OrderedDict(), False: OrderedDict()}
    choosing = threading.Lock()

    def answerer(slug: str, bundle: Bundle) -> Answerer:
        if bundle.model.kind is AgentKind.YOURS:
            return build(slug, bundle)
        with choosing:
            some = ready[bundle.model.is_local]
            found = some.get(bundle.digest) or build(slug, bundle)
            some[bundle.digest] = found
            some.move_to_end(bundle.digest)
            while len(some) > (_READY_LOCAL if bundle.model.is_local else _READY):
                some.popitem(last=False)
            return found

    return answerer


def _checkpoint(settings: Settings) -> Checkpoint:
    fatal = settings.kill_at

    def reach(label: str) -> None:
        if fatal and label == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    return reach if fatal else _survive


def _token() -> str:
    return token_hex(8)


def _survive(label: str) -> None:
    """Nothing happens at a checkpoint in production."""
