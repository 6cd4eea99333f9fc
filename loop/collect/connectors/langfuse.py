"""Langfuse by its public API: traces of a project with their observations, and scores.

    GET /api/public/traces             by timestamp, ascending, numbered pages
    GET /api/public/traces/{id}        one trace with its observations and scores
    GET /api/public/v2/scores          scores by date, of traces and of sessions
    GET /api/public/score-configs/{id} the scale of a score

The key pair belongs to one project. A score that is edited keeps its date, so it is read again only with its trace.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from loop.collect.connectors.trees import Operation, Trace, part_of
from loop.collect.connectors.wire import (
    Ask,
    Listing,
    Request,
    Unreadable,
    Window,
    iso,
    nanoseconds,
    rows,
    value_at,
    words,
)
from loop.collect.otlp.parts import Judgement, Kind
from loop.collect.otlp.values import mapping, number, whole

_PAGE = 50
"""Traces or scores of one page."""
_KINDS: Mapping[str, Kind] = {
    "GENERATION": "model", "AGENT": "agent", "CHAIN": "agent", "TOOL": "tool", "SPAN": "tool",
    "RETRIEVER": "retrieval", "EVALUATOR": "check", "GUARDRAIL": "check",
}  # fmt: skip
_ROOT = "trace"
"""The id of the part that the trace itself is."""
_ANNOTATORS = {"ANNOTATION": "HUMAN", "EVAL": "LLM"}
"""Scores by the API are a person's word or an outcome where their name says so."""
OF_NO_TRACE = "A score is about no trace and no session."


class Langfuse:
    """One project."""

    def __init__(self, project: str, ask: Ask) -> None:
        self._environment = project
        self._ask = ask
        self._scales: dict[str, Mapping[str, Any]] = {}

    def started(self, window: Window, token: str) -> Listing:
        query = [*self._window(window, token), ("orderBy", "timestamp.asc"), ("fields", "core")]
        reply = self._ask(Request("/api/public/traces", query))
        return Listing([words(one, "id") for one in rows(reply, "data")], _next(reply))

    def judged(self, window: Window, token: str) -> Listing:
        reply = self._ask(Request("/api/public/v2/scores", self._window(window, token)))
        found, refused, of_sessions = list[str](), list[str](), list[Judgement]()
        for score in rows(reply, "data"):
            trace = words(score, "traceId") or self._last_of(words(score, "sessionId"), words(score, "timestamp"))
            if not trace:
                refused.append(OF_NO_TRACE)
                continue
            if words(score, "traceId"):
                found.append(trace)
            else:
                of_sessions += self._judgements([score], trace=trace, customer="")
        return Listing(found, _next(reply), refused, of_sessions)

    def traces(self, ids: Sequence[str]) -> list[Trace]:
        return [self._trace(self._ask(Request(f"/api/public/traces/{quote(one, safe='')}"))) for one in ids]

    def _trace(self, one: Any) -> Trace:
        name = words(one, "id")
        if not name:
            raise Unreadable("A trace of it has no id.")
        customer = words(one, "userId")[:200]
        operations = list(_operations(one))
        about = {"trace": name, "episode": words(one, "sessionId")[:200], "customer": customer}
        judgements = [*self._judgements(rows(one, "scores"), **{key: about[key] for key in ("trace", "customer")})]
        return Trace(name, [part_of(each, **about) for each in operations], judgements)

    def _judgements(self, scores: Sequence[Mapping[str, Any]], *, trace: str, customer: str) -> Iterator[Judgement]:
        for one in scores:
            at = nanoseconds(value_at(one, "updatedAt")) or nanoseconds(value_at(one, "timestamp"))
            metadata = dict(mapping(one.get("metadata")))
            kind, value = words(one, "dataType"), words(one, "stringValue")
            name, score, label, explanation = words(one, "name")[:200], None, "", words(one, "comment")
            match kind:
                case "CORRECTION":
                    metadata, name = metadata | {"text": value, "score": name}, "edit"
                case "CATEGORICAL":
                    label = value
                case "TEXT":
                    explanation = explanation or value
                case _:
                    value_given = one.get("value")
                    score = float(value_given) if isinstance(value_given, bool) else number(one, "value")
                    metadata = {**self._scale(words(one, "configId")), **metadata} if kind != "BOOLEAN" else metadata
            if not name or (score is None and not label and not explanation and name != "edit"):
                continue
            by_api = words(one, "source") == "API"
            author = words(one, "authorUserId") or words(metadata, "author") or words(metadata, "user_id")
            yield Judgement(
                trace=trace,
                span=words(one, "observationId")[:64],
                name=name,
                score=score,
                label=label,
                explanation=explanation,
                annotator=_ANNOTATORS.get(words(one, "source"), ""),
                identifier=words(one, "id")[:200],
                author=(author or (customer if by_api else ""))[:200],
                metadata=metadata,
                at=at,
            )

    def _scale(self, config: str) -> Mapping[str, Any]:
        """`min` and `max` of a score's configuration, asked for once; empty without one."""
        if config and config not in self._scales:
            found = self._ask(Request(f"/api/public/score-configs/{quote(config, safe='')}"))
            ends = {"min": number(mapping(found), "minValue"), "max": number(mapping(found), "maxValue")}
            self._scales[config] = ends if None not in ends.values() else {}
        return self._scales.get(config, {})

    def _last_of(self, session: str, at: str) -> str:
        """The last trace of a session that had begun by then, which stays the same; empty when there is none."""
        if not session:
            return ""
        query = [("sessionId", session), ("toTimestamp", at), ("orderBy", "timestamp.desc"), ("limit", "1")]
        found = rows(self._ask(Request("/api/public/traces", [*query, ("page", "1")])), "data")
        return words(found[0], "id") if found else ""

    def _window(self, window: Window, token: str) -> list[tuple[str, str]]:
        query = [("fromTimestamp", iso(window.begin)), ("toTimestamp", iso(window.end)), ("limit", str(_PAGE))]
        query += [("environment", self._environment)] if self._environment else []
        return [*query, ("page", token or "1")]


