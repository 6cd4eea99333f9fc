"""OpenAI embeddings (`POST /v1/embeddings`): what a search looked for. The vectors are not kept."""

from collections.abc import Iterable, Mapping
from typing import Any

from loop.collect.chat.events import Event
from loop.collect.chat.exchange import ChatAnswer, ChatRequest
from loop.collect.chat.reading import counts, entries, error_of, short, text_of


class Embeddings:
    """Texts in, vectors out; never streamed (`loop.collect.chat.Dialect`)."""

    name = "embeddings"

    def asked(self, request: Mapping[str, Any]) -> ChatRequest:
        """See `Dialect.asked`: the texts, one message each; tokens given as numbers are only counted."""
        given = request.get("input")
        texts = [given] if isinstance(given, str) else [one for one in entries(given) if isinstance(one, str)]
        return ChatRequest(
            messages=[{"role": "user", "content": text_of(text)} for text in texts],
            model=short(request.get("model")),
            customer=short(request.get("user")),
        )

    def said(self, response: Mapping[str, Any]) -> ChatAnswer:
        """See `Dialect.said`."""
        return ChatAnswer(
            messages=[],
            model=short(response.get("model")),
            usage=counts(response.get("usage")),
            error=error_of(response),
        )

    def joined(self, events: Iterable[Event]) -> dict[str, Any]:
        """There are no streams of vectors."""
        del events
        return {}
