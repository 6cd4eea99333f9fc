"""One call of a chat API, and what its two halves say once they are read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from loop.collect.chat.events import Event
from loop.records import ContextFields

Message = dict[str, Any]
"""A chat message in the OpenAI form whose content is text: `role`, `content`, `tool_calls`, `tool_call_id`."""


class Unreadable(ValueError):
    """The call cannot be recorded. `reason` is a short code for counting; nothing of the body is quoted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class VersionAssignment:
    """Which version a call was answered with, and how it came to that."""

    version: int | None = None
    """None: the call passed untouched."""
    bundle_digest: str | None = None
    experiment_id: str | None = None
    arm: str | None = None
    probability: float | None = None
    """Chance with which this version was chosen, in (0, 1]; 1 outside of an experiment."""
    uses: tuple[str, ...] = ()
    """Ids of the examples, articles and rules that were put into the request or answered it."""
    method: str = "model"
    """`model`, or `rule` or `handover` where the version answered without asking the provider."""
    obeyed: tuple[str, ...] = ()
    """Instruction lines that shaped an answer of the version's own."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as it went by: the client's bytes, the provider's bytes, and what is known around them."""

    id: str
    """New for this call."""
    agent: str
    path: str
    """Without what the gateway itself reads of it, such as `/v1/chat/completions`."""
    request: bytes
    """The client's body, before a version was put into it."""
    response: bytes
    """As far as it was sent on."""
    at: datetime
    """When the call came; aware, UTC."""
    status: int = 200
    """Of the provider's answer; 0 when there was none."""
    request_encoding: str = ""
    response_encoding: str = ""
    response_type: str = ""
    milliseconds: float | None = None
    """From the call to the end of the answer."""
    first_byte_ms: float | None = None
    """From the call to the first byte of the answer."""
    cut: str = ""
    """Why the answer is not whole: `client`, `provider`, `size`; empty when it is."""
    episode: str = ""
    """As the client gave it; empty: told from the conversation."""
    customer: str = ""
    """As the client's header gave it."""
    trace: str = ""
    """W3C trace id of the caller."""
    upstream: str = ""
    """Name of the provider."""
    source: str = "gateway"
    """The door, as records carry it."""
    assigned: VersionAssignment = VersionAssignment()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request, read."""

    messages: Sequence[Message]
    """Whole history as far as the client sent it, oldest first, system prompt included."""
    model: str = ""
    customer: str = ""
    context: ContextFields = field(default_factory=dict)
    """What the client said beside the question (`metadata`)."""
    continues: str = ""
    """Id of the response it goes on from, where the provider keeps the history."""
    conversation: str = ""
    """Id of the conversation, where the provider keeps one."""
    is_streamed: bool = False
    is_formed: bool = False
    """The answer must have a form that plain text has not: JSON of a schema, or a certain tool call."""
    is_stored: bool = False
    """The provider keeps the answer, and a later call may go on from it there."""
    tools: tuple[str, ...] = ()
    """Names of the tools offered."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Temperature and the like: numbers and short words only."""


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """An answer, read."""

    messages: Sequence[Message]
    """What the model did, oldest first; the last is the assistant's message. Empty for embeddings and failures."""
    id: str = ""
    """Of the response, as the provider gave it."""
    model: str = ""
    finish: str = ""
    """Why it ended: `stop`, `length`, `tool_calls`, … in the provider's word."""
    usage: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    """Type or code of the provider's error; empty when there is an answer."""


class Dialect(Protocol):
    """One API: how it is read."""

    @property
    def name(self) -> str:
        """As records carry it, such as `chat.completions`."""
        ...

    def asked(self, request: Mapping[str, Any]) -> ChatRequest:
        """Reads whatever is there; what has another shape than documented counts as absent."""
        ...

    def said(self, response: Mapping[str, Any]) -> ChatAnswer:
        """The same for a plain answer."""
        ...

    def joined(self, events: Iterable[Event]) -> dict[str, Any]:
        """The events of a stream as the plain answer they stand for, as far as they came."""
        ...


class ChatDialect(Dialect, Protocol):
    """A chat API, which is also spoken: a version can be put into a request, or answer it."""

    def guided(self, request: Mapping[str, Any], guidance: str) -> dict[str, Any]:
        """A copy of the request whose system prompt goes on with `guidance`."""
        ...

    def reply(self, text: str, *, request: Mapping[str, Any], id: str, at: datetime) -> dict[str, Any]:  # noqa: A002
        """A plain answer with this text, as the provider would give it."""
        ...

    def streamed(self, reply: Mapping[str, Any], *, request: Mapping[str, Any]) -> list[bytes]:
        """The same answer as the pieces of a stream."""
        ...
