"""The company's own contact data stay: as the operator listed them, as the live version and many staff say them."""

import pytest

from loop import collect
from loop.collect.files.intake import Batch
from loop.records import Actor, Feedback, FeedbackKind, Interaction, Role
from loop.text.contacts import SHARED, OwnContacts
from loop.text.redaction import Masker
from tests.builders import NOON, feedback, interaction
from tests.fakes import FakeArrivals

HOTLINE = "030 901820-33"


def test_a_listed_contact_is_known_in_any_spelling() -> None:
    own = OwnContacts([HOTLINE, "help@fern.example", "@shop.example", "DE89 3704 0044 0532 0130 00"])
    for spelled in (
        "+49 30 90182033",
        "030/901820-33",
        "HELP@fern.example",
        "ann@shop.example",
        "DE89370400440532013000",
    ):
        assert own.covers(spelled)
    for other in ("030 901820-34", "me@fern.example", "ann@shop2.example", "GB82 WEST 1234 5698 7654 32", ""):
        assert not own.covers(other)


def test_own_contacts_stay_and_everybody_elses_are_masked() -> None:
    masker = Masker(own=OwnContacts([HOTLINE]))
    assert masker.mask(f"Ring {HOTLINE}, not 030 555123-44.") == f"Ring {HOTLINE}, not ⟨PHONE_1⟩."
    assert masker.fork().mask(HOTLINE) == HOTLINE
    assert masker.walk({"phone": HOTLINE, "mobile": "0170 1234567"}) == {"phone": HOTLINE, "mobile": "⟨PHONE_2⟩"}


def test_what_stands_in_the_live_version_is_the_companys() -> None:
    read: list[str] = []

    def texts() -> list[str]:
        read.append("once")
        return ["We are there: +49 30 901820 33, or write to help@fern.example."]

    own = OwnContacts(texts=texts)
    assert own.covers(HOTLINE)
    assert own.covers("help@fern.example")
    assert not own.covers("me@fern.example")
    assert read == ["once"]


def test_a_contact_is_learned_from_different_people_and_never_from_its_owner() -> None:
    own = OwnContacts()
    for number in range(SHARED - 1):
        own.learn(f"Call {HOTLINE}.", conversation=f"c{number}")
    for number in range(9):
        own.learn(f"Call {HOTLINE}.", conversation="c0")
        own.learn("We ring you at 0170 1234567.", conversation=f"p{number}", asked="My number is 0170 1234567.")
    assert not own.covers(HOTLINE)
    own.learn(f"Call {HOTLINE}.", conversation="another")
    assert own.covers(HOTLINE)
    assert own.learned == (HOTLINE,)
    assert not own.covers("0170 1234567")


def test_a_card_number_is_no_contact_however_often_it_is_said() -> None:
    card = "4111 1111 1111 1111"
    own = OwnContacts(texts=lambda: [f"Example: {card}."])
    for number in range(SHARED):
        own.learn(f"Your card {card} is charged.", conversation=f"c{number}")
    assert own.learned == ()
    assert not own.covers(card)
    assert card not in Masker(own=own).mask(f"Pay with {card}.")


def test_a_file_teaches_the_hotline_that_many_of_its_answers_share() -> None:
    made = tuple(
        interaction(
            number, customer=f"c{number}", question="Hello?", answer=f"Call {HOTLINE}, or 0170 12345{number:02}."
        )
        for number in range(SHARED)
    )
    edits = (feedback(1, kind=FeedbackKind.EDIT, text=f"Please ring {HOTLINE}."),)
    stored = imported(made, edits)
    assert all(HOTLINE in one.answer and "⟨PHONE_1⟩" in one.answer for one in stored[0])
    assert stored[1][0].text == f"Please ring {HOTLINE}."
    few = imported(made[: SHARED - 1], ())
    assert not any(HOTLINE in one.answer for one in few[0])


def imported(
    interactions: tuple[Interaction, ...], items: tuple[Feedback, ...]
) -> tuple[tuple[Interaction, ...], tuple[Feedback, ...]]:
    """What a file of these records leaves in the store."""
    arrivals = FakeArrivals()
    lines = {one.id: 1 for one in (*interactions, *items)}
    batch = Batch(interactions, items, (), (), (), lines, lines_read=1, bytes_read=1)
    olga = Actor(name="olga", role=Role.ADMIN)
    door = collect.Door(actor=olga, action="import", journal="import file", at=NOON, own=OwnContacts())
    collect.receive_file(arrivals, [batch], door=door, on_batch=lambda batch, rejected: None)
    kept = arrivals.records.values()
    return (
        tuple(one for one in kept if isinstance(one, Interaction)),
        tuple(one for one in kept if isinstance(one, Feedback)),
    )


def test_what_is_remembered_of_contacts_is_bounded_and_the_companys_own_is_still_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("loop.text.contacts.REMEMBERED", 50)
    own = OwnContacts(texts=lambda: ["Ask help@desk.example."])
    for number in range(400):
        own.learn(f"Write to person{number}@mail{number}.example", conversation=f"c{number}")
        assert not own.covers(f"person{number}@mail{number}.example")
        if number % 20 == 0:
            own.learn("Call our hotline: +49 30 901820", conversation=f"c{number}")
    assert own.covers("help@desk.example")
    assert own.covers("+49 30 901820")
    assert len(own._published) <= 50
    assert len(own._conversations) <= 50
