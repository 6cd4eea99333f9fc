"""Trees of operations, as every tracing tool keeps them (spans, observations, runs) → parts of a trace.

What makes an interaction of parts is the same as for OTLP (`loop.collect.otlp.assembly`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loop.collect.otlp.dialects import conversation
from loop.collect.otlp.messages import answer_of, request_content
from loop.collect.otlp.parts import Judgement, Kind, Part
from loop.collect.otlp.values import as_text, pick_texts


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace, whole, and what was said of it."""

    id: str
    parts: Sequence[Part]
    """Empty where the trace itself is told apart, and here only what was said of it."""
    judgements: Sequence[Judgement] = ()
    refused: Sequence[str] = ()
    """A reason for each annotation that could not be read. Quotes nothing."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One node of the tree."""

    id: str
    kind: Kind
    name: str
    began: int
    """Nanoseconds since 1970, UTC."""
    ended: int
    """0: not known."""
    given: Any = None
    """What went in: a text, messages, or any JSON."""
    output: Any = None
    parent: str = ""
    failure: str = ""
    """Why it failed; empty when it did not."""
    response: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


def part_of(one: Operation, *, trace: str, episode: str = "", customer: str = "") -> Part:
    """An operation as a part. What went into and came out of a model or an agent is read as a conversation."""
    is_talk = one.kind in ("model", "agent")
    request = request_content(conversation(_spelled(one.given), role="user")) if is_talk else request_content([])
    answered, calls = answer_of(conversation(_spelled(one.output), role="assistant")) if is_talk else ("", ())
    attributes = pick_texts(one.attributes, one.attributes)
    if one.failure:
        attributes["failure"] = one.failure[:500]
    return Part(
        trace=trace,
        span=one.id,
        parent=one.parent,
        kind=one.kind,
        name=one.name[:200],
        began=one.began,
        ended=max(one.began, one.ended),
        asked=request.text,
        answered=answered if is_talk else _spelled(one.output),
        given="" if is_talk else _spelled(one.given),
        preamble=request.preamble,
        calls=calls,
        made=request.calls,
        results=request.results,
        is_error=bool(one.failure),
        episode=episode,
        customer=customer,
        response=one.response[:200],
        attributes=attributes,
    )


def _spelled(value: Any) -> str:
    """Text as it is, also where it was kept as JSON text; anything else as JSON."""
    if isinstance(value, str) and value[:1] == '"':
        try:
            plain = json.loads(value)
        except ValueError:
            return value
        return plain if isinstance(plain, str) else value
    return as_text(value)
