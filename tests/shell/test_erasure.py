"""Erasure by subject: their words are in no table afterwards, and the record still follows."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from loop import collect, desk, engine
from loop.change import proposal
from loop.change.operations import apply_all
from loop.change.proposal import Idea
from loop.errors import InvalidInput, NotAllowed, NotFound
from loop.ports import Parts
from loop.ports.deliveries import EpisodeFeedback
from loop.records import (
    Actor,
    Answer,
    ChangeExamples,
    Changes,
    Example,
    FeedbackKind,
    FeedbackMove,
    FeedbackState,
    Flag,
    Note,
    ProposalMove,
    ProposalState,
    Proposer,
    Role,
    TurnReport,
)
from loop.records.erasure import ALIAS, ERASED
from storage.database import Database
from storage.erasing.scrub import Scrub
from storage.erasing.tables import RULES
from storage.inspection import inspect
from storage.keys import JournalKeys
from storage.store import AgentStore
from storage.tables import metadata
from storage.telemetry import KeptPart
from tests import builders
from tests.shell import deciding, real_desk
from tests.shell.conftest import Ratchet

OLGA = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)
RITA = Actor(name="rita", role=Role.REVIEWER)
ASKED = "Did Wilhelmina Tannenbaum leave her cello in the parcel shop?"
TOLD = "The cello of Wilhelmina Tannenbaum waits at counter nine."
WORDS = ("Wilhelmina", "Tannenbaum", "cello")
CUSTOMER, EPISODE, AUTHOR = "cust-tannenbaum-77", "talk-tannenbaum", "agathe.knowles"
KEYS = JournalKeys(keys=(b"k" * 32,), began=builders.NOON)


@pytest.fixture
def signed(database_url: str) -> Any:
    """A database whose journal is signed."""
    opened = Database.open(database_url, keys=KEYS)
    yield opened
    opened.close()


@pytest.fixture
def parts(signed: Database) -> Parts:
    """See `fill`."""
    return fill(signed)


def fill(signed: Database) -> Parts:
    """Six corrections; the third is of a customer whose words went everywhere: live, cases, proposals, answers."""
    bundle = builders.bundle(instructions="Be kind.")
    store = signed.create_agent(builders.agent(), bundle, now=builders.NOON, actor="rita")
    theirs = builders.interaction(3, customer=CUSTOMER, episode_id=EPISODE, question=ASKED, context={"note": ASKED})
    said = builders.feedback(3, kind=FeedbackKind.EDIT, label=None, text=TOLD, reason=f"Ask {ASKED}", author=AUTHOR)
    others = [number for number in range(1, 7) if number != 3]
    store.append(
        interactions=[builders.interaction(number) for number in others],
        feedback=[builders.feedback(number) for number in others],
    )
    one = Note(actor=AUTHOR, action="correct answer", subject="i3", at=builders.NOON)
    store.append(interactions=[theirs], feedback=[said], notes=[one])
    store.commit(
        Changes(
            feedback_moves=tuple(
                FeedbackMove(feedback_id=f"f{number}", was=FeedbackState.NEW, now=FeedbackState.VALID)
                for number in range(1, 7)
            ),
            flags={
                "f1": (Flag(feedback_id="f1", detector="rate", reason=f"{AUTHOR} said: {ASKED}", at=builders.NOON),)
            },
            cases=(
                builders.case(3, question=ASKED, expected=TOLD, feedback_id="f3", interaction_id="i3", group=CUSTOMER),
                builders.case(4, feedback_id="f4", interaction_id="i4"),
            ),
            turn=TurnReport(id="t1", agent="desk", started_at=builders.NOON, ended_at=builders.NOON, stages=()),
        )
    )
    parts = real_desk.parts_after(signed)
    taught = Example(id="x3", question=ASKED, answer=TOLD, feedback_id="f3")
    shipped(
        parts, ChangeExamples(add=(taught, builders.example(1))), evidence=("f3", "f4"), rationale=f"“{ASKED[:40]}…”"
    )
    drafted(parts, ChangeExamples(add=(builders.example(2),)), evidence=("f5",), rationale=f"{AUTHOR}: {TOLD}")
    digest = parts.store.head().digest
    parts.store.keep_answers(digest, {"case3": Answer(text=TOLD, label=None, method="case", confidence=1.0)})
    return parts


def kept(parts: Parts) -> AgentStore:
    assert isinstance(parts.store, AgentStore)
    return parts.store


def drafted(parts: Parts, *operations: Any, evidence: Sequence[str] = (), rationale: str = "r") -> Any:
    """A machine's change on the live version, tested and on the desk."""
    store = parts.store
    head = store.head()
    base = store.bundle(head.digest)
    cited = [item.feedback for item in store.feedback_items(evidence).values()]
    idea = Idea(
        operations=operations, title=rationale, rationale=rationale, evidence=tuple(evidence), proposer=Proposer.RULES
    )  # fmt: skip
    made = proposal.draft(idea, agent=store.agent, base=head, bundle=base, cited=cited, at=builders.at(5))
    waits = ProposalMove(proposal_id=made.id, was=ProposalState.DRAFTED, now=ProposalState.WAITING)
    bundles = (apply_all(base, operations),)
    store.commit(Changes(proposals=(made,), bundles=bundles, reports=(builders.report(made),), proposal_moves=(waits,)))
    return made


