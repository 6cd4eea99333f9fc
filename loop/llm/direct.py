"""An OpenAI-compatible endpoint, asked directly over kept connections: a tenth of LiteLLM's work per call.

No redirect is followed, no proxy stands between us and this machine, and the key goes to this one address only.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from loop.llm.connections import Connections
from loop.llm.retrying import CallFailed, checked_name, text_of, with_retries


class DirectModel:
    """One model at one address (`loop.ports.Model`). Safe to call from many threads."""

    def __init__(
        self,
        name: str,
        *,
        base_url: str,
        api_key: SecretStr | None = None,
        timeout: float = 60.0,
        concurrency: int = 100,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`name`: what stands after `openai/` is sent as it is. Nothing is contacted yet.

        `timeout`: seconds one try may take. `concurrency`: calls at a time, whoever calls. `pause`: waits between
        tries. Raises InvalidInput for a name or an address that is not allowed.
        """
        self._name = checked_name(name)
        self._connections = Connections(base_url, timeout=timeout)
        self._path = f"{self._connections.path}/chat/completions"
        key = api_key.get_secret_value() if api_key else ""
        self._headers = {"Authorization": f"Bearer {key or 'none'}", "Content-Type": "application/json"}
        self._pause = pause
        self._gate = threading.BoundedSemaphore(concurrency)

    @property
    def name(self) -> str:
        """LiteLLM's name of the model."""
        return self._name

    def complete(self, messages: Sequence[Mapping[str, str]], *, temperature: float, max_tokens: int) -> str:
        """The reply as text, after up to three tries. Raises ModelFailed, also for an empty or a cut reply."""
        request = {
            "model": self._name.removeprefix("openai/"),
            "messages": [dict(message) for message in messages],
            "temperature": temperature,
            "max_tokens": max_tokens,
        }
        return with_retries(lambda: self._try(request), name=self._name, pause=self._pause)

    def close(self) -> None:
        """Let go of open connections. The model can still be used."""
        self._connections.close()

    def _try(self, request: Mapping[str, Any]) -> str:
        body = json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")
        with self._gate:
            reply = self._connections.post(self._path, body, self._headers)
        if reply.status != 200:
            raise CallFailed("status", status=reply.status, retry_after=reply.retry_after)
        try:
            told = json.loads(reply.body)
        except (ValueError, RecursionError):
            raise CallFailed("a reply that is not JSON") from None
        return text_of(told if isinstance(told, dict) else {})
