"""A small agent with a whole record, and the changes somebody with SQL could make to it."""

import json
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import UTCDateTime

from loop.records import (
    ApiKey,
    Arm,
    AuditAnswer,
    AuditCell,
    AuditChanges,
    CaseAct,
    CaseAudit,
    CaseChanges,
    CaseSet,
    Changes,
    Comparison,
    Experiment,
    FirewallAudit,
    FirewallVerdict,
    Grant,
    Import,
    Limits,
    Measurement,
    Note,
    Person,
    Role,
    Split,
    TaintScope,
    Unlearning,
)
from loop.records.erasure import ErasureOrder
from loop.records.journal import AuditEntry, JournalAction, parse_action
from storage import audit
from storage.database import Database
from storage.keys import JournalKeys
from storage.record import KINDS, read_digests
from storage.store import AgentStore
from storage.tables import metadata
from tests import builders
from tests.shell import deciding

KEYS = JournalKeys(keys=(b"k" * 32,), began=builders.NOON)
"""Signs the journal; whoever tampers does not have it."""

Tamper = Callable[[sa.Connection], None]


def build(database: Database) -> AgentStore:
    """Version 0, two approved versions and a rollback; a row at least of every kind that decides."""
    agent = builders.agent(trusted_authors=("lead",), limits=Limits(undo_seconds=5))
    store = database.create_agent(agent, builders.bundle(), now=builders.NOON, actor="rita")
    numbers = range(8)
    arrived = Note(actor="rita", action="import file", subject="desk", at=builders.NOON)
    store.append(
        interactions=[builders.interaction(number) for number in numbers],
        feedback=[builders.feedback(number, reason="no") for number in numbers],
        notes=[arrived],
        into=Import(id="import1", agent="desk", name="labels.csv", actor="rita", at=builders.NOON),
    )
    splits = [*Split, Split.SEALED, Split.SEALED] * 4
    store.commit(Changes(cases=tuple(builders.case(number, split=split) for number, split in enumerate(splits))))
    deciding.ship(store, "p1")
    measured = Measurement(
        agent="desk", number=store.head().number, case_set_digest="c" * 64, n=10, right=7, low=0.4, high=0.9,
        at=builders.at(20),
    )  # fmt: skip
    compared = Comparison(
        agent="desk", kind="confirmation", number=store.head().number, against=0, evidence=builders.evidence(),
        fresh=60, there=90, at=builders.at(20),
    )  # fmt: skip
    store.commit(Changes(measurements=(measured,), comparisons=(compared,)))
    store.decide(deciding.decision(deciding.waiting(store, "no"), verb="reject", reason="never"))
    store.commit(Changes(retired_cases=("case0", "case1")))
    store.change_cases(_by_hand())
    store.change_audits(_blind())
    arms = (Arm(name="base", number=0, share=1.0), Arm(name="candidate", number=1, share=1.0))
    tried = Experiment(id="x1", agent="desk", kind="offline", proposal_id="p1", arms=arms, started_at=builders.at(21))
    store.commit(Changes(experiments=(tried,)))
    taken = Unlearning(
        id="u1", agent="desk", scope=TaintScope(items=("f7",)), actor="rita", reason="no", at=builders.at(21)
    )
    store.commit(Changes(unlearnings=(taken,)))
    alone = Note(actor="rita", action="correct answer", subject="i90", at=builders.NOON)
    store.append(interactions=[builders.interaction(90)], notes=[alone])
    store.erase(ErasureOrder(what="customer", name="c90", actor="rita", reason="asked", at=builders.at(21)))
    made = ApiKey(
        agent="desk", id="k1", client="helpdesk", verbs=("feedback:write",), secret_digest="a" * 64,
        created_at=builders.NOON, expires_at=builders.at(60),
    )  # fmt: skip
    person = Person(name="rita", email="rita@example.org", created_at=builders.NOON)
    grant = Grant(agent="desk", name="rita", role=Role.REVIEWER, given_by="rita", at=builders.at(21))
    invited = Note(actor="rita", action=JournalAction.INVITE_AS, detail="reviewer", subject="rita", at=builders.at(21))
    database.people.admit(person, [grant], note=invited)
    database.create_key([made], note=Note(actor="rita", action="create key", subject="k1", at=builders.at(21)))
    deciding.ship(store, "p2")
    deciding.waiting(store, "open")
    deciding.roll_back(store, to=1, undone="p2")
    deciding.ship(store, "p3")
    return store


