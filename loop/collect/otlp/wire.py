"""The OTLP wire form, decoded: a body of traces or logs, protobuf or JSON, becomes spans and events.

In OTLP's JSON, ids are hexadecimal (not base64) and unknown fields are ignored. A span that cannot be read is rejected
with its reason and the others are read: OTLP's partial success. Nothing here knows what an attribute means.
"""

import json
import math
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from loop.collect.files.rows import CELL_MAX
from loop.collect.otlp.envelope import PROTOBUF, Encoding, Signal
from loop.errors import InvalidInput

Attributes: TypeAlias = Mapping[str, Any]

ITEMS_MAX = 20_000
"""Spans or events one export may hold; the rest is rejected and counted."""
_DEPTH_MAX = 64
_TEXTS_MAX = 4 * CELL_MAX
"""Bytes of text one span or event may hold."""

_M = TypeVar("_M", bound=Message)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: an event of a span, or a log event."""

    name: str
    at: int
    """Nanoseconds since 1970, UTC."""
    attributes: Attributes = field(default_factory=dict)
    body: Any = None
    trace: str = ""
    """32 hexadecimal characters; empty when it belongs to no trace."""
    span: str = ""
    """16 hexadecimal characters."""
    resource: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """One operation of a trace."""

    trace: str
    """32 hexadecimal characters."""
    span: str
    """16 hexadecimal characters."""
    parent: str
    """16 hexadecimal characters; empty at the root."""
    name: str
    began: int
    """Nanoseconds since 1970, UTC."""
    ended: int
    attributes: Attributes = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """Trace and span id of each."""
    is_error: bool = False
    failure: str = ""
    """What the status says; empty when it says nothing."""
    resource: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Export:
    """What one request brought."""

    spans: tuple[Span, ...] = ()
    events: tuple[Event, ...] = ()
    rejected: tuple[str, ...] = ()
    """A reason for each span or event that could not be read, in words. Never quotes what it holds."""


def decode(body: bytes, *, signal: Signal, encoding: Encoding) -> Export:
    """What the body holds. Raises InvalidInput when it cannot be read at all."""
    rejected: list[str] = []
    spans: list[Span] = []
    events: list[Event] = []
    pairs = _protobuf(body, signal) if encoding == PROTOBUF else _json(body, signal, rejected)
    for count, (item, resource) in enumerate(pairs):
        if count >= ITEMS_MAX:
            rejected.append(f"The export holds more than {ITEMS_MAX:,} items.")
            continue
        try:
            if isinstance(item, WireSpan):
                spans.append(_span(item, resource))
            else:
                events.append(_log(item, resource))
        except _Unreadable as error:
            rejected.append(str(error))
    return Export(tuple(spans), tuple(events), tuple(rejected))


class _Unreadable(ValueError):
    """One item cannot be read; the message says why."""


def _protobuf(body: bytes, signal: Signal) -> Iterator[tuple[WireSpan | LogRecord, Attributes]]:
    try:
        if signal == "traces":
            for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                about = _attributes(of_resource.resource.attributes)
                for scope in of_resource.scope_spans:
                    yield from ((span, about) for span in scope.spans)
        else:
            for of_logs in ExportLogsServiceRequest.FromString(body).resource_logs:
                about = _attributes(of_logs.resource.attributes)
                for scope_logs in of_logs.scope_logs:
                    yield from ((record, about) for record in scope_logs.log_records)
    except (DecodeError, _Unreadable):
        raise InvalidInput("The body is not an OTLP export in protobuf.", field="body") from None


def _json(body: bytes, signal: Signal, rejected: list[str]) -> Iterator[tuple[WireSpan | LogRecord, Attributes]]:
    try:
        export = json.loads(body)
    except (ValueError, RecursionError):
        export = None
    if not isinstance(export, dict):
        raise InvalidInput("The body is not an OTLP export in JSON.", field="body")
    outer, scopes, items = (
        ("resourceSpans", "scopeSpans", "spans") if signal == "traces" else ("resourceLogs", "scopeLogs", "logRecords")
    )
    make: Callable[[], WireSpan | LogRecord] = WireSpan if signal == "traces" else LogRecord
    for of_resource in _objects(export, outer):
        try:
            about = _attributes(_parsed(of_resource.get("resource") or {}, Resource()).attributes)
        except _Unreadable:
            about = {}
        for scope in _objects(of_resource, scopes):
            for item in _objects(scope, items):
                try:
                    yield _parsed(_with_base64_ids(item), make()), about
                except _Unreadable as error:
                    rejected.append(str(error))


def _objects(value: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The objects of a list field, by its name in lowerCamelCase or as the protocol file spells it."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    found = value.get(name, value.get(snake))
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict):
            yield item


def _parsed(value: Any, message: _M) -> _M:
    try:
        ParseDict(value, message, ignore_unknown_fields=True, max_recursion_depth=_DEPTH_MAX)
    except (ParseError, RecursionError, ValueError, TypeError, AttributeError, OverflowError):
        raise _Unreadable("An item does not have the form of OTLP.") from None
    return message


_IDS = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")


def _with_base64_ids(item: dict[str, Any]) -> dict[str, Any]:
    """Ids as protobuf's JSON has them; OTLP's has hexadecimal."""
    changed = dict(item)
    for name in _IDS:
        if isinstance(changed.get(name), str):
            changed[name] = _base64_of_hex(changed[name])
    if isinstance(changed.get("links"), list):
        changed["links"] = [_with_base64_ids(link) if isinstance(link, dict) else link for link in changed["links"]]
    return changed


def _base64_of_hex(text: str) -> str:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise _Unreadable("An id is not hexadecimal.") from None
    return b64encode(raw).decode()


def _span(wire: WireSpan, resource: Attributes) -> Span:
    trace, span = _id(wire.trace_id, 16), _id(wire.span_id, 8)
    if not trace or not span:
        raise _Unreadable("A span has no trace id or no span id.")
    made = Span(
        trace=trace,
        span=span,
        parent=_id(wire.parent_span_id, 8),
        name=_clean(wire.name),
        began=wire.start_time_unix_nano,
        ended=max(wire.end_time_unix_nano, wire.start_time_unix_nano),
        attributes=_attributes(wire.attributes),
        events=tuple(
            Event(
                name=_clean(event.name),
                at=event.time_unix_nano or wire.end_time_unix_nano,
                attributes=_attributes(event.attributes),
                trace=trace,
                span=span,
                resource=resource,
            )
            for event in wire.events
        ),
        links=tuple(
            (linked, _id(link.span_id, 8)) for link in wire.links if (linked := _id(link.trace_id, 16, is_strict=False))
        ),
        is_error=wire.status.code == Status.STATUS_CODE_ERROR,
        failure=_clean(wire.status.message),
        resource=resource,
    )
    if not 0 < made.began < _LATEST or made.ended >= _LATEST:
        raise _Unreadable("A span does not say when it began, or a time that cannot be.")
    return made


_LATEST = 7_258_118_400_000_000_000
"""The year 2200, in nanoseconds: what lies beyond is no time of day."""


def _log(wire: LogRecord, resource: Attributes) -> Event:
    at = wire.time_unix_nano or wire.observed_time_unix_nano
    if not 0 < at < _LATEST:
        raise _Unreadable("A log event does not say when it was, or a time that cannot be.")
    attributes = _attributes(wire.attributes)
    return Event(
        name=_clean(wire.event_name) or str(attributes.get("event.name", "")),
        at=at,
        attributes=attributes,
        body=_value(wire.body),
        trace=_id(wire.trace_id, 16, is_strict=False),
        span=_id(wire.span_id, 8, is_strict=False),
        resource=resource,
    )


def _id(raw: bytes, size: int, *, is_strict: bool = True) -> str:
    """Hexadecimal; empty for none or all zeros, which OTLP calls invalid."""
    if raw and len(raw) != size and is_strict:
        raise _Unreadable(f"An id does not have {size} bytes.")
    return raw.hex() if len(raw) == size and any(raw) else ""


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    size = 0
    for pair in pairs:
        value = _value(pair.value)
        size += len(pair.key) + pair.value.ByteSize()
        if size > _TEXTS_MAX:
            raise _Unreadable(f"An item holds more than {_TEXTS_MAX:,} bytes of text.")
        found[_clean(pair.key)] = value
    return found


def _value(value: AnyValue, depth: int = 0) -> Any:
    """A JSON value; None for what JSON has no form for."""
    if depth > _DEPTH_MAX:
        raise _Unreadable(f"An item is nested more than {_DEPTH_MAX} levels deep.")
    match value.WhichOneof("value"):
        case "string_value":
            return _clean(value.string_value)
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value if math.isfinite(value.double_value) else None
        case "array_value":
            return [_value(one, depth + 1) for one in value.array_value.values]
        case "kvlist_value":
            return {_clean(pair.key): _value(pair.value, depth + 1) for pair in value.kvlist_value.values}
        case "bytes_value":
            return value.bytes_value.hex()
        case _:
            return None


def _clean(text: str) -> str:
    """Without NUL, which no database keeps."""
    if len(text) > CELL_MAX:
        raise _Unreadable(f"A text has more than {CELL_MAX:,} characters.")
    return text.replace("\0", "")
