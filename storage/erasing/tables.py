"""What an erasure does with every other table: one rule each, so that a new table without one fails a test."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlmodel import AutoString

from loop.records import OPEN_STATES, ProposalState
from loop.records.erasure import ERASED
from storage.among import among
from storage.erasing.scrub import Scrub
from storage.erasing.subject import Subject
from storage.record import KINDS, TouchedRows
from storage.tables import KEY_LENGTH, AnswerRow, EvalCaseRow, ProposalRow, metadata

Rule: TypeAlias = Literal["scrub", "derived", "own", "silent"]

RULES: dict[str, Rule] = {
    # Names and words are taken out of every text.
    **dict.fromkeys(
        ("agent", "version", "turn", "failed_job", "report", "decision", "release", "measurement", "comparison",
         "case_act", "case_audit", "audit_answer", "case_set", "firewall_audit", "firewall_verdict", "import",
         "proposal_source", "unlearning", "telemetry", "daily_quality", "flag", "viewing", "remark", "outcome",
         "practice_answer", "probe", "record_check"),
        "scrub",
    ),
    # Dropped whole: the next turn makes it again of what is left.
    **dict.fromkeys(
        ("judged", "question", "bucket", "standing", "claim", "kept", "due", "issue", "daily_signal", "hourly_signal",
         "daily_answers", "daily_work"),
        "derived",
    ),
    # Has its own way.
    **dict.fromkeys(
        ("interaction", "feedback", "orphan", "score", "eval_case", "proposal", "answer", "bundle", "audit", "erasure",
         "tombstone", "raw_text", "overwritten"),
        "own",
    ),
    # Holds nobody's words or name.
    **dict.fromkeys(
        ("agent_secret", "head", "arrival_log", "seal", "experiment", "outbox", "asks", "api_key", "api_key_use",
         "idempotency_key", "capture", "connector_cursor", "notice"),
        "silent",
    ),
    # Staff who sign in, not people who are answered: the People page and `ratchet people` end them.
    **dict.fromkeys(("person", "sign_in", "sign_in_link", "sign_in_failure", "role_grant"), "silent"),
}  # fmt: skip

_NOT_WORDS = frozenset(
    {"agent", "slug", "id", "kind", "interaction_id", "feedback_id", "case_id", "proposal_id", "trace", "audit_id",
     "experiment_id", "decision_id", "undoes", "completes", "successor_id", "replaces", "topic", "detector", "verb",
     "source", "report_id", "root_id", "movement", "element"}
)  # fmt: skip
"""Columns that hold ids and words of ours."""
_CONTENT = ("operations", "changes")
_CASES, _PROPOSALS, _ANSWERS = EvalCaseRow.core(), ProposalRow.core(), AnswerRow.core()


def erase_tables(connection: sa.Connection, agent: str, subject: Subject, *, touched: TouchedRows) -> dict[str, int]:
    """Rows whose words went, by table; all tables with the rule `scrub`."""
    reached: dict[str, int] = {}
    for name, rule in RULES.items():
        if rule == "scrub":
            table = metadata.tables[name]
            columns = [column.name for column in table.columns if _holds_words(column)]
            changed = list(_changed(connection, agent, table, dict.fromkeys(columns, subject.scrub)))
            reached[name] = _write(connection, table, changed, touched=touched)
    return reached


def erase_cases(connection: sa.Connection, agent: str, subject: Subject, *, touched: TouchedRows) -> dict[str, int]:
    """The subject's cases become tombstones and are retired; what was answered to them goes."""
    reached = {"answer": _forget_answers(connection, agent, subject)}
    mine = frozenset(subject.cases)
    words = dict.fromkeys(("question", "context", "expected", "must_include", "must_exclude"), subject.content)
    names = dict.fromkeys(("group", "author", "vouched_by"), Scrub(names=subject.names, texts=()))
    changed = {id(row): (row, now) for row, now in _changed(connection, agent, _CASES, words | names)}
    query = sa.select(_CASES).where(_CASES.c.agent == agent, among(_CASES.c.id, mine))
    for row in connection.execute(query).mappings():
        if row["question"] != ERASED:
            changed = {key: pair for key, pair in changed.items() if pair[0]["id"] != row["id"]}
            wiped = {"question": ERASED, "expected": ERASED, "context": {}, "must_include": [], "must_exclude": []}
            named = {name: subject.names.get(row[name], row[name]) for name in names}
            changed[id(row)] = (row, {**wiped, **named, "topic": "", "retired": True})
    rows = [(row, now | {"retired": row["retired"] or ERASED in (now.get("question"), now.get("expected"))})
            for row, now in changed.values()]  # fmt: skip
    reached["eval_case"] = _write(connection, _CASES, rows, touched=touched)
    return reached