def _by_hand() -> CaseChanges:
    """What a person did about cases: one handed in, one protected, an audit answered and settled, a set kept."""
    case = builders.case(40, split=Split.SEALED, feedback_id=None, vouched_by="rita")
    about = {"agent": "desk", "actor": "rita", "at": builders.at(20)}
    acts = [
        CaseAct(id=f"act-{verb}", case_id=case_id, verb=verb, **about)
        for verb, case_id in (("import", "case40"), ("protect", "case3"), ("confirm", "case4"), ("show", "case4"))
    ]
    audit = CaseAudit(
        id="a1", agent="desk", kind="first", lead="rita", case_ids=("case4", "case5"), drawn_from=9,
        started_at=builders.at(20), ended_at=builders.at(21),
    )  # fmt: skip
    answers = [
        AuditAnswer(
            agent="desk", audit_id="a1", case_id=key, answer="refund", expected=on_file, agrees=on_file == "refund",
            kept="file", at=builders.at(20),
        )
        for key, on_file in (("case4", "refund"), ("case5", "invoice"))
    ]  # fmt: skip
    kept = CaseSet(name="June", digest="d" * 64, case_ids={Split.SEALED: ("case2",), Split.DEV: ("case3",)}, **about)
    return CaseChanges(
        new=(case,), vouched={"case4": "rita"}, protected={"case3": True}, acts=tuple(acts), audits=(audit,),
        answers=tuple(answers), sets=(kept,),
    )  # fmt: skip


def _blind() -> AuditChanges:
    """A blind audit of the firewall with one word said."""
    cell = AuditCell(detectors=(), size=8, drawn=("f2", "f4"))
    drawn = FirewallAudit(
        id="fa1", agent="desk", drawn_by="rita", cells=(cell,), order=("f4", "f2"), drawn_at=builders.at(20)
    )
    said = FirewallVerdict(
        agent="desk", audit_id="fa1", feedback_id="f4", rater="rita", says="sound", at=builders.at(21)
    )
    return AuditChanges(audits=(drawn,), verdicts=(said,))


