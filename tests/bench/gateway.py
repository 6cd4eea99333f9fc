"""What the gateway costs: latency over a direct call, paired, and throughput beside the LiteLLM proxy's.

    uv run python -m tests.bench.gateway [--calls 400] [--seconds 8] [--concurrency 16] [--provider-ms 20]
        [--no-litellm]

The provider stands in on this machine and answers after `--provider-ms` where latency is measured, at once where
throughput is. Direct calls and calls through the gateway take turns, so that what else the machine does falls on both.
Everything is recorded as in life: SQLite, synchronous=FULL, redaction on; what was not recorded is `lost`. The LiteLLM
proxy is installed beside the project by `uv tool run`; where that fails its figure is null and says why.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from loop import desk, wiring
from loop.records import VERBS, Actor, Agent, Bundle, Example, Role
from storage.database import Database
from storage.tables import InteractionRow
from tests.bench.printing import finish, say
from tests.reaching import free_port

LITELLM = "litellm[proxy]>=1.100,<2,!=1.82.7,!=1.82.8"
START_SECONDS = 180
"""To install and start a server."""
BODY = json.dumps(
    {
        "model": "m",
        "messages": [
            {"role": "system", "content": "You answer people who wait for parcels. " * 8},
            {"role": "user", "content": "Where is my parcel? I ordered it last week and have heard nothing since."},
        ],
    }
).encode()
STREAM = BODY[:-1] + b', "stream": true}'
WARM_UP = 20
"""Calls that open connections and read indexes before any is measured."""
EXAMPLES = 200
"""Of the managed agent's version."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=400, help="pairs of calls for each latency")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each round of throughput")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--provider-ms", type=float, default=20.0)
    parser.add_argument("--no-litellm", action="store_true")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started ends with it
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        slow = stack.enter_context(_stand_in(given.provider_ms))
        quick = stack.enter_context(_stand_in(0))
        url = f"sqlite:///{folder / 'bench.db'}"
        keys = _agents(url)
        gateway = stack.enter_context(_gateway(url, slow, quick, folder))
        figures: dict[str, object] = _latency(gateway, keys, slow, calls=given.calls)
        figures |= _throughput(stack, gateway, keys, quick, folder, given)
        figures |= _recorded(url, int(str(figures.pop("calls_made"))))
    finish(
        figures,
        name="gateway",
        seed=0,
        units={
            "p50_overhead_ms": "ms over a direct call, median, to be ≤ 2",
            "first_byte_overhead_ms": "ms until the first byte of a stream over a direct call, median, to be ≤ 2",
            "managed_overhead_ms": f"the same with a version of {EXAMPLES} examples put into every request",
            "throughput_ratio_litellm": "calls per second through the gateway ÷ through the LiteLLM proxy, to be ≥ 5",
            "lost": "calls that went by and were not recorded",
        },
    )


def _agents(url: str) -> dict[str, str]:
    """Two agents and a key for each: one whose version is empty, one that is managed."""
    database = Database.open(url)
    olga = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)
    examples = tuple(
        Example(id=f"x{number}", question=f"What about order number {number}?", answer=f"Order {number} is on its way.")
        for number in range(EXAMPLES)
    )
    keys = {}
    for slug, bundle in (("plain", Bundle()), ("managed", Bundle(instructions="Be kind.", examples=examples))):
        agent = Agent(slug=slug, name=slug, created_at=wiring.utc_now())
        database.create_agent(agent, bundle, now=wiring.utc_now(), actor="olga")
        order = desk.KeyOrder(client="bench", agents=[slug], verbs=VERBS)
        keys[slug] = desk.create_key(database, order, actor=olga, clock=wiring.utc_now, chance=wiring.key_chance()).text
    database.close()
    return keys


def _latency(gateway: str, keys: dict[str, str], provider: str, *, calls: int) -> dict[str, object]:
    """Differences of medians, in milliseconds; each pair is a direct call and one through the gateway."""
    direct = f"{provider}/v1/chat/completions"
    plain, managed = (f"{gateway}/k/{keys[slug]}/u/slow/v1/chat/completions" for slug in ("plain", "managed"))
    say(f"{calls} pairs of calls, plain, streamed and managed")
    whole = _paired((direct, plain), BODY, calls=calls, until_first_byte=False)
    first = _paired((direct, plain), STREAM, calls=calls, until_first_byte=True)
    guided = _paired((direct, managed), BODY, calls=calls, until_first_byte=False)
    return {
        "p50_overhead_ms": round(whole[1] - whole[0], 3),
        "first_byte_overhead_ms": round(first[1] - first[0], 3),
        "managed_overhead_ms": round(guided[1] - guided[0], 3),
        "direct_p50_ms": round(whole[0], 3),
    }


