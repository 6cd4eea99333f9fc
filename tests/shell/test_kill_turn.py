"""Dying anywhere in a turn, in an approval, in applying it or in a rollback loses nothing and doubles nothing."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loop.ports import Parts
from loop.records import Bundle
from storage.database import Database
from tests.builders import NOON
from tests.shell import desk_world
from tests.shell.killed_turn import act, desk_at

pytestmark = pytest.mark.kill

TURN_LABELS = (
    "collect:before",
    "validate:before",
    "validate:commit",
    "validate:after",
    "update:before",
    "update:commit",
    "update:after",
    "test:before",
    "test:commit",
    "test:after",
    "deploy:before",
    "deploy:after",
)
APPLY_LABELS = ("approve:before", "approve:after", "apply:before", "release:head", "apply:after")
ROLLBACK_LABELS = ("rollback:before", "rollback:written", "rollback:after")


def picture(parts: Parts) -> dict[str, object]:
    """Everything that must come out the same, however often it was interrupted."""
    store = parts.store
    return {
        "feedback": sorted((item.feedback.id, item.state.value) for item in store.feedback()),
        "cases": sorted(case.id for case in store.cases()),
        "issues": sorted((issue.id, issue.support) for issue in store.issues()),
        "proposals": sorted((item.proposal.id, item.state.value) for item in store.proposals()),
        "reports": sorted(item.report.id for item in store.proposals() if item.report),
        "versions": [(version.number, version.digest) for version in store.versions()],
        "releases": [(release.kind, release.number) for release in store.releases()],
        "decisions": sorted((decision.verb, decision.proposal_id) for decision in store.decisions()),
        "head": store.head().number,
    }


def prepare(url: str, *, upto: str) -> None:
    """A world at the point where the verb under test comes next."""
    database = Database.open(url)
    database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    database.close()
    with desk_at(url) as parts:
        desk_world.arrive(parts, rows=120)
    for verb in ("turn", "apply", "rollback"):
        if verb == upto:
            return
        act(verb, url)


@pytest.fixture(scope="module")
def forks() -> Iterator[subprocess.Popen[str]]:
    """Imports everything once; each death is a fork of it."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.shell.killed_turn"],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def die(forks: subprocess.Popen[str], *, verb: str, url: str, label: str) -> int:
    """Do the verb in a process of its own that dies at the label; the signal that ended it, 0 for none."""
    assert forks.stdin is not None
    assert forks.stdout is not None
    print(json.dumps([verb, url, label]), file=forks.stdin, flush=True)
    return int(forks.stdout.readline())


@pytest.mark.parametrize(
    ("verb", "labels"), [("turn", TURN_LABELS), ("apply", APPLY_LABELS), ("rollback", ROLLBACK_LABELS)]
)
def test_dying_at_every_label_in_a_row_ends_like_never_dying(
    verb: str, labels: tuple[str, ...], database_url: str, tmp_path: Path, forks: subprocess.Popen[str]
) -> None:
    calm_url = f"sqlite:///{tmp_path / 'calm.db'}"
    prepare(calm_url, upto=verb)
    act(verb, calm_url)
    with desk_at(calm_url) as parts:
        calm = picture(parts)

    prepare(database_url, upto=verb)
    ends = [die(forks, verb=verb, url=database_url, label=label) for label in labels]
    act(verb, database_url)

    assert ends.count(signal.SIGKILL) >= len(labels) // 2, "most labels must really have been reached"
    with desk_at(database_url) as parts:
        assert picture(parts) == calm
        check = parts.store.check_journal()
    assert check.is_intact, check.reason
