"""A real HTTP server on this machine with a scripted reply: an operator's agent, or the receiver of a webhook.

def reply(call): return 200, {"answer": "yes"}
with listen(reply) as server:
    ...  # server.url, server.calls
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
class Call:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Reply = Callable[[Call], tuple[int, Any] | tuple[int, Any, Mapping[str, str]]]
"""From a call to status, JSON or bytes, and headers."""


@dataclass
class Server:
    """A running server."""

    url: str
    calls: list[Call] = field(default_factory=list)
    """In the order received."""


class _Threaded(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def listen(reply: Reply, *, drip: float = 0.0) -> Iterator[Server]:
    """Serve GET and POST on a free port. `drip`: seconds between two bytes of a reply, which then takes long."""
    state = Server(url="")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            call = Call(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            with lock:
                state.calls.append(call)
            status, told, *rest = reply(call)
            said = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            for name, value in (rest[0] if rest else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            for start in range(len(said)) if drip else ():
                self.wfile.write(said[start : start + 1])
                self.wfile.flush()
                time.sleep(drip)
            self.wfile.write(b"" if drip else said)
            self.wfile.flush()

        do_GET = do_POST  # noqa: N815 - the standard library asks for this name

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

        def handle(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                super().handle()

    server = _Threaded(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/answer"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
