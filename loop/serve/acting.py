"""The actuator: a request with the version put into it, or the answer the version gives itself.

Whatever goes wrong here, the call goes on untouched: this decides what is said, never whether there is an answer.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from loop.agent import Guide
from loop.collect import chat
from loop.records import Answer, Question
from loop.serve.live import LiveVersions, VersionChoice
from loop.text.spelling import HAND_OVER


@dataclass(frozen=True, slots=True)
class Act:
    """What becomes of a request."""

    assigned: chat.VersionAssignment
    body: bytes | None = None
    """What to send in place of the client's body; None: send that."""
    own: list[bytes] | None = None
    """The answer, where nobody is to be asked: whole, or the pieces of a stream."""
    is_streamed: bool = False


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request as it came."""

    agent: str
    dialect: chat.ChatDialect
    body: bytes
    """Unpacked."""
    episode: str
    """As the client named it; empty: it is told by how the conversation began."""
    upstream: str
    at: datetime


async def act(incoming: IncomingRequest, *, versions: LiveVersions) -> Act | None:
    """The version of this call put into it; None: no version is known. Raises Unreadable."""
    seen = await versions.look(incoming.agent)
    if seen is None:
        return None
    if seen.says_nothing:
        return Act(_assigned(seen.choose("")))
    request = chat.read_object(incoming.body)
    asked = incoming.dialect.asked(request)
    unit = incoming.episode or asked.conversation or chat.opening_of(asked) or secrets.token_hex(8)
    chosen = seen.choose(unit)
    assigned = _assigned(chosen)
    question = chat.question_of(asked)
    guide = chosen.live.guide
    if chosen.live.says_nothing or question is None:
        return Act(assigned)
    said = await asyncio.to_thread(_say, guide, question, asked, secrets.token_hex(8))
    if isinstance(said, Answer):
        return _own(said, incoming, request, assigned)
    text, uses = said
    changed = incoming.dialect.guided(request, text) if text else dict(request)
    changed |= _model(guide, incoming.upstream)
    return Act(replace(assigned, uses=uses), body=json.dumps(changed, separators=(",", ":")).encode())


def _say(
    guide: Guide, question: Question, asked: chat.ChatRequest, boundary: str
) -> Answer | tuple[str, tuple[str, ...]]:
    """The version's own answer, or what it says to whoever answers with the ids of what it shows."""
    answer = guide.settle(question) if chat.may_be_settled(asked) else None
    if answer is not None:
        return answer
    made = guide.guide(question, boundary=boundary)
    return made.text, made.uses


def _own(
    answer: Answer, incoming: IncomingRequest, request: Mapping[str, Any], assigned: chat.VersionAssignment
) -> Act:
    text = answer.text if answer.method != "handover" else HAND_OVER
    dialect = incoming.dialect
    reply = dialect.reply(text, request=request, id=secrets.token_hex(12), at=incoming.at)
    is_streamed = request.get("stream") is True
    return Act(
        replace(assigned, uses=answer.uses, method=answer.method, obeyed=answer.obeyed),
        own=dialect.streamed(reply, request=request) if is_streamed else [json.dumps(reply).encode()],
        is_streamed=is_streamed,
    )


def _assigned(chosen: VersionChoice) -> chat.VersionAssignment:
    return chat.VersionAssignment(
        version=chosen.live.number,
        bundle_digest=chosen.live.digest,
        experiment_id=chosen.assignment.experiment_id,
        arm=chosen.assignment.arm,
        probability=chosen.assignment.probability,
    )


def _model(guide: Guide, upstream: str) -> dict[str, Any]:
    """Model and temperature, where the version names a model of this provider; a limit of words stays the client's."""
    choice = guide.model
    if choice is None:
        return {}
    provider, slash, name = choice.name.partition("/")
    if slash and provider != upstream:
        return {}
    return {"model": name if slash else choice.name, "temperature": choice.temperature}
