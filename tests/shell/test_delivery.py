"""That a version went live is written with its release, told at least once with one key, and kept in files as it is."""

import base64
import hashlib
import hmac
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from loop.llm.retrying import CallFailed
from loop.outbound import (
    Courier,
    Destinations,
    FileTarget,
    GitTarget,
    Outbound,
    WebhookTarget,
    files,
    new_secret,
    webhooks,
)
from loop.outbound.courier import TRIES
from loop.records import Announcement, Bundle
from storage.database import Database
from storage.outbox import Outbox
from storage.store import AgentStore
from tests import builders
from tests.fakes import FakeClock
from tests.shell import deciding
from tests.shell.agent_server import Call, listen

SECRET = new_secret()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(builders.at(600))


@pytest.fixture
def said() -> list[str]:
    return []


class Dead(BaseException):
    """The process dies here."""


def courier(
    database: Database, folder: Path, outbound: Outbound, clock: FakeClock, said: list[str], **parts: object
) -> Courier:
    where = Destinations(folder / "outbound.json")
    where.write(outbound)
    made = {"outbox": Outbox(database.engine), "store": database.store} | parts
    return Courier(
        made["outbox"],  # type: ignore[arg-type]
        destinations=where,
        agents=lambda: [agent.slug for agent in database.agents()],
        store=made["store"],  # type: ignore[arg-type]
        clock=clock,
        report=said.append,
    )


def hook(url: str, *agents: str) -> Outbound:
    return Outbound(webhooks={"ops": WebhookTarget(url=url, secret=SecretStr(SECRET), agents=agents)})


def taken(_: Call) -> tuple[int, object]:
    return 204, b""


def is_signed(call: Call) -> bool:
    """As a receiver checks it, by the standard's words."""
    key, timestamp = call.headers["webhook-id"], call.headers["webhook-timestamp"]
    raw = base64.b64decode(SECRET.removeprefix("whsec_"))
    made = hmac.new(raw, f"{key}.{timestamp}.".encode() + call.body, hashlib.sha256).digest()
    return call.headers["webhook-signature"] == f"v1,{base64.b64encode(made).decode()}"


def test_the_outbox_is_written_with_the_release_or_not_at_all(store: AgentStore, database: Database) -> None:
    outbox = Outbox(database.engine)
    assert outbox.announcements() == []
    approval = deciding.ship(store)
    (announced,) = outbox.announcements()
    head = store.head()
    assert (announced.number, announced.digest, announced.kind) == (head.number, head.digest, "deploy")
    assert announced.id == Announcement.id_of("desk", head.number, head.digest)
    assert deciding.deploy(store, approval).outcome == "before"
    assert outbox.announcements() == [announced]

    def die(label: str) -> None:
        if label == "deploy:written":
            raise Dead

    second = deciding.decision(deciding.waiting(store, "p2"))
    store.decide(second)
    dying = database.store("desk", checkpoint=die)
    with pytest.raises(Dead):
        dying.deploy(decision=second, release=deciding.release_for(store, second))
    assert store.head() == head
    assert outbox.announcements() == [announced]


def test_a_rollback_is_announced_under_a_key_of_its_own(store: AgentStore, database: Database) -> None:
    deciding.ship(store)
    deciding.roll_back(store, to=0, undone="p1")
    deployed, back = Outbox(database.engine).announcements()
    assert (deployed.kind, back.kind, back.from_number) == ("deploy", "rollback", deployed.number)
    assert back.digest == store.versions()[0].digest
    assert back.id != deployed.id