def _paired(urls: Sequence[str], body: bytes, *, calls: int, until_first_byte: bool) -> list[float]:
    """The median milliseconds of each, taking turns."""
    connections = [http.client.HTTPConnection(urlsplit(url).hostname or "", urlsplit(url).port) for url in urls]
    taken: list[list[float]] = [[] for _ in urls]
    for turn in range(calls + WARM_UP):
        for place, (url, connection) in enumerate(zip(urls, connections, strict=True)):
            began = time.perf_counter()
            connection.request("POST", urlsplit(url).path, body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            reply.read(1)
            if until_first_byte:
                ended = time.perf_counter()
                reply.read()
            else:
                reply.read()
                ended = time.perf_counter()
            assert reply.status == 200, (url, reply.status)
            if turn >= WARM_UP:
                taken[place].append((ended - began) * 1000)
    for connection in connections:
        connection.close()
    return [statistics.median(some) for some in taken]


def _throughput(
    stack: contextlib.ExitStack,
    gateway: str,
    keys: dict[str, str],
    provider: str,
    folder: Path,
    given: argparse.Namespace,
) -> dict[str, object]:
    """Calls per second in rounds that take turns."""
    through = {"gateway": f"{gateway}/k/{keys['plain']}/u/quick/v1/chat/completions"}
    reason = "left out with --no-litellm"
    if not given.no_litellm:
        proxy, reason = _litellm(stack, provider, folder)
        through |= {"litellm": f"{proxy}/v1/chat/completions"} if proxy else {}
    through["direct"] = f"{provider}/v1/chat/completions"
    rates: dict[str, list[float]] = {name: [] for name in through}
    made = 0
    for turn in range(given.rounds):
        for name, url in through.items():
            count, seconds = asyncio.run(_load(url, concurrency=given.concurrency, seconds=given.seconds))
            rates[name].append(count / seconds)
            made += count if name == "gateway" else 0
            say(f"round {turn + 1}: {name} {count / seconds:,.0f} calls/s")
    median = {name: statistics.median(some) for name, some in rates.items()}
    proxied = median.get("litellm")
    return {
        "throughput_ratio_litellm": round(median["gateway"] / proxied, 2) if proxied else None,
        "litellm_reason": "" if proxied else reason,
        "calls_per_s": {name: round(rate, 1) for name, rate in median.items()},
        "calls_made": made + 3 * (given.calls + WARM_UP),
    }


async def _load(url: str, *, concurrency: int, seconds: float) -> tuple[int, float]:
    """Calls answered by so many connections in a closed loop, and the seconds it took."""
    parts = urlsplit(url)
    request = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer sk-bench\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    ).encode() + BODY
    began = time.perf_counter()

    async def one() -> int:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        count = 0
        while time.perf_counter() - began < seconds:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head[:200]
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if lengths:
                await reader.readexactly(int(lengths[0][15:]))
            else:
                while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
                    await reader.readexactly(size + 2)
                await reader.readexactly(2)
            count += 1
        writer.close()
        return count

    counts = await asyncio.gather(*(one() for _ in range(concurrency)))
    return sum(counts), time.perf_counter() - began


def _recorded(url: str, made: int) -> dict[str, object]:
    """How many calls were kept, once nothing more comes."""
    database = Database.open(url)
    kept, still = -1, 0
    while still < 5:
        with database.engine.connect() as connection:
            now = connection.execute(sa.select(sa.func.count()).select_from(InteractionRow.core())).scalar_one()
        still, kept = (still + 1, now) if now == kept else (0, now)
        time.sleep(1)
    database.close()
    return {"calls": made, "recorded": kept, "lost": made - kept}


@contextlib.contextmanager
def _stand_in(milliseconds: float) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.stand_in", str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


@contextlib.contextmanager
def _gateway(url: str, slow: str, quick: str, folder: Path) -> Iterator[str]:
    port = free_port()
    environment = os.environ | {
        "RATCHET_DATABASE_URL": url,
        "RATCHET_UPSTREAMS": f"slow={slow}/v1,quick={quick}/v1",
        "RATCHET_JOURNAL_KEY": "off",
        "XDG_DATA_HOME": str(folder),
    }
    command = [sys.executable, "-m", "loop.cli", "api", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            _await(f"{address}/healthz", server)
            yield address
        finally:
            server.send_signal(signal.SIGINT)


def _litellm(stack: contextlib.ExitStack, provider: str, folder: Path) -> tuple[str, str]:
    """The proxy's address, or none and the reason."""
    uv = shutil.which("uv")
    if uv is None:
        return "", "uv is not installed"
    config = folder / "litellm.json"
    chosen = {"model": "openai/m", "api_base": f"{provider}/v1", "api_key": "sk-bench"}
    model = {"model_name": "m", "litellm_params": chosen}
    config.write_text(json.dumps({"model_list": [model], "general_settings": {"master_key": "sk-bench"}}))
    port = free_port()
    environment = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    command = [uv, "tool", "run", "--from", LITELLM, "litellm", "--config", str(config), "--port", str(port)]
    log = stack.enter_context((folder / "litellm.log").open("wb"))
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1"], env=environment, stdout=log, stderr=log, start_new_session=True
    )

    def end() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)  # `uv tool run` starts the proxy as a child of its own
        server.wait(30)

    stack.callback(end)
    address = f"http://127.0.0.1:{port}"
    try:
        _await(f"{address}/health/liveliness", server)
    except RuntimeError as error:
        said = (folder / "litellm.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return "", f"{error} {said[-1][:300] if said else ''}".strip()
    return address, ""


def _await(url: str, server: "subprocess.Popen[bytes]") -> None:
    """Until it answers 200. Raises RuntimeError."""
    parts = urlsplit(url)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"It ended with status {server.returncode}.")
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
            connection.request("GET", parts.path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.25)
    raise RuntimeError(f"It did not start within {START_SECONDS} seconds.")


if __name__ == "__main__":
    main()
