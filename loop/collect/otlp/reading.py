"""Spans and log events → parts and judgements, each with the names by which it says whose agent it is."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from loop.collect.otlp.dialects import SpanContent, span_content
from loop.collect.otlp.judgements import EVALUATION, judged_on, judgement_of_event
from loop.collect.otlp.messages import answer_of, request_content
from loop.collect.otlp.parts import RESPONSE_MAX, Judgement, Kind, Part
from loop.collect.otlp.values import Attributes, text, whole
from loop.collect.otlp.wire import Event, Export, Span

DETAILS = "gen_ai.client.inference.operation.details"
"""The log event that holds what a model span leaves out."""

WORDLESS = (
    "A model call came without its messages. Let the sender record contents, such as with"
    " OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=span_only."
)
"""What to do about it, for the sender and the capture health."""

_SESSION = (
    "gen_ai.conversation.id", "session.id", "langfuse.session.id", "traceloop.association.properties.session_id",
    "traceloop.association.properties.conversation_id", "traceloop.association.properties.chat_id",
)  # fmt: skip
_USER = ("user.id", "enduser.id", "langfuse.user.id", "traceloop.association.properties.user_id")
_AGENT = ("ratchet.agent", "openinference.project.name", "gen_ai.agent.name", "service.name")
"""Where a sender says whose agent this is, the plainest first."""


@dataclass(frozen=True, slots=True)
class RoutedRecord:
    """A part or a judgement, and whose it may be."""

    what: Part | Judgement
    agents: tuple[str, ...]
    """Names it carries, the plainest first."""
    is_named: bool
    """The first of them is an agent's slug, given on purpose (`ratchet.agent`)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an export says."""

    sent: tuple[RoutedRecord, ...]
    ignored: int
    """Spans and events that are about no agent; they count as taken."""
    wordless: int
    """Model calls that came without their messages: the sender leaves contents out."""


def read_export(export: Export) -> Reading:
    """In the order of the export."""
    sent: list[RoutedRecord] = []
    ignored = 0
    for span in export.spans:
        found = list(_of_span(span))
        sent += (_sent(one, span.attributes, span.resource) for one in found)
        ignored += not found
    for event in export.events:
        found = list(_of_event(event))
        sent += (_sent(one, event.attributes, event.resource) for one in found)
        ignored += not found
    wordless = sum(1 for one in sent if isinstance(one.what, Part) and _is_wordless(one.what))
    return Reading(tuple(sent), ignored, wordless)


def choose_agent(sent: RoutedRecord, allowed: Iterable[str]) -> str | None:
    """Which of the agents a key may write for this is; None when it cannot be told.

    A slug that is named on purpose is that agent or none. Otherwise a key for one agent means that one, and a key
    for several the one that the project or service is called after.
    """
    slugs = set(allowed)
    if sent.is_named:
        return sent.agents[0] if sent.agents[0] in slugs else None
    named = next((name for name in sent.agents if name in slugs), None)
    return named or (next(iter(slugs)) if len(slugs) == 1 else None)


def _is_wordless(part: Part) -> bool:
    return part.kind == "model" and not (part.asked or part.answered or part.calls or part.preamble or part.is_error)


def _sent(what: Part | Judgement, attributes: Attributes, resource: Attributes) -> RoutedRecord:
    names = [(name, text(attributes, name) or text(resource, name)) for name in _AGENT]
    return RoutedRecord(what, tuple(value for _, value in names if value), is_named=bool(names[0][1]))


def _of_span(span: Span) -> Iterator[Part | Judgement]:
    judged = judged_on(span, session=text(span.attributes, *_SESSION), user=text(span.attributes, *_USER))
    told = span_content(span.attributes, span.name)
    is_carrier = bool(judged) and bool(span.links)  # tells of another span: what it holds itself is no answer
    if told is not None and not is_carrier and told.kind != "bare":
        yield _part(told, span)
    elif not is_carrier and (bare := _bare(span)):
        yield bare
    yield from judged
    for event in span.events:
        if event.name == EVALUATION:
            target = span.links[0] if len(span.links) == 1 else (span.trace, span.span)
            yield from judgement_of_event(event, target=target)
        elif event.name == DETAILS:
            yield from _details(event)


def _of_event(event: Event) -> Iterator[Part | Judgement]:
    if event.name == EVALUATION:
        yield from judgement_of_event(event, target=(event.trace, event.span))
    elif event.name == DETAILS and event.trace and event.span:
        yield from _details(event)


def _details(event: Event) -> Iterator[Part]:
    """A model call told by an event; fills what its span leaves out."""
    attributes: Mapping[str, Any] = event.attributes
    if isinstance(event.body, dict):
        attributes = {**event.body, **attributes}
    told = span_content(attributes, "")
    if told is not None and (told.inputs or told.outputs):
        of = Span(event.trace, event.span, "", "", event.at, event.at, attributes)
        yield _part(told, of, origin="event")


def _part(told: SpanContent, span: Span, *, origin: Literal["span", "event"] = "span") -> Part:
    request = request_content(told.inputs, instructions=told.instructions)
    answered, calls = answer_of(told.outputs)
    is_talk = told.kind in ("model", "agent")
    attributes = dict(told.attributes)
    if told.call:
        attributes["call"] = told.call
    if span.failure:
        attributes["failure"] = span.failure[:500]
    return Part(
        trace=span.trace,
        span=span.span,
        parent=span.parent,
        origin=origin,
        kind=told.kind,
        name=told.name[:200],
        began=span.began,
        ended=span.ended,
        asked=request.text if is_talk else "",
        answered=answered if is_talk else told.output,
        given=told.given if not is_talk else "",
        preamble=request.preamble if is_talk else (),
        calls=calls,
        made=request.calls,
        results=request.results,
        is_error=span.is_error,
        response=told.response[:RESPONSE_MAX],
        attributes=attributes,
        **_belonging(span),
    )


def _bare(span: Span) -> Part | None:
    """A span that only says whose conversation this is, such as the web request around an agent."""
    belonging = _belonging(span)
    if not any(belonging.values()):
        return None
    kind: Kind = "bare"
    return Part(
        trace=span.trace,
        span=span.span,
        parent=span.parent,
        kind=kind,
        name=span.name[:200],
        began=span.began,
        ended=span.ended,
        **belonging,
    )


_NAME_MAX = 200


def _belonging(span: Span) -> dict[str, Any]:
    """Conversation, person and version, where the span says them."""
    attributes = span.attributes
    digest = text(attributes, "ratchet.bundle_digest")
    return {
        "episode": _short(text(attributes, *_SESSION)),
        "customer": _short(text(attributes, *_USER)),
        "version": whole(attributes, "ratchet.version"),
        "bundle_digest": digest if len(digest) == 64 else "",
    }


def _short(name: str) -> str:
    """A name that fits a column; a longer one by its hash, so that it stays one name."""
    return name if len(name) <= _NAME_MAX else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
