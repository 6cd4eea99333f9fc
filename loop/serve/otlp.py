"""OTLP/HTTP: `/v1/traces` and `/v1/logs`, for agents that are traced already.

A span is durable before it is acknowledged, and its trace is told anew with every export that adds to it, so the order
of exports does not matter. What can never be read is counted in a partial success, which nobody sends again; what may
be kept later is a 429 or 503 with Retry-After. The answer has the encoding of the question.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.responses import Response

from loop import desk
from loop.collect import Delivery, otlp
from loop.errors import InvalidInput, RatchetError
from loop.ports.deliveries import Capture, EpisodeFeedback
from loop.records import Interaction
from loop.serve.auth import Access
from loop.serve.calls import BATCH_BODY_MAX, Call, Endpoint, Site
from loop.serve.refusal import Refusal, refusal_of
from loop.text.redaction import Masker
from storage.telemetry import KeptPart

_TRIES = 5
"""Times a trace is told again because another export of it came meanwhile."""
_NOBODY = "Nothing says whose agent this is. Set the resource attribute ratchet.agent."
_NO_ROOM = "The trace is too long, or was closed days ago."


@dataclass(slots=True)
class _Batch:
    """What one export brings for one agent."""

    parts: list[otlp.Part] = field(default_factory=list)
    judgements: list[otlp.Judgement] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


async def _traces(call: Call) -> Response:
    return await _export(call, "traces")


async def _logs(call: Call) -> Response:
    return await _export(call, "logs")


async def _export(call: Call, signal: otlp.Signal) -> Response:
    headers = call.request.headers
    encoding: otlp.Encoding = otlp.JSON
    try:
        encoding = otlp.encoding_of(headers.get("content-type", ""))
        access = await call.site.keys.access(headers)
        body = await call.body()
        reading, rejected = await asyncio.to_thread(
            _read, body, headers.get("content-encoding", ""), signal=signal, encoding=encoding
        )
        batches, strays = _by_agent(reading, access)
        rejected += strays
        for agent, batch in batches.items():
            rejected += await _take(call.site, agent, batch, access=access)
    except otlp.TooLarge as error:
        return _failed(Refusal(413, "too_large", error.message), encoding)
    except Refusal as refusal:
        return _failed(refusal, encoding)
    except InvalidInput as error:
        status = 415 if error.field in ("content-type", "content-encoding") else 400
        return _failed(Refusal(status, "invalid", error.message), encoding)
    except RatchetError as error:
        return _failed(refusal_of(error), encoding)
    told = otlp.success(
        signal=signal, encoding=encoding, rejected=rejected, warning=otlp.WORDLESS if reading.wordless else ""
    )
    return Response(told, media_type=encoding)


def _read(body: bytes, packed: str, *, signal: otlp.Signal, encoding: otlp.Encoding) -> tuple[otlp.Reading, list[str]]:
    export = otlp.decode(otlp.inflate(body, packed), signal=signal, encoding=encoding)
    return otlp.read_export(export), list(export.rejected)


def _failed(refusal: Refusal, encoding: otlp.Encoding) -> Response:
    return Response(
        otlp.failure(refusal.message, encoding=encoding),
        status_code=refusal.status,
        headers=refusal.headers,
        media_type=encoding,
    )


def _by_agent(reading: otlp.Reading, access: Access) -> tuple[Mapping[str, _Batch], list[str]]:
    """What goes to which agent, and a reason for each item that cannot be kept anywhere."""
    batches: dict[str, _Batch] = defaultdict(_Batch)
    strays: list[str] = []
    for sent in reading.sent:
        agent = otlp.choose_agent(sent, access.agents)
        if agent is None:
            strays.append(_NOBODY)
            continue
        if reason := _not_allowed(sent, access, agent):
            batches[agent].refused.append(reason)
        elif isinstance(sent.what, otlp.Part):
            batches[agent].parts.append(sent.what)
        else:
            batches[agent].judgements.append(sent.what)
    return batches, strays


def _not_allowed(sent: otlp.RoutedRecord, access: Access, agent: str) -> str:
    verb = "interactions:write" if isinstance(sent.what, otlp.Part) else "feedback:write"
    return "" if verb in access.agents[agent] else f"The key may not do {verb}."


async def _take(site: Site, agent: str, batch: _Batch, *, access: Access) -> list[str]:
    """Keep a batch and tell its traces; the reasons of what was refused. Raises Refusal, RatchetError."""
    sender = otlp.Sender(agent, access.source("otlp"), author=access.client, received_at=site.clock())
    refused = list(batch.refused)
    refused += await asyncio.to_thread(_keep, site, agent, batch, sender.received_at)
    told = await asyncio.to_thread(_targeted, site, sender, batch)
    refused += told.refused
    traces = {part.trace for part in (*batch.parts, *told.checks)}
    counted: Mapping[str, int] = Counter(refused)
    for _ in range(_TRIES):
        parts = await asyncio.to_thread(site.database.telemetry.parts, agent, traces)
        sizes = {trace: len(found) for trace, found in parts.items()}
        delivery = Delivery(
            agent=agent,
            door=sender.source,
            interactions=_told(parts, sender),
            feedback=told.feedback,
            of_episodes=tuple(EpisodeFeedback(session, one) for session, one in told.of_sessions),
            rejected=counted,
            is_retold=True,
        )
        counted = {}
        if delivery.size:
            await site.intake.submit(delivery)
        elif delivery.rejected:
            site.intake.count(agent, Capture(sender.source, rejected=delivery.rejected, last_at=sender.received_at))
        # Another request may have added to a trace after it was read here, and told it before: then once more.
        again = await asyncio.to_thread(site.database.telemetry.parts, agent, traces)
        if {trace: len(found) for trace, found in again.items()} == sizes:
            break
    await asyncio.to_thread(
        site.database.telemetry.settle, agent, [name for one in told.settled for name in _awaited(one)]
    )
    return refused


def _keep(site: Site, agent: str, batch: _Batch, now: datetime) -> list[str]:
    """Write what waits: parts, and judgements that name an answer. They are there before anybody looks for them."""
    own = desk.own_contacts(site.parts(agent))
    maskers: dict[str, Masker] = defaultdict(lambda: Masker(own=own))
    kept = [_kept(otlp.mask_part(part, maskers[part.trace])) for part in batch.parts]
    for one in batch.judgements:
        if one.response:
            body = _masked_judgement(one, Masker(own=own)).model_dump(mode="json")
            kept += [KeptPart("", name, awaited, body) for name, awaited in _awaited(one).items()]
    return [_NO_ROOM for _ in site.database.telemetry.keep(agent, kept, now=now)]


def _targeted(site: Site, sender: otlp.Sender, batch: _Batch) -> otlp.TargetOutcome:
    """Judgements of this export, and those that waited for an answer it brings."""
    telemetry, agent = site.database.telemetry, sender.agent
    waited = telemetry.waiting(agent, {name for part in batch.parts for name in (part.response, _beside(part.trace))})
    judgements = {one.id: one for one in (*batch.judgements, *map(otlp.Judgement.model_validate, waited))}
    if not judgements:
        return otlp.TargetOutcome()
    beside = {one.trace for one in judgements.values() if one.response}
    known = telemetry.parts(agent, beside)
    told = otlp.resolve_targets(
        judgements.values(),
        responses=telemetry.answers(agent, {one.response for one in judgements.values()}),
        talked={(trace, str(body["span"])) for trace, found in known.items() for body in found if _talked(body)},
        sender=sender,
    )
    telemetry.keep(agent, [_kept(otlp.mask_part(part, Masker())) for part in told.checks], now=sender.received_at)
    return told


def _awaited(one: otlp.Judgement) -> dict[str, str]:
    """What a judgement waits for, by the name it is kept under: the answer it names, and the trace it stands in."""
    return {f"{one.id}:answer": one.response} | ({f"{one.id}:trace": _beside(one.trace)} if one.trace else {})


def _beside(trace: str) -> str:
    return f"trace:{trace}"


def _talked(body: Mapping[str, object]) -> bool:
    return body.get("kind") in ("agent", "model")


def _kept(part: otlp.Part) -> KeptPart:
    return KeptPart(part.trace, part.key, part.response, part.model_dump(mode="json", exclude_defaults=True))


def _masked_judgement(one: otlp.Judgement, masker: Masker) -> otlp.Judgement:
    return one.model_copy(
        update={"explanation": masker.mask(one.explanation), "label": masker.mask(one.label)}
        | {"metadata": masker.walk(one.metadata)}
    )


def _told(parts: Mapping[str, Sequence[Mapping[str, object]]], sender: otlp.Sender) -> tuple[Interaction, ...]:
    told = (
        otlp.assemble([otlp.Part.model_validate(body) for body in bodies], agent=sender.agent, source=sender.source)
        for bodies in parts.values()
    )
    return tuple(one for one in told if one is not None)


ENDPOINTS: Sequence[Endpoint] = (
    Endpoint(methods=("POST",), path="/v1/traces", handler=_traces, auth="none", body_max=BATCH_BODY_MAX),
    Endpoint(methods=("POST",), path="/v1/logs", handler=_logs, auth="none", body_max=BATCH_BODY_MAX),
)
