"""Measure the API; prints one JSON line.

SQLite with synchronous=FULL, redaction on, keys and idempotency keys checked, one client whose requests follow each
other on some connections; a worker learns from what comes and a reader asks what the screens ask. Every acknowledged
row is looked up afterwards. Then MLflow and Phoenix, where
they are installed, take the same ratings. Run: `uv run python -m tests.bench.ingest`; `--seconds 5` measures less.
"""

import argparse
import asyncio
import itertools
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import sqlalchemy as sa

from storage.database import Database
from storage.tables import FeedbackRow
from tests.bench.ingest import load, peers, site
from tests.bench.ingest.load import Tally
from tests.bench.printing import finish, say
from tests.reaching import free_port

INTERACTIONS = 20_000
CONNECTIONS = 96
PEER_CONNECTIONS = (8, CONNECTIONS)
"""Peers are measured with few and with many; the better figure counts."""
_WARM_SECONDS = 3.0
BATCH = 100
BATCH_CONNECTIONS = 16
BATCH_ROWS_PER_S = 20_000
"""More than will be taken: rows that are spelled before the clock starts."""
_FEEDBACK = f"/api/v1/agents/{site.AGENT}/feedback"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="Of single rows; batches run a third as long.")
    parser.add_argument("--peer-seconds", type=float, default=20.0, help="Of each peer; 0 leaves them out.")
    parser.add_argument("--alone", action="store_true", help="Without worker and reader.")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        place = site.make_place(Path(folder), interactions=INTERACTIONS)
        if chosen.alone:
            single, batch = _measured(place, chosen)
        else:
            with site.company(place):
                single, batch = _measured(place, chosen)
        lost = _lost(place, [*single.ids, *batch.ids])
        peers_figures = _peers(Path(folder), chosen) if chosen.peer_seconds else {}
    figures: dict[str, object] = {
        "rows_per_s": round(single.rows / single.seconds, 1),
        "p99_ms": round(single.p99, 1),
        "errors": single.errors + batch.errors,
        "lost": lost,
        "batch_rows_per_s": round(batch.rows / batch.seconds, 1),
        "batch_p99_ms": round(batch.p99, 1),
        "rows": single.rows + batch.rows,
        "cpu_us_per_row": round(single.cpu_seconds / max(1, single.rows) * 1e6),
        "batch_cpu_us_per_row": round(batch.cpu_seconds / max(1, batch.rows) * 1e6),
    }
    finish(
        figures | peers_figures | {"connections": CONNECTIONS, "batch": BATCH},
        name="ingest",
        seed=chosen.seed,
        units={"*_rows_per_s": "acknowledged rows a second, the client on the same cores", "*_ms": "milliseconds"}
        | {"*cpu_us_per_row": "microseconds of processor time of the API process"},
    )


def _measured(place: site.Place, chosen: argparse.Namespace) -> tuple[Tally, Tally]:
    port = free_port()
    api = site.start_api(place, port)
    try:
        stream = load.feedback_stream(chosen.seed, interactions=INTERACTIONS)
        names = itertools.count()

        def one() -> bytes:
            return load.request(_FEEDBACK, next(stream), key=place.key, idempotency_key=f"k{next(names)}")

        began = site.cpu_seconds(api.pid)
        single = asyncio.run(load.run(port, one, connections=CONNECTIONS, seconds=chosen.seconds))
        single.cpu_seconds = site.cpu_seconds(api.pid) - began
        say(f"{single.rows:,} single rows in {single.seconds:.1f} s, p99 {single.p99:.0f} ms.")
        make = _batches(place, chosen.seed + 1, rows=int(chosen.seconds / 3 * BATCH_ROWS_PER_S))
        began = site.cpu_seconds(api.pid)
        batch = asyncio.run(load.run(port, make, connections=BATCH_CONNECTIONS, seconds=chosen.seconds / 3))
        batch.cpu_seconds = site.cpu_seconds(api.pid) - began
        say(f"{batch.rows:,} rows in batches in {batch.seconds:.1f} s, p99 {batch.p99:.0f} ms.")
    finally:
        site.end(api)
    return single, batch


def _batches(place: site.Place, seed: int, *, rows: int) -> Callable[[], bytes]:
    """Batches of `rows` items that were spelled before: the client's share of the cores goes to sending."""
    stream = load.feedback_stream(seed, interactions=INTERACTIONS)
    spelled = [b'{"id":"b%d",' % number + json.dumps(next(stream)).encode()[1:] for number in range(rows)]
    names = itertools.count()
    head = (
        f"POST {_FEEDBACK}/batch HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {place.key}\r\n"
        "Content-Type: application/json\r\n"
    ).encode()

    def batch() -> bytes:
        number = next(names)
        begin = number * BATCH
        if begin + BATCH > rows:
            raise SystemExit("The server took more than was spelled for it: raise BATCH_ROWS_PER_S.")
        raw = b'{"feedback":[' + b",".join(spelled[begin : begin + BATCH]) + b"]}"
        return head + b"Idempotency-Key: batch%d\r\nContent-Length: %d\r\n\r\n" % (number, len(raw)) + raw

    return batch


def _peers(folder: Path, chosen: argparse.Namespace) -> dict[str, object]:
    """Rows a second that the peers keep, one by one, alone on the machine; None for one that is not installed."""
    figures: dict[str, object] = {}
    for name, started in peers.PEERS.items():
        figures[f"{name}_rows_per_s"] = None
        if not peers.is_there(name):
            continue
        with started(folder / name, chosen.seed) as target:
            _at(target, connections=PEER_CONNECTIONS[0], seconds=_WARM_SECONDS)
            tallies = [_at(target, connections=n, seconds=chosen.peer_seconds / 2) for n in PEER_CONNECTIONS]
        best = max(tallies, key=lambda one: one.rows / one.seconds)
        figures[f"{name}_rows_per_s"] = round(best.rows / best.seconds, 1)
        figures[f"{name}_p99_ms"] = round(best.p99, 1)
        figures[f"{name}_errors"] = sum(one.errors for one in tallies)
        say(f"{name}: {best.rows:,} rows in {best.seconds:.1f} s, p99 {best.p99:.0f} ms.")
    return figures


def _at(target: peers.Target, *, connections: int, seconds: float) -> Tally:
    kept = ("kept",)
    return asyncio.run(
        load.run(target.port, target.make, connections=connections, seconds=seconds, ids_of=lambda _body: kept)
    )


def _lost(place: site.Place, ids: Sequence[str]) -> int:
    """Acknowledged and not there."""
    database = Database.open(place.url)
    with database.engine.connect() as connection:
        kept = set(connection.execute(sa.select(FeedbackRow.core().c.id)).scalars())
    database.close()
    return len(set(ids) - kept)


if __name__ == "__main__":
    main()
