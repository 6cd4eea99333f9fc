"""Chat APIs as they travel: requests and answers of OpenAI and Anthropic clients, plain or streamed, as records.

exchange.py       one call, whole           completions.py   OpenAI chat completions
reading.py        bodies, bounded           responses.py     OpenAI responses
events.py         server-sent events        messages.py      Anthropic messages
turns.py          a call → an interaction   embeddings.py    OpenAI embeddings
conversations.py  which turn of which conversation a call belongs to

Pure: nothing is sent or stored here. Every reader does bounded work on whatever it is given and never raises for it.
"""

from loop.collect.chat.completions import Completions
from loop.collect.chat.conversations import Conversations
from loop.collect.chat.embeddings import Embeddings
from loop.collect.chat.exchange import (
    ChatAnswer,
    ChatDialect,
    ChatRequest,
    Dialect,
    Exchange,
    Unreadable,
    VersionAssignment,
)
from loop.collect.chat.messages import Messages
from loop.collect.chat.reading import BODY_MAX, decode_body, read_object
from loop.collect.chat.responses import Responses
from loop.collect.chat.turns import Call, may_be_settled, opening_of, question_of, read_call

__all__ = [
    "BODY_MAX",
    "Call",
    "ChatAnswer",
    "ChatDialect",
    "ChatRequest",
    "Conversations",
    "Dialect",
    "Exchange",
    "Unreadable",
    "VersionAssignment",
    "decode_body",
    "dialect_of",
    "may_be_settled",
    "opening_of",
    "question_of",
    "read_call",
    "read_object",
    "spoken_of",
]

SPOKEN: dict[str, ChatDialect] = {"chat/completions": Completions(), "responses": Responses(), "messages": Messages()}
"""Chat APIs by the end of the path: a version can be put into their requests."""

_DIALECTS: dict[str, Dialect] = {**SPOKEN, "embeddings": Embeddings()}

_ANYWHERE = ("chat/completions", "embeddings")
"""Some servers put a deployment before these."""


def dialect_of(path: str) -> Dialect | None:
    """The API a path such as `/v1/chat/completions` belongs to; None for what passes and is not read."""
    return _DIALECTS.get(_name(path))


def spoken_of(path: str) -> ChatDialect | None:
    """The same, of those a version can be put into."""
    return SPOKEN.get(_name(path))


def _name(path: str) -> str:
    """The end of the path; of the two that nothing else ends with, whatever stands before it."""
    given = path.strip("/")
    return next((one for one in _ANYWHERE if given.endswith(f"/{one}")), given.removeprefix("v1/"))
