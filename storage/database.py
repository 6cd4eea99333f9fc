"""One database: open it, make agents in it, hand out their stores."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from loop.errors import Conflict, InvalidInput, NotFound
from loop.ports import Checkpoint
from loop.records import (
    Agent,
    ApiKey,
    AuditEntry,
    Bundle,
    FailedJob,
    JournalAction,
    Note,
    Release,
    Version,
    derived_id,
    digest,
)
from storage import apikeys, audit
from storage.anchors import Anchors, deletion
from storage.connecting import explain_errors, make_engine, place_of, reading, writing
from storage.cursors import Cursors
from storage.guard import Guard, guarded
from storage.health import HealthCheck
from storage.keys import JournalKeys
from storage.locks import bump_change_counter, lock_agent
from storage.lookups import Lookup
from storage.people import PeopleRows, carry_grants
from storage.probes import Errands
from storage.record import TouchedRows
from storage.rows import from_row, to_row
from storage.run_store import RunStore
from storage.schema import ensure_schema
from storage.store import AgentStore
from storage.tables import (
    WORKSPACE,
    AgentRow,
    ArrivalLogRow,
    BundleRow,
    FailedJobRow,
    HeadRow,
    ReleaseRow,
    SecretRow,
    VersionRow,
    metadata,
)
from storage.telemetry import Telemetry

_MARK = Lookup(HeadRow.core().c.number, HeadRow.core().c.change_counter, by=HeadRow.core().c.agent)


class Database:
    """A database with the present schema. Safe to share between threads; not between processes."""

    def __init__(self, engine: sa.Engine, *, anchors: Anchors | None = None, guard: Guard | None = None) -> None:
        self.engine = engine
        self.people = PeopleRows(engine)
        self._guard = guard
        self.telemetry = Telemetry(engine)
        self.cursors = Cursors(engine)
        self.health = HealthCheck(engine)
        self.errands = Errands(engine)
        self._anchors = anchors or Anchors()

    @classmethod
    def open(cls, url: str, *, keys: JournalKeys | None = None, anchors: Anchors | None = None) -> "Database":
        """Connect; create or upgrade the tables.

        `url`: `sqlite:///FILE` or `postgresql+psycopg://USER:PASSWORD@HOST/NAME`. `keys` sign the journal,
        `anchors` say outside of the database where it stood.
        Raises StoreUnavailable, with the remedy and without the password.
        """
        engine = make_engine(url, keys=keys)
        try:
            with explain_errors(place_of(engine)):
                ensure_schema(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, anchors=anchors)

    def guarded(self, guard: Guard) -> "Database":
        """The same for a signed-in person: each write looks again whether they still may. Closed with the other."""
        return Database(guarded(self.engine, guard), anchors=self._anchors, guard=guard)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def agents(self) -> list[Agent]:
        """All, by slug."""
        table = AgentRow.core()
        with reading(self.engine) as connection:
            rows = connection.execute(sa.select(table).order_by(table.c.slug)).mappings()
            return [from_row(Agent, row) for row in rows]

    def change_counters(self) -> dict[str, str]:
        """Of every agent, by slug, in order: one query, cheap enough to ask every second."""
        head, log = HeadRow.core(), ArrivalLogRow.core()
        query = (
            sa.select(head.c.agent, head.c.number, head.c.change_counter, log.c.seq)
            .join_from(head, log, head.c.agent == log.c.agent)
            .order_by(head.c.agent)
        )
        with reading(self.engine) as connection:
            return {slug: ".".join(map(str, counted)) for slug, *counted in connection.execute(query)}

    def head_mark(self, slug: str) -> str:
        """Of one agent: moves whenever its live version or an experiment does. Cheap to ask many times a second.

        Empty when the agent is gone. Raises StoreUnavailable.
        """
        with reading(self.engine) as connection:
            return "".join(f"{number}.{counter}" for number, counter in _MARK.rows(connection, slug, [slug]))

    def failed_jobs(self) -> list[FailedJob]:
        """Of all agents, oldest first."""
        table = FailedJobRow.core()
        with reading(self.engine) as connection:
            rows = connection.execute(sa.select(table).order_by(table.c.failed_at, table.c.id)).mappings()
            return [from_row(FailedJob, row) for row in rows]

    def create_agent(self, agent: Agent, bundle: Bundle, *, now: datetime, actor: str, chance: str = "") -> AgentStore:
        """Keep a new agent with what it starts with, as version 0, live, and a secret of its own to draw with.

        `chance`: for a demo or a benchmark, which must come out the same again: what the secret is made from.
        Raises InvalidInput when the slug is taken.
        """
        version = Version(
            agent=agent.slug,
            number=0,
            digest=bundle.digest,
            parent=None,
            proposal_id=None,
            summary="What the agent started with.",
            created_at=now,
            released_at=now,
        )
        release = Release(
            id=derived_id("release", agent.slug, 0),
            agent=agent.slug,
            kind="start",
            number=0,
            from_number=None,
            decision_id=None,
            proposal_id=None,
            actor=actor,
            at=now,
        )
        note = Note(
            actor=actor,
            action=JournalAction.CREATE_AGENT,
            subject=agent.slug,
            at=now,
            digests={"bundle": version.digest},
        )
        with writing(self.engine) as connection:
            if _stored(connection, agent.slug) is not None:
                raise InvalidInput(
                    f"There is an agent {agent.slug} already.", field="slug", remedy="Choose another short name."
                )
            for table, row in (
                (AgentRow, to_row(agent)),
                (SecretRow, {"agent": agent.slug, "secret": digest(chance) if chance else new_secret()}),
                (BundleRow, to_row(bundle, agent=agent.slug, digest=version.digest)),
                (VersionRow, to_row(version)),
                (
                    HeadRow,
                    {"agent": agent.slug, "number": 0, "audit_seq": 0, "audit_hash": audit.START, "totals": {}}
                    | {"change_counter": 0},
                ),
                (ArrivalLogRow, {"agent": agent.slug, "seq": 0, "totals": {}, "signature": ""}),
                (ReleaseRow, to_row(release)),
            ):
                connection.execute(sa.insert(table.core()), row)
            touched = TouchedRows(connection, agent.slug)
            for kind, key in (
                ("agent", agent.slug),
                ("agent_secret", agent.slug),
                ("bundle", bundle.digest),
                ("version", "0"),
                ("release", release.id),
            ):
                touched.add(kind, [key])
            carry_grants(connection, agent.slug, touched=touched)
            audit.append(connection, agent.slug, [note], touched=touched)
            stands = audit.anchor_of(connection, agent.slug)
        self._anchors.put(stands)
        return AgentStore(self.engine, agent.slug, anchors=self._anchors)

    def change_agent(self, agent: Agent, *, was: Agent, note: Note) -> None:
        """Compare-and-swap on an agent's settings, with the note in the journal.

        Raises NotFound; Conflict when the settings are no longer `was`.
        """
        settings = {
            name: value for name, value in to_row(agent).items() if name not in ("slug", "is_demo", "created_at")
        }
        table = AgentRow.core()
        with writing(self.engine) as connection:
            lock_agent(connection, was.slug)
            if _stored(connection, was.slug) != was or agent.slug != was.slug:
                raise Conflict(
                    "Somebody else set something of this agent a moment ago.", remedy="Look again, then set it."
                )
            touched = TouchedRows(connection, was.slug)
            touched.check("agent", [was.slug])
            connection.execute(sa.update(table).where(table.c.slug == was.slug).values(settings))
            audit.append(connection, was.slug, [note], touched=touched)
            bump_change_counter(connection, was.slug)

    def create_key(self, keys: Sequence[ApiKey], *, note: Note) -> None:
        """Keep an API key at each of its agents; see `loop.ports.ApiKeys.create_key`."""
        with writing(self.engine) as connection:
            apikeys.create(connection, keys, note=note)

    def revoke_key(self, key_id: str, *, note: Note) -> list[ApiKey]:
        """At every agent, for good; those that were still open. Raises NotFound."""
        with writing(self.engine) as connection:
            return apikeys.revoke(connection, key_id, note=note)

    def api_keys(self) -> list[tuple[ApiKey, datetime | None]]:
        """All, by agent and creation, each with its last use."""
        with reading(self.engine) as connection:
            used = apikeys.last_used(connection)
            return [(one, used.get((one.agent, one.id))) for one in apikeys.read_keys(connection)]

    def find_key(self, key_id: str) -> list[ApiKey]:
        """One at each agent it is for; only those the journal vouches for."""
        with reading(self.engine) as connection:
            return apikeys.read_vouched(connection, key_id)

    def note_key_use(self, keys: Sequence[ApiKey], *, at: datetime) -> None:
        """When they were last used."""
        with writing(self.engine) as connection:
            apikeys.note_use(connection, keys, at=at)

    def store(self, slug: str, *, checkpoint: Checkpoint | None = None) -> AgentStore:
        """Everything kept about one agent. Raises NotFound, naming the agents there are."""
        with reading(self.engine) as connection:
            _known(connection, slug)
        return AgentStore(self._writer(slug), slug, checkpoint=checkpoint, anchors=self._anchors)

    def run_store(self, agent: Agent, *, checkpoint: Checkpoint | None = None) -> RunStore:
        """The same for one page run, which has read the agent."""
        return RunStore(self._writer(agent.slug), agent, checkpoint=checkpoint, anchors=self._anchors)

    def delete_agent(self, slug: str, *, note: Note, keep: Callable[[Sequence[AuditEntry]], None]) -> None:
        """Remove an agent and all its rows, the journal too once `keep` has it outside of the database, to its end.

        All or nothing: what `keep` raises stops it. Raises NotFound.
        """
        table = AgentRow.core()
        with writing(self.engine) as connection:
            _known(connection, slug)
            lock_agent(connection, slug)
            audit.append(connection, slug, [note])
            keep(audit.read_entries(connection, slug))
            # The journal is append-only for all but demo agents: whoever removes one says first that it is gone.
            connection.execute(sa.update(table).where(table.c.slug == slug).values(is_demo=True))
            _delete(connection, slug)
        self._anchors.put(deletion(slug))

    def delete_demo(self, slug: str) -> None:
        """Remove a demo agent and all its rows. Raises NotFound; InvalidInput for an agent that is none."""
        with writing(self.engine) as connection:
            if not _known(connection, slug).is_demo:
                raise InvalidInput(f"{slug} is not a demo agent; only those can be deleted.", field="slug")
            _delete(connection, slug)
        self._anchors.put(deletion(slug))

    def _writer(self, slug: str) -> sa.Engine:
        return self.engine if self._guard is None else guarded(self.engine, self._guard, agent=slug)


def _delete(connection: sa.Connection, slug: str) -> None:
    """Every row of an agent, those that point to others first."""
    for table in reversed([one for one in metadata.sorted_tables if one.name not in WORKSPACE]):
        owner = table.c.slug if table.name == "agent" else table.c.agent
        connection.execute(sa.delete(table).where(owner == slug))


def new_secret() -> str:
    """256 bits nobody can guess, in hexadecimal."""
    return secrets.token_hex(32)


def _stored(connection: sa.Connection, slug: str) -> Agent | None:
    table = AgentRow.core()
    row = connection.execute(sa.select(table).where(table.c.slug == slug)).mappings().first()
    return from_row(Agent, row) if row else None


def _known(connection: sa.Connection, slug: str) -> Agent:
    agent = _stored(connection, slug)
    if agent is None:
        known = connection.execute(sa.select(AgentRow.core().c.slug).order_by("slug")).scalars().all()
        raise NotFound(
            "There is no such agent.",
            remedy=f"Known are: {', '.join(known)}." if known else "Make one first, or run `ratchet demo`.",
        )
    return agent
