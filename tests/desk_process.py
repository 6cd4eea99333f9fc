"""The product's screens as a process, started as a user starts them, and the operator's cookie for it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.reaching import free_port, is_up
from tests.serving import operator_cookie

PATIENCE = 200
"""Seconds until the server must answer, on the slowest machine: a limit for what hangs, never a measure."""


@dataclass(frozen=True)
class Desk:
    """Screens that run."""

    address: str
    database_url: str

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def cookie(self) -> tuple[str, str]:
        """Name and value, of a new browser in which the operator opened the desk."""
        return operator_cookie(self.database_url, port=self.port)


@contextmanager
def running_desk(
    database_url: str, folder: Path, *, environment: Mapping[str, str] | None = None, has_worker: bool = False
) -> Iterator[Desk]:
    """`ratchet up` on this database, without a worker if nothing else is said; stopped by its own process id.

    It runs in `folder`, not in the project: its look must not depend on where one stands.
    Raises RuntimeError with the end of its log when it does not start.
    """
    port = free_port()
    log = folder / f"server-{port}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "loop.cli", "up", "--no-browser", f"--port={port}"]
            + ([] if has_worker else ["--no-worker"]),
            cwd=folder,
            env=os.environ | {"RATCHET_DATABASE_URL": database_url} | dict(environment or {}),
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            end = time.monotonic() + PATIENCE
            while not is_up(f"{address}/healthz"):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"The screens did not start: {log.read_text(errors='replace')[-2000:]}")
                time.sleep(0.2)
            yield Desk(address=address, database_url=database_url)
        finally:
            process.terminate()
            try:
                process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
