"""A worker that commits, decides, deploys and rolls back without end, and is killed. Run as a module.

Reads lines `LABEL NTH` (die at the nth time the store passes this checkpoint) or `after MILLISECONDS`
(be killed from outside). For each it forks a worker, waits for its death, and writes one line: what the
worker had been told is done.
"""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import count

from loop.ports import Checkpoint
from loop.records import ProposalState
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.shell import deciding

Work = Callable[..., None]
"""Called with the URL, `checkpoint=` and `tell=`, until it is killed or done."""

BATCH = 20
"""Interactions, and feedback, in one commit."""


def arrive(store: AgentStore, number: int) -> None:
    """The rows of round `number`."""
    places = range(number * BATCH, (number + 1) * BATCH)
    store.append(
        interactions=[builders.interaction(place) for place in places],
        feedback=[builders.feedback(place) for place in places],
        notes=[deciding.note(f"batch {number}")],
    )


def work(url: str, *, checkpoint: Checkpoint, tell: Callable[[str], None]) -> None:
    """Rounds without end, beginning where the database says the last worker died."""
    store = Database.open(url).store("desk", checkpoint=checkpoint)
    for number in count(max(0, len(store.proposals()) - 1)):
        arrive(store, number)
        tell(f"batch {number}")
        name = f"p{number}"
        if name not in {item.proposal.id for item in store.proposals()}:
            deciding.waiting(store, name)
        item = store.proposal(name)
        if item.state is ProposalState.WAITING:
            store.decide(deciding.decision(item))
            tell(f"decided {name}")
        for approval in store.due_approvals(builders.at(99)):
            deciding.deploy(store, approval)
            tell(f"live {name}")
        if number % 2 and store.proposal(name).state is ProposalState.LIVE:
            deciding.roll_back(store, to=store.versions()[-2].number, undone=name)
            tell(f"undone {name}")


def main(url: str, *, work: Work = work) -> None:
    """One forked worker per line of input."""
    for line in sys.stdin:
        label, number = line.rsplit(" ", 1)
        reader, writer = os.pipe()
        worker = os.fork()
        if worker == 0:
            os.close(reader)
            _die_working(url, work=work, label=label, nth=int(number), writer=writer)
        os.close(writer)
        if label == "after":
            time.sleep(int(number) / 1000)
            os.kill(worker, signal.SIGKILL)
        with os.fdopen(reader) as told:
            done = told.read().splitlines()
        _, status = os.waitpid(worker, 0)
        print(json.dumps({"done": done, "signal": status & 0x7F}), flush=True)


def _die_working(url: str, *, work: Work, label: str, nth: int, writer: int) -> None:
    passed: Counter[str] = Counter()

    def checkpoint(reached: str) -> None:
        passed[reached] += 1
        if reached == label and passed[reached] == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        work(url, checkpoint=checkpoint, tell=lambda done: os.write(writer, f"{done}\n".encode()) and None)
    finally:
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