def _next(reply: Any) -> str:
    """The number of the next page."""
    page, last = whole(mapping(value_at(reply, "meta")), "page"), whole(mapping(value_at(reply, "meta")), "totalPages")
    if page is None or last is None:
        raise Unreadable("A page of it does not say how many there are.")
    return str(page + 1) if page < last else ""


def _operations(trace: Mapping[str, Any]) -> Iterator[Operation]:
    """The trace itself, and what happened in it."""
    observations = rows(trace, "observations")
    began = nanoseconds(value_at(trace, "timestamp"))
    is_told = trace.get("input") is not None and trace.get("output") is not None
    starts = [at for one in observations if (at := nanoseconds(value_at(one, "startTime")))]
    yield Operation(
        id=_ROOT,
        kind="agent" if is_told else "bare",
        name=words(trace, "name"),
        began=min([began, *starts]) if began else min(starts, default=0),
        ended=max((nanoseconds(value_at(one, "endTime")) for one in observations), default=0),
        given=trace.get("input"),
        output=trace.get("output"),
        attributes={name: words(trace, name) for name in ("release", "version", "environment")},
    )
    for one in observations:
        kind = _KINDS.get(words(one, "type"), "bare")
        parent = words(one, "parentObservationId")
        if kind == "tool" and words(one, "type") == "SPAN" and not parent and not is_told:
            kind = "agent"
        output = one.get("output")
        is_error = words(one, "level") == "ERROR"
        yield Operation(
            id=words(one, "id"),
            kind=kind,
            name=(words(one, "model") if kind == "model" else "") or words(one, "name"),
            began=nanoseconds(value_at(one, "startTime")) or began,
            ended=nanoseconds(value_at(one, "endTime")),
            given=one.get("input"),
            output=output,
            parent=parent or _ROOT,
            failure=(words(one, "statusMessage") or "error") if is_error else "",
            response=words(mapping(output), "id") if kind == "model" else "",
            attributes=_spoken(one, "promptName", "promptVersion", "totalTokens"),
        )


def _spoken(one: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: one[name] for name in names if one.get(name) is not None}
