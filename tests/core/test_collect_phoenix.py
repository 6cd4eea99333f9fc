"""What was said of a Phoenix session is about one trace of it, however coarse the times are."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from loop.collect.connectors.phoenix import Phoenix
from loop.collect.connectors.wire import Request, Window

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
