"""Raw text: only where it is switched on, apart, for whom the role allows it, on record, for a while, and then gone."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from loop import collect, desk, engine, wiring
from loop.errors import NotAllowed, NotFound
from loop.ports import Parts
from loop.ports.deliveries import EpisodeFeedback
from loop.records import Actor, Feedback, FeedbackKind, Import, Role, TaintScope, derived_id
from loop.settings import Settings
from storage.database import Database
from storage.inspection import inspect
from storage.tables import RawTextRow, metadata
from tests import builders
from tests.fakes import FakeClock
from tests.shell.conftest import Ratchet

OLGA = Actor(name="olga", role=Role.ADMIN)
MAIL, PHONE, KEY = "anna.private@mail.example", "+49 171 5550123", "sk-proj-Qx7Zb2Lm9Rt4Vw8Yc3Nk6Hf1Jd5Gs0Pa"
ASKED = f"I am {MAIL}, my key is {KEY}."
TOLD = f"Call her at {PHONE}."
NOW = builders.at(60)
RAW = RawTextRow.core()


@pytest.fixture
def parts(database: Database) -> Parts:
    """An agent that keeps raw text for ten days."""
    agent = builders.agent()
    limits = agent.limits.model_copy(update={"raw_days": 10})
    database.create_agent(
        agent.model_copy(update={"limits": limits}), builders.bundle(), now=builders.NOON, actor="rita"
    )
    return wiring.parts_for(Settings(), database, "desk", clock=FakeClock(NOW))


def said(number: int, **more: Any) -> Feedback:
    return builders.feedback(number, kind=FeedbackKind.EDIT, label=None, text=TOLD, **more)


def came(parts: Parts, *numbers: int, into: Import | None = None) -> None:
    """Interactions with feedback, each with something to mask, through a door."""
    door = collect.Door(
        actor=OLGA, action="import", journal="import file", at=parts.clock(), into=into,
        keeps_raw=parts.store.agent.limits.raw_days > 0,
    )  # fmt: skip
    asked = [builders.interaction(one, question=ASKED, customer=MAIL) for one in numbers]
    collect.receive(parts.store, door=door, interactions=asked, feedback=[said(one) for one in numbers])


def ids(database: Database) -> set[tuple[str, str]]:
    with database.engine.connect() as connection:
        return {(row.kind, row.id) for row in connection.execute(sa.select(RAW.c.kind, RAW.c.id))}


def later(parts: Parts, days: float) -> Parts:
    return replace(parts, clock=FakeClock(NOW + timedelta(days=days)))


def holding(database: Database, *words: str) -> set[str]:
    """Tables that hold any of the words."""
    with database.engine.connect() as connection:
        text = {name: json.dumps([dict(row) for row in connection.execute(sa.select(table)).mappings()], default=str,
                                 ensure_ascii=False) for name, table in metadata.tables.items()}  # fmt: skip
    return {name for name, one in text.items() if any(word in one for word in words)}


def test_nothing_is_kept_unless_it_is_switched_on(database: Database, parts: Parts) -> None:
    desk.change_settings(database, parts, actor=OLGA, settings=["raw_days=0"])
    came(parts, 1)
    assert ids(database) == set()
    assert holding(database, MAIL, PHONE, KEY) == set()


def test_it_stands_apart_and_holds_no_secret(database: Database, parts: Parts) -> None:
    came(parts, 1)
    assert ids(database) == {("interaction", "i1"), ("feedback", "f1")}
    assert holding(database, MAIL, PHONE) == {"raw_text"}
    assert holding(database, KEY) == set()
    asked, told = sorted(desk.show_raw(parts, ["i1", "f1"], actor=OLGA), key=lambda one: one.id, reverse=True)
    assert asked.said == {"question": f"I am {MAIL}, my key is ⟨SECRET_1⟩.", "customer": MAIL}
    assert told.said == {"text": TOLD}


def test_what_was_not_masked_is_not_kept_twice(database: Database, parts: Parts) -> None:
    door = collect.Door(actor=OLGA, action="import", journal="import file", at=NOW, keeps_raw=True)
    plain = builders.interaction(1, question="Where is it?", customer="")
    secret = builders.interaction(2, question=f"My key is {KEY}.", customer="")
    collect.receive(parts.store, door=door, interactions=[plain, secret], feedback=[builders.feedback(1)])
    assert ids(database) == set()


def test_programs_deliveries_keep_it_too_even_before_what_they_are_about(database: Database, parts: Parts) -> None:
    waiting = EpisodeFeedback("later", said(9, interaction_id="later"))
    delivery = collect.Delivery(
        agent="desk", door="api:x", interactions=[builders.interaction(1, question=ASKED)], feedback=[said(1)],
        of_episodes=[waiting],
    )  # fmt: skip
    for keeps_raw in (False, True):
        made = collect.prepare(delivery, at=NOW, keeps_raw=keeps_raw)
        parcel = replace(made.parcel, interactions=() if not keeps_raw else made.parcel.interactions)
        database.store("desk").deliver([replace(parcel, feedback=(), of_episodes=()) if not keeps_raw else parcel],
                                       captured=[], now=NOW)  # fmt: skip
    assert ids(database) == {("interaction", "i1"), ("feedback", "f1"), ("feedback", "f9")}


def test_a_second_delivery_keeps_nothing_anew_and_a_changed_one_replaces_it(database: Database, parts: Parts) -> None:
    came(parts, 1)
    came(later(parts, 5), 1)
    with database.engine.connect() as connection:
        assert set(connection.execute(sa.select(RAW.c.kept_at)).scalars()) == {NOW}
    door = collect.Door(actor=OLGA, action="import", journal="import file", at=NOW, keeps_raw=True)
    changed = builders.interaction(1, question=f"Other words of {MAIL}", customer=MAIL)
    collect.receive(parts.store, door=door, interactions=[changed])
    (one,) = desk.show_raw(parts, ["i1"], actor=OLGA)
    assert one.said["question"] == f"Other words of {MAIL}"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_the_right_role_reads_it(parts: Parts, role: Role) -> None:
    came(parts, 1)
    other = Actor(name="vera", role=role)
    before = len(parts.store.journal())  # type: ignore[attr-defined]
    with pytest.raises(NotAllowed):
        desk.show_raw(parts, ["i1"], actor=other)
    assert desk.raw_kept(parts, ["i1"], actor=other) == frozenset()
    assert len(parts.store.journal()) == before  # type: ignore[attr-defined]


def test_the_journal_says_who_looked_at_what(database: Database, parts: Parts) -> None:
    came(parts, 1, 2)
    desk.show_raw(parts, ["i1", "f1"], actor=OLGA)
    looks = [(one.actor, one.subject) for one in database.store("desk").journal() if one.action == "read raw text"]
    assert sorted(looks) == [("olga", "f1"), ("olga", "i1")]
    with pytest.raises(NotFound):
        desk.show_raw(parts, ["nothing"], actor=OLGA)
    assert sum(one.action == "read raw text" for one in database.store("desk").journal()) == 2
    assert parts.store.check_journal().is_intact


def test_after_its_days_it_cannot_be_read_and_the_next_turn_deletes_it(database: Database, parts: Parts) -> None:
    came(parts, 1)
    assert engine.turn(later(parts, 9.99))
    assert len(ids(database)) == 2
    over = later(parts, 10)
    assert desk.raw_kept(over, ["i1", "f1"], actor=OLGA) == frozenset()
    with pytest.raises(NotFound):
        desk.show_raw(over, ["i1"], actor=OLGA)
    engine.turn(over)
    assert ids(database) == set()
    assert parts.store.drop_raw(NOW + timedelta(days=99)) == 0


def test_switching_it_off_deletes_it_at_the_next_turn(database: Database, parts: Parts) -> None:
    came(parts, 1)
    desk.change_settings(database, parts, actor=OLGA, settings=["raw_days=0"])
    with pytest.raises(NotFound):
        desk.show_raw(parts, ["i1"], actor=OLGA)
    engine.turn(parts)
    assert ids(database) == set()


def test_erasing_a_subject_takes_it_along_and_out_of_others_raw_text(database: Database, parts: Parts) -> None:
    came(parts, 1)
    door = collect.Door(actor=OLGA, action="import", journal="import file", at=NOW, keeps_raw=True)
    about = f"{PHONE} said: {MAIL} called."
    collect.receive(parts.store, door=door, interactions=[builders.interaction(2, question=about, customer="bert")])
    made = desk.erase(parts, "customer", MAIL, actor=OLGA, reason="They asked for it.")
    assert made.reached["raw_text"] == 3
    assert holding(database, MAIL) == set()
    assert ids(database) == {("interaction", "i2")}
    assert next(one.said["question"] for one in desk.show_raw(parts, ["i2"], actor=OLGA)).startswith(PHONE)
    came(parts, 1)
    assert ids(database) == {("interaction", "i2")}, "what is delivered again after it was erased stays away"


def test_undoing_an_import_deletes_what_it_brought_and_nothing_else(database: Database, parts: Parts) -> None:
    came(parts, 1)
    into = Import(id=derived_id("import", "x"), agent="desk", name="x.csv", actor="olga", at=NOW)
    came(parts, 2, 3, into=into)
    desk.unlearn(parts, TaintScope(import_id=into.id), actor=OLGA, reason="the wrong file")
    assert ids(database) == {("interaction", "i1"), ("feedback", "f1")}


def test_deleting_an_agent_deletes_it(database: Database, parts: Parts) -> None:
    came(parts, 1)
    desk.delete_agent(database, parts, actor=OLGA, reason="gone", keep=lambda _: None)
    assert ids(database) == set()


def test_pages_proposals_exports_and_bundles_cannot_reach_it() -> None:
    """Its table is named where it is kept, read and erased, and nowhere else."""
    root = Path(__file__).parents[2]
    named = {str(path.relative_to(root)) for folder in ("loop", "storage", "dashboard")
             for path in (root / folder).rglob("*.py") if "RawTextRow" in path.read_text(encoding="utf-8")}  # fmt: skip
    assert named == {
        "storage/tables/apart.py", "storage/tables/__init__.py", "storage/rows.py", "storage/raw.py",
        "storage/erasing/apart.py",
    }  # fmt: skip


def test_an_audit_finds_nothing_wrong_with_it(database: Database, parts: Parts) -> None:
    came(parts, 1)
    desk.show_raw(parts, ["i1"], actor=OLGA)
    with database.engine.connect() as connection:
        assert inspect(connection, "desk").faults == ()


def test_the_command_shows_it_and_says_when_there_is_none(ratchet: Ratchet, tmp_path: Path) -> None:
    assert ratchet("agent", "create", "desk").code == 0
    path = tmp_path / "chats.csv"
    path.write_text(f'id,question,answer,rating,author\nq1,"{ASKED}",It comes.,1,{MAIL}\n', encoding="utf-8")
    assert ratchet("agent", "set", "desk", "raw_days=30").code == 0
    done = ratchet("import", str(path), "--agent", "desk", "--yes", "--low", "0", "--high", "1")
    assert done.code == 0, done
    shown = ratchet("raw", "show", "q1", "--agent", "desk")
    assert (shown.code, MAIL in shown.out, KEY in shown.out) == (0, True, False), shown
    assert ratchet("raw", "show", "q2", "--agent", "desk").code == 1
