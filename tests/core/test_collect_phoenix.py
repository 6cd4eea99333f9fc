"""What was said of a Phoenix session is about one trace of it, however coarse the times are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from loop.collect.connectors.phoenix import Phoenix
from loop.collect.connectors.rounds import Source, pages
from loop.collect.connectors.trees import Trace
from loop.collect.connectors.wire import Listing, Request, Window, nanoseconds
from loop.collect.otlp.parts import Judgement, Part
from loop.ports.cursors import Cursor
from tests.builders import NOON

TRACES = {"first": "2026-06-01T12:00:00.100000Z", "second": "2026-06-01T12:05:00.900000Z"}


def asked(said_at: str) -> Any:
    """A Phoenix of two traces in one session, and one annotation of it."""
    note = {"id": "a1", "session_id": "s", "created_at": said_at, "name": "overall", "result": {"score": 1.0}}

    def ask(request: Request) -> Any:
        query = dict(request.query)
        match request.path.rpartition("/")[2]:
            case "session_annotations":
                return {"data": [note]}
            case "traces":
                found = sorted(name for name in TRACES if TRACES[name] < query.get("end_time", "9"))
                found = found[::-1] if query["order"] == "desc" else found
                return {"data": [{"trace_id": one} for one in found[:1]]}
            case "sessions":
                return {"data": [{"session_id": "s", "start_time": TRACES["first"]}]}
            case _:
                return {"data": []}

    return ask


@pytest.mark.parametrize(
    ("said_at", "about"),
    [
        ("2026-06-01T12:00:00+00:00", "first"),  # cut to the second in which the trace began
        ("2026-06-01T12:04:59+00:00", "first"),
        ("2026-06-01T12:05:00+00:00", "second"),
        ("2026-06-01T13:00:00+00:00", "second"),
        ("2026-06-01T11:59:00+00:00", "first"),  # a clock that goes wrong loses nothing
    ],
)
def test_a_word_about_a_session_is_about_the_trace_that_had_begun_by_then(said_at: str, about: str) -> None:
    listing = Phoenix("support", asked(said_at)).judged(window("2026-06-01T11:00:00+00:00"), "")
    assert [(one.trace, one.score) for one in listing.judgements] == [(about, 1.0)]


def test_a_word_about_a_session_that_ended_long_ago_is_found_once_it_is_said() -> None:
    phoenix = Phoenix("support", asked("2026-06-20T12:00:00+00:00"))
    assert [one.trace for one in phoenix.judged(window("2026-06-20T11:59:59+00:00"), "").judgements] == ["second"]
    assert phoenix.judged(window("2026-06-20T12:00:01+00:00"), "").judgements == ()


def window(begin: str) -> Window:
    """From then on."""
    at = datetime.fromisoformat(begin)
    return Window(at, at + timedelta(days=1))


class OneTrace:
    """A connector with one trace and a judge's word of it, whose time is cut to the second."""

    def started(self, _window: Window, _token: str) -> Listing:
        return Listing(["t"])

    def judged(self, _window: Window, _token: str) -> Listing:
        return Listing([])

    def traces(self, ids: Sequence[str]) -> list[Trace]:
        noon = nanoseconds("2026-06-01T12:00:00+00:00")
        times = {"began": noon + 400_000_000, "ended": noon + 500_000_000}
        model = Part(trace="t", span="a" * 16, origin="span", kind="model", asked="When?", answered="Friday.", **times)
        judge = Judgement(trace="t", name="correct", score=0.4, annotator="LLM", identifier="j", at=noon)
        return [Trace(one, [model], [judge]) for one in ids]


def test_a_check_never_stands_before_what_it_checks() -> None:
    source = Source(agent="desk", door="pull:tool", author="somebody")
    first = next(pages(OneTrace(), source=source, cursor=Cursor(since=NOON), now=NOON + timedelta(days=1)))
    assert [step.kind for step in first.interactions[0].steps] == ["model", "check"]
