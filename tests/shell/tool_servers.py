"""Langfuse and LangSmith as their documentation has them: REST shapes, pages and limits, over what a test puts there.

Both answer as functions of a call, so that `tests.shell.agent_server.listen` serves them on this machine.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.shell.agent_server import Call

Row = dict[str, Any]


@dataclass
class Tool:
    """What both share: a key, a limit, and what was asked for."""

    key: tuple[str, str]
    """Header and value that a call has to carry."""
    busy: list[int] = field(default_factory=list)
    """Status codes to give before anything else, the last one first."""
    asked: list[str] = field(default_factory=list)
    """Paths with their queries, in order."""

    def reply(self, call: Call) -> tuple[int, Any] | tuple[int, Any, dict[str, str]]:
        """Status, JSON, headers."""
        self.asked.append(call.path)
        name, value = self.key
        if call.headers.get(name) != value:
            return 401, {"message": "no"}
        if self.busy:
            return self.busy.pop(), {}, {"Retry-After": "7"}
        split = urlsplit(call.path)
        return self.answer(split.path, parse_qs(split.query), json.loads(call.body) if call.body else {})

    def answer(self, path: str, query: dict[str, list[str]], body: Row) -> tuple[int, Any]:
        raise NotImplementedError


@dataclass
class Langfuse(Tool):
    """`/api/public`: numbered pages under `meta`."""

    traces: list[Row] = field(default_factory=list)
    scores: list[Row] = field(default_factory=list)
    configs: dict[str, Row] = field(default_factory=dict)

    def answer(self, path: str, query: dict[str, list[str]], body: Row) -> tuple[int, Any]:
        match path.removeprefix("/api/public").split("/")[1:]:
            case ["traces"]:
                found = [one for one in self.traces if one["sessionId"] in query.get("sessionId", [one["sessionId"]])]
                is_last_first = query["orderBy"] == ["timestamp.desc"]
                found.sort(key=lambda one: str(one["timestamp"]), reverse=is_last_first)
                core = ("id", "timestamp", "name", "sessionId", "userId")
                return 200, _numbered([{name: one[name] for name in core} for one in found], query)
            case ["traces", name]:
                one = next((trace for trace in self.traces if trace["id"] == name), None)
                of_it = [score for score in self.scores if score["traceId"] == name]
                return (200, one | {"scores": of_it}) if one else (404, {})
            case ["v2", "scores"]:
                return 200, _numbered(self.scores, query)
            case ["score-configs", name]:
                return (200, self.configs[name]) if name in self.configs else (404, {})
        return 404, {}


@dataclass
class LangSmith(Tool):
    """`/api/v1`: cursors for runs, offsets for feedback."""

    runs: list[Row] = field(default_factory=list)
    feedback: list[Row] = field(default_factory=list)

    def answer(self, path: str, query: dict[str, list[str]], body: Row) -> tuple[int, Any]:
        match path.removeprefix("/api/v1"):
            case "/sessions":
                return 200, [{"id": "project-1", "name": "support"}] if query["name"] == ["support"] else []
            case "/runs/query":
                if body["limit"] > 100:
                    return 422, {"detail": "limit"}
                found = sorted(self.runs, key=lambda run: str(run["start_time"]))
                if body.get("is_root"):
                    begin, end = _moment(body["start_time"]), _moment(body["filter"].split('"')[1])
                    found = [
                        run for run in found if not run["parent_run_id"] and begin <= _moment(run["start_time"]) < end
                    ]
                if "trace" in body:
                    found = [run for run in found if run["trace_id"] == body["trace"]]
                start, most = int(body.get("cursor", 0)), min(body["limit"], 2)
                more = str(start + most) if start + most < len(found) else None
                picked = [{name: run.get(name) for name in body["select"]} for run in found[start : start + most]]
                return 200, {"runs": picked, "cursors": {"next": more}}
            case "/feedback":
                found = [one for one in self.feedback if one["run_id"] in query.get("run", [one["run_id"]])]
                if "min_created_at" in query:
                    begin, end = _moment(query["min_created_at"][0]), _moment(query["max_created_at"][0])
                    found = [one for one in found if begin <= _moment(one["created_at"]) < end]
                start, most = int(query["offset"][0]), int(query["limit"][0])
                return 200, found[start : start + most]
        return 404, {}


def _numbered(rows: list[Row], query: dict[str, list[str]]) -> Row:
    """One page, at most two rows of it, of those in the window."""
    begin = _moment(query["fromTimestamp"][0]) if "fromTimestamp" in query else None
    end = _moment(query["toTimestamp"][0])
    found = [
        one for one in rows if _moment(one["timestamp"]) < end and (begin is None or begin <= _moment(one["timestamp"]))
    ]
    page, limit = int(query["page"][0]), min(int(query["limit"][0]), 2)
    meta = {"page": page, "limit": limit, "totalItems": len(found), "totalPages": -(-len(found) // limit)}
    return {"data": found[(page - 1) * limit : page * limit], "meta": meta}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