def shipped(parts: Parts, *operations: Any, evidence: Sequence[str] = (), rationale: str = "r") -> Any:
    made = drafted(parts, *operations, evidence=evidence, rationale=rationale)
    approval = deciding.decision(parts.store.proposal(made.id))
    parts.store.decide(approval)
    deciding.deploy(kept(parts), approval)
    return made


def dump(database: Database) -> dict[str, str]:
    """Every row of every table, as text."""
    with database.engine.connect() as connection:
        return {
            name: json.dumps([dict(row) for row in connection.execute(sa.select(table)).mappings()], default=str,
                             ensure_ascii=False)
            for name, table in metadata.tables.items()
        }  # fmt: skip


def holding(database: Database, *words: str) -> dict[str, list[str]]:
    """Tables that hold any of the words."""
    found = {name: [word for word in words if word in text] for name, text in dump(database).items()}
    return {name: some for name, some in found.items() if some}


def faults(database: Database) -> list[str]:
    with database.engine.connect() as connection:
        return [f"{fault.subject}: {fault.what}" for fault in inspect(connection, "desk").faults]


def erased(parts: Parts, what: Any = "customer", name: str = CUSTOMER) -> Any:
    return desk.erase(parts, what, name, actor=OLGA, reason="They asked for it.")


def take_back(parts: Parts) -> None:
    """The next turn's proposal to unlearn, approved and live."""
    engine.turn(parts)
    waiting = [one for one in parts.store.proposals() if one.proposal.proposer is Proposer.UNLEARNING]
    assert [one.state for one in waiting] == [ProposalState.WAITING]
    approval = deciding.decision(parts.store.proposal(waiting[0].proposal.id))
    parts.store.decide(approval)
    deciding.deploy(kept(parts), approval)


def test_every_table_says_what_erasure_does_with_it() -> None:
    assert set(RULES) == set(metadata.tables)


def test_only_the_live_version_keeps_the_words_until_it_is_taken_back(signed: Database, parts: Parts) -> None:
    before = holding(signed, *WORDS)
    assert {"interaction", "feedback", "eval_case", "proposal", "bundle", "answer", "flag"} <= set(before)
    made = erased(parts)
    assert not made.is_finished
    assert made.reached["interaction"] == made.reached["feedback"] == made.reached["eval_case"] == 1
    assert set(holding(signed, *WORDS)) <= {"bundle", "erasure", "proposal"}
    assert any(one.question == ASKED for one in parts.store.bundle(parts.store.head().digest).examples)
    assert faults(signed) == []
    parts.store.check_head()


