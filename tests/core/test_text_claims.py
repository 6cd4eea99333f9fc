"""Texts taken apart: what two sentences say compares, whatever the language, the spelling and the words around it."""

import pytest

from loop.text.claims import Claim, claims_of, language_of
from loop.text.claims.languages import LANGUAGES
from loop.text.claims.standing import Shelf, contradicts, difference, passages_of, stands_in

REPLY = (
    "Your refund reaches you within 5 business days after the return is scanned at our warehouse. "
    "It goes back to the way you paid. Standard delivery costs €4.90 and express delivery costs €9.90."
)


def only(text: str) -> Claim:
    (claim,) = claims_of(text)
    return claim


def facts(text: str) -> set[tuple[str, str]]:
    return {fact.key for claim in claims_of(text) for fact in claim.facts}


def stands(text: str, reply: str = REPLY) -> bool:
    shelf = Shelf()
    shelf.add(passages_of(claims_of(reply), source="the reply"))
    return all(any(stands_in(claim, one) for one in shelf.nearest(claim)) for claim in claims_of(text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It takes five business days.", ("workday", "5")),
        ("It takes 5 working days.", ("workday", "5")),
        ("Es dauert fünf Werktage, wenn die Ware da ist.", ("workday", "5")),
        ("Wir brauchen dafür fünfundzwanzig Tage, wie es dort steht.", ("day", "25")),
        ("Le remboursement arrive dans les quatre-vingt-dix jours qui suivent.", ("day", "90")),
        ("El reembolso tarda treinta y cinco días en llegar a su cuenta.", ("day", "35")),
        ("Il rimborso arriva sulla carta in ventidue giorni.", ("day", "22")),
        ("U krijgt het binnen vijfentwintig werkdagen terug op uw rekening.", ("workday", "25")),
        ("O reembolso demora vinte e dois dias e vai para a sua conta.", ("day", "22")),
        ("It costs 1,000.50 euros.", ("money:eur", "1000.5")),
        ("Das kostet 1.000,50 € und ist sofort da.", ("money:eur", "1000.5")),
        ("We keep 15 percent.", ("%", "15")),
        ("It is 40 cm wide.", ("size:cm", "40")),
        ("We open at 6 pm.", ("time", "18:00")),
        ("Come by the 3rd visit.", ("ordinal", "3")),
        ("Write to Help@Acme.example today.", ("mail", "help@acme.example")),
        ("See www.acme.example/refunds.", ("url", "acme.example/refunds")),
        ("Call +49 30 901820-33 now.", ("phone", "+493090182033")),
        ("Pay to DE89 3704 0044 0532 0130 00 now.", ("iban", "de89370400440532013000")),
    ],
)
def test_a_fact_is_one_fact_in_every_spelling_and_language(text: str, told: tuple[str, str]) -> None:
    assert told in facts(text)


def test_two_addresses_are_never_the_same_claim() -> None:
    assert only("Pay at https://acme.example/pay.").key != only("Pay at https://acme.test/pay.").key
    assert only("Call 030 901820.").key != only("Call 030 901821.").key


def test_case_punctuation_and_number_words_change_no_claim() -> None:
    assert only("Refunds take five days!").key == only("refunds take 5 days").key


def test_look_alike_letters_and_hidden_characters_change_no_claim() -> None:
    assert only("Refunds tаke 5\u200b days").key == only("Refunds take 5 days").key


def test_who_does_it_and_what_turns_a_sentence_round_belong_to_the_claim() -> None:
    assert only("We pay the return.").key != only("You pay the return.").key
    assert only("We pay the return.").key != only("We do not pay the return.").key


def test_greetings_are_small_talk_and_a_promise_is_none() -> None:
    assert only("Thank you for your message.").is_small_talk
    assert not only("Thank you, we pay everything.").is_small_talk


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_a_language_is_told_by_its_small_words(code: str) -> None:
    assert language_of(" ".join(LANGUAGES[code].function.split()[:30])) == code


def test_a_few_words_are_in_no_language() -> None:
    assert language_of("Version 4.2") == ""


@pytest.mark.parametrize(
    "text",
    [
        "Your refund reaches you within five business days after the return is scanned at our warehouse.",
        "The refund reaches you within 5 business days after the return is scanned.",
        "Express delivery costs €9.90.",
        "It goes back the way you paid",
    ],
)
def test_the_same_in_the_words_of_the_text_stands_in_it(text: str) -> None:
    assert stands(text)


@pytest.mark.parametrize(
    "text",
    [
        "Your refund reaches you within 2 business days after the return is scanned at our warehouse.",
        "Your refund reaches you after 5 business days.",
        "Your refund does not reach you within 5 business days after the return is scanned at our warehouse.",
        "Your voucher reaches you within 5 business days after the return is scanned at our warehouse.",
        "Standard delivery costs €9.90 and express delivery costs €4.90.",
        "It goes back to the way you paid, minus a fee.",
        "It goes back to the way you paid. Write to pay@acme.example.",
        "We reach your refund within 5 business days after the return is scanned at our warehouse.",
    ],
)
def test_another_number_direction_person_noun_or_address_stands_nowhere(text: str) -> None:
    assert not stands(text)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Returns are free.", "Returns are free within 30 days, and opened capsules may come back too."),
        ("Opened capsules are free within 30 days.", "Returns are free within 30 days; opened capsules come back too."),
        ("Delivery is free.", "Delivery costs €4.90. From a basket of €60 it is free."),
        ("A basket costs €4.90.", "Delivery costs €4.90. From a basket of €60 it is free."),
        ("Unplug the driver for 60 seconds.", "Unplug the lamp for 60 seconds. We replace the driver free of charge."),
        ("Returns of capsules are free.", "Returns of unused capsules are free. Used ones stay with you."),
        ("The driver is free of charge.", "We replace the driver free of charge within 2 years."),
    ],
)
def test_what_a_text_says_put_together_otherwise_or_without_its_limits_does_not_stand_in_it(
    text: str, reply: str
) -> None:
    assert stands(reply, reply)
    assert not stands(text, reply)


def test_a_difference_is_told_in_words() -> None:
    (passage,) = passages_of(claims_of("Refunds take 10 business days."), source="an article")
    claim = only("Refunds take 2 business days.")
    assert contradicts(claim, passage)
    assert difference(claim, passage) == "2 business days instead of 10 business days"
