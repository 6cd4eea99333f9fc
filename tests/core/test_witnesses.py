"""Who may speak for a change: nobody who was shown to it, near-identical cases once, and the card says who did not."""

import random
from typing import Any

import pytest

from loop.evaluate import step
from loop.evaluate.witnesses import NOTHING_UNTAUGHT, added_texts, units, witnesses
from loop.records import (
    Approach,
    Article,
    Bundle,
    Condition,
    EvalCase,
    Example,
    Grading,
    LeftOut,
    Rule,
    Split,
    Verdict,
    case_set_digest,
)
from tests.builders import at, case
from tests.core.test_evaluate import BASE, DEV, LABEL, SEALED, cases_of, proposal, tables, work

STEMS = ("kettle", "parasol", "heater", "lamp", "rug", "desk", "sofa", "mirror", "shelf", "clock")
ACTS = ("repair", "return", "insure", "deliver", "collect", "exchange", "assemble", "dye", "clean", "store")


def question(number: int) -> str:
    """A hundred questions, no two of them near each other."""
    act, stem = ACTS[number // 10], STEMS[number % 10]
    return f"Who could {act} the {stem} for customer {act}{number}{stem} before {stem}day?"


def asked(numbers: range, *, split: Split = Split.SEALED, **fields: Any) -> list[EvalCase]:
    return [case(number, id=f"{split}{number}", split=split, question=question(number), **fields) for number in numbers]


HIDDEN = [*asked(range(40)), *asked(range(40, 60), split=Split.DEV)]
LEAKED = [question(number) for number in (*range(30), *range(40, 50))]
TAUGHT = {one: Example(id=f"x{place}", question=one, label=LABEL) for place, one in enumerate(LEAKED)}


def bundle_with(section: str) -> Bundle:
    """The base with the questions of 30 sealed and 10 dev cases in one of its sections."""
    text = "\n".join(f"Q: {one}" for one in LEAKED)
    match section:
        case "examples":
            return BASE.model_copy(update={"examples": tuple(TAUGHT.values())})
        case "article body":
            return BASE.model_copy(update={"articles": (Article(id="k1", title="Answers", body=text),)})
        case "article questions":
            return BASE.model_copy(
                update={"articles": (Article(id="k1", title="A", body="b", questions=tuple(LEAKED)),)}
            )
        case "instructions":
            return BASE.model_copy(update={"instructions": f"{BASE.instructions}\n{text}"})
        case "rules":
            rules = [
                Rule(id=f"r{place}", label=LABEL, when=(Condition(field="question", op="contains", value=one),))
                for place, one in enumerate(LEAKED)
            ]
            return BASE.model_copy(update={"rules": tuple(rules)})
        case _:
            approach = Approach(id="a1", issue="parcel", name="Known", instruction=text)
            return BASE.model_copy(update={"approaches": (approach,)})


SECTIONS = ["examples", "article body", "article questions", "instructions", "rules", "approaches"]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_case_whose_question_stands_in_the_change_is_set_aside_wherever_it_stands(section: str) -> None:
    found = witnesses(HIDDEN, shown=added_texts(BASE, bundle_with(section)))
    assert found.left_out == (LeftOut(split=Split.DEV, shown=10), LeftOut(split=Split.SEALED, shown=30))
    assert {one.question for one in found.heard} == {one.question for one in HIDDEN} - set(LEAKED)


@pytest.mark.parametrize("section", SECTIONS)
def test_what_both_sides_have_is_no_leak(section: str) -> None:
    base = bundle_with(section)
    candidate = base.model_copy(update={"instructions": f"{base.instructions}\nBe brief."})
    assert witnesses(HIDDEN, shown=added_texts(base, candidate)).left_out == ()
    assert witnesses(HIDDEN, shown=added_texts(base, BASE)).left_out == (), "nor is what a change takes away"


def test_an_old_question_with_another_answer_is_a_new_lesson() -> None:
    base = bundle_with("examples")
    candidate = base.model_copy(
        update={"examples": tuple(one.model_copy(update={"label": "refund"}) for one in base.examples[:5])}
    )
    assert witnesses(HIDDEN, shown=added_texts(base, candidate)).left_out == (LeftOut(split=Split.SEALED, shown=5),)


def test_of_an_edited_article_only_the_new_sentences_are_new() -> None:
    before = Article(id="k1", title="Answers", body=f"{question(1)} Yes. {question(2)} No.\n{question(3)}")
    after = before.model_copy(update={"body": f"{question(1)} Never. {question(2)} No.\n{question(3)} {question(4)}"})
    base, candidate = (BASE.model_copy(update={"articles": (one,)}) for one in (before, after))
    found = witnesses(HIDDEN, shown=added_texts(base, candidate))
    assert {one.question for one in HIDDEN} - {one.question for one in found.heard} == {question(4)}
    moved = BASE.model_copy(update={"articles": (before.model_copy(update={"id": "k2"}),)})
    assert len(witnesses(HIDDEN, shown=added_texts(base, moved)).heard) == len(HIDDEN) - 3, "elsewhere it is new"


def test_a_case_is_set_aside_by_the_very_feedback_the_change_cites_and_by_what_its_author_read() -> None:
    cases = [one.model_copy(update={"feedback_id": f"f{place}"}) for place, one in enumerate(HIDDEN)]
    assert witnesses(cases, shown=[], cited=["f0", "f50"]).left_out == (
        LeftOut(split=Split.DEV, shown=1),
        LeftOut(split=Split.SEALED, shown=1),
    )
    read = [f"Hello, {question(7).lower()} Thanks!"]
    report = step(work(HIDDEN, sides=tables_for(HIDDEN), shown=tuple(read)))
    assert report.left_out == (LeftOut(split=Split.SEALED, shown=1),)
    report = step(work(cases, sides=tables_for(cases), proposal=proposal(evidence=("f0",))))
    assert report.left_out == (LeftOut(split=Split.SEALED, shown=1),), "a test hears no case the change rests on"


def tables_for(cases: list[EvalCase], *, right: tuple[str, ...] = ()) -> tuple[Any, Any]:
    """The base is wrong, and the candidate right on these questions."""
    base, candidate = tables([])
    base.labels = {one.question: "other" for one in cases}
    candidate.labels = {one.question: LABEL if one.question in right else "other" for one in cases}
    return base, candidate


def test_a_change_that_holds_the_examination_is_never_proved_and_the_card_says_why() -> None:
    cases = [*asked(range(50)), *asked(range(50, 100), split=Split.DEV)]
    learned = tuple(Example(id=f"x{n}", question=question(n), label=LABEL) for n in range(100))
    candidate = BASE.model_copy(update={"examples": learned})
    right = tuple(one.question for one in cases)
    leaking = proposal(candidate_digest=candidate.digest)
    report = step(work(cases, sides=tables_for(cases, right=right), candidate=candidate, proposal=leaking))
    assert report.verdict is Verdict.NOT_ENOUGH_DATA
    assert report.sealed.tally.n == report.dev.tally.n == 0
    assert report.reasons[0].startswith("Nearly all sealed cases had to be set aside")
    assert "50 sealed and 50 dev cases were set aside: what they ask stands in the change" in " ".join(report.reasons)
    other = step(work(cases, sides=tables_for(cases, right=right)))
    assert other.verdict is Verdict.PROVED, "the same answers, not copied, prove it"
    assert other.left_out == ()


def test_those_who_are_left_still_give_a_verdict() -> None:
    learned = tuple(
        Example(id=f"x{place}", question=one.question, label=LABEL) for place, one in enumerate(SEALED[60:])
    )
    candidate = BASE.model_copy(update={"examples": learned})
    report = step(work([*DEV, *SEALED], candidate=candidate, proposal=proposal(candidate_digest=candidate.digest)))
    assert 20 < report.sealed.tally.n < 100
    assert report.sealed_there == 100
    assert report.verdict is not Verdict.NOT_ENOUGH_DATA


def test_a_protected_case_blocks_though_it_says_nothing_for_the_change() -> None:
    broken = cases_of(["broken"], split=Split.SEALED, start=900, is_protected=True)
    report = step(work([*DEV, *SEALED, *broken], shown=(broken[0].question,)))
    assert report.verdict is Verdict.HARMFUL
    assert report.words[0].startswith("Breaks 1 of 1 protected cases")
    assert report.sealed.tally.n == 100


def test_how_much_is_untaught_is_counted_and_when_nothing_is_the_card_says_so() -> None:
    mixed = step(work([*DEV, *SEALED], is_taught=lambda one: int(one.group[1:]) < 70))
    assert mixed.untaught == 30
    assert NOTHING_UNTAUGHT not in mixed.reasons
    every = step(work([*DEV, *SEALED], is_taught=lambda _: True))
    assert every.untaught == 0
    assert NOTHING_UNTAUGHT in every.reasons
    assert NOTHING_UNTAUGHT not in step(work([])).reasons, "where there is no case at all, that is what is said"


# texts --------------------------------------------------------------------------------------------


def answered(number: int, text: str, **fields: Any) -> EvalCase:
    filled = {"id": f"t{number}", "question": question(number), "grading": Grading.TEXT, "expected": text}
    return case(number, **filled | fields)


ONLY_HERE = "The mirror of order MX-4 leaves the Leeds workshop on the ninth of May by courier."
MACRO = "Please send it back within thirty days and we return what you paid."


def test_an_expected_text_that_only_the_examination_knows_is_a_leak_and_a_common_one_is_not() -> None:
    cases = [answered(1, ONLY_HERE), answered(2, MACRO), answered(3, "Yes, gladly.")]
    body = f"{ONLY_HERE} {MACRO} Yes, gladly."
    log = [answered(9, MACRO.upper(), id="log", split=Split.LOG)]
    found = witnesses(cases, shown=[body], log_cases=log)
    assert [one.id for one in found.heard] == ["t2", "t3"]
    assert [one.id for one in witnesses(cases, shown=[body]).heard] == ["t3"]
    labelled = [one.model_copy(update={"grading": Grading.LABEL}) for one in cases]
    assert len(witnesses(labelled, shown=[body]).heard) == 3, "a label is in every change that teaches it"


# units --------------------------------------------------------------------------------------------


def repeated() -> list[EvalCase]:
    """Each of ten questions five times, in other spellings and with a word more."""
    endings = ("", "!", " ...", " please", " thanks")
    return [
        case(
            10 * n + k,
            id=f"n{n}-{k}",
            question=(question(n).upper() if k % 2 else question(n)) + endings[k],
            at=at(100 * k + n),
        )
        for n in range(10)
        for k in range(5)
    ]


def test_near_identical_cases_are_asked_once_and_the_oldest_speaks() -> None:
    cases = repeated()
    found = witnesses(cases, shown=[])
    assert sorted(one.id for one in found.heard) == sorted(f"n{n}-0" for n in range(10))
    assert found.left_out == (LeftOut(split=Split.SEALED, repeated=40),)


@pytest.mark.parametrize("seed", range(5))
def test_a_case_that_comes_later_moves_no_older_one(seed: int) -> None:
    cases = sorted(repeated(), key=lambda one: one.at)
    whole = units(cases)
    for cut in (1, 7, 12, 30, 49):
        early = cases[:cut]
        random.Random(seed).shuffle(early)
        assert units(early) == {one.id: whole[one.id] for one in early}


def test_what_decides_the_right_answer_keeps_cases_apart() -> None:
    first = case(1, question=question(1))
    for other in (
        {"expected": "refund"},
        {"context": {"plan": "gold"}},
        {"split": Split.DEV},
        {"question": question(1).replace("could", "could not")},
        {"question": question(2)},
    ):
        two = [first, first.model_copy(update={"id": "other"} | other)]
        assert len(witnesses(two, shown=[]).heard) == 2, other
    texts = [first.model_copy(update={"id": n, "grading": Grading.TEXT, "expected": n}) for n in ("a", "b")]
    assert len(witnesses(texts, shown=[]).heard) == 1, "the same answer is worded in many ways"


def test_one_shown_case_silences_all_that_it_is_near_to() -> None:
    found = witnesses(repeated(), shown=[question(3) + " thanks"])
    assert "n3-0" not in [one.id for one in found.heard]
    late = [one.model_copy(update={"feedback_id": one.id}) for one in repeated()]
    assert "n3-0" not in [one.id for one in witnesses(late, shown=[], cited=["n3-4"]).heard]


def test_the_report_counts_units_and_names_what_was_asked() -> None:
    doubles = [one.model_copy(update={"id": f"{one.id}b", "at": at(999)}) for one in SEALED]
    one, other = step(work([*DEV, *SEALED])), step(work([*DEV, *SEALED, *doubles]))
    assert other.sealed == one.sealed
    assert other.case_set_digest == one.case_set_digest == case_set_digest([*DEV, *SEALED])
    assert other.id != one.id
    assert other.sealed_there == 200
    assert "100 sealed cases were not counted: nearly the same as an older case" in " ".join(other.reasons)
    assert one.reasons[-1].startswith("Compared with what the live version answers")
