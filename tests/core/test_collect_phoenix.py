"""What was said of a Phoenix session is about one trace of it, however coarse the times are."""

from typing import Any

import pytest

from loop.collect.connectors.phoenix import Phoenix
from loop.collect.connectors.wire import Request

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
    phoenix = Phoenix("support", asked(said_at))
    made = list(phoenix._of_sessions(["s"]))
    assert [(one.id, [word.score for word in one.judgements]) for one in made] == [(about, [1.0])]
