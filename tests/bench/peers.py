"""Peers under the same load: how long Inspect and promptfoo take for the same number of questions to the same endpoint.

Each runs in a process of its own, with an installation of its own: RATCHET_BENCH_INSPECT names a Python that has
`inspect_ai` (else this one is looked at), RATCHET_BENCH_PROMPTFOO a `promptfoo` program (else the one on the path).
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

_SECONDS = 600

_INSPECT = """
import sys, time
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import generate, system_message

base_url, n, concurrency, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
model = get_model("openai/bench", base_url=base_url, api_key="none", responses_api=False)

def task(n):
    samples = [Sample(input=f"mail\\nquestion {i} for a peer", target="parcel") for i in range(n)]
    return Task(dataset=samples, solver=[system_message("Sort the mail."), generate()], scorer=includes())

def run(n):
    began = time.perf_counter()
    (log,) = eval(task(n), model=model, max_connections=concurrency, max_samples=2 * concurrency, log_dir=folder,
                  display="none", temperature=0.0, max_tokens=512)
    assert log.status == "success", log.status
    return time.perf_counter() - began

run(concurrency)
print(run(n))
"""


class Peer(NamedTuple):
    """What a peer took."""

    seconds: float | None
    """None: it could not be measured."""
    why: str
    """Why not; empty when it was."""


def inspect_seconds(base_url: str, *, n: int, concurrency: int, folder: Path) -> Peer:
    """One Inspect evaluation of `n` samples, after a small one to warm up."""
    python = os.environ.get("RATCHET_BENCH_INSPECT", sys.executable)
    if not _runs([python, "-c", "import inspect_ai, openai"]):
        return Peer(None, "inspect_ai is not installed")
    command = [python, "-c", _INSPECT, base_url, str(n), str(concurrency), str(folder / "inspect")]
    done = _run(command, {})
    if done is None or done.returncode:
        return Peer(None, "inspect_ai did not run: " + _last_line(done))
    return Peer(float(done.stdout.split()[-1]), "")


def promptfoo_seconds(base_url: str, *, n: int, concurrency: int, folder: Path) -> Peer:
    """One promptfoo evaluation of `n` tests, less the time of one with a single test: its start-up."""
    program = os.environ.get("RATCHET_BENCH_PROMPTFOO") or shutil.which("promptfoo")
    if not program or not _runs([program, "--version"]):
        return Peer(None, "promptfoo is not installed")
    took = []
    for size in (1, n):
        config = folder / f"promptfoo-{size}.json"
        provider = {
            "id": "openai:chat:bench",
            "config": {"apiBaseUrl": base_url, "apiKey": "none", "temperature": 0, "max_tokens": 512},
        }
        messages = [{"role": "system", "content": "Sort the mail."}, {"role": "user", "content": "mail\n{{question}}"}]
        tests = [
            {"vars": {"question": f"question {number} for a peer"}, "assert": [{"type": "contains", "value": "parcel"}]}
            for number in range(size)
        ]
        told = {"prompts": [json.dumps(messages)], "providers": [provider], "tests": tests}
        config.write_text(json.dumps(told), encoding="utf-8")
        command = [
            program,
            "eval",
            "-c",
            str(config),
            "-j",
            str(concurrency),
            "--no-cache",
            "--no-table",
            "--no-progress-bar",
        ]
        began = time.perf_counter()
        done = _run(
            [*command, "--output", str(folder / f"out-{size}.json")],
            {
                "PROMPTFOO_DISABLE_TELEMETRY": "1",
                "PROMPTFOO_DISABLE_UPDATE": "1",
                "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
                "PROMPTFOO_CONFIG_DIR": str(folder / "promptfoo"),
            },
        )
        # 100: some tests failed, which the endpoint's answers see to.
        if done is None or done.returncode not in (0, 100):
            return Peer(None, "promptfoo did not run: " + _last_line(done))
        took.append(time.perf_counter() - began)
    return Peer(took[1] - took[0], "")


def _runs(command: list[str]) -> bool:
    done = _run(command, {})
    return done is not None and done.returncode == 0


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            command, env=os.environ | environment, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _last_line(done: subprocess.CompletedProcess[str] | None) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines() if done else []
    return lines[-1][:200] if lines else "no word of why"
