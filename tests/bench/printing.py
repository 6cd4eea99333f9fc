"""What every benchmark shares: where its data is, what it ran on, and the one line it prints."""

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

_FOLDERS = ("data", "../shared/data")
_LIBRARIES = ("dbos", "numpy", "scipy", "pandas", "pydantic", "sqlalchemy", "sqlmodel", "streamlit")


def data_folder(name: str) -> Path:
    """The folder of one data set, from RATCHET_BENCH_DATA or beside the project; exits with a sentence without it."""
    roots = [os.environ["RATCHET_BENCH_DATA"]] if "RATCHET_BENCH_DATA" in os.environ else _FOLDERS
    for root in roots:
        if (folder := Path(root) / name).is_dir():
            return folder
    sys.exit(f"No data set {name!r}: set RATCHET_BENCH_DATA to the folder that holds it.")


def say(line: str) -> None:
    """Progress, on stderr, so that stdout ends with the JSON line."""
    print(line, file=sys.stderr, flush=True)


def finish(figures: dict[str, object], *, name: str, seed: int, units: dict[str, str]) -> None:
    """Print the figures as one JSON line with what is needed to read and repeat them."""
    print(
        json.dumps(
            figures
            | {
                "benchmark": name,
                "seed": seed,
                "units": units,
                "versions": {"python": platform.python_version()} | {one: version(one) for one in _LIBRARIES},
            }
        )
    )
