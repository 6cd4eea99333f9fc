"""MLflow by its REST API: traces of an experiment with their spans, and assessments by people, code and judges.

    GET  /api/2.0/mlflow/experiments/get-by-name   the experiment's id
    POST /api/3.0/mlflow/traces/search             traces with their assessments, by time, token pages
    GET  /api/3.0/mlflow/traces/batchGet           whole traces, spans as OTLP

Assessments cannot be listed by date: those of the traces of the last month are looked through. Needs MLflow 3.6 or
later, where spans are kept in its tracking store.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from loop.collect.connectors.trees import Operation, Trace, part_of
from loop.collect.connectors.wire import (
    Ask,
    Listing,
    Request,
    Unreadable,
    Window,
    chunks,
    iso,
    milliseconds,
    nanoseconds,
    rows,
    value_at,
    words,
)
from loop.collect.otlp.envelope import JSON
from loop.collect.otlp.parts import Judgement, Kind, Part
from loop.collect.otlp.values import as_text, mapping, text
from loop.collect.otlp.wire import Span, decode

PATIENCE = timedelta(days=30)
"""How old a trace may be for a new assessment of it to be found."""
_PAGE = 50
"""Traces of one page."""
_NAMED = 10
"""Traces fetched whole at a time."""
_KINDS: Mapping[str, Kind] = {
    "LLM": "model", "CHAT_MODEL": "model", "AGENT": "agent", "CHAIN": "agent", "WORKFLOW": "agent", "TOOL": "tool",
    "RETRIEVER": "retrieval", "RERANKER": "retrieval", "GUARDRAIL": "check", "EVALUATOR": "check",
}  # fmt: skip
_ANNOTATORS = {"HUMAN": "HUMAN", "LLM_JUDGE": "LLM", "AI_JUDGE": "LLM", "CODE": "CODE"}
_BETTER = frozenset({"expected_response", "expected_output", "expected_answer", "correction", "ground_truth"})
"""Expectations that say what the answer should have been, as MLflow's documentation and its users call them."""
NOT_STORED = "A trace keeps its spans outside of MLflow's tracking store, where they cannot be read from."
NOT_AN_ANSWER = "An expectation is no text that says what the answer should have been."
NO_VALUE = "A feedback has a value that is neither a number, a truth value nor a text."
_RUNNING = ("IN_PROGRESS", "STATE_UNSPECIFIED")


class MLflow:
    """One experiment."""

    def __init__(self, project: str, ask: Ask) -> None:
        self._project = project
        self._ask = ask
        self._experiment = ""

    def started(self, window: Window, token: str) -> Listing:
        found = self._search(window, token)
        return Listing([words(one, "trace_id") for one in rows(found, "traces")], words(found, "next_page_token"))

    def judged(self, window: Window, token: str) -> Listing:
        found = self._search(Window(window.begin - PATIENCE, window.begin), token)
        begin = nanoseconds(iso(window.begin))
        news = [
            words(trace, "trace_id")
            for trace in rows(found, "traces")
            if any(_changed(one) >= begin for one in rows(trace, "assessments"))
        ]
        return Listing(news, words(found, "next_page_token"))

    def traces(self, ids: Sequence[str]) -> list[Trace]:
        told: list[Trace] = []
        for named in chunks(ids, _NAMED):
            reply = self._ask(Request("/api/3.0/mlflow/traces/batchGet", [("trace_ids", one) for one in named]))
            found = rows(reply, "traces")
            told += [_trace(one) for one in found if words(one, "trace_info", "state") not in _RUNNING]
            there = {words(one, "trace_info", "trace_id") for one in found}
            told += [Trace(one, (), refused=[NOT_STORED]) for one in named if one not in there]
        return told

    def _search(self, window: Window, token: str) -> Any:
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": self._id()}}
        spoken = f"timestamp_ms >= {milliseconds(window.begin)} AND timestamp_ms < {milliseconds(window.end)}"
        body = {"locations": [place], "filter": spoken, "max_results": _PAGE, "order_by": ["timestamp_ms ASC"]}
        return self._ask(Request("/api/3.0/mlflow/traces/search", body=body | ({"page_token": token} if token else {})))

    def _id(self) -> str:
        if not self._experiment:
            path = "/api/2.0/mlflow/experiments/get-by-name"
            reply = self._ask(Request(path, [("experiment_name", self._project)]))
            self._experiment = words(reply, "experiment", "experiment_id")
            if not self._experiment:
                raise Unreadable("It does not say which experiment has that name.")
        return self._experiment


