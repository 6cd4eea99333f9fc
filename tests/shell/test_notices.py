"""People hear what waits for them, what went live, what was taken back and what went wrong, at least once, safely."""

import ssl
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from loop import wiring
from loop.errors import InvalidInput
from loop.llm.retrying import CallFailed
from loop.outbound.channels import Channel, ChatWebhook, Line, Mail, MailServer
from loop.outbound.notifying import EVERY, FIRST_PAUSE, LOOKED_BACK, Notifier
from loop.records import FailedJob, Stakes, StakesLevel
from loop.records.health import Silence
from loop.records.notices import NOTICE_KINDS, Notice, NoticeKind
from loop.serve.watching import Watch
from loop.settings import Settings
from storage.database import Database
from storage.notices import NoticeRows
from storage.store import AgentStore
from storage.tables import NoticeRow
from tests import builders
from tests.fakes import FakeClock
from tests.shell import deciding, mail_server
from tests.shell.agent_server import Call, listen

BASE = "https://desk.example.org"
EVIL = "<!channel> [click](http://evil.example) *now* <http://evil.example|here> \u202e"
HIGH = Stakes(level=StakesLevel.HIGH, reasons=("Touches money.",))


class Heard:
    """A channel that keeps what it is sent."""

    name = "heard"

    def __init__(self, *, pause_minutes: float = 0.0, name: str = "heard") -> None:
        self.pause_minutes = pause_minutes
        self.name = name
        self.lines: list[Line] = []
        self.is_broken = False
        self.tries = 0

    def send(self, lines: Sequence[Line], *, now: datetime) -> None:
        self.tries += 1
        if self.is_broken:
            raise CallFailed("status", status=503)
        self.lines += lines


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(builders.at(600))


Notifies = Callable[..., Notifier]


@pytest.fixture
def notifies(database: Database, clock: FakeClock) -> Notifies:
    """A notifier over these channels."""

    def make(*channels: Channel, kinds: Sequence[NoticeKind] = NOTICE_KINDS, said: list[str] | None = None) -> Notifier:
        return Notifier(
            NoticeRows(database.engine),
            channels=channels,
            kinds=kinds,
            public_url=BASE,
            store=database.store,
            clock=clock,
            report=(said if said is not None else []).append,
        )

    return make


def later(clock: FakeClock, notifier: Notifier, seconds: float = EVERY.total_seconds()) -> int:
    """Time passes, and the notifier looks."""
    clock.now += timedelta(seconds=seconds)
    return notifier.round()


def test_a_change_that_waits_is_told_once_and_the_link_opens_exactly_it(
    store: AgentStore, notifies: Notifies, clock: FakeClock
) -> None:
    heard = Heard()
    notifier = notifies(heard)
    assert notifier.round() == 0
    item = deciding.waiting(store)
    assert later(clock, notifier) == 1
    (line,) = heard.lines
    assert line.text == "A change of desk waits for a decision."
    parts = urlsplit(line.url)
    assert (f"{parts.scheme}://{parts.netloc}", parts.path) == (BASE, "/review")
    assert parse_qs(parts.query) == {"agent": ["desk"], "p": [item.proposal.id]}
    assert later(clock, notifier) == 0
    assert later(clock, notifies(heard)) == 0  # another process, after a restart


def test_high_stakes_are_said_and_no_strangers_word_is_in_any_message(
    store: AgentStore, notifies: Notifies, clock: FakeClock
) -> None:
    heard = Heard()
    deciding.waiting(store, title=EVIL, rationale=EVIL, stakes=HIGH)
    assert notifies(heard).round() == 1
    (line,) = heard.lines
    assert line.text == "High stakes: a change of desk waits for a decision."
    assert not any(mark in line.text for mark in "<>[]*_|`@\u202e")
    assert "evil" not in line.text + line.url


def test_what_was_decided_before_anybody_was_told_is_told_to_nobody(
    store: AgentStore, database: Database, notifies: Notifies, clock: FakeClock
) -> None:
    mail = Heard(pause_minutes=15)
    notifier = notifies(mail, kinds=("waits",))
    item = deciding.waiting(store)
    clock.now = item.proposal.created_at
    assert notifier.round() == 0
    store.decide(deciding.decision(item, "reject"))
    assert later(clock, notifier, 3_600) == 0
    assert mail.lines == []
    assert NoticeRows(database.engine).pending() == []


