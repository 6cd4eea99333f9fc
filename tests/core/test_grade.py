"""Right is right however it is spelled, a missing piece is noticed, and chatter does not matter."""

import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from loop.evaluate.grade import SIMILAR_ENOUGH, grade, similarity
from loop.records import Answer, EvalCase, Grading
from loop.text.sentences import facts
from tests.builders import case

words = st.text(string.ascii_letters + string.digits + " .,!?€%-äöüéñ", min_size=1, max_size=120)

REFUND = (
    "You can send the parcel back within 30 days. We pay the return label. "
    "Please keep the receipt until the money is on your account."
)


def text_case(expected: str, **fields: object) -> EvalCase:
    return case(grading=Grading.TEXT, expected=expected, **fields)


def says(text: str) -> Answer:
    return Answer(text=text, method="case")


@pytest.mark.parametrize("spelling", ["card arrival", "Card_Arrival", "  CARD-arrival ", "card\narrival"])
def test_a_label_is_right_in_any_spelling(spelling: str) -> None:
    assert grade(case(expected="card_arrival"), Answer(label=spelling, method="head")).is_right


@pytest.mark.parametrize("given_label", [None, "", "card", "card_arrival_late"])
def test_another_or_no_label_is_wrong(given_label: str | None) -> None:
    found = grade(case(expected="card_arrival"), Answer(label=given_label, method="head"))
    assert not found.is_right
    assert found.similarity is None


def test_a_model_without_a_label_field_may_answer_with_the_label_alone() -> None:
    assert grade(case(expected="card_arrival"), Answer(text="Card arrival.", method="model")).is_right


def test_an_article_is_right_by_its_id_only() -> None:
    wanted = case(grading=Grading.ARTICLE, expected="KB-12")
    assert grade(wanted, Answer(article_id="kb_12", method="article")).is_right
    assert not grade(wanted, Answer(article_id="kb-13", text="KB-12", method="article")).is_right
    assert not grade(wanted, Answer(text="kb-12", method="article")).is_right


@pytest.mark.parametrize("grading", list(Grading))
def test_a_failure_is_wrong_and_a_handover_is_right_only_when_expected(grading: Grading) -> None:
    wanted = case(grading=grading, expected="refund")
    handed = Answer(text="refund", label="refund", article_id="refund", method="handover")
    assert not grade(wanted, Answer(label="refund", text="refund", method="failed", failure="timeout")).is_right
    assert not grade(wanted, handed).is_right
    for spelling in ("hand over", "handover", "Hand_Over", "HAND-OVER"):
        expects = case(grading=grading, expected=spelling)
        assert grade(expects, handed).is_right
        assert not grade(expects, says("hand over")).is_right


@given(words)
def test_the_same_text_is_right(text: str) -> None:
    assume(text.strip())
    assume("".join(character for character in text.lower() if character.isalnum()) != "handover")
    assert grade(text_case(text), says(text)).is_right


@given(words, words)
@example("0", "0.")
@example("0", "0 %")
@example("0", "0 per cent")
def test_case_and_spacing_do_not_matter(expected: str, answer: str) -> None:
    spaced = "   ".join(answer.upper().split(" ")) + "  "
    assert grade(text_case(expected), says(answer)).is_right == grade(text_case(expected), says(spaced)).is_right


@given(words, words)
def test_similarity_is_symmetric_bounded_and_one_for_equal_words(one: str, other: str) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, one.upper()) == 1.0


def test_the_missing_required_sentence_flips_a_case_and_nothing_else_does() -> None:
    wanted = text_case(REFUND, must_include=("keep the receipt",))
    lacking = "You can send the parcel back within 30 days. We pay the return label."
    assert not grade(wanted, says(lacking)).is_right
    assert grade(wanted, says(f"{lacking} Please keep the receipt.")).is_right
    for unrelated in ("Have a nice day.", "Is there anything else I can do for you?", "Our shop opens at nine."):
        assert not grade(wanted, says(f"{lacking} {unrelated}")).is_right
        assert grade(wanted, says(f"{lacking} {unrelated} Keep the receipt!")).is_right


def test_a_missing_number_flips_a_case_without_naming_it_as_required() -> None:
    wanted = text_case(REFUND)
    without = REFUND.replace(" within 30 days", "")
    found = grade(wanted, says(without))
    assert not found.is_right
    assert found.similarity is not None
    assert found.similarity > SIMILAR_ENOUGH
    assert "1 number" in found.reason
    assert not grade(wanted, says(REFUND.replace("30", "14"))).is_right
    assert grade(wanted, says(REFUND.replace("30", "the first 30"))).is_right


def test_an_unwanted_piece_makes_a_good_text_wrong() -> None:
    wanted = text_case(REFUND, must_exclude=("in cash",))
    assert grade(wanted, says(REFUND)).is_right
    assert not grade(wanted, says(f"{REFUND} We also pay In  Cash.")).is_right


def test_a_piece_is_found_as_words_not_as_letters() -> None:
    wanted = text_case("It takes a while.", must_include=("5 days",))
    assert not grade(wanted, says("It takes a while, 15 days.")).is_right
    assert grade(wanted, says("It takes a while, 5\ndays.")).is_right


def test_another_subject_in_the_same_tone_is_wrong() -> None:
    other = "You can change the address until the parcel leaves. Please tell us the new street."
    found = grade(text_case(REFUND), says(other))
    assert not found.is_right
    assert found.similarity is not None
    assert found.similarity < SIMILAR_ENOUGH


def test_a_case_without_a_text_is_judged_by_its_pieces() -> None:
    wanted = text_case("", must_include=("receipt",))
    assert grade(wanted, says("Show the receipt.")).is_right
    assert not grade(wanted, says("Show the label.")).is_right
    assert not grade(wanted, says("")).is_right


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$1,000.00", "1000 dollars"),
        ("5 per cent", "5%"),
        ("3 May 2026", "2026-05-03"),
        ("May 3rd, 2026", "3 may 2026"),
        ("at 5pm", "at 5 pm"),
        ("0.50", "0,5"),
        ("https://www.shop.example/help/", "shop.example/help, www.shop.example/help."),
        ("1. Open the app\n2. Wait 7 minutes", "wait 7 minutes"),
    ],
)
def test_a_fact_counts_the_same_in_any_spelling(one: str, other: str) -> None:
    assert facts(one) <= facts(other) or facts(other) <= facts(one)
    assert facts(one)


@pytest.mark.parametrize(("one", "other"), [("5%", "5"), ("30", "300"), ("3 May", "5 March"), ("AB12C3", "AB12C4")])
def test_different_facts_stay_different(one: str, other: str) -> None:
    assert facts(one) != facts(other)


def test_a_number_may_be_spelled_out_in_the_answer() -> None:
    assert grade(text_case("It takes 5 days."), says("It takes five days.")).is_right


def test_the_reason_never_quotes_the_case() -> None:
    wanted = text_case("The password is swordfish 4711.", must_include=("swordfish",))
    for answer in ("", "Ask again.", "The password is 4711."):
        reason = grade(wanted, says(answer)).reason
        assert reason
        assert "swordfish" not in reason
        assert "4711" not in reason


def test_a_hostile_text_costs_no_more_than_its_length() -> None:
    """With matching that grows with the square this takes hours and the timeout of the run ends it."""
    hostile = "1" * 200_000 + "," * 200_000 + "a@" * 100_000 + "1,2." * 100_000 + "x." * 200_000 + "may " * 100_000
    assert grade(text_case(hostile), says(hostile)).is_right
