"""The API: what happened and what people said of it, in; what is live, out."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from loop.collect import Delivery, api
from loop.errors import InvalidInput
from loop.ports.deliveries import Ticket
from loop.serve.calls import BATCH_BODY_MAX, Call, Endpoint, path_text
from loop.serve.intake import Receipt
from loop.serve.refusal import Refusal

_LARGE = 32 * 1024
"""Bytes from which a body is read beside the event loop, so that other requests go on meanwhile."""
_KEY_MAX = 1_000
_UNREADABLE = frozenset({"broken_json", "not_utf8", "depth", "duplicate_name", "number", "nul", "surrogate"})
"""What is wrong with a body as JSON, whatever it is meant to say."""

_spell = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

_Fields = dict[str, Any]
_Read = Callable[[_Fields, api.Origin], Delivery]


async def take_interaction(call: Call) -> Response:
    """One interaction."""
    return await _take(call, _one_interaction)


async def take_interactions(call: Call) -> Response:
    """A batch of interactions."""
    return await _take(call, _many_interactions, is_batch=True)


async def take_feedback(call: Call) -> Response:
    """One feedback."""
    return await _take(call, _one_feedback)


async def take_feedback_batch(call: Call) -> Response:
    """A batch of feedback."""
    return await _take(call, _much_feedback, is_batch=True)


async def take_outcome(call: Call) -> Response:
    """How an episode ended."""
    return await _take(call, _of_episode(api.OutcomeBody, path_text(call, "episode")))


async def take_takeover(call: Call) -> Response:
    """A person answered in the agent's place."""
    return await _take(call, _of_episode(api.TakeoverBody, path_text(call, "episode")))


async def show_version(call: Call) -> Response:
    """The live version of an agent."""
    agent = call.request.path_params["agent"]
    head = await asyncio.to_thread(lambda: call.site.parts(agent).store.head())
    return _json(api.VersionAnswer(agent=agent, number=head.number, digest=head.digest, released_at=head.released_at))


def _one_interaction(fields: _Fields, origin: api.Origin) -> Delivery:
    return api.interactions_delivery([(0, api.read_body(api.InteractionBody, fields))], origin)


def _many_interactions(fields: _Fields, origin: api.Origin) -> Delivery:
    bodies, refused = api.read_many(api.InteractionBody, _only(fields, "interactions"), name="interactions")
    return api.interactions_delivery(bodies, origin, refused=refused)


def _one_feedback(fields: _Fields, origin: api.Origin) -> Delivery:
    return api.feedback_delivery([(0, api.read_body(api.FeedbackBody, fields))], origin)


def _much_feedback(fields: _Fields, origin: api.Origin) -> Delivery:
    bodies, refused = api.read_many(api.FeedbackBody, _only(fields, "feedback"), name="feedback")
    return api.feedback_delivery(bodies, origin, refused=refused)


def _of_episode(kind: type[api.OutcomeBody] | type[api.TakeoverBody], episode: str) -> _Read:
    def read(fields: _Fields, origin: api.Origin) -> Delivery:
        body = api.feedback_of_episode(episode, api.read_body(kind, fields))
        return api.feedback_delivery([(0, body)], origin)

    return read


async def _take(call: Call, read: _Read, *, is_batch: bool = False) -> Response:
    """Read the body, keep what it brings, and answer when it is durable."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, "content_type", "The body has to be application/json.")
    if call.request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refusal(415, "content_encoding", "The body has to come as it is, not compressed.")
    key = call.request.headers.get("idempotency-key", "")
    if len(key) > _KEY_MAX:
        raise Refusal(400, "idempotency_key", f"The idempotency key has more than {_KEY_MAX:,} characters.")
    body = await call.body()

    def delivery() -> Delivery:
        fields = _fields(body)
        ticket = Ticket(call.holder.client, _sha(key), _sha(_spelled(call, fields))) if key else None
        origin = api.Origin(
            agent=call.request.path_params["agent"],
            source=call.holder.source(),
            now=call.site.clock(),
            ticket=ticket,
        )
        return read(fields, origin)

    made = await asyncio.to_thread(delivery) if len(body) > _LARGE else delivery()
    receipt = await call.site.intake.submit(made)
    return _batch_answer(receipt) if is_batch else _single_answer(receipt)


def _fields(body: bytes) -> _Fields:
    try:
        return api.read_object(body)
    except InvalidInput as error:
        raise Refusal(400 if error.field in _UNREADABLE else 422, error.field, error.message) from None


def _only(fields: Mapping[str, Any], name: str) -> object:
    if set(fields) - {name}:
        raise InvalidInput(f"Beside {name} there is a field that is not known here.")
    return fields.get(name)


def _single_answer(receipt: Receipt) -> Response:
    ids = [*receipt.kept["interactions"], *receipt.kept["feedback"]]
    if not ids:
        raise Refusal(422, "invalid", receipt.kept["refused"][0]["reason"])
    return _json(api.Kept(id=ids[0]), status=200 if receipt.is_repeat else 201)


def _batch_answer(receipt: Receipt) -> Response:
    ids = [*receipt.kept["interactions"], *receipt.kept["feedback"]]
    told = api.BatchKept(ids=ids, refused=receipt.kept["refused"])
    return _json(told, status=422 if not ids else 200 if receipt.is_repeat else 201)


def _json(told: BaseModel, *, status: int = 200) -> Response:
    return Response(told.model_dump_json(), status_code=status, media_type="application/json")


def _spelled(call: Call, fields: _Fields) -> str:
    """One spelling of what was asked, whatever the order of its fields."""
    path: str = call.request.scope["path"]
    return path + _spell(fields)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_AGENT = "/api/v1/agents/{agent}"

ENDPOINTS = (
    Endpoint(
        methods=("POST",),
        path=f"{_AGENT}/interactions",
        handler=take_interaction,
        verb="interactions:write",
        summary="Keep one interaction",
        takes=api.InteractionBody,
        gives=api.Kept,
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_AGENT}/interactions/batch",
        handler=take_interactions,
        verb="interactions:write",
        body_max=BATCH_BODY_MAX,
        summary="Keep many interactions, each by itself",
        takes=api.InteractionBatch,
        gives=api.BatchKept,
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_AGENT}/feedback",
        handler=take_feedback,
        verb="feedback:write",
        summary="Keep one feedback",
        takes=api.FeedbackBody,
        gives=api.Kept,
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_AGENT}/feedback/batch",
        handler=take_feedback_batch,
        verb="feedback:write",
        body_max=BATCH_BODY_MAX,
        summary="Keep much feedback, each by itself",
        takes=api.FeedbackBatch,
        gives=api.BatchKept,
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_AGENT}/episodes/{{episode}}/outcome",
        handler=take_outcome,
        verb="feedback:write",
        summary="Say how an episode ended",
        takes=api.OutcomeBody,
        gives=api.Kept,
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_AGENT}/episodes/{{episode}}/takeover",
        handler=take_takeover,
        verb="feedback:write",
        summary="Say what a person answered in the agent's place",
        takes=api.TakeoverBody,
        gives=api.Kept,
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_AGENT}/version",
        handler=show_version,
        verb="versions:read",
        summary="The version that is live",
        gives=api.VersionAnswer,
    ),
)