def test_after_the_live_version_changed_nothing_is_left_anywhere(signed: Database, parts: Parts) -> None:
    erased(parts)
    take_back(parts)
    engine.turn(parts)
    (made,) = parts.store.erasures()
    assert made.is_finished
    assert made.waiting == ()
    assert holding(signed, *WORDS, CUSTOMER, EPISODE) == {}
    assert faults(signed) == []
    assert parts.store.check_journal().is_intact
    with signed.engine.connect() as connection:
        assert any("erased" in note for note in inspect(connection, "desk").notes)


def test_an_older_version_can_be_gone_back_to_without_what_was_erased(signed: Database, parts: Parts) -> None:
    number = parts.store.head().number
    erased(parts)
    take_back(parts)
    engine.turn(parts)
    deciding.roll_back(kept(parts), to=number, undone=None)
    live = parts.store.bundle(parts.store.head().digest)
    assert [one.id for one in live.examples] == ["x1"]
    parts.store.check_head()
    assert faults(signed) == []


@pytest.mark.parametrize(("what", "name"), [("customer", CUSTOMER), ("episode", EPISODE), ("author", AUTHOR)])
def test_a_subject_is_found_by_each_of_its_names(signed: Database, parts: Parts, what: Any, name: str) -> None:
    erased(parts, what, name)
    take_back(parts)
    engine.turn(parts)
    assert holding(signed, name, TOLD) == {}
    assert faults(signed) == []
    assert parts.store.feedback_items(["f3"])["f3"].feedback.text == ""
    (entry,) = [one for one in kept(parts).journal() if one.action == "correct answer"]
    assert (entry.actor.startswith(ALIAS), entry.subject) == ((True, "i3") if what == "author" else (False, ERASED))


def test_erasing_again_writes_nothing(signed: Database, parts: Parts) -> None:
    first = erased(parts)
    before = dump(signed)
    assert erased(parts) == first
    assert dump(signed) == before


def test_a_dry_run_says_the_same_and_writes_nothing(signed: Database, parts: Parts) -> None:
    before = dump(signed)
    found = desk.preview_erasure(parts, "customer", CUSTOMER, actor=OLGA)
    assert dump(signed) == before
    assert found.taint is not None
    assert found.taint.live
    made = erased(parts)
    assert {
        name: n for name, n in found.erasure.reached.items() if name in ("interaction", "feedback", "eval_case")
    } == {name: n for name, n in made.reached.items() if name in ("interaction", "feedback", "eval_case")}


def test_what_is_delivered_again_stays_erased(signed: Database, parts: Parts) -> None:
    erased(parts)
    again = builders.interaction(3, customer=CUSTOMER, episode_id=EPISODE, question=ASKED)
    said = builders.feedback(3, kind=FeedbackKind.EDIT, label=None, text=TOLD, author=AUTHOR)
    written = parts.store.append(interactions=[again], feedback=[said])
    assert (written.new, written.updated, written.duplicate) == (0, 0, 2)
    assert parts.store.interactions(["i3"])["i3"].question == ERASED
    assert faults(signed) == []


@pytest.mark.parametrize("point", ["erase:unlearned", "erase:written"])
def test_an_erasure_that_dies_is_done_by_the_next_one(signed: Database, parts: Parts, point: str) -> None:
    class Killed(Exception):
        """What the process dies of."""

    def die(label: str) -> None:
        if label == point:
            raise Killed

    dying = replace(parts, checkpoint=die, store=signed.store("desk", checkpoint=die))
    with pytest.raises(Killed):
        erased(dying)
    assert "interaction" in holding(signed, ASKED)
    erased(parts)
    assert "interaction" not in holding(signed, ASKED)
    assert faults(signed) == []


def test_the_words_of_others_stay(signed: Database, parts: Parts) -> None:
    parts.store.append(interactions=[builders.interaction(20, question=ASKED)])
    erased(parts)
    assert parts.store.interactions(["i20"])["i20"].question == ASKED
    assert parts.store.interactions(["i4"])["i4"].question == "Where is parcel 4?"