def test_a_change_that_is_drawn_up_anew_is_not_told_again_and_is_opened_as_it_is_now(
    store: AgentStore, database: Database, notifies: Notifies, clock: FakeClock
) -> None:
    heard = Heard()
    notifier = notifies(heard, kinds=("waits",))
    first = deciding.waiting(store)
    notifier.round()
    store.decide(deciding.decision(first, "reject"))
    deciding.waiting(store, "p2", replaces=first.proposal.id)
    third = deciding.waiting(store, "p3", replaces="p2")
    with database.engine.connect().execution_options(begin="write") as connection, connection.begin():
        connection.execute(sa.text("UPDATE proposal SET state = 'stale' WHERE id = 'p2'"))
    assert later(clock, notifier) == 0
    with database.engine.connect().execution_options(begin="write") as connection, connection.begin():
        connection.execute(sa.delete(NoticeRow.core()))
    assert later(clock, notifier) == 1
    assert parse_qs(urlsplit(heard.lines[-1].url).query)["p"] == [third.proposal.id]


def test_releases_and_what_was_taken_back_are_told_and_the_past_is_not(
    store: AgentStore, notifies: Notifies, clock: FakeClock
) -> None:
    heard = Heard()
    deciding.ship(store)
    deciding.roll_back(store, to=0, undone="p1")
    at = store.releases()[-1].at
    clock.now = at + LOOKED_BACK + timedelta(days=1)
    assert notifies(heard).round() == 0
    clock.now = at
    assert notifies(heard).round() == 2
    texts = {line.text for line in heard.lines}
    assert texts == {"Version 1 of desk is live.", "desk was taken back to an earlier state: it is version 2 now."}
    assert {parse_qs(urlsplit(line.url).query)["to"][0] for line in heard.lines} == {"v1", "v2"}


def test_what_kept_failing_is_told_until_somebody_tries_it_again(
    store: AgentStore, notifies: Notifies, clock: FakeClock
) -> None:
    heard = Heard()
    row = FailedJob(
        agent="desk", id="stage:desk:test", kind="stage", subject="test", tries=5, reason=EVIL,
        failed_at=clock.now, retry_at=None,
    )  # fmt: skip
    store.keep_failed_job(row)
    assert notifies(heard).round() == 1
    assert heard.lines[0].text.startswith("Alarm: a piece of work of desk kept failing")
    assert heard.lines[0].url == f"{BASE}/?agent=desk"

    late = Heard(name="late")
    late.is_broken = True
    notifier = notifies(late)
    other = row.model_copy(update={"id": "stage:desk:update"})
    store.keep_failed_job(other)
    notifier.round()
    store.keep_failed_job(other.model_copy(update={"retry_at": clock.now}))
    late.is_broken = False
    assert later(clock, notifier, 10 * FIRST_PAUSE) == 0
    assert (late.tries, late.lines) == (1, [])


def test_a_row_that_the_record_does_not_bear_out_is_told_to_nobody(
    store: AgentStore, database: Database, notifies: Notifies, clock: FakeClock
) -> None:
    heard = Heard()
    forged: list[tuple[NoticeKind, str]] = [
        ("released", "7"), ("taken_back", "0"), ("waits", "p9"), ("high", EVIL), ("alarm", "stage:x"),
        ("alarm", f"version {EVIL}"), ("released", EVIL),
    ]  # fmt: skip
    NoticeRows(database.engine).keep(
        [
            Notice(agent="desk", id=f"n{place}", kind=kind, subject=subject, at=clock.now)
            for place, (kind, subject) in enumerate(forged)
        ]
    )
    assert notifies(heard).round() == 0
    assert heard.lines == []


def test_a_channel_that_fails_is_tried_again_with_growing_pauses_and_keeps_no_other_waiting(
    store: AgentStore, notifies: Notifies, clock: FakeClock
) -> None:
    broken, other = Heard(name="broken"), Heard(name="other")
    broken.is_broken = True
    said: list[str] = []
    notifier = notifies(broken, other, said=said)
    deciding.waiting(store)
    assert notifier.round() == 1
    assert (broken.tries, len(other.lines)) == (1, 1)
    later(clock, notifier)
    assert broken.tries == 1
    later(clock, notifier, FIRST_PAUSE)
    later(clock, notifier, FIRST_PAUSE)
    assert broken.tries == 2
    broken.is_broken = False
    assert later(clock, notifier, 4 * FIRST_PAUSE) == 1
    assert (len(broken.lines), len(other.lines)) == (1, 1)
    assert said[0] == "Notices were not taken by broken (status 503); tried again in 10 s."
    assert said[-1] == "Notices are taken by broken again."


