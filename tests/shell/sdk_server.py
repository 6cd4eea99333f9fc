"""A stand-in for Ratchet's API on a free port, with scripted answers, that remembers what it was sent."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the server says; by default that it kept everything."""

    status: int = 201
    body: Mapping[str, Any] | bytes = field(default_factory=lambda: {"ids": [], "refused": []})
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Script = Callable[[Sent], Answer]


@dataclass
class SdkServer:
    """A running server."""

    url: str
    sent: list[Sent] = field(default_factory=list)
    taken: list[Sent] = field(default_factory=list)
    """Of these, what it said it kept."""

    def records(self, kind: str) -> list[dict[str, Any]]:
        """All records it kept, with those of a batch that came twice once (idempotency key)."""
        by_key = {one.headers["idempotency-key"]: one for one in self.taken if one.path.endswith(f"/{kind}/batch")}
        return [record for one in by_key.values() for record in json.loads(one.body)[kind]]


@contextmanager
def sdk_server(script: Script = lambda _: Answer(), *, port: int = 0) -> Iterator[SdkServer]:
    """Serve until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            sent = Sent(self.command, self.path, headers, self.rfile.read(length))
            answer = script(sent)
            with lock:
                state.sent.append(sent)
                if answer.status < 300:
                    state.taken.append(sent)
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - the names http.server calls

        def log_message(self, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    state = SdkServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)
