"""An endpoint on this machine that takes 50 ms and remembers what it was asked: an OpenAI-compatible model, and an
operator's own agent where a question is put to it as Ratchet does. Run as a module.

Prints its port. `GET /log` gives every request in order as `[question, is_candidate]`, `GET /first` the moment the
first one came since it was asked last, on the clock of `time.monotonic`; null when none did.
"""

import asyncio
import json
import sys
import time
from typing import Any

SECONDS = 0.05
CANDIDATE = "second edition"
"""Words that only the candidate's instructions have."""

_log: list[tuple[str, bool]] = []
_first: list[float] = []


class Endpoint(asyncio.Protocol):
    """One connection: requests one after the other."""

    def __init__(self) -> None:
        self._bytes = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        head, found, rest = self._bytes.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if len(rest) < length:
            return
        self._bytes = rest[length:]
        if head.startswith(b"GET /first"):
            self._send(json.dumps(_first[0] if _first else None).encode())
            _first.clear()
            return
        if head.startswith(b"GET"):
            self._send(json.dumps(_log).encode())
            return
        request = json.loads(rest[:length])
        if not _first:
            _first.append(time.monotonic())
        reply = _answered(request) if "question" in request else _completed(request)
        asyncio.get_running_loop().call_later(SECONDS, self._send, json.dumps(reply).encode())

    def _send(self, body: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self._transport.write(head.encode() + body)


def _completed(request: dict[str, Any]) -> dict[str, Any]:
    """As an OpenAI-compatible model."""
    system, asked = request["messages"][0]["content"], request["messages"][-1]["content"]
    _log.append((asked.split("\n")[1], CANDIDATE in system))
    message = {"role": "assistant", "content": "parcel" if CANDIDATE in system else "a parcel, perhaps"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "bench", "choices": [choice]}


def _answered(request: dict[str, Any]) -> dict[str, Any]:
    """As an operator's own agent."""
    is_candidate = CANDIDATE in request["bundle"]["instructions"]
    _log.append((request["question"], is_candidate))
    return {"answer": "parcel" if is_candidate else "a parcel, perhaps", "version": request["version"]["digest"]}


async def main() -> None:
    """Until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Endpoint, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
