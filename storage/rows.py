"""Records to rows and back: the only place where either is made from the other."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic_core import PydanticSerializationError
from sqlmodel import UTCDateTime

from loop.errors import InvalidInput
from loop.records import (
    Agent,
    Announcement,
    ApiKey,
    AuditAnswer,
    AuditEntry,
    Bundle,
    CaseAct,
    CaseAudit,
    CaseSet,
    Comparison,
    DailyQuality,
    Decision,
    Erasure,
    EvalCase,
    Experiment,
    FailedJob,
    Feedback,
    FeedbackState,
    FirewallAudit,
    FirewallVerdict,
    Flag,
    Grant,
    Import,
    Interaction,
    Issue,
    Measurement,
    Person,
    Proposal,
    Record,
    Release,
    Report,
    Score,
    SignIn,
    SignInLink,
    TurnReport,
    Unlearning,
    Version,
)
from loop.records.notices import Notice
from loop.records.practice import PracticeAnswer
from loop.records.probes import Probe
from loop.records.raw import RawText
from loop.records.remarks import Remark
from loop.records.viewing import Viewing
from storage import tables
from storage.bodies import from_body
from storage.content import content_text, digest_of

TABLES: dict[type[Record], type[tables.Table]] = {
    Agent: tables.AgentRow,
    ApiKey: tables.ApiKeyRow,
    Announcement: tables.OutboxRow,
    AuditAnswer: tables.AuditAnswerRow,
    AuditEntry: tables.AuditRow,
    Bundle: tables.BundleRow,
    CaseAct: tables.CaseActRow,
    CaseAudit: tables.CaseAuditRow,
    CaseSet: tables.CaseSetRow,
    Comparison: tables.ComparisonRow,
    DailyQuality: tables.DailyQualityRow,
    Decision: tables.DecisionRow,
    Erasure: tables.ErasureRow,
    EvalCase: tables.EvalCaseRow,
    Experiment: tables.ExperimentRow,
    FailedJob: tables.FailedJobRow,
    Feedback: tables.FeedbackRow,
    FirewallAudit: tables.FirewallAuditRow,
    FirewallVerdict: tables.FirewallVerdictRow,
    Flag: tables.FlagRow,
    Grant: tables.GrantRow,
    Import: tables.ImportRow,
    Interaction: tables.InteractionRow,
    Issue: tables.IssueRow,
    Measurement: tables.MeasurementRow,
    Notice: tables.NoticeRow,
    Person: tables.PersonRow,
    PracticeAnswer: tables.PracticeAnswerRow,
    Probe: tables.ProbeRow,
    Proposal: tables.ProposalRow,
    RawText: tables.RawTextRow,
    Release: tables.ReleaseRow,
    Remark: tables.RemarkRow,
    Report: tables.ReportRow,
    Score: tables.ScoreRow,
    SignIn: tables.SignInRow,
    SignInLink: tables.SignInLinkRow,
    TurnReport: tables.TurnRow,
    Unlearning: tables.UnlearningRow,
    Version: tables.VersionRow,
    Viewing: tables.ViewingRow,
}
"""Where each record is kept. A table with a column `body` keeps the whole record there."""

_SPELLING: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":"), "allow_nan": False}
_spell = json.JSONEncoder(**_SPELLING).encode

_EMPTY: dict[str, Any] = {"{}": dict, "[]": list}


def _read(text: str) -> Any:
    """JSON; nearly every document of an event is empty, and a look-up is cheaper than a parser."""
    empty = _EMPTY.get(text)
    return empty() if empty is not None else json.loads(text)


JSON_OPTIONS: dict[str, Any] = {"json_serializer": _spell, "json_deserializer": _read}
"""How engines spell JSON columns: compact, any alphabet as it is, no NaN."""

_SCALARS = frozenset({str, int, bool, type(None)})
"""What JSON holds as it is."""

Row = dict[str, Any]
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class _Plan:
    """What one kind of record needs to become a row."""

    fields: tuple[str, ...]
    """Record fields that are columns."""
    times: tuple[str, ...]
    limits: tuple[tuple[str, int], ...]
    """Longest text a column takes, in characters."""
    has_body: bool


def to_row(record: Record, **more: Any) -> Row:
    """The row of a record; `more` are columns no field holds.

    Raises InvalidInput, naming the field, for what a database cannot keep: NUL characters, lone
    surrogates, values that are not JSON, keys that are too long. NaN among free attributes becomes null.
    """
    return _build(record, storable(record), more)


def to_event_row(record: Interaction | Feedback, **more: Any) -> Row:
    """Like `to_row`, with `content_digest`: equal for two deliveries of the same thing."""
    try:
        payload = _plain_values(record) or record.model_dump(mode="json")
        text = content_text(record, payload)  # holds all of the record that could be unfit: spelled once for both
        told = digest_of(text)
    except (PydanticSerializationError, ValueError, TypeError):
        raise _refusal(record) from None
    if ("\\u0000" in text and _holds_nul(payload)) or payload.get("supersedes"):
        payload = storable(record)
    return _build(record, payload, {"content_digest": told, **more})


def to_feedback_row(feedback: Feedback) -> Row:
    """The row of feedback that arrives. What must not teach enters as EXCLUDED."""
    return to_event_row(feedback, state=(FeedbackState.NEW if feedback.teaches else FeedbackState.EXCLUDED).value)


def from_row(kind: type[R], row: Mapping[Any, Any]) -> R:
    """The frozen record of a row, as it was written."""
    plan = _plan(kind)
    return from_body(kind, row["body"] if plan.has_body else {name: row[name] for name in plan.fields})


def columns_of(kind: type[Record]) -> list[sa.Column[Any]]:
    """What `from_row` reads of a row: the whole record where it is kept in one column, and nothing beside it."""
    table, plan = TABLES[kind].core(), _plan(kind)
    return [table.c.body] if plan.has_body else [table.c[name] for name in plan.fields]


def storable(record: Record) -> Row:
    """The record as JSON values. Raises InvalidInput, naming the field, for what no database keeps."""
    try:
        payload = record.model_dump(mode="json")
        text = _spell(payload)
        text.encode()
    except (PydanticSerializationError, ValueError, TypeError):
        raise _refusal(record) from None
    if "\\u0000" in text and _holds_nul(payload):
        raise _refusal(record)
    return payload


def _plain_values(record: Interaction | Feedback) -> Row | None:
    """Feedback whose fields are JSON values but for its kind and times, which a row holds as they are; else None.

    Most is: building it anew costs as much as all else about its row.
    """
    if not isinstance(record, Feedback):
        return None
    if any(type(value) not in _SCALARS for value in record.attributes.values()):
        return None
    return record.__dict__ | {"kind": record.kind.value}


def _build(record: Record, payload: Row, more: Mapping[str, Any]) -> Row:
    plan = _plan(type(record))
    row = {name: payload[name] for name in plan.fields}
    for name in plan.times:
        row[name] = getattr(record, name)
    row.update(more)
    if plan.has_body:
        row["body"] = payload
    for name, limit in plan.limits:
        item = row.get(name)
        if item is not None and len(item) > limit:
            raise InvalidInput(
                f"{type(record).__name__}.{name} is longer than {limit} characters.",
                field=name,
                remedy="Shorten it, or use its hash.",
            )
    return row


@cache
def _plan(kind: type[Record]) -> _Plan:
    columns = TABLES[kind].core().columns
    fields = tuple(name for name in kind.model_fields if name in columns)
    return _Plan(
        fields=fields,
        times=tuple(name for name in fields if isinstance(columns[name].type, UTCDateTime)),
        limits=tuple((column.name, length) for column in columns if (length := getattr(column.type, "length", None))),
        has_body="body" in columns,
    )


def _holds_nul(item: object) -> bool:
    if isinstance(item, str):
        return "\x00" in item
    if isinstance(item, Mapping):
        return any(_holds_nul(key) or _holds_nul(value) for key, value in item.items())
    return isinstance(item, list) and any(_holds_nul(one) for one in item)


def _refusal(record: Record) -> InvalidInput:
    """Names the first field that cannot be kept; never shows its content."""
    for name in type(record).model_fields:
        try:
            payload = record.model_dump(mode="json", include={name})
            _spell(payload).encode()
        except (PydanticSerializationError, ValueError, TypeError):
            break
        if _holds_nul(payload):
            break
    return InvalidInput(
        f"{type(record).__name__}.{name} holds something that cannot be stored.",
        field=name,
        remedy="Remove NUL characters, unpaired surrogates and values that are not JSON.",
    )
