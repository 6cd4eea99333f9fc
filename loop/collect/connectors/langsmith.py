"""LangSmith by its REST API: runs of a project, a trace being a tree of them, and feedback on runs.

GET  /api/v1/sessions       the project's id by its name
POST /api/v1/runs/query     runs by start time or trace, cursor pages
GET  /api/v1/feedback       feedback by date or run, offset pages
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from loop.collect.connectors.trees import Operation, Trace, part_of
from loop.collect.connectors.wire import (
    Ask,
    Listing,
    Request,
    Unreadable,
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
from loop.collect.otlp.parts import Judgement, Kind
from loop.collect.otlp.values import mapping, number, text

_PAGE = 50
"""Traces of one page."""
_MOST = 100
"""Runs or feedback LangSmith gives in one reply."""
_NAMED = 50
_PAGES_MAX = 1_000
_KINDS: Mapping[str, Kind] = {"llm": "model", "chain": "agent", "tool": "tool", "retriever": "retrieval"}
_ANNOTATORS = {"app": "HUMAN", "model": "LLM", "auto_eval": "LLM"}
"""Feedback by the API is a person's word or an outcome where its key says so."""
_SELECT = (
    "id", "trace_id", "parent_run_id", "name", "run_type", "start_time", "end_time", "inputs", "outputs", "error",
    "extra", "status",
)  # fmt: skip
_EPISODE = ("session_id", "thread_id", "conversation_id")
_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool", "function": "tool"}
_BETTER = ("output", "answer", "response", "text", "content", "expected", "correction")
_NEXT = ("cursors", "next")
"""Where a reply says how its list goes on."""
OF_NO_TRACE = "A feedback is about no trace."


class LangSmith:
    """One project."""

    def __init__(self, project: str, ask: Ask) -> None:
        self._project = project
        self._ask = ask
        self._session = ""

    def started(self, window: Window, token: str) -> Listing:
        body = {
            "session": [self._id()],
            "is_root": True,
            "start_time": iso(window.begin),
            "filter": f'lt(start_time, "{iso(window.end)}")',
            "order": "asc",
            "limit": _PAGE,
            "select": ["id", "trace_id", "start_time"],
        }
        reply = self._ask(_query(body, token))
        return Listing([words(one, "trace_id") for one in rows(reply, "runs")], words(reply, *_NEXT))

    def judged(self, window: Window, token: str) -> Listing:
        offset = int(token) if token.isascii() and token.isdigit() else 0
        query = [("session", self._id()), ("min_created_at", iso(window.begin)), ("max_created_at", iso(window.end))]
        found = rows(self._ask(Request("/api/v1/feedback", [*query, ("limit", str(_PAGE)), ("offset", str(offset))])))
        traces = [words(one, "trace_id") for one in found]
        refused = [OF_NO_TRACE for one in traces if not one]
        return Listing(unique(traces), str(offset + len(found)) if len(found) >= _PAGE else "", refused)

    def traces(self, ids: Sequence[str]) -> list[Trace]:
        told: list[Trace] = []
        for name in ids:
            runs = self._runs(name)
            root = next((run for run in runs if not words(run, "parent_run_id")), None)
            if root is None or not words(root, "end_time"):
                continue  # it has not ended: a later round, which begins before this one's end, finds it
            about = mapping(value_at(root, "extra", "metadata"))
            judgements = list(self._judgements([words(run, "id") for run in runs], trace=name))
            told.append(
                Trace(
                    name,
                    [
                        part_of(
                            _operation(run),
                            trace=name,
                            episode=text(about, *_EPISODE)[:200],
                            customer=text(about, "user_id", "user", "customer_id")[:200],
                        )
                        for run in runs
                    ],
                    judgements,
                )
            )
        return told

    def _runs(self, trace: str) -> list[dict[str, Any]]:
        body: dict[str, Any] = {"trace": trace, "limit": _MOST, "select": list(_SELECT)}
        return list(every(self._ask, partial(_query, body), of="runs", after=_NEXT))

    def _judgements(self, runs: Sequence[str], *, trace: str) -> Iterator[Judgement]:
        for named in chunks(runs, _NAMED):
            for at in range(_PAGES_MAX):
                query = [*(("run", one) for one in named), ("limit", str(_MOST)), ("offset", str(at * _MOST))]
                found = rows(self._ask(Request("/api/v1/feedback", query)))
                for one in found:
                    yield from _judged(one, trace=trace)
                if len(found) < _MOST:
                    break

    def _id(self) -> str:
        if not self._session:
            found = rows(self._ask(Request("/api/v1/sessions", [("name", self._project), ("limit", "1")])))
            self._session = words(found[0], "id") if found else ""
            if not self._session:
                raise Unreadable("It has no project of that name.")
        return self._session


