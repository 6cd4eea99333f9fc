"""A large export comes in as a user brings it: `ratchet import FILE --yes`, with the look, redaction, journal and all.

A helpdesk's CSV of N rows: question, draft, sent answer, rating, agent, customer, time; each row has an e-mail address
to mask, one row in a thousand is broken. SQLite, synchronous=FULL.

    rows_per_s      rows of the file over all seconds of the command, its start and both looks included
    cpu_s           processor seconds of the command: what it would take on a machine that does nothing else
    peak_rss_mb     largest resident memory of the command
    look_s          seconds until the look was over, and writing began
    refused         rows refused with a reason
"""

import argparse
import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.printing import finish, say

_THINGS = ("parcel", "invoice", "refund", "password", "address", "order", "voucher", "return label")
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def write(path: Path, *, rows: int, seed: int) -> None:
    """The export."""
    draws = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "created_at", "question", "draft", "sent", "rating", "agent", "customer"])
        for number in range(rows):
            thing, other = draws.choice(_THINGS), draws.choice(_THINGS)
            at = "never" if number % 1000 == 999 else (_BEGAN + timedelta(seconds=20 * number)).isoformat()
            asked = f"Where is my {thing} {number}? Write to person{number}@mail.example, it was promised for the 4th."
            draft = f"Your {thing} is on its way and arrives within {draws.randrange(2, 9)} days."
            sent = draft if number % 3 else f"Your {thing} waits with your {other} at counter {draws.randrange(9)}."
            person, whose = f"agent{draws.randrange(40)}", f"customer{draws.randrange(rows // 3 + 1)}"
            out.writerow([f"t{number}", at, asked, draft, sent, draws.randrange(1, 6), person, whose])


def run(rows: int, *, seed: int) -> dict[str, object]:
    """Import it once, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        write(path, rows=rows, seed=seed)
        size = path.stat().st_size
        say(f"{rows:,} rows, {size / 1e6:.0f} MB")
        given = {"RATCHET_DATABASE_URL": f"sqlite:///{folder}/ratchet.db", "XDG_DATA_HOME": folder}
        command = [sys.executable, "-m", "loop.cli"]
        env = os.environ | given
        subprocess.run([*command, "agent", "create", "desk", "--grading", "text"], env=env, check=True, stdout=2)
        began = time.perf_counter()
        done = subprocess.Popen(
            [*command, "import", str(path), "--agent", "desk", "--yes"], env=env, stdout=subprocess.PIPE, text=True
        )
        look = 0.0
        said = []
        assert done.stdout is not None
        for line in done.stdout:
            look = look or time.perf_counter() - began
            said.append(line)
        code = done.wait()
        seconds = time.perf_counter() - began
    if code not in (0, 3):
        sys.exit("".join(said))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak, cpu = used.ru_maxrss / 1024, used.ru_utime + used.ru_stime
    counted = next(line for line in said if line.startswith("Records:"))
    say(counted.strip())
    return {
        "rows": rows, "megabytes": round(size / 1e6, 1), "seconds": round(seconds, 1), "look_s": round(look, 1),
        "cpu_s": round(cpu, 1), "rows_per_s": round(rows / seconds), "peak_rss_mb": round(peak),
        "refused": int(counted.rpartition("rejected:")[2].strip(" .\n")),
    }  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    units = {"rows_per_s": "1/s", "seconds": "s", "look_s": "s", "cpu_s": "s", "peak_rss_mb": "MiB", "megabytes": "MB"}
    finish(run(given.rows, seed=given.seed), name="imports", seed=given.seed, units=units)


if __name__ == "__main__":
    main()
