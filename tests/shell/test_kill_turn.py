"""Dying anywhere in a turn, in an approval, in applying it or in a rollback loses nothing and doubles nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from loop import desk, engine, wiring
from loop.ports import Parts
from loop.records import Actor, Bundle, ProposalState, Role, Verdict
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON
from tests.shell import desk_world

pytestmark = pytest.mark.kill

OPERATOR = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)
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

CHILD = """
import sys
from datetime import timedelta
from tests.shell.test_kill_turn import act
act(sys.argv[1], sys.argv[2], kill_at=sys.argv[3])
"""


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
                    digest = parts.store.proposal(proved).evidence_digest
                    desk.approve(parts, proved, actor=OPERATOR, seen_digest=digest, reason="it is proved")
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
        desk_world.arrive(parts)
    for verb in ("turn", "apply", "rollback"):
        if verb == upto:
            return
        act(verb, url)


def die(verb: str, url: str, label: str) -> int:
    """Run the verb in a process of its own that dies at the label; its exit code."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD, verb, url, label],
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode in (0, -signal.SIGKILL), child.stderr[-2000:]
    return child.returncode


@pytest.mark.parametrize(
    ("verb", "labels"), [("turn", TURN_LABELS), ("apply", APPLY_LABELS), ("rollback", ROLLBACK_LABELS)]
)
def test_dying_at_every_label_in_a_row_ends_like_never_dying(
    verb: str, labels: tuple[str, ...], database_url: str, tmp_path: Path
) -> None:
    calm_url = f"sqlite:///{tmp_path / 'calm.db'}"
    prepare(calm_url, upto=verb)
    act(verb, calm_url)
    with desk_at(calm_url) as parts:
        calm = picture(parts)

    prepare(database_url, upto=verb)
    codes = [die(verb, database_url, label) for label in labels]
    act(verb, database_url)

    assert codes.count(-signal.SIGKILL) >= len(labels) // 2, "most labels must really have been reached"
    with desk_at(database_url) as parts:
        assert picture(parts) == calm
        check = parts.store.check_journal()
    assert check.is_intact, check.reason
