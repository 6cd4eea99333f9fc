"""The only place that chooses parts: settings in, a store, an agent, a model, a clock and checkpoints out.

What answers and what calls out are imported where they are asked for: most commands need a database and no more.
"""

from __future__ import annotations

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

from loop.ports import Answerer, Checkpoint, Clock, Model, Parts, Store
from loop.records import Actor, AgentKind, Bundle, Role
from loop.records.vouching import Vouching
from loop.settings import Settings, data_folder
from storage.anchors import Anchors, places_of
from storage.connecting import parse_url
from storage.database import Database
from storage.keys import JournalKeys, read_keys

if TYPE_CHECKING:
    from loop.desk import Chance
    from loop.outbound import Courier, Destinations, EndpointTarget, HttpEndpoint
    from loop.outbound.notifying import Notifier
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


def desks(settings: Settings, database: Database, *, clock: Clock = utc_now) -> Desks:
    """Parts by agent, as `parts_for` makes them: versions and connections to models are kept from one to the next."""
    return Desks(settings, database, clock=clock)


class Desks:
    """Makes the parts of any agent; what is dear to make is made once."""

    def __init__(self, settings: Settings, database: Database, *, clock: Clock) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._answerer, self._model = _kept(_answerers(settings)), _model(settings)
        self.checkpoint = _checkpoint(settings)

    def __call__(self, slug: str) -> Parts:
        """Raises NotFound when there is no such agent."""
        return self.around(self._database.store(slug, checkpoint=self.checkpoint), slug=slug)

    def around(self, store: Store, *, slug: str) -> Parts:
        """Of an agent whose store is open already."""
        clock, people = self._clock, self._database.people
        return Parts(
            store=store,
            clock=clock,
            answerers=lambda bundle: self._answerer(slug, bundle),
            model=self._model,
            checkpoint=self.checkpoint,
            token=_token,
            seed=self._settings.seed,
            approvers=lambda: people.approvers(slug) if self._settings.sign_in else frozenset(),
            vouching=lambda: people.vouching(at=clock()) if self._settings.sign_in else Vouching(),
        )


def destinations(settings: Settings) -> Destinations:
    """Where the operator said Ratchet may call or write."""
    from loop.outbound.destinations import Destinations

    return Destinations(settings.outbound or data_folder() / "outbound.json")


def courier(
    settings: Settings, database: Database, *, report: Callable[[str], None], clock: Clock = utc_now
) -> Courier:
    """What tells others that a version went live."""
    from loop.outbound.courier import Courier
    from storage.outbox import Outbox

    return Courier(
        Outbox(database.engine),
        destinations=destinations(settings),
        agents=lambda: [agent.slug for agent in database.agents()],
        store=database.store,
        clock=clock,
        report=report,
    )


def notifier(
    settings: Settings, database: Database, *, report: Callable[[str], None], clock: Clock = utc_now
) -> Notifier:
    """What tells people what waits for them, where the operator named a webhook or mail. Raises InvalidInput."""
    from loop.outbound.channels import channels_of, kinds_of
    from loop.outbound.notifying import Notifier
    from storage.notices import NoticeRows

    return Notifier(
        NoticeRows(database.engine),
        channels=channels_of(settings),
        kinds=kinds_of(settings),
        public_url=settings.address(),
        store=database.store,
        clock=clock,
        report=report,
    )


def puller(
    settings: Settings, database: Database, *, pause: Callable[[float], object] = time.sleep, clock: Clock = utc_now
) -> Puller:
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

    told = notifier(settings, database, report=report)

    def once() -> None:
        told.round()
        courier_.deliver()
        pulls.round()

    return once


def operator(settings: Settings) -> Actor:
    """Who acts on the terminal, and while sign-in is off on the screens: then one person runs everything, and every
    record says so.
    """
    name = settings.operator.strip()
    if not name:
        try:
            name = getuser()
        except (OSError, KeyError):  # no user database, as in some containers
            name = "operator"
    return Actor(name=name, role=Role.ADMIN, is_single_operator=not settings.sign_in)


def new_token() -> str:
    """256 bits nobody can guess, for a cookie or a link."""
    return token_urlsafe(32)


def key_chance() -> Chance:
    """What a new API key is made from."""
    from loop.desk import Chance

    return Chance(key_id=token_hex(6), secret=token_urlsafe(32))


_Answering = Callable[[str, Bundle], Answerer]
"""Makes a version of an agent ready to answer."""


def _model(settings: Settings) -> Model | None:
    if not settings.model:
        return None
    from loop.llm import model_from

    return model_from(settings)


def _answerers(settings: Settings) -> _Answering:
    endpoints = _Endpoints(settings)

    @cache
    def named(name: str) -> Model:
        from loop.llm import model_named

        return model_named(name, settings)  # one per name: its limit of calls at a time holds for all versions

    def build(slug: str, bundle: Bundle) -> Answerer:
        from loop.agent import answerer_for

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

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._where: Destinations | None = None
        self._choosing = threading.Lock()
        self._known: dict[str, tuple[EndpointTarget, HttpEndpoint]] = {}

    def of(self, slug: str) -> HttpEndpoint | None:
        """None where the operator set none. Raises InvalidInput, NotFound."""
        from loop.outbound.endpoint import HttpEndpoint

        with self._choosing:
            if self._where is None:
                self._where = destinations(self._settings)
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