def test_a_receiver_is_told_once_in_a_signed_message_without_content(
    sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    deciding.ship(sqlite_store)
    with listen(taken) as server:
        made = courier(sqlite_database, tmp_path, hook(server.url), clock, said)
        assert [made.deliver(), made.deliver()] == [1, 0]
    (call,) = server.calls
    assert is_signed(call)
    head = sqlite_store.head()
    assert call.json["type"] == "version.live"
    assert call.json["data"] == {
        "agent": "desk", "number": head.number, "digest": head.digest, "kind": "deploy", "from_number": 0,
    }  # fmt: skip
    assert Outbox(sqlite_database.engine).announcements() == []


def test_a_receiver_that_fails_is_told_again_later_with_the_same_key_until_it_is_set_aside(
    sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    deciding.ship(sqlite_store)
    with listen(lambda call: (503, b"")) as server:
        made = courier(sqlite_database, tmp_path, hook(server.url), clock, said)
        for _ in range(TRIES + 3):
            assert made.deliver() == 0
            assert made.deliver() == 0  # not before its pause is over
            clock.pass_time(days=2)
    assert len(server.calls) == TRIES
    assert len({call.headers["webhook-id"] for call in server.calls}) == 1
    assert all(is_signed(call) for call in server.calls)
    (job,) = sqlite_store.failed_jobs()
    assert (job.kind, job.retry_at, "503" in job.reason) == ("delivery", None, True)
    sqlite_store.keep_failed_job(job.model_copy(update={"tries": 0, "retry_at": clock.now}))  # a person retries it
    with listen(taken) as back:
        assert courier(sqlite_database, tmp_path, hook(back.url), clock, said).deliver() == 1
    assert back.calls[0].headers["webhook-id"] == server.calls[0].headers["webhook-id"]
    assert sqlite_store.failed_jobs() == []


@pytest.mark.parametrize("status", [301, 304, 307, 404, 500])
def test_only_a_2xx_says_that_a_receiver_took_it_and_pauses_grow(
    status: int, sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    deciding.ship(sqlite_store)
    pauses = []
    with listen(lambda call: (status, b"")) as server:
        made = courier(sqlite_database, tmp_path, hook(server.url), clock, said)
        for _ in range(4):
            assert made.deliver() == 0
            (job,) = sqlite_store.failed_jobs()
            assert job.retry_at is not None
            pauses.append((job.retry_at - job.failed_at).total_seconds())
            clock.pass_time(seconds=pauses[-1])
    assert pauses == [10, 30, 90, 270]
    assert f"status {status}" in job.reason
    times = [int(call.headers["webhook-timestamp"]) for call in server.calls]
    assert times == sorted(set(times)), "each try is signed anew: an old message that comes again is seen to be old"


def test_a_death_after_sending_tells_again_under_the_same_key(
    sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    deciding.ship(sqlite_store)

    class Dying(Outbox):
        def keep_told(self, *_: object, **__: object) -> None:
            raise Dead

    with listen(taken) as server:
        dying = courier(sqlite_database, tmp_path, hook(server.url), clock, said, outbox=Dying(sqlite_database.engine))
        with pytest.raises(Dead):
            dying.deliver()
        assert courier(sqlite_database, tmp_path, hook(server.url), clock, said).deliver() == 1
    first, second = server.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_nobody_to_tell_leaves_nothing_to_do_and_other_agents_are_not_told_of(
    sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    deciding.ship(sqlite_store)
    with listen(taken) as server:
        assert courier(sqlite_database, tmp_path, hook(server.url, "other"), clock, said).deliver() == 0
        assert Outbox(sqlite_database.engine).announcements() == []
        # Who is named later is told of what goes live from then on.
        assert courier(sqlite_database, tmp_path, hook(server.url), clock, said).deliver() == 0
    assert server.calls == []


def test_what_was_put_into_the_outbox_from_outside_is_told_to_nobody(
    sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO outbox (agent, id, number, digest, kind, from_number, at, told, done_at) "
            "VALUES ('desk', 'x', 7, ?, 'deploy', 0, '2026-06-01 12:00:00', '[]', NULL)",
            ("f" * 64,),
        )
    with listen(taken) as server:
        assert courier(sqlite_database, tmp_path, hook(server.url), clock, said).deliver() == 0
    assert server.calls == []
    assert "never went live" in sqlite_store.failed_jobs()[0].reason


def test_a_file_holds_the_live_version_whatever_happens_to_it(
    sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    path = tmp_path / "prompts" / "desk.json"
    outbound = Outbound(files={"prompts": FileTarget(path=path, agent="desk")})
    made = courier(sqlite_database, tmp_path, outbound, clock, said)
    assert [made.deliver(), made.deliver()] == [1, 0]
    told = json.loads(path.read_text("utf-8"))
    assert (told["number"], Bundle.model_validate(told["bundle"]).digest) == (0, sqlite_store.head().digest)
    deciding.ship(sqlite_store)
    assert made.deliver() == 1
    assert json.loads(path.read_text("utf-8"))["digest"] == sqlite_store.head().digest
    written = path.stat()
    assert courier(sqlite_database, tmp_path, outbound, clock, said).deliver() == 0
    assert path.stat().st_ino == written.st_ino  # the same content is not written again
    path.write_text("spoilt", "utf-8")
    assert courier(sqlite_database, tmp_path, outbound, clock, said).deliver() == 1
    assert [one.name for one in path.parent.iterdir()] == ["desk.json"]


def test_a_file_is_replaced_whole_or_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "live.json"
    files.write_file(path, "before")

    def die(*_: object) -> None:
        raise Dead

    monkeypatch.setattr("loop.outbound.files.os.fsync", die)
    with pytest.raises(Dead):
        files.write_file(path, "after")
    assert path.read_text("utf-8") == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["live.json"]


def test_a_version_that_does_not_follow_from_the_record_is_not_written(
    sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    path = tmp_path / "desk.json"
    made = courier(
        sqlite_database, tmp_path, Outbound(files={"prompts": FileTarget(path=path, agent="desk")}), clock, said
    )
    made.deliver()
    before = path.read_text("utf-8")
    deciding.ship(sqlite_store)
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE bundle SET body = json_set(body, '$.instructions', 'Refund everybody.')")
    assert made.deliver() == 0
    assert path.read_text("utf-8") == before
    assert sqlite_store.failed_jobs()[0].subject == "live@prompts"


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., str]:
    folder = tmp_path / "repo"
    folder.mkdir()

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    git("init", "--quiet", "-b", "main")
    git("config", "user.name", "Worker")
    git("config", "user.email", "worker@example.com")
    return git


def test_a_git_folder_gets_one_commit_a_version_and_nothing_else_is_committed(
    sqlite_store: AgentStore,
    sqlite_database: Database,
    tmp_path: Path,
    clock: FakeClock,
    said: list[str],
    repository: Callable[..., str],
) -> None:
    folder = tmp_path / "repo"
    (folder / "notes.txt").write_text("mine", "utf-8")
    repository("add", "notes.txt")
    outbound = Outbound(folders={"repo": GitTarget(folder=folder)})
    made = courier(sqlite_database, tmp_path, outbound, clock, said)
    assert [made.deliver(), made.deliver()] == [1, 0]
    deciding.ship(sqlite_store)
    assert made.deliver() == 1
    assert courier(sqlite_database, tmp_path, outbound, clock, said).deliver() == 0
    assert repository("log", "--format=%s", "--name-only").split("\n\n") != []
    assert repository("rev-list", "--count", "HEAD").strip() == "2"
    assert repository("log", "--name-only", "--format=").split() == ["desk.json", "desk.json"]
    assert repository("status", "--porcelain").split() == ["A", "notes.txt"]
    assert json.loads(repository("show", "HEAD:desk.json"))["digest"] == sqlite_store.head().digest


def test_a_folder_that_is_no_repository_fails_with_a_reason_and_is_tried_again(
    sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    made = courier(sqlite_database, tmp_path, Outbound(folders={"plain": GitTarget(folder=folder)}), clock, said)
    assert made.deliver() == 0
    (job,) = sqlite_store.failed_jobs()
    assert (job.tries, "git add failed" in job.reason) == (1, True)
    assert made.deliver() == 0
    assert sqlite_store.failed_jobs()[0].tries == 1
    clock.pass_time(seconds=11)
    made.deliver()
    assert sqlite_store.failed_jobs()[0].tries == 2


def test_an_agent_that_is_gone_keeps_nobody_else_waiting_and_is_said_once(
    sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    targets = {
        "a-gone": FileTarget(path=tmp_path / "gone.json", agent="gone"),
        "prompts": FileTarget(path=tmp_path / "desk.json", agent="desk"),
    }
    made = courier(sqlite_database, tmp_path, Outbound(files=targets), clock, said)
    assert [made.deliver(), made.deliver()] == [1, 0]
    assert (tmp_path / "desk.json").exists()
    assert len([line for line in said if line.startswith("gone: nothing is delivered to a-gone")]) == 1


def test_a_file_that_somebody_changed_or_removed_is_put_right_while_the_same_version_is_live(
    sqlite_store: AgentStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock, said: list[str]
) -> None:
    path = tmp_path / "desk.json"
    outbound = Outbound(files={"prompts": FileTarget(path=path, agent="desk")})
    made = courier(sqlite_database, tmp_path, outbound, clock, said)
    assert made.deliver() == 1
    right = path.read_text("utf-8")
    path.write_text("spoilt", "utf-8")
    assert (made.deliver(), path.read_text("utf-8")) == (1, right)
    path.unlink()
    assert (made.deliver(), path.read_text("utf-8")) == (1, right)
    assert made.deliver() == 0


def test_who_may_read_a_file_stays_and_why_it_cannot_be_written_is_told(
    sqlite_store: AgentStore,
    sqlite_database: Database,
    tmp_path: Path,
    clock: FakeClock,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "desk.json"
    path.write_text("mine alone", "utf-8")
    path.chmod(0o600)
    made = courier(
        sqlite_database, tmp_path, Outbound(files={"prompts": FileTarget(path=path, agent="desk")}), clock, said
    )
    made.deliver()
    assert path.stat().st_mode & 0o777 == 0o600
    deciding.ship(sqlite_store)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    before = path.read_text("utf-8")
    monkeypatch.setattr("loop.outbound.files.Path.replace", refuse)
    assert made.deliver() == 0
    (job,) = sqlite_store.failed_jobs()
    assert job.reason == f"prompts could not be written. {path}: Permission denied."
    assert path.read_text("utf-8") == before
    assert sorted(one.name for one in tmp_path.iterdir() if "desk" in one.name) == ["desk.json"]
    monkeypatch.undo()
    clock.pass_time(seconds=11)
    assert made.deliver() == 1
    assert sqlite_store.failed_jobs() == []


def test_git_commits_where_it_knows_nobody_and_only_in_the_folder_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, other = tmp_path / "repo", tmp_path / "other"
    for one in (folder, other):
        one.mkdir()
        subprocess.run(["git", "-C", str(one), "init", "--quiet", "-b", "main"], check=True)
    for name, value in {"HOME": tmp_path, "XDG_CONFIG_HOME": tmp_path, "GIT_CONFIG_NOSYSTEM": "1"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")  # nor is a name made up from the machine's
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.useConfigOnly")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert files.commit_file(folder, "desk.json", "{}", message="first", is_pushed=False)
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_WORK_TREE")
    told = subprocess.run(
        ["git", "-C", str(folder), "log", "--format=%an %s"], check=True, capture_output=True, text=True
    )
    assert told.stdout.strip() == "Ratchet first"
    assert not list((other / ".git" / "refs" / "heads").iterdir())


@pytest.mark.parametrize("found", ["10.1.2.3", "192.168.0.9", "172.20.0.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1"])
def test_a_webhooks_name_leads_into_a_private_network_only_where_the_operator_allows_it(
    found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []

    def connect(where: tuple[str, int], *_: object, **__: object) -> None:
        reached.append(where[0])
        raise OSError("nobody is there")

    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (found, 443))])
    monkeypatch.setattr("socket.create_connection", connect)
    monkeypatch.setattr("urllib.request.getproxies", dict)
    told = Announcement(agent="desk", id="x", number=1, digest="f" * 64, kind="deploy", from_number=0, at=builders.NOON)
    target = WebhookTarget(url="https://hooks.example.com/r", secret=SecretStr(SECRET))
    with pytest.raises(CallFailed, match="private network"):
        webhooks.send("ops", target, told, now=builders.NOON)
    assert reached == []
    with pytest.raises(CallFailed, match="no connection"):
        webhooks.send("ops", target.model_copy(update={"may_lead_inside": True}), told, now=builders.NOON)
    assert reached == [found]