def test_a_death_after_sending_tells_again_under_the_same_key(
    store: AgentStore, notifies: Notifies, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    deciding.waiting(store)

    class Dead(BaseException):
        pass

    def die(*_arguments: object, **_more: object) -> None:
        raise Dead

    with monkeypatch.context() as patch:
        patch.setattr(NoticeRows, "keep_told", die)
        with pytest.raises(Dead):
            notifies(heard).round()
    assert notifies(heard).round() == 1
    assert heard.lines[0] == heard.lines[1]


def test_mail_waits_for_more_to_go_with_it_but_not_with_what_is_urgent(
    store: AgentStore, notifies: Notifies, clock: FakeClock
) -> None:
    mail = Heard(pause_minutes=15)
    notifier = notifies(mail, kinds=("waits", "high"))
    clock.now = deciding.waiting(store, "p1").proposal.created_at
    assert notifier.round() == 0
    deciding.waiting(store, "p2", stakes=HIGH)
    assert later(clock, notifier) == 2
    deciding.waiting(store, "p3")
    clock.now = store.proposal("p3").proposal.created_at + timedelta(minutes=1)
    assert notifier.round() == 0
    assert later(clock, notifier, 15 * 60) == 1


def test_only_what_was_asked_for_is_told(store: AgentStore, notifies: Notifies) -> None:
    heard = Heard()
    deciding.waiting(store)
    assert notifies(heard, kinds=("high", "no_worker")).round() == 0


# channels ----------------------------------------------------------------------------------------------------------
def lines(n: int) -> list[Line]:
    return [Line(key=f"k{one}", text=f"Notice {one} & more.", url=f"{BASE}/review?p={one}") for one in range(n)]


def test_a_chat_webhook_gets_its_text_as_json_with_a_key_and_nothing_that_is_markup() -> None:
    def taken(_: Call) -> tuple[int, object]:
        return 200, b"ok"

    with listen(taken) as server:
        hook = ChatWebhook(f"{server.url}/services/T0/B0/secret")
        hook.send(lines(2), now=builders.NOON)
        hook.send(lines(1), now=builders.NOON)
        hook.send(lines(30), now=builders.NOON)
    first, second, again, many = server.calls
    assert first.path.endswith("/services/T0/B0/secret")
    assert first.json == {"text": f"Notice 0 & more. {BASE}/review?p=0"}
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"] != second.headers["idempotency-key"]
    assert many.json["text"].count("\n") == 20
    assert many.json["text"].endswith("And 10 more.")


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_a_webhook_that_does_not_say_2xx_has_failed(status: int) -> None:
    with listen(lambda _: (status, b"")) as server, pytest.raises(CallFailed):
        ChatWebhook(f"{server.url}/x").send(lines(1), now=builders.NOON)


@pytest.mark.parametrize("url", ["http://example.org/x", "https://u:p@example.org/", "ftp://x", "https://169.254.1.1/"])
def test_a_webhook_leads_nowhere_it_may_not(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ChatWebhook(url)
    assert url not in str(refused.value)


def mail(box: mail_server.MailBox, scheme: str, *, password: str = "s3cret%20word", **more: object) -> Mail:
    server = MailServer.read(f"{scheme}://ratchet:{password}@127.0.0.1:{box.port}")
    made = {"context": lambda: ssl.create_default_context(cafile=str(box.authority))} | more
    return Mail(
        server, to=("ana@example.org", "ben@example.org"), sender="ratchet@example.org", pause_minutes=0, **made
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(("security", "scheme"), [("tls", "smtps"), ("starttls", "smtp+starttls"), ("none", "smtp")])
def test_a_digest_goes_out_as_plain_text_over_every_kind_of_mail_server(
    tmp_path: Path, security: mail_server.Security, scheme: str
) -> None:
    with mail_server.serve(tmp_path, security) as box:
        channel = mail(box, scheme)
        channel.send(lines(2), now=builders.NOON)
        channel.send(lines(2), now=builders.NOON)
        channel.send(lines(1), now=builders.NOON)
    first, second, third = box.mails
    assert first["Subject"] == "Ratchet: 2 notices"
    assert third["Subject"] == "Ratchet: Notice 0 & more."
    assert first.get_content_type() == "text/plain"
    assert first.get_content().splitlines()[0] == f"Notice 0 & more. {BASE}/review?p=0"
    assert box.to[0] == ["ana@example.org", "ben@example.org"]
    assert first["Message-ID"] == second["Message-ID"] != third["Message-ID"]
    assert box.logins == ["\0ratchet\0s3cret word"] * 3
    if security == "starttls":
        assert set(box.clear) == {"EHLO", "STARTTLS"}


@pytest.mark.parametrize(("security", "scheme"), [("tls", "smtps"), ("starttls", "smtp+starttls")])
def test_a_mail_server_that_cannot_show_who_it_is_gets_neither_password_nor_mail(
    tmp_path: Path, security: mail_server.Security, scheme: str
) -> None:
    with mail_server.serve(tmp_path, security) as box:
        with pytest.raises(CallFailed):
            mail(box, scheme, context=ssl.create_default_context).send(lines(1), now=builders.NOON)
        assert (box.logins, box.mails) == ([], [])


def test_a_server_that_drops_starttls_gets_neither_password_nor_mail(tmp_path: Path) -> None:
    with mail_server.serve(tmp_path, "none") as box:
        with pytest.raises(CallFailed):
            mail(box, "smtp+starttls").send(lines(1), now=builders.NOON)
        assert (box.logins, box.mails) == ([], [])


def test_a_refused_mail_is_a_failure_that_repeats_no_password(tmp_path: Path) -> None:
    with mail_server.serve(tmp_path, "tls") as box:
        with pytest.raises(CallFailed) as failed:
            mail(box, "smtps", password="wrong").send(lines(1), now=builders.NOON)
        assert mail_server.PASSWORD not in str(failed.value)
        box.refuses = True
        with pytest.raises(CallFailed):
            mail(box, "smtps").send(lines(1), now=builders.NOON)


@pytest.mark.parametrize("url", ["", "smtp://mail.example.org", "http://x", "smtps://", "smtps://x:port"])
def test_a_mail_server_in_the_clear_or_unreadable_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        MailServer.read(url)


@pytest.mark.parametrize("address", ["ana", "ana@x\r\nBcc: eve@x", "Ana <ana@x>", "a@x,b@x", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    server = MailServer.read("smtps://mail.example.org")
    with pytest.raises(InvalidInput):
        Mail(server, to=(address,), sender="ratchet@example.org", pause_minutes=0)
    with pytest.raises(InvalidInput):
        Mail(server, to=("ana@example.org",), sender=address, pause_minutes=0)


# from the settings to the wire -------------------------------------------------------------------------------------
def test_the_worker_tells_both_a_webhook_and_a_mailbox_named_in_the_environment(
    sqlite_url: str, sqlite_database: Database, sqlite_store: AgentStore, tmp_path: Path
) -> None:
    item = deciding.waiting(sqlite_store, stakes=HIGH)

    def taken(_: Call) -> tuple[int, object]:
        return 200, b"ok"

    with listen(taken) as server, mail_server.serve(tmp_path, "none") as box:
        settings = Settings(
            database_url=sqlite_url,
            public_url=f"{BASE}/",
            notify_webhook=f"{server.url}/hook",
            notify_mail="ana@example.org, ben@example.org",
            notify_from="ratchet@example.org",
            smtp=f"smtp://127.0.0.1:{box.port}",
        )  # type: ignore[arg-type]
        said: list[str] = []
        once = wiring.rounds(settings, sqlite_database, report=said.append, pause=lambda _seconds: None)
        once()
        once()
    link = f"{BASE}/review?agent=desk&p={item.proposal.id}"
    assert [call.json["text"] for call in server.calls] == [
        f"High stakes: a change of desk waits for a decision. {link}"
    ]
    (sent,) = box.mails
    assert link in sent.get_content()
    assert NoticeRows(sqlite_database.engine).pending() == []


def test_a_notice_nobody_knows_is_refused_by_name(sqlite_database: Database) -> None:
    settings = Settings(notify_on="waits,everything")
    with pytest.raises(InvalidInput) as refused:
        wiring.notifier(settings, sqlite_database, report=print)
    assert "everything" in str(refused.value)


# the worker's death ------------------------------------------------------------------------------------------------
class Beats:
    """The heartbeat of a worker."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.beat = 1_700_000_000.0

    def silence(self) -> Silence:
        return Silence(self.seconds, True)

    def last_beat(self) -> float | None:
        return self.beat


def test_the_death_of_the_worker_is_told_once_by_who_is_left(store: AgentStore, notifies: Notifies) -> None:
    heard, beats = Heard(), Beats()
    watch = Watch(beats, agents=lambda: ["desk"], say=notifies(heard).say, dead_seconds=10)
    watch.look()
    beats.seconds = 59
    watch.look()
    assert heard.lines == []
    beats.seconds = 61
    watch.look()
    watch.look()
    Watch(beats, agents=lambda: ["desk"], say=notifies(heard).say, dead_seconds=10).look()
    assert [line.text for line in heard.lines] == [
        "The worker stopped: nothing is tested and nothing goes live until it runs again."
    ]
    beats.beat += 500
    watch.look()
    assert len(heard.lines) == 2
