"""Schemathesis over every operation of the OpenAPI document: requests that fit it, and requests that do not.

Counts answers of 500 and above, answers with a status the document does not name, and what the server's memory grew by.
Run: `uv run python -m tests.bench.api_fuzz`; `--examples 20` sends less.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode

from tests.bench.ingest import site
from tests.bench.printing import finish, say
from tests.reaching import free_port

EXAMPLES = 150
"""Of each operation, of each of both modes."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    statuses: Counter[int] = Counter()
    odd: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        place = site.make_place(Path(folder), interactions=2_000)
        port = free_port()
        api = site.start_api(place, port)
        try:
            before = site.memory_mb(api.pid)
            described = _described(port)
            for number, found in enumerate(schemathesis.openapi.from_dict(described).get_all_operations()):
                operation = found.ok()
                for mode in GenerationMode:
                    sender = _Sender(port, place.key, statuses, odd)
                    sender.send_all(operation, mode, examples=chosen.examples, draw=chosen.seed + number)
                say(f"{operation.method.upper()} {operation.path}: {sum(statuses.values()):,} cases so far.")
            grown = site.memory_mb(api.pid) - before
            is_alive = api.poll() is None
        finally:
            site.end(api)
    finish(
        {
            "cases": sum(statuses.values()),
            "server_errors": sum(n for status, n in statuses.items() if status >= 500),
            "undocumented": dict(odd),
            "is_alive": is_alive,
            "memory_growth_mb": round(grown, 1),
            "statuses": {str(status): n for status, n in sorted(statuses.items())},
        },
        name="api_fuzz",
        seed=chosen.seed,
        units={"cases": "requests", "memory_growth_mb": "MB of resident memory of the server"},
    )


class _Sender:
    """Sends the cases of one operation on one connection."""

    def __init__(self, port: int, key: str, statuses: Counter[int], odd: Counter[str]) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._statuses = statuses
        self._odd = odd
        self._session = requests.Session()

    def send_all(self, operation: Any, mode: GenerationMode, *, examples: int, draw: int) -> None:
        documented = {int(code) for code in operation.definition.raw["responses"]} | {404, 405}

        @seed(draw)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case) -> None:
            case.path_parameters["agent"] = site.AGENT
            reply = case.call(base_url=self._base, headers=self._headers, session=self._session, timeout=60)
            status = reply.status_code
            self._statuses[status] += 1
            if status not in documented:
                self._odd[f"{case.method} {operation.path}: {status}"] += 1

        try:
            send()
        except Exception as error:  # some operations have nothing that does not fit
            say(f"{operation.path}, {mode.value}: {type(error).__name__}")
        finally:
            self._session.close()


def _described(port: int) -> dict[str, Any]:
    with urlopen(f"http://127.0.0.1:{port}/api/openapi.json", timeout=60) as reply:
        described: dict[str, Any] = json.loads(reply.read())
    return described


if __name__ == "__main__":
    main()