def _query(body: dict[str, Any], token: str) -> Request:
    return Request("/api/v1/runs/query", body=body | ({"cursor": token} if token else {}))


def _operation(run: Mapping[str, Any]) -> Operation:
    kind, parent = _KINDS.get(words(run, "run_type"), "bare"), words(run, "parent_run_id")
    if kind == "agent" and parent:
        kind = "bare"  # each link of a chain says what the chain says
    elif kind == "bare" and not parent:
        kind = "agent"
    metadata = mapping(value_at(run, "extra", "metadata"))
    output = _plain(run.get("outputs"))
    return Operation(
        id=words(run, "id"),
        kind=kind,
        name=text(metadata, "ls_model_name")
        if kind == "model" and text(metadata, "ls_model_name")
        else words(run, "name"),
        began=nanoseconds(value_at(run, "start_time")),
        ended=nanoseconds(value_at(run, "end_time")),
        given=_plain(run.get("inputs")),
        output=output,
        parent=parent,
        failure=words(run, "error"),
        response=words(mapping(output), "id") if kind == "model" else "",
        attributes={
            name: metadata[name] for name in ("ls_provider", "ls_model_name", "revision_id") if name in metadata
        },
    )


def _plain(value: Any, depth: int = 0) -> Any:
    """Messages and generations of LangChain in OpenAI's form; anything else as it is."""
    if depth > 8:
        return value
    match value:
        case {"kwargs": {"content": _} as fields, "id": [*_, str(name)]}:
            return _message(fields | {"type": fields.get("type") or name.removesuffix("Chunk").removesuffix("Message")})
        case {"type": str(role), "content": _} if role in _ROLES:
            return _message(value)
        case {"generations": [[*_] as first, *_]}:
            return [_plain(one, depth + 1) for one in first[:1]]
        case {"message": {} as message, "text": _}:
            return _plain(message, depth + 1)
        case {"messages": [[*messages]]}:
            return {**value, "messages": [_plain(one, depth + 1) for one in messages]}
        case dict():
            return {name: _plain(one, depth + 1) for name, one in value.items()}
        case list():
            return [_plain(one, depth + 1) for one in value]
        case _:
            return value


def _message(fields: Mapping[str, Any]) -> dict[str, Any]:
    said_by = str(fields.get("type", "")).lower()
    made = {"role": _ROLES.get(said_by, said_by), "content": fields.get("content")}
    for name in ("tool_calls", "tool_call_id"):
        if fields.get(name):
            made[name] = fields[name]
    return made


def _judged(one: Mapping[str, Any], *, trace: str) -> Iterator[Judgement]:
    """A rating, and the better answer where it brings one."""
    value, score, label = one.get("value"), one.get("score"), ""
    if isinstance(value, str):
        label = value
    elif score is None and isinstance(value, bool | int | float):
        score = value
    score = float(score) if isinstance(score, bool) else number({"score": score}, "score")
    by = mapping(one.get("feedback_source"))
    extra = mapping(one.get("extra"))
    author = text(by, "user_id", "user_name", "ls_user_id") or text(mapping(by.get("metadata")), "user_id", "author")
    fields: dict[str, Any] = {
        "trace": trace,
        "span": words(one, "run_id")[:64],
        "annotator": _ANNOTATORS.get(text(by, "type"), ""),
        "identifier": words(one, "id")[:200],
        "author": (author or text(extra, "user_id", "author"))[:200],
        "at": nanoseconds(value_at(one, "modified_at")) or nanoseconds(value_at(one, "created_at")),
    }
    explanation, name = words(one, "comment"), words(one, "key")[:200] or "feedback"
    if score is not None or label or explanation:
        yield Judgement(name=name, score=score, label=label, explanation=explanation, metadata=extra, **fields)
    correction = one.get("correction")
    better = text(correction, *_BETTER) if isinstance(correction, Mapping) else words(one, "correction")
    if better.strip():
        yield Judgement(name="edit", explanation=explanation, metadata={"text": better, "key": name}, **fields)