def _trace(one: Mapping[str, Any]) -> Trace:
    info = mapping(one.get("trace_info"))
    name, about = words(info, "trace_id"), mapping(info.get("trace_metadata"))
    spans = [_with_hexadecimal_ids(span) for span in rows(one, "spans")]
    body = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    export = decode(json.dumps(body).encode(), signal="traces", encoding=JSON)
    episode, customer = text(about, "mlflow.trace.session"), text(about, "mlflow.trace.user")
    refused = list(export.rejected)
    judgements: list[Judgement] = []
    for assessment in rows(info, "assessments"):
        try:
            made = _judgement(assessment, trace=name)
        except Unreadable as reason:
            refused.append(str(reason))
            continue
        if made is not None:
            judgements.append(made)
    parts = [_part(span, trace=name, episode=episode[:200], customer=customer[:200]) for span in export.spans]
    return Trace(name, parts, judgements, refused)


def _part(span: Span, *, trace: str, episode: str, customer: str) -> Part:
    attributes = span.attributes
    kind = _KINDS.get(as_text(attributes.get("mlflow.spanType")).strip('"'), "bare")
    if kind == "bare" and not span.parent:
        kind = "agent"  # a function that was traced without saying what it is
    output = attributes.get("mlflow.spanOutputs")
    operation = Operation(
        id=span.span,
        kind=kind,
        name=span.name,
        began=span.began,
        ended=span.ended,
        given=attributes.get("mlflow.spanInputs"),
        output=output,
        parent=span.parent,
        failure=(span.failure or "error") if span.is_error else "",
        response=words(mapping(output), "id") if kind == "model" else "",
        attributes={
            name: attributes[name] for name in ("mlflow.llm.model", "mlflow.chat.tokenUsage") if name in attributes
        },
    )
    return part_of(operation, trace=trace, episode=episode, customer=customer)


def _judgement(one: Mapping[str, Any], *, trace: str) -> Judgement | None:
    """None for what was replaced or failed. Raises Unreadable with a reason that quotes nothing."""
    if one.get("valid") is False or value_at(one, "feedback", "error"):
        return None
    name, label, metadata = words(one, "assessment_name")[:200], "", mapping(one.get("metadata"))
    score: float | None = None
    if "expectation" in one:
        value = value_at(one, "expectation", "value")
        if name not in _BETTER or not isinstance(value, str) or not value.strip():
            raise Unreadable(NOT_AN_ANSWER)
        metadata = {**metadata, "text": value, "expectation": name}
        name = "edit"
    else:
        value = value_at(one, "feedback", "value")
        match value:
            case bool() | int() | float():
                score = float(value)
            case str():
                label = value
            case None:
                pass
            case _:
                raise Unreadable(NO_VALUE)
    explanation = words(one, "rationale")
    if score is None and not label and not explanation and name != "edit":
        return None
    return Judgement(
        trace=trace,
        span=words(one, "span_id"),
        name=name or "assessment",
        score=score,
        label=label,
        explanation=explanation,
        annotator=_ANNOTATORS.get(words(one, "source", "source_type"), ""),
        identifier=words(one, "assessment_id")[:200],
        author=words(one, "source", "source_id")[:200],
        metadata=metadata,
        at=_changed(one),
    )


def _changed(one: Mapping[str, Any]) -> int:
    return nanoseconds(value_at(one, "last_update_time")) or nanoseconds(value_at(one, "create_time"))


def _with_hexadecimal_ids(span: dict[str, Any]) -> dict[str, Any]:
    """MLflow spells OTLP in protobuf's JSON, where ids are base64."""
    changed = dict(span)
    for name in ("trace_id", "span_id", "parent_span_id"):
        if isinstance(changed.get(name), str):
            try:
                changed[name] = base64.b64decode(changed[name], validate=True).hex()
            except ValueError:
                changed[name] = ""  # and the span is refused for it
    changed.pop("links", None)
    return changed
