"""Containment: a question is found wherever it stands in a text, however it is written, and not where it does not."""

import random

import pytest

from loop.text.containment import stand_in

QUESTIONS = [
    "How do I get a refund for the blue kettle I ordered?",
    "Why was my card charged twice for one parasol?",
    "Where can I change the delivery address of my parcel?",
    "Do you repair heaters that are out of warranty?",
    "Can I pay my invoice in three instalments?",
    "Which batteries does the garden lamp need?",
]
FIRST = QUESTIONS[0]
LONG = "Our shop sells many things. Ask us anything, and read the small print before you do. " * 40


def found(text: str) -> list[bool]:
    return stand_in(QUESTIONS, [text])


@pytest.mark.parametrize(
    "text",
    [
        FIRST,
        FIRST.upper(),
        "how do i get, a refund - for the 'blue kettle' i ordered",
        "the blue kettle I ordered: how do I get a refund for",
        "Hello! Please tell me how do I get a refund for the blue kettle that I ordered? Many thanks",
        "How could I get a refund for the blue kettle I ordered?",
        "How do I get a refund for the blue kettle?",
        f"{LONG}{FIRST} {LONG}",
        f"{LONG} refund for the blue kettle I ordered, how do I get it {LONG}",
        "\n".join(["All about refunds", "Q: " + FIRST, "A: Send it back.", *QUESTIONS[1:2]]),
    ],
    ids=[
        "itself",
        "case",
        "punctuation",
        "order",
        "filler",
        "a word replaced",
        "words left out",
        "inside",
        "inside, reordered",
        "lines",
    ],
)
def test_a_question_is_found_however_it_is_written(text: str) -> None:
    assert found(text)[0]
    assert not any(found(text)[2:])


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "",
        "Do you repair the blue kettle I ordered?",
        "The blue kettle boils in two minutes. " + LONG + " How do I get a refund? " + LONG + " I ordered",
        "We refund what you ordered.",
    ],
    ids=["another subject", "nothing", "another question about it", "its words far apart", "its subject"],
)
def test_a_question_is_not_found_where_only_its_subject_is(text: str) -> None:
    assert not found(text)[0]


def test_two_texts_never_make_one_stretch() -> None:
    assert stand_in([FIRST, *QUESTIONS], ["How do I get a refund", "for the blue kettle I ordered"])[0] is False


def test_a_stretch_is_hardly_longer_than_the_question() -> None:
    gap = " or so" * 4
    before, middle, after = "how I get kettle", " a blue do", " for ordered refund the"
    assert found(f"{before}{middle}{after}")[0]
    assert not found(f"{before}{gap}{middle}{gap}{after}")[0], (
        "half of it before some of its words, half after: too far"
    )


def test_a_near_duplicate_counts_even_where_it_lacks_the_telling_words() -> None:
    frame = "could somebody please tell me how and when I get my"
    things = (
        "red kettle",
        "big parasol",
        "old heater",
        "garden lamp",
        "hall mirror",
        "oak clock",
        "tiny sofa",
        "wool rug",
    )
    assert stand_in([f"{frame} {one}" for one in things], [frame]) == [True] * 8


def test_a_question_of_a_few_words_must_stand_alone() -> None:
    questions = ["refund", "track parcel", *QUESTIONS]
    assert stand_in(questions, ["You track a parcel on its page; a refund takes a week."])[:2] == [False, False]
    assert stand_in(questions, ["People ask for: refund, parcel track."])[:2] == [True, True]
    assert stand_in(questions, ["Refund!"])[:2] == [True, False]


def test_nothing_is_found_nowhere() -> None:
    assert stand_in(["", " ?! ", "refund"], ["", "?!"]) == [False, False, False]
    assert stand_in([], ["refund"]) == []
    assert stand_in(["refund"], []) == [False]


def test_scripts_without_spaces_are_found_too() -> None:
    assert stand_in(["どうすれば返品できますか", "電池はどれですか"], ["よくある質問:どうすれば返品できますか?"]) == [
        True,
        False,
    ]


def test_a_repeated_question_is_found_each_time_and_in_its_place() -> None:
    assert stand_in([QUESTIONS[3], FIRST, QUESTIONS[4], FIRST], [FIRST.lower()]) == [False, True, False, True]


@pytest.mark.parametrize("seed", range(6))
def test_any_quote_in_any_text_is_found(seed: int) -> None:
    draw = random.Random(seed)
    words = [f"{stem}{number}" for stem in ("par", "kel", "tom", "rin") for number in range(60)]
    questions = [" ".join(draw.choices(words, k=draw.randint(4, 40))) for _ in range(60)]
    quoted = set(draw.sample(range(60), 12))
    text = [*draw.choices(words, k=400)]
    for place in quoted:
        text += [*questions[place].split(), *draw.choices(words, k=draw.randint(0, 90))]
    told = stand_in(questions, [" ".join(text)])
    assert {place for place, stands in enumerate(told) if stands} == quoted
