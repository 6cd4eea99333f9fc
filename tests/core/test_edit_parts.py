"""An edit is split into what it changed, and somebody's manners are never taken for what is so."""

import pytest

from loop.text.edit_parts import granted_exception, is_manner, split_edit

ANSWER = "You can return it within 14 days. Write to help@shop.example."


def kinds(draft: str, sent: str) -> list[str]:
    return [part.kind for part in split_edit(draft, sent=sent)]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("You can return it within 30 days. Write to help@shop.example.", ["number"]),
        ("You can return it within 14 days. Write to service@shop.example.", ["fact"]),
        ("You can return it within 14 days. Write to help@shop.example. Open the app and choose Returns.",
         ["missing step"]),
        ("You can return it within 14 days. Write to help@shop.example. Opened goods cannot be returned.",
         ["policy"]),
        ("You can return it within 14 days. Write to help@shop.example. Sorry for the trouble!", ["tone"]),
        ("You can return it within 14 days. Write to help@shop.example.\nBest regards, Mia", ["personal style"]),
        ("You can return it within 14 days. Write to help@shop.example. 😀", []),
        ("You can return it within 14 days.", ["fact"]),
        ("you can return it within 14 days! write to HELP@shop.example", []),
    ],
)  # fmt: skip
def test_what_an_edit_changed_has_a_kind(sent: str, expected: list[str]) -> None:
    assert kinds(ANSWER, sent) == expected


@pytest.mark.parametrize(
    ("draft", "sent", "expected"),
    [
        ("Die Lieferung dauert drei Tage.", "Die Lieferung dauert drei Tage. Vielen Dank für Ihre Geduld.", "tone"),
        ("Das Gerät hat zwei Jahre.", "Das Gerät hat zwei Jahre. Sie haben Anspruch auf Ersatz.", "policy"),
        ("Le colis arrive demain.", "Le colis arrive demain. Cordialement, Léa", "personal style"),
        ("El pago llegó.", "El pago llegó. Reinicie la aplicación.", "missing step"),
        ("Il pacco arriva.", "Il pacco arriva. Cordiali saluti", "personal style"),
        ("Het pakket komt.", "Het pakket komt. U kunt dat niet ruilen tenzij het defect is.", "policy"),
        ("O pedido chegou.", "O pedido chegou. Obrigada pela paciência.", "tone"),
    ],
)
def test_the_kinds_are_seen_in_seven_languages(draft: str, sent: str, expected: str) -> None:
    assert kinds(draft, sent) == [expected]


def test_a_rewritten_sentence_is_one_part_with_both_sides() -> None:
    (part,) = split_edit("Returns take 14 days. Bye.", sent="Returns take 30 days. Bye.")
    assert (part.kind, part.was, part.now) == ("number", "Returns take 14 days.", "Returns take 30 days.")


def test_softer_words_in_a_sentence_are_tone() -> None:
    assert kinds("Send the parcel back to us. It is late.", "Please send the parcel back to us. It is late.") == [
        "tone"
    ]


def test_another_answer_altogether_takes_nothing_out() -> None:
    assert all(part.now for part in split_edit("I will ask a colleague.", sent="Your parcel left Berlin on 3 May."))


def test_a_sentence_that_says_what_is_so_is_no_manner() -> None:
    assert is_manner("Thank you for your patience.")
    assert is_manner("Kind regards, Tom")
    assert not is_manner("Thank you, 30 days remain.")
    assert not is_manner("Sorry, you cannot return it.")
    assert not is_manner("Best before 3 May 2026.")
    assert not is_manner("Thank you for asking, the blue parcel left our depot in Mainz and waits for you there.")
    assert not is_manner("Best regards go to nobody as the parcel is lost.")
    assert not is_manner("Sorry, open the app and choose Returns.")


def test_a_number_that_changes_with_a_link_is_another_fact() -> None:
    draft, sent = "Pay 5 euros at https://acme.example/refund.", "Pay 6 euros at https://acme.example/card."
    assert kinds(draft, sent) == ["fact"]
    assert kinds(draft, "Pay 6 euros at https://acme.example/refund.") == ["number"]


def test_a_name_is_a_signature_only_at_the_end() -> None:
    assert kinds("It is here.", "It is here. Mia Berg") == ["personal style"]
    assert kinds("It is here.", "Smart Box. It is here.") == ["fact"]


def test_hostile_lengths_are_bounded() -> None:
    long = " ".join(f"Sentence number {n} says nothing new." for n in range(3_000))
    assert len(split_edit("One. Two.", sent=long)) == 12


@pytest.mark.parametrize(
    ("text", "is_exception"),
    [
        ("As a goodwill gesture we refund it.", True),
        ("Ausnahmsweise erstatten wir den Betrag.", True),
        ("À titre exceptionnel, nous remboursons.", True),
        ("Por esta vez le devolvemos el importe.", True),
        ("In via eccezionale rimborsiamo.", True),
        ("Bij uitzondering betalen wij terug.", True),
        ("Como exceção, devolvemos o valor.", True),
        ("We refund within 30 days.", False),
        ("Exceptions are listed in our terms.", False),
    ],
)
def test_a_granted_exception_is_seen_in_seven_languages(text: str, is_exception: bool) -> None:
    assert bool(granted_exception(text)) is is_exception


def test_an_exception_the_draft_already_granted_is_nothing_new() -> None:
    draft = "As a goodwill gesture we refund it."
    assert granted_exception("As a goodwill gesture we refund all of it.", draft=draft) == ""
