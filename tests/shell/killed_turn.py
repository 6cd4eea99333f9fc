"""A process to kill: imports everything once, and forks for each line it reads to do one verb and die at a label.

Lines are JSON: `[verb, url, label]`. The answer is the signal that ended the fork, 0 when it lived through the verb.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from loop import desk, engine, wiring
from loop.ports import Parts
from loop.records import ProposalState, Verdict
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON
from tests.shell.desk_world import OPERATOR, approve


@contextmanager
def desk_at(url: str, *, kill_at: str = "") -> Iterator[Parts]:
    """The desk's parts on a clock that stands still."""
    database = Database.open(url)
    try:
        settings = Settings(database_url=url, kill_at=kill_at)
        yield wiring.parts_for(settings, database, "desk", clock=lambda: NOON + timedelta(days=2))
    finally:
        database.close()


def act(verb: str, url: str, *, kill_at: str = "") -> None:
    """What the child does, and what the parent repeats after the child has died."""
    with desk_at(url, kill_at=kill_at) as parts:
        match verb:
            case "turn":
                engine.turn(parts)
            case "apply":
                proved = best(parts)
                if proved is not None and not parts.store.decisions():
                    approve(parts, proved)
                engine.apply_due(parts)
            case "rollback":
                if not any(release.kind == "rollback" for release in parts.store.releases()):
                    desk.roll_back(parts, actor=OPERATOR, to_number=0, reason="people complain")


def best(parts: Parts) -> str | None:
    """The first proved proposal that still waits."""
    for item in parts.store.proposals([ProposalState.WAITING]):
        if item.report is not None and item.report.verdict is Verdict.PROVED:
            return item.proposal.id
    return None


def main() -> None:
    """One fork per line of input."""
    for line in sys.stdin:
        verb, url, label = json.loads(line)
        fork = os.fork()
        if fork == 0:
            code = 1
            try:
                act(verb, url, kill_at=label)
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(fork, 0)
        assert os.WTERMSIG(status) or os.WEXITSTATUS(status) == 0, "the fork met an error; see above"
        print(os.WTERMSIG(status), flush=True)


if __name__ == "__main__":
    main()
