"""Orphans: a process that another one started ends when that one is gone, even by kill -9, and frees its port."""

import os
import threading
from collections.abc import Callable

PARENT = "RATCHET_PARENT_PID"
"""Environment variable that names the process to follow."""
_LOOK_SECONDS = 1.0


def follow(parent: int, end: Callable[[], object], *, until: threading.Event | None = None) -> threading.Thread:
    """Call `end` once when the parent of this process is another than `parent`; stop looking when `until` is set."""
    done = until or threading.Event()

    def look() -> None:
        while not done.wait(_LOOK_SECONDS):
            if os.getppid() != parent:
                end()
                return

    thread = threading.Thread(target=look, name="orphan", daemon=True)
    thread.start()
    return thread


def follow_named() -> None:
    """Follow the process the environment names, if any: without it, this process is over at once."""
    named = os.environ.get(PARENT, "")
    if named.isdigit():
        follow(int(named), lambda: os._exit(1))