def _forget_answers(connection: sa.Connection, agent: str, subject: Subject) -> int:
    """Kept answers to their cases, and those that say their words: signed as they are, they go as a whole."""
    gone = 0
    for row, _ in list(_changed(connection, agent, _ANSWERS, {"body": subject.content})):
        mine = (_ANSWERS.c.digest == row["digest"], _ANSWERS.c.case_id == row["case_id"])
        gone += connection.execute(sa.delete(_ANSWERS).where(_ANSWERS.c.agent == agent, *mine)).rowcount
    theirs = sa.delete(_ANSWERS).where(_ANSWERS.c.agent == agent, among(_ANSWERS.c.case_id, subject.cases))
    return gone + connection.execute(theirs).rowcount


def erase_proposals(
    connection: sa.Connection, agent: str, subject: Subject, *, is_waiting: bool, touched: TouchedRows
) -> int:
    """Words out of what was proposed; an open change that holds any is stopped.

    `is_waiting`: the live version still holds something, so live changes keep what they did until it is taken back.
    """
    words = dict.fromkeys(("title", "rationale", "authors", "stakes", "stale_reason"), subject.scrub)
    changed = []
    for row, now in _changed(connection, agent, _PROPOSALS, words | dict.fromkeys(_CONTENT, subject.content)):
        state, left = ProposalState(row["state"]), dict(now)
        if state is ProposalState.LIVE and is_waiting:
            left = {name: value for name, value in left.items() if name not in _CONTENT}
        if state in OPEN_STATES and not left.keys().isdisjoint(_CONTENT):
            left |= {"state": ProposalState.STALE.value, "stale_reason": "Words that it held were erased."}
        if left:
            changed.append((row, left))
    return _write(connection, _PROPOSALS, changed, touched=touched)


def _holds_words(column: sa.Column[Any]) -> bool:
    """Texts of any length, names among them, and JSON; no enumerations and digests."""
    is_text = isinstance(column.type, (sa.String, AutoString)) and (column.type.length or KEY_LENGTH) >= KEY_LENGTH
    return column.name not in _NOT_WORDS and (is_text or isinstance(column.type, sa.JSON))


def _changed(
    connection: sa.Connection, agent: str, table: sa.Table, columns: Mapping[str, Scrub]
) -> Iterable[tuple[Mapping[Any, Any], dict[str, Any]]]:
    """Rows that hold something, each with its columns as they will be."""
    owner = table.c.slug if table.name == "agent" else table.c.agent
    for row in connection.execute(sa.select(table).where(owner == agent)).mappings().all():
        now = {name: left for name, scrub in columns.items() if (left := scrub.walk(row[name])) != row[name]}
        if now:
            yield row, now


def _write(
    connection: sa.Connection,
    table: sa.Table,
    changed: list[tuple[Mapping[Any, Any], dict[str, Any]]],
    *,
    touched: TouchedRows,
) -> int:
    kind = KINDS.get(table.name)
    if kind is not None and changed:
        touched.check(table.name, [kind.key(row) for row, _ in changed])
        touched.add(table.name, [kind.key({**row, **now}) for row, now in changed])
    for row, now in changed:
        mine = [column == row[column.name] for column in table.primary_key.columns]
        connection.execute(sa.update(table).where(*mine).values(now))
    return len(changed)