def begin(engine: sa.Engine) -> sa.Connection:
    """A connection on which somebody with SQL can do anything; close it to undo all."""
    connection = engine.connect().execution_options(begin="migrate")
    connection.begin()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET session_replication_role = replica")
    else:
        for name in ("audit_no_update", "audit_no_delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
    return connection


def _sql(*statements: str) -> Tamper:
    def run(connection: sa.Connection) -> None:
        for statement in statements:
            assert connection.execute(sa.text(statement)).rowcount, f"nothing was changed by: {statement}"

    return run


def _cut(connection: sa.Connection) -> None:
    """The last three entries and the head row's word on where the journal ends."""
    last = connection.execute(sa.text("SELECT max(seq) FROM audit")).scalar_one() - 3
    kept = connection.execute(sa.text("SELECT hash FROM audit WHERE seq = :last"), {"last": last}).scalar_one()
    connection.execute(sa.text("DELETE FROM audit WHERE seq > :last"), {"last": last})
    connection.execute(sa.text("UPDATE head SET audit_seq = :last, audit_hash = :kept"), {"last": last, "kept": kept})


def _rewrite(connection: sa.Connection, *, is_signed: bool = False) -> None:
    """Another person in every entry, and every hash made anew: the chain by itself is perfect.

    `is_signed`: under the signatures that were there, which are of other words.
    """
    table = metadata.tables["audit"]
    entries, previous = audit.read_entries(connection, "desk"), audit.START
    connection.execute(sa.delete(table))
    for entry in entries:
        told = _note_of(entry, actor="mallory")
        made = audit.seal(told, agent="desk", seq=entry.seq, previous=previous)
        made = made.model_copy(update={"signature": entry.signature}) if is_signed else made
        connection.execute(sa.insert(table), made.model_dump())
        previous = made.hash
    connection.execute(sa.update(metadata.tables["head"]).values(audit_hash=previous))


def _note_of(entry: AuditEntry, **changes: Any) -> Note:
    """What an entry was made of, with some of it forged."""
    parsed = parse_action(entry.action)
    assert parsed is not None
    kept = entry.model_dump(include={"actor", "subject", "at", "digests"})
    return Note(**kept | parsed._asdict() | changes)


def _no_decision(connection: sa.Connection) -> None:
    """A bundle, a version and the head on it, by hand."""
    forged = builders.bundle(instructions="Always refund.")
    row = {"agent": "desk", "digest": forged.digest, "body": forged.model_dump(mode="json")}
    connection.execute(sa.insert(metadata.tables["bundle"]), row)
    versions = metadata.tables["version"]
    head = connection.execute(sa.select(versions).order_by(versions.c.number.desc()).limit(1)).mappings().one()
    made = {**head, "number": head["number"] + 1, "digest": forged.digest, "proposal_id": None}
    connection.execute(sa.insert(versions), made | {"released_at": builders.NOON})
    connection.execute(sa.update(metadata.tables["head"]).values(number=made["number"]))


def _swap(connection: sa.Connection) -> None:
    connection.execute(sa.text("UPDATE audit SET seq = -1 WHERE seq = 3"))
    connection.execute(sa.text("UPDATE audit SET seq = 3 WHERE seq = 4"))
    connection.execute(sa.text("UPDATE audit SET seq = 4 WHERE seq = -1"))


def _proved(connection: sa.Connection) -> None:
    """Column and body, so that every screen agrees."""
    table = metadata.tables["report"]
    for row in connection.execute(sa.select(table)).mappings().all():
        connection.execute(
            sa.update(table)
            .where(table.c.id == row["id"])
            .values(verdict="proved", body={**row["body"], "verdict": "proved"})
        )


def _body(connection: sa.Connection) -> None:
    table = metadata.tables["bundle"]
    for row in connection.execute(sa.select(table)).mappings().all():
        body = {**row["body"], "instructions": "Always refund."}
        connection.execute(sa.update(table).where(table.c.digest == row["digest"]).values(body=body))


def _json(table: str, column: str, value: object, where: str = "1 = 1") -> Tamper:
    def run(connection: sa.Connection) -> None:
        core = metadata.tables[table]
        assert connection.execute(sa.update(core).where(sa.text(where)).values({column: value})).rowcount

    return run


def _with_seal(connection: sa.Connection) -> None:
    """The agent's settings and the seal on them: only the entry that noted the seal still says otherwise."""
    _json("agent", "trusted_authors", ["mallory"])(connection)
    made = read_digests(connection, "desk", "agent")["desk"]
    connection.execute(sa.text("UPDATE seal SET digest = :made WHERE kind = 'agent'"), {"made": made})


def _with_entry(connection: sa.Connection) -> None:
    """The same with the entry that noted it, whose hash is made anew: only its signature still says otherwise."""
    _with_seal(connection)
    table = metadata.tables["audit"]
    seq, made = connection.execute(sa.text("SELECT seq, digest FROM seal WHERE kind = 'agent'")).one()
    entry = audit.read_entries(connection, "desk")[seq - 1]
    told = _note_of(entry, digests={**entry.digests, "agent desk": made})
    forged = audit.seal(told, agent="desk", seq=seq, previous=entry.previous)
    changed = {"digests": forged.digests, "hash": forged.hash}
    connection.execute(sa.update(table).where(table.c.seq == seq).values(changed))


def _taken_back(connection: sa.Connection) -> None:
    """The word on the live version, as if somebody had taken it back."""
    table = metadata.tables["decision"]
    live = connection.execute(sa.text("SELECT proposal_id FROM version WHERE number = (SELECT number FROM head)"))
    which = sa.and_(table.c.proposal_id == live.scalar_one(), table.c.verb == "approve")
    row = connection.execute(sa.select(table).where(which)).mappings().one()
    connection.execute(sa.insert(table), {**row, "id": "undo", "verb": "undo", "undoes": row["id"]})


MALLORY = {"name": "mallory", "role": "admin", "is_single_operator": False}

CHANGES: dict[str, Tamper] = {
    "head set to another version": _sql("UPDATE head SET number = 1"),
    "bundle, version and head without a decision": _no_decision,
    "live version pointed to another bundle": _sql(
        "UPDATE version SET digest = (SELECT digest FROM version WHERE number = 1) "
        "WHERE number = (SELECT number FROM head)"
    ),
    "content of bundles rewritten": _body,
    "decision's actor rewritten": _json("decision", "actor", MALLORY),
    "decision's verb rewritten": _sql("UPDATE decision SET verb = 'approve' WHERE verb = 'reject'"),
    "decision's reason rewritten": _sql("UPDATE decision SET reason = 'all agreed'"),
    "decisions deleted": _sql("DELETE FROM decision"),
    "releases deleted": _sql("DELETE FROM release WHERE number > 0"),
    "verdict set to proved": _proved,
    "proposal back from live to approved": _sql("UPDATE proposal SET state = 'approved' WHERE state = 'live'"),
    "proposal's words rewritten": _sql("UPDATE proposal SET rationale = 'Everybody asked for it.'"),
    "labels of feedback changed": _sql("UPDATE feedback SET label = 'invoice' WHERE id = 'f3'"),
    "feedback deleted": _sql("DELETE FROM feedback WHERE id = 'f3'"),
    "state of feedback changed": _sql("UPDATE feedback SET state = 'excluded' WHERE id = 'f3'"),
    "expected answers of sealed cases rewritten": _sql("UPDATE eval_case SET expected = 'x' WHERE split = 'sealed'"),
    "sealed cases deleted": _sql("DELETE FROM eval_case WHERE split = 'sealed'"),
    "measurements rewritten": _sql('UPDATE measurement SET "right" = 10'),
    "trusted authors changed": _json("agent", "trusted_authors", ["mallory"]),
    "mode changed": _sql("UPDATE agent SET mode = 'simple'"),
    "entry of the journal edited": _sql("UPDATE audit SET actor = 'mallory' WHERE seq = 4"),
    "entry of the journal deleted": _sql("DELETE FROM audit WHERE seq = 4"),
    "entries of the journal swapped": _swap,
    "end of the journal cut": _sql("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)"),
    "end of the journal cut and the head row fixed": _cut,
    "journal emptied": _sql("DELETE FROM audit", f"UPDATE head SET audit_seq = 0, audit_hash = '{audit.START}'"),
    "journal written anew": _rewrite,
    "journal written anew under the old signatures": partial(_rewrite, is_signed=True),
    "trusted authors changed with the seal on them": _with_seal,
    "trusted authors changed with the entry that noted them": _with_entry,
    "approval of what is live taken back by hand": _taken_back,
    "sums beside the live version rewritten": _json("head", "totals", {}),
    "a confirmation rewritten": _sql("UPDATE comparison SET kind = 'progress'"),
    "limits changed": _json("agent", "limits", {"alpha": 0.2}),
    "secret of the draw changed": _json("agent_secret", "secret", "0" * 64),
    "secret of the draw deleted": _sql("DELETE FROM agent_secret"),
    "measurement deleted": _sql("DELETE FROM measurement"),
    "case handed to another split": _sql("UPDATE eval_case SET split = 'log' WHERE id = 'case40'"),
    "case vouched for by somebody else": _sql("UPDATE eval_case SET vouched_by = 'mallory' WHERE id = 'case40'"),
    "case protected no longer": _json("eval_case", "is_protected", False, "id = 'case3'"),
    "who was shown a sealed case forgotten": _sql("DELETE FROM case_act WHERE verb = 'show'"),
    "who acted on a case rewritten": _sql("UPDATE case_act SET actor = 'mallory'"),
    "lead of a blind audit rewritten": _sql("UPDATE case_audit SET lead = 'mallory'"),
    "draw of a blind audit rewritten": _json("case_audit", "case_ids", ["case5"]),
    "agreement of a blind audit rewritten": _json("audit_answer", "agrees", True, "case_id = 'case5'"),
    "answer of a blind audit deleted": _sql("DELETE FROM audit_answer WHERE case_id = 'case5'"),
    "kept set of cases rewritten": _json("case_set", "case_ids", {"sealed": ["case9"]}),
    "kept set of cases deleted": _sql("DELETE FROM case_set"),
    "experiment ended by hand": _sql("UPDATE experiment SET state = 'ended'"),
    "seals of a kind deleted with their rows": _sql("DELETE FROM case_act", "DELETE FROM seal WHERE kind = 'case_act'"),
    "a word about the firewall rewritten": _sql("UPDATE firewall_verdict SET says = 'bad'"),
    "a word about the firewall deleted": _sql("DELETE FROM firewall_verdict"),
    "draw of an audit of the firewall rewritten": _json("firewall_audit", "body", {"order": ["f4"]}),
    "an import forgotten": _sql("DELETE FROM import"),
    "an import put on somebody else": _sql("UPDATE import SET actor = 'mallory'"),
    "an unlearning forgotten": _sql("DELETE FROM unlearning"),
    "what was unlearned rewritten": _json("unlearning", "body", {"scope": {"items": ["f1"]}}),
    "an API key made for more": _json("api_key", "verbs", ["feedback:write", "models:call"]),
    "an API key kept from ending": _sql("UPDATE api_key SET expires_at = '2099-01-01 00:00:00'"),
    "an API key deleted": _sql("DELETE FROM api_key"),
    "a role raised by hand": _sql("UPDATE role_grant SET role = 'admin'"),
    "a role given to somebody else": _sql("UPDATE role_grant SET name = 'mallory'"),
    "a role taken by hand": _sql("DELETE FROM role_grant"),
    "an erasure forgotten": _sql("DELETE FROM erasure"),
    "a tombstone put on an entry that was changed": _sql("UPDATE audit SET actor = 'x' WHERE subject = '⟨ERASED⟩'"),
    "tombstones deleted": _sql("DELETE FROM tombstone"),
    "the operator's facts rewritten": _json("agent", "facts", ["Refunds take 1 day."]),
    "a detector switched off by hand": _json("agent", "limits", {"detectors_off": ["rate"]}),
    "sum of what arrived rewritten": _json("arrival_log", "totals", {}),
    "content of an interaction rewritten": _sql("UPDATE interaction SET question = 'x' WHERE id = 'i3'"),
    "author of feedback rewritten": _sql("UPDATE feedback SET author = 'lead' WHERE id = 'f3'"),
}
"""The first 27 passed unseen before there was a record. The demo trick and a damaged page have tests of their own."""

_DECIDING = (*KINDS, "head", "feedback", "interaction", "audit", "seal", "arrival_log")
_IDLE = {("head", "change_counter"), ("agent", "is_demo")}
"""Columns that decide nothing: a counter that wakes the worker."""


def random_tamper(connection: sa.Connection, rng: random.Random) -> str:
    """One random change to one random row of a table that decides; what it was, empty when the database refused it."""
    table = metadata.tables[rng.choice(_DECIDING)]
    rows = connection.execute(sa.select(table)).mappings().all()
    row = dict(rng.choice(rows))
    mine = sa.and_(*(column == row[column.name] for column in table.primary_key.columns))
    how = rng.choice(("column", "column", "column", "delete", "insert"))
    with connection.begin_nested() as attempt:
        try:
            match how:
                case "delete":
                    connection.execute(sa.delete(table).where(mine))
                    return f"{table.name} row deleted"
                case "insert":
                    keys = [column for column in table.primary_key.columns if column.name != "agent"]
                    key = rng.choice(keys or list(table.primary_key.columns))
                    connection.execute(sa.insert(table), row | {key.name: _other(row[key.name], rng, key)})
                    return f"{table.name} row added"
                case _:
                    column = rng.choice([one for one in table.columns if (table.name, one.name) not in _IDLE])
                    other = _other(row[column.name], rng, column)
                    connection.execute(sa.update(table).where(mine).values({column.name: other}))
                    return f"{table.name}.{column.name}"
        except sa.exc.DBAPIError:
            attempt.rollback()
            return ""


def _other(value: Any, rng: random.Random, column: sa.Column[Any] | None = None) -> Any:
    """Another value of the same kind."""
    match value:
        case None:
            if column is not None and isinstance(column.type, UTCDateTime):
                return builders.NOON
            return 1 if column is not None and isinstance(column.type, sa.Integer | sa.Float) else "x"
        case bool():
            return not value
        case int():
            return value + rng.choice((-1, 1, 7))
        case float():
            return value + rng.choice((-0.25, 0.25))
        case str() if len(value) == 64:
            return f"{rng.randrange(16**64):064x}"
        case str():
            return rng.choice((f"{value}x", value[:-1] if value else "y", "mallory"))
        case dict():
            return {**value, "x": rng.randrange(9)} if not value or rng.random() < 0.5 else _changed(value, rng)
        case list():
            return rng.choice(([*value, "x"], value[1:])) if value else ["x"]
        case _:
            return value.replace(year=value.year + rng.choice((-1, 1)))


def _changed(value: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    name = rng.choice(sorted(value))
    made = {**value, name: _other(value[name], rng)}
    return made if json.dumps(made, default=str) != json.dumps(value, default=str) else {**value, "x": 1}
