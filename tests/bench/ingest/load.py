"""A load generator: connections that each send the next request when the last was answered, for some seconds."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

_SCREENS = ("chat", "mail", "phone")
_REASONS = (
    "The answer named the wrong day.",
    "Exactly what I needed, thank you.",
    "It did not say what it costs.",
    "My order number is 48812 and it is still not here.",
)
_ANSWERS = (
    "Your parcel arrives within three working days; you get a mail with the link on the day it leaves us.",
    "A refund takes five to seven days. Write to anna.meyer@mail.example if it takes longer.",
    "You can change the address until the parcel is packed: Orders, then Change address.",
)


@dataclass
class Tally:
    """What one run came to."""

    seconds: float = 0.0
    rows: int = 0
    """Acknowledged."""
    errors: int = 0
    """Requests that were not."""
    cpu_seconds: float = 0.0
    """Of the server."""
    milliseconds: list[float] = field(default_factory=list)
    """Of every request that was acknowledged."""
    ids: list[str] = field(default_factory=list)
    """As acknowledged."""

    @property
    def p99(self) -> float:
        """Of the time an acknowledged request took."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] if ordered else float("nan")


def feedback_stream(seed: int, *, interactions: int) -> Iterator[dict[str, Any]]:
    """As a help desk sends it: seven of ten a bare rating, two with a reason, one a rewritten answer."""
    draw = random.Random(seed)
    while True:
        body: dict[str, Any] = {
            "interaction_id": f"i{draw.randrange(interactions)}",
            "kind": "thumbs",
            "value": float(draw.random() < 0.7),
            "author": f"customer-{draw.randrange(5_000)}",
            "attributes": {"screen": draw.choice(_SCREENS)},
        }
        chance = draw.random()
        if chance < 0.1:
            yield body | {
                "kind": "edit",
                "value": None,
                "text": draw.choice(_ANSWERS),
                "author": f"lead-{draw.randrange(40)}",
            }
        elif chance < 0.3:
            yield body | {"reason": draw.choice(_REASONS)}
        else:
            yield body


def request(path: str, body: object, *, key: str, idempotency_key: str) -> bytes:
    """The bytes of one request to the API."""
    return post(path, body, head=f"Authorization: Bearer {key}\r\nIdempotency-Key: {idempotency_key}\r\n")


def post(path: str, body: object, *, head: str = "") -> bytes:
    """The bytes of one request. `head`: more lines, each with its end."""
    raw = json.dumps(body).encode()
    more = f"{head}Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}".encode() + raw


def kept_ids(body: bytes) -> Sequence[str]:
    """What the API acknowledged."""
    told = json.loads(body)
    return told.get("ids") or [told["id"]]


async def run(
    port: int,
    make: Callable[[], bytes],
    *,
    connections: int,
    seconds: float,
    ids_of: Callable[[bytes], Sequence[str]] = kept_ids,
) -> Tally:
    """Send what `make` gives on so many connections. The run ends with the answers to what was sent.

    `ids_of`: what an answer acknowledges.
    """
    tally = Tally()
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(_connection(port, make, tally, until=until, ids_of=ids_of) for _ in range(connections)))
    tally.seconds = time.perf_counter() - began
    return tally


async def _connection(
    port: int, make: Callable[[], bytes], tally: Tally, *, until: float, ids_of: Callable[[bytes], Sequence[str]]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        sent = make()
        began = time.perf_counter()
        writer.write(sent)
        status, body = await _answer(reader)
        if status in (200, 201):
            ids = ids_of(body)
            tally.milliseconds.append((time.perf_counter() - began) * 1_000)
            tally.ids += ids
            tally.rows += len(ids)
        else:
            tally.errors += 1
            if status in (429, 503):
                await asyncio.sleep(0.2)
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    return int(head[9:12]), await reader.readexactly(length)