def test_only_who_sets_up_may_erase_and_only_with_a_reason(parts: Parts) -> None:
    with pytest.raises(NotAllowed):
        desk.erase(parts, "customer", CUSTOMER, actor=RITA, reason="no")
    with pytest.raises(InvalidInput):
        desk.erase(parts, "customer", CUSTOMER, actor=OLGA, reason=" ")
    with pytest.raises(NotFound):
        desk.erase(parts, "customer", "nobody", actor=OLGA, reason="no")


def test_what_waits_for_its_episode_and_parts_of_traces_go_too(signed: Database, parts: Parts) -> None:
    waits = EpisodeFeedback("not-yet", builders.feedback(30, author=AUTHOR, text=TOLD, interaction_id="not-yet"))
    delivery = collect.Delivery(agent="desk", door="api:x", of_episodes=[waits])
    parcel = collect.prepare(delivery, at=builders.NOON).parcel
    signed.store("desk").deliver([parcel], captured=[], now=builders.NOON)
    part = KeptPart("i3", "span", "", {"input": "Another word about her viola"})
    late = KeptPart("", "judgement", "unknown", {"explanation": TOLD})
    signed.telemetry.keep("desk", [part, late], now=builders.NOON)
    assert {"orphan", "telemetry"} <= set(holding(signed, TOLD, "viola"))
    made = erased(parts, "author", AUTHOR)
    assert (made.reached["orphan"], made.reached["telemetry"]) == (1, 1)
    made = erased(parts)
    assert made.reached["telemetry"] == 1
    assert not {"orphan", "telemetry"} & set(holding(signed, TOLD, "viola", *WORDS))
    assert signed.telemetry.keep("desk", [part], now=builders.NOON) == [part], "nothing is added to it any more"


def test_a_subject_of_whom_only_something_waits_is_found(signed: Database, parts: Parts) -> None:
    waits = EpisodeFeedback("talk-of-nora", builders.feedback(31, author="nora", text="Nora waits for her harp here."))
    delivery = collect.Delivery(agent="desk", door="api:x", of_episodes=[waits])
    signed.store("desk").deliver([collect.prepare(delivery, at=builders.NOON).parcel], captured=[], now=builders.NOON)
    before = dump(signed)
    with pytest.raises(NotFound):
        erased(parts, "author", "nobody")
    assert dump(signed) == before
    assert erased(parts, "episode", "talk-of-nora").reached["orphan"] == 1
    assert holding(signed, "harp") == {}


def test_quotes_that_were_cut_short_go_too() -> None:
    scrub = Scrub(names={"anna": "erased-1"}, texts=(ASKED,))
    assert scrub.text(f"“{ASKED[:30]}…” by anna") == f"“{ERASED}…” by erased-1"
    assert scrub.text("annabel asked: Did Wilhelm leave?") == "annabel asked: Did Wilhelm leave?"


def test_the_journal_takes_a_tombstone_and_nothing_else(signed: Database, parts: Parts) -> None:
    with pytest.raises(sa.exc.DatabaseError), signed.engine.begin() as connection:
        connection.execute(sa.text("UPDATE audit SET subject = 'x' WHERE seq = 1"))
    with pytest.raises(sa.exc.DatabaseError), signed.engine.begin() as connection:
        connection.execute(sa.text("UPDATE audit SET action = 'x', subject = '⟨ERASED⟩' WHERE seq = 1"))
    connection = signed.engine.connect().execution_options(begin="write")
    with connection, connection.begin():
        connection.execute(sa.text("UPDATE audit SET subject = '⟨ERASED⟩' WHERE seq = 1"))
    assert any("entry 1" in one for one in faults(signed)), "a tombstone that the journal does not vouch for"


def test_the_command_lists_and_writes_nothing_without_a_reason(ratchet: Ratchet) -> None:
    assert ratchet("agent", "create", "desk", "--name", "Desk").code == 0
    said = ratchet("erase", "--agent", "desk", "--customer", "nobody")
    assert said.code == 1
    assert "Nothing of this customer is stored" in said.err
    assert ratchet("erase", "--agent", "desk").code == 1
