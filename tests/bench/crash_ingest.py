"""Kill -9 of the API under load: every acknowledged row is there once.

Clients send feedback with an idempotency key each and send it again until it is acknowledged, whatever happens in
between, as the SDK does; the server is killed at random moments and started again on the same port. Each row carries a
mark of its own, so a row that was kept twice is seen whatever its id. Run: `uv run python -m tests.bench.crash_ingest`.
A kill ends the process, not the machine: what the disk had not written when power fails is not measured here.
"""

import argparse
import http.client
import itertools
import json
import random
import signal
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from storage.database import Database
from storage.tables import FeedbackRow
from tests.bench.ingest import site
from tests.bench.printing import finish, say
from tests.reaching import free_port

CLIENTS = 8
INTERACTIONS = 2_000
_PATH = f"/api/v1/agents/{site.AGENT}/feedback"
_AGAIN = 0.05
"""Seconds before a request is sent again."""


class Clients:
    """Programs that do not give up; together they remember what was acknowledged."""

    def __init__(self, place: site.Place, port: int) -> None:
        self._place = place
        self._port = port
        self._stop = threading.Event()
        self._numbers = itertools.count()
        self.acked: list[str] = []
        self.repeats = 0
        """Acknowledged as known from before: the first answer was lost in a kill."""
        self.refused: Counter[int] = Counter()
        self._threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Every request that was begun is acknowledged before this returns."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send_all(self) -> None:
        while not self._stop.is_set():
            self._send_one(f"m{next(self._numbers)}")

    def _send_one(self, mark: str) -> None:
        number = int(mark[1:])
        body = {
            "interaction_id": f"i{number % INTERACTIONS}",
            "kind": "thumbs",
            "value": float(number % 2),
            "author": f"customer-{number}",
            "attributes": {"mark": mark},
        }
        raw = json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self._place.key}",
            "Content-Type": "application/json",
            "Idempotency-Key": mark,
        }
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            try:
                connection.request("POST", _PATH, body=raw, headers=headers)
                status = connection.getresponse().status
            except (OSError, http.client.HTTPException):
                threading.Event().wait(_AGAIN)
                continue
            finally:
                connection.close()
            if status in (200, 201):
                self.acked.append(mark)
                self.repeats += status == 200
                return
            self.refused[status] += 1
            threading.Event().wait(_AGAIN)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    draw = random.Random(chosen.seed)
    with tempfile.TemporaryDirectory() as folder:
        place = site.make_place(Path(folder), interactions=INTERACTIONS)
        port = free_port()
        clients = Clients(place, port)
        api = site.start_api(place, port)
        clients.start()
        for number in range(chosen.kills):
            threading.Event().wait(draw.uniform(0.2, 2.0))
            _kill(api)
            say(f"Kill {number + 1} after {len(clients.acked):,} acknowledged rows.")
            api = site.start_api(place, port)
        threading.Event().wait(1.0)
        clients.finish()
        site.end(api)
        kept = _marks(place)
    acked = Counter(clients.acked)
    finish(
        {
            "kills": chosen.kills,
            "acked": len(acked),
            "missing": sum(mark not in kept for mark in acked),
            "doubled": sum(n > 1 for n in kept.values()),
            "repeats": clients.repeats,
            "refused": dict(clients.refused),
        },
        name="crash_ingest",
        seed=chosen.seed,
        units={"acked": "rows", "repeats": "requests answered as known from before", "refused": "requests by status"},
    )


def _kill(api: subprocess.Popen[bytes]) -> None:
    api.send_signal(signal.SIGKILL)
    api.wait()


def _marks(place: site.Place) -> Counter[str]:
    """How often each mark is kept, in whatever state."""
    database = Database.open(place.url)
    with database.engine.connect() as connection:
        found = connection.execute(sa.select(FeedbackRow.core().c.attributes)).scalars().all()
    database.close()
    return Counter(str(attributes["mark"]) for attributes in found)


if __name__ == "__main__":
    main()
