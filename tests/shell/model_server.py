"""A real OpenAI-compatible server on this machine, with scripted replies, for tests where bytes must travel.

def reply(request): return "refund"
with serve(reply) as server:
    ...  # server.base_url, server.requests
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """An answer that is not a completion."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b'{"error": {"message": "scripted"}}'


@dataclass(frozen=True)
class Cut:
    """A completion that ran into `max_tokens`."""

    text: str


Reply = Callable[[dict[str, Any]], str | Refusal | Cut]
"""From the request's JSON to the reply's text, or to something that went wrong."""


@dataclass
class ModelServer:
    """A running server."""

    base_url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    """JSON bodies, in the order received."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of the same requests; names in lower case."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def serve(reply: Reply, *, seconds: float = 0.0) -> Iterator[ModelServer]:
    """Serve `/v1/chat/completions` on a free port of this machine; each reply takes `seconds`."""
    state = ModelServer(base_url="")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet per reply: unbuffered writes wait for delayed acknowledgements
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = json.loads(body)
            with lock:
                state.requests.append(request)
                state.headers.append({name.lower(): value for name, value in self.headers.items()})
            made = reply(request) if self.path == "/v1/chat/completions" else Refusal(404)
            if seconds:
                time.sleep(seconds)
            if isinstance(made, Refusal):
                self._send(made.status, dict(made.headers), made.body)
            else:
                self._send(200, {}, _completion(request, made))

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

        def handle(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # a caller's timeout, seen from here
                super().handle()

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def failing(times: int, refusal: Refusal, *, then: str) -> Reply:
    """Refuses so many times, then answers."""
    lock = threading.Lock()
    left = times

    def reply(request: dict[str, Any]) -> str | Refusal:
        nonlocal left
        with lock:
            if left > 0:
                left -= 1
                return refusal
        return then

    return reply


def _completion(request: dict[str, Any], made: str | Cut) -> bytes:
    text, reason = (made.text, "length") if isinstance(made, Cut) else (made, "stop")
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": request.get("model", ""),
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
    ).encode()
