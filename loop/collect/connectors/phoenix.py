"""Arize Phoenix by its REST API: traces of a project, their spans as OTLP, annotations of spans, traces and sessions.

    GET /v1/projects/{project}/traces            by start time, ascending, cursor pages
    GET /v1/projects/{project}/spans/otlpv1      the spans of named traces
    GET /v1/projects/{project}/sessions          newest first, cursor pages
    GET /v1/projects/{project}/…_annotations     of named spans, traces or sessions

Annotations cannot be listed by date: those of the traces and sessions of the last month are looked through.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from loop.collect.connectors.trees import Trace
from loop.collect.connectors.wire import (
    Ask,
    Listing,
    Request,
    Window,
    chunks,
    every,
    iso,
    nanoseconds,
    rows,
    unique,
    value_at,
    words,
)
from loop.collect.otlp.envelope import JSON
from loop.collect.otlp.judgements import moment
from loop.collect.otlp.parts import Judgement, Part
from loop.collect.otlp.reading import read_export
from loop.collect.otlp.values import mapping, number
from loop.collect.otlp.wire import decode

PATIENCE = timedelta(days=30)
"""How old a trace may be for a new annotation of it to be found."""
_PAGE = 50
"""Traces of one page."""
_NAMED = 100
"""Ids named in one address."""
_SESSIONS = 500
"""Sessions of one page."""
_SESSIONS_MAX = 10_000
"""Newest sessions that are asked for what was said of them."""
_TOLD = timedelta(seconds=1)
"""Within which of it an annotation was made: its time is cut to whole seconds."""


class Phoenix:
    """One project."""

    def __init__(self, project: str, ask: Ask) -> None:
        self._base = f"/v1/projects/{quote(project, safe='')}"
        self._ask = ask

    def started(self, window: Window, token: str) -> Listing:
        reply = self._list(window, token, has_spans=False)
        return Listing([words(one, "trace_id") for one in rows(reply, "data")], words(reply, "next_cursor"))

    def judged(self, window: Window, token: str) -> Listing:
        older = Window(window.begin - PATIENCE, window.begin)
        reply = self._list(older, token, has_spans=True)
        found = rows(reply, "data")
        of_span = {words(span, "span_id"): words(trace, "trace_id") for trace in found for span in rows(trace, "spans")}
        traces = [words(one, "trace_id") for one in found]
        begin = nanoseconds(iso(window.begin))
        news = [
            of_span.get(words(one, "span_id"), "")
            for one in self._annotations("span", list(of_span))
            if _changed(one) >= begin
        ]
        news += [words(one, "trace_id") for one in self._annotations("trace", traces) if _changed(one) >= begin]
        told = () if token else self._said_of_sessions(window)
        return Listing(unique(news), words(reply, "next_cursor"), judgements=tuple(told))

    def traces(self, ids: Sequence[str]) -> list[Trace]:
        parts = self._parts(ids)
        spans = {part.span: trace for trace, some in parts.items() for part in some}
        judgements: dict[str, list[Judgement]] = defaultdict(list)
        for one in self._annotations("span", list(spans)):
            if made := _judgement(one, trace=spans.get(words(one, "span_id"), ""), span=words(one, "span_id")):
                judgements[made.trace].append(made)
        for one in self._annotations("trace", ids):
            if made := _judgement(one, trace=words(one, "trace_id")):
                judgements[made.trace].append(made)
        told = [Trace(trace, parts.get(trace, []), judgements[trace]) for trace in ids]
        sessions = unique([part.episode for some in parts.values() for part in some])
        said = self._annotations("session", sessions)
        return [*told, *(Trace(one.trace, (), [one]) for one in self._of_sessions(said))]

    def _said_of_sessions(self, window: Window) -> Iterator[Judgement]:
        """What was said in the window of a session that went on before it; newest sessions first."""
        oldest, begin = nanoseconds(iso(window.begin - PATIENCE)), nanoseconds(iso(window.begin))
        sessions: list[str] = []
        for one in self._all("sessions", [("order", "desc"), ("limit", str(_SESSIONS))]):
            if nanoseconds(value_at(one, "start_time")) < oldest or len(sessions) >= _SESSIONS_MAX:
                break
            sessions.append(words(one, "session_id"))
        return self._of_sessions(one for one in self._annotations("session", sessions) if _changed(one) >= begin)

    def _of_sessions(self, annotations: Iterable[Mapping[str, Any]]) -> Iterator[Judgement]:
        """What was said of a session is about the last trace that had begun by then, which stays the same.

        Phoenix tells seconds of an annotation, and microseconds of a trace. Where clocks differ so much that none had
        begun, it is about the session's first.
        """
        for one in annotations:
            session = ("session_identifier", words(one, "session_id"))
            said_by = iso(moment(nanoseconds(words(one, "created_at"))) + _TOLD)
            trace = self._first(session, ("end_time", said_by), order="desc") or self._first(session, order="asc")
            made = _judgement(one, trace=trace) if trace else None
            if made is not None:
                yield made

    def _first(self, *which: tuple[str, str], order: str) -> str:
        """The first trace in this order of time; empty: there is none."""
        query = (*which, ("sort", "start_time"), ("order", order), ("limit", "1"))
        found = rows(self._ask(Request(f"{self._base}/traces", query)), "data")
        return words(found[0], "trace_id") if found else ""

    def _list(self, window: Window, token: str, *, has_spans: bool) -> Any:
        query = [("start_time", iso(window.begin)), ("end_time", iso(window.end)), ("sort", "start_time")]
        query += [("order", "asc"), ("limit", str(_PAGE)), ("include_spans", str(has_spans).lower())]
        return self._ask(self._page("traces", query, token))

    def _parts(self, ids: Sequence[str]) -> dict[str, list[Part]]:
        """Of each trace. Phoenix spells OTLP's spans in snake case, with every field that is empty."""
        parts: dict[str, list[Part]] = defaultdict(list)
        for named in chunks(ids, _NAMED):
            query = [("limit", "500"), *(("trace_id", one) for one in named)]
            spans = [_without_nothing(one) for one in self._all("spans/otlpv1", query)]
            body = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
            export = decode(json.dumps(body).encode(), signal="traces", encoding=JSON)
            for sent in read_export(export).sent:
                if isinstance(sent.what, Part):
                    parts[sent.what.trace].append(sent.what)
        return parts

    def _annotations(self, of: str, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        for named in chunks(unique(ids), _NAMED):
            query = [("limit", "1000"), *((f"{of}_ids", one) for one in named)]
            yield from self._all(f"{of}_annotations", query)

    def _all(self, path: str, query: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        """Every page of a list."""
        return every(self._ask, partial(self._page, path, query), of="data", after=["next_cursor"])

    def _page(self, path: str, query: Sequence[tuple[str, str]], token: str) -> Request:
        return Request(f"{self._base}/{path}", [*query, *([("cursor", token)] if token else [])])


def _judgement(one: Mapping[str, Any], *, trace: str, span: str = "") -> Judgement | None:
    result = mapping(one.get("result"))
    metadata = mapping(one.get("metadata"))
    score = number(result, "score")
    label, explanation = words(result, "label"), words(result, "explanation")
    if not trace or (score is None and not label and not explanation):
        return None
    signed_in, told = words(one, "user_id"), words(metadata, "author") or words(metadata, "user_id")
    in_app = words(one, "source") == "APP"
    author = ((signed_in or told) if in_app else (told or signed_in)) or words(one, "identifier")
    return Judgement(
        trace=trace,
        span=span,
        name=words(one, "name")[:200] or "annotation",
        score=score,
        label=label,
        explanation=explanation,
        annotator=words(one, "annotator_kind"),
        identifier=words(one, "id")[:200],
        author=author[:200],
        metadata=metadata,
        at=_changed(one),
    )


def _changed(one: Mapping[str, Any]) -> int:
    return nanoseconds(value_at(one, "updated_at")) or nanoseconds(value_at(one, "created_at"))


def _without_nothing(value: Any) -> Any:
    """Without fields that are null: for protobuf, naming a member of a choice is choosing it."""
    if isinstance(value, dict):
        return {name: _without_nothing(one) for name, one in value.items() if one is not None}
    return [_without_nothing(one) for one in value] if isinstance(value, list) else value
