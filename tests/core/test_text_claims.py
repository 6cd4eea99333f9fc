"""Texts taken apart: what two sentences say compares, whatever the language, the spelling and the words around it."""

import pytest

from loop.text.claims import Claim, claims_of, language_of
from loop.text.claims.languages import LANGUAGES
from loop.text.claims.standing import Passage, Shelf, contradicts, difference, passages_of, stands_in

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
        ("It takes three hundred twenty days.", ("day", "320")),
        ("You have a day.", ("day", "1")),
        ("It is a Christmas day on 24.12.2026.", ("date", "2026-12-24")),
        ("It costs 1,000.50 euros.", ("money:eur", "1000.5")),
        ("Das kostet 1.000,50 € und ist sofort da.", ("money:eur", "1000.5")),
        ("We keep 15 percent.", ("%", "15")),
        ("It is 40 cm wide.", ("size:cm", "40")),
        ("We open at 6 pm.", ("time", "18:00")),
        ("Come by the 3rd visit.", ("ordinal", "3")),
        ("Write to Help@Acme.example today.", ("mail", "help@acme.example")),
        ("See www.acme.example/refunds.", ("url", "acme.example/refunds")),
        ("Call +49 30 901820-33 now.", ("phone", "+493090182033")),
        ("Call 0049 30 901820-33 now.", ("phone", "+493090182033")),
        ("Pay to DE89 3704 0044 0532 0130 00 now.", ("iban", "de89370400440532013000")),
    ],
)
def test_a_fact_is_one_fact_in_every_spelling_and_language(text: str, told: tuple[str, str]) -> None:
    assert told in facts(text)


def test_the_first_number_of_a_range_has_the_unit_of_its_second() -> None:
    assert facts("It takes 2 to 5 days.") == {("day", "2"), ("day", "5")}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It takes 5 days at most.", "most"),
        ("It takes within 5 days.", "most"),
        ("It costs 5 euros or more.", "least"),
        ("It is free after €5.", "least"),
        ("It takes 5 days.", ""),
    ],
)
def test_a_number_is_the_largest_or_the_smallest_wherever_the_sentence_says_so(text: str, told: str) -> None:
    assert [fact.direction for fact in only(text).facts] == [told]


@pytest.mark.parametrize(
    "word", ["passwords", "Überweisungen", "Anzahlungen", "contraseñas", "transferências", "IBANs"]
)
def test_a_risky_word_is_one_in_the_plural_too(word: str) -> None:
    assert only(f"{word} and parcels").risks


def test_an_article_is_a_number_only_before_a_unit() -> None:
    assert facts("No one of us is here.") == facts("Ich bin ein Kunde und nicht einer von denen.") == set()


def test_two_addresses_are_never_the_same_claim() -> None:
    assert only("Pay at https://acme.example/pay.").key != only("Pay at https://acme.test/pay.").key
    assert only("Call 030 901820.").key != only("Call 030 901821.").key


def test_case_punctuation_and_number_words_change_no_claim() -> None:
    assert only("Refunds take five days!").key == only("refunds take 5 days").key


def test_look_alike_letters_and_hidden_characters_change_no_claim() -> None:
    assert only("Refunds tаke 5 da\u200bys").key == only("Refunds take 5 days").key


def test_who_does_it_and_what_turns_a_sentence_round_belong_to_the_claim() -> None:
    assert only("We pay the return.").key != only("You pay the return.").key
    assert only("We pay the return.").key != only("We do not pay the return.").key
    assert only("We don't pay the return.").hinges == only("We do not pay the return.").hinges == ("not",)


def test_greetings_are_small_talk_and_a_promise_is_none() -> None:
    assert only("Thank you for your message.").is_small_talk
    assert not only("Thank you, we pay everything.").is_small_talk


@pytest.mark.parametrize("text", ["Kind regards, +49 30 901820", "Thanks, 24!", "No, thanks.", "Never, sorry."])
def test_a_greeting_with_a_number_an_address_or_a_no_is_no_small_talk(text: str) -> None:
    assert not only(text).is_small_talk


def test_a_sentence_longer_than_is_read_at_once_hides_nothing_at_its_end() -> None:
    filler = " ".join(["parcel"] * 120)
    assert ("mail", "pay@evil.example") in facts(f"Your {filler} and then write to pay@evil.example")


def test_what_stands_between_semicolons_is_a_claim_of_its_own() -> None:
    assert len(claims_of("Refunds take 5 days; exchanges take 9 days.")) == 2


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_a_language_is_told_by_its_small_words(code: str) -> None:
    assert language_of(" ".join(LANGUAGES[code].function.split()[:30])) == code


def test_a_few_words_are_in_no_language() -> None:
    assert language_of("Version 4.2") == ""
    assert language_of("der die") == ""


def test_a_text_of_two_languages_is_in_neither() -> None:
    assert language_of("the refund is with our team and der Preis ist mit dem und die") == ""


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


def test_a_claim_stands_only_where_most_of_its_words_do_even_if_the_label_knows_the_others() -> None:
    reply = "Refunds take 5 days. Parcels arrive daily. Vouchers are sold at the shop downtown."
    assert stands("Refunds take 5 days.", reply)
    assert not stands("Refunds take 5 days at the shop downtown.", reply)


def test_what_is_turned_round_must_be_turned_round_there() -> None:
    refused = "We do not pay shipping of large heavy parcels abroad and do not refund customs duties."
    reply = f"{refused} We accept returns."
    assert stands(refused, reply)
    assert not stands(refused.replace("refund customs", "accept customs"), reply)


def test_two_sentences_may_be_said_in_one() -> None:
    assert stands("Refunds go to your card and take 5 days.", "Refunds go to your card. They take 5 days.")


def test_a_number_of_something_else_in_the_passage_carries_nothing() -> None:
    reply = "Opening hours and holidays at the warehouse downtown change weekly, refunds take 5 days."
    assert not stands("Opening hours and holidays 5 days at the warehouse downtown change.", reply)


def passage_of(text: str) -> Passage:
    return passages_of(claims_of(text), source="an article")[-1]


def test_the_opposite_contradicts_and_a_title_or_another_subject_does_not() -> None:
    opposite = only("Opened boxes are not taken back by the shop.")
    assert contradicts(opposite, passage_of("Opened boxes are taken back by the shop."))
    assert not contradicts(opposite, passage_of("Opened boxes"))
    lasting = only("Gift cards bought downtown stay valid everywhere for 3 days after purchase.")
    assert not contradicts(lasting, passage_of("Refunds for gift cards arrive on accounts abroad within 5 days."))


def test_two_sentences_taken_together_contradict_nothing() -> None:
    pair = passage_of("Refunds take 5 days. Exchanges take 9 days.")
    assert pair.is_pair
    assert not contradicts(only("Refunds and exchanges take 7 days."), pair)


def test_a_claim_of_nothing_but_common_words_is_still_compared() -> None:
    shelf = Shelf()
    for number in range(500):
        shelf.add(passages_of(claims_of(f"Parcels stay {number} days."), source=f"article {number}"))
    assert shelf.nearest(only("Parcels stay."))


def test_a_difference_is_told_in_words() -> None:
    (passage,) = passages_of(claims_of("Refunds take 10 business days."), source="an article")
    claim = only("Refunds take 2 business days.")
    assert contradicts(claim, passage)
    assert difference(claim, passage) == "2 business days instead of 10 business days"
