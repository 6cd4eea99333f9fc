"""An OpenAI-compatible endpoint, asked directly over kept connections: a tenth of LiteLLM's work per call.

No redirect is followed, no proxy stands between us and this machine, and the key goes to this one address only.
"""

import http.client
import json
import ssl
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from loop.llm.address import checked_endpoint, is_this_machine
from loop.llm.retrying import CallFailed, checked_name, text_of, tried


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
        self._base_url = checked_endpoint(base_url)
        self._path = f"{urlsplit(self._base_url).path}/chat/completions"
        key = api_key.get_secret_value() if api_key else ""
        self._headers = {"Authorization": f"Bearer {key or 'none'}", "Content-Type": "application/json"}
        self._timeout = timeout
        self._pause = pause
        self._gate = threading.BoundedSemaphore(concurrency)
        self._idle: deque[http.client.HTTPConnection] = deque()

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
        return tried(lambda: self._try(request), name=self._name, pause=self._pause)

    def close(self) -> None:
        """Let go of open connections. The model can still be used."""
        while self._idle:
            self._idle.pop().close()

    def _try(self, request: Mapping[str, Any]) -> str:
        body = json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")
        try:
            with self._gate:
                status, retry_after, said = self._post(body)
        except TimeoutError:
            raise CallFailed("timeout", is_late=True) from None
        except (OSError, http.client.HTTPException):
            raise CallFailed("no connection", is_lost=True) from None
        if status != 200:
            raise CallFailed("status", status=status, retry_after=retry_after)
        try:
            told = json.loads(said)
        except ValueError:
            raise CallFailed("a reply that is not JSON") from None
        return text_of(told if isinstance(told, dict) else {})

    def _post(self, body: bytes) -> tuple[int, str, bytes]:
        """Status, Retry-After and body. Kept connections that the server closed meanwhile are dropped, each in turn."""
        while True:
            try:
                connection, is_kept = self._idle.pop(), True
            except IndexError:
                connection, is_kept = self._connect(), False
            try:
                connection.request("POST", self._path, body, self._headers)
                reply = connection.getresponse()
                said = reply.read()
            except TimeoutError:
                connection.close()
                raise
            except (OSError, http.client.HTTPException):
                connection.close()
                if not is_kept:
                    raise
                continue
            if reply.will_close:
                connection.close()
            else:
                self._idle.append(connection)
            return reply.status, reply.headers.get("retry-after", ""), said

    def _connect(self) -> http.client.HTTPConnection:
        """Straight to the address, or through the operator's proxy when it is not this machine."""
        parts = urlsplit(self._base_url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        proxy = None
        if not is_this_machine(host) and not urllib.request.proxy_bypass(host):
            proxy = urllib.request.getproxies().get(parts.scheme)
        through = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else None
        to, to_port = (through.hostname or "", through.port or 80) if through else (host, port)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            made: http.client.HTTPConnection = http.client.HTTPSConnection(
                to, to_port, timeout=self._timeout, context=context
            )
        else:
            made = http.client.HTTPConnection(to, to_port, timeout=self._timeout)
        if through:
            made.set_tunnel(host, port)
        return made
