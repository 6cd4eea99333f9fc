"""An OpenAI-compatible provider on this machine that answers at once, or after so many milliseconds. Run as a module.

Prints its port. Plain and streamed chat completions, each with an id of its own; nothing is read but the length.
"""

import asyncio
import itertools
import json
import secrets
import sys

_NUMBERS = itertools.count(secrets.randbits(64) << 24)
"""Two stand-ins never give one id."""
_WORDS = [f"word{number} " for number in range(20)]


def _plain() -> bytes:
    message = {"role": "assistant", "content": "".join(_WORDS)}
    body = {"id": f"chatcmpl-{next(_NUMBERS):024x}", "object": "chat.completion", "created": 0, "model": "m"}
    body["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]  # type: ignore[assignment]
    body["usage"] = {"prompt_tokens": 9, "completion_tokens": 20, "total_tokens": 29}  # type: ignore[assignment]
    text = json.dumps(body).encode()
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text


def _streamed() -> bytes:
    head = {"id": f"chatcmpl-{next(_NUMBERS):024x}", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    chunks = [{**head, "choices": [{"index": 0, "delta": {"content": one}, "finish_reason": None}]} for one in _WORDS]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    events = [f"data: {json.dumps(one)}\n\n".encode() for one in chunks] + [b"data: [DONE]\n\n"]
    body = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in events) + b"0\r\n\r\n"
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" + body


class StandIn(asyncio.Protocol):
    """One connection: requests one after the other."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
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
        lengths = (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        length = next(lengths, 0)
        if len(rest) < length:
            return
        self._bytes = rest[length:]
        reply = _streamed() if b'"stream": true' in rest[:length] or b'"stream":true' in rest[:length] else _plain()
        if self._seconds:
            asyncio.get_running_loop().call_later(self._seconds, self._send, reply)
        else:
            self._send(reply)

    def _send(self, reply: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(reply)


async def main(milliseconds: float) -> None:
    """Until the process is ended."""
    server = await asyncio.get_running_loop().create_server(
        lambda: StandIn(milliseconds / 1000), "127.0.0.1", 0, backlog=256
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
    except KeyboardInterrupt:
        sys.exit(0)
