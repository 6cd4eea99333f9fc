"""Keeping some of a change is exact on both ends, whatever changed; identical edits are one block."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.change.between import operations_between
from loop.change.blocks import blocks, compose
from loop.change.diff import changes
from loop.records import Article, Bundle, Change, Condition, Example, ModelChoice, Rule
from tests.builders import example

_WORDS = st.sampled_from(["", "Be kind.", "Be brief.", "Refunds take 5 days.", "Ask for the order.", "a\n", "\n\n"])
_TEXTS = st.lists(_WORDS, max_size=6).map("\n".join)


def rule(name: str, word: str = "x") -> Rule:
    return Rule(id=name, when=(Condition(field="question", op="contains", value=word),), label="refund")


@st.composite
def _elements(draw: st.DrawFn) -> dict[str, object]:
    ids = draw(st.permutations(["a", "b", "c", "d", "e"]))
    n = draw(st.integers(0, 5))
    said = {key: draw(st.sampled_from(["one", "two"])) for key in ids[:n]}
    return {
        "rules": tuple(rule(key, word) for key, word in said.items()),
        "examples": tuple(Example(id=key, question=f"{key} {word}", answer=word) for key, word in said.items()),
        "articles": tuple(Article(id=key, title=key, body=word) for key, word in reversed(said.items())),
    }


@st.composite
def _bundles(draw: st.DrawFn) -> Bundle:
    fields = draw(_elements())
    name = draw(st.sampled_from(["local", "gpt-x"]))
    return Bundle(instructions=draw(_TEXTS), model=ModelChoice(name=name), **fields)  # type: ignore[arg-type]


@given(_bundles(), _bundles())
def test_all_kept_is_the_new_and_none_is_the_old(base: Bundle, candidate: Bundle) -> None:
    found = changes(base, candidate)
    every = [one.id for one in blocks(found)]
    assert compose(base, candidate, changes=found, kept=every) == candidate
    assert compose(base, candidate, changes=found, kept=[]) == base


@given(_bundles(), _bundles(), st.randoms(use_true_random=False))
def test_what_is_kept_in_part_is_a_change_that_can_be_drafted(
    base: Bundle, candidate: Bundle, chance: random.Random
) -> None:
    found = changes(base, candidate)
    kept = [one.id for one in blocks(found) if chance.random() < 0.5]
    target = compose(base, candidate, changes=found, kept=kept)
    assert operations_between(base, target) is not None
    assert {one.id for one in target.rules} <= {one.id for one in (*base.rules, *candidate.rules)}
    for section in ("rules", "examples", "articles"):
        known = {*getattr(base, section), *getattr(candidate, section)}
        assert set(getattr(target, section)) <= known, "no element is made up"


def test_what_is_left_out_stands_as_it_was() -> None:
    base = Bundle(instructions="One.\nTwo.\nThree.", rules=(rule("a"), rule("b")), examples=(example(1), example(2)))
    candidate = base.model_copy(
        update={
            "instructions": "One!\nTwo.\nThree!",
            "rules": (rule("b"), rule("a"), rule("c")),
            "examples": (example(1, label="invoice"),),
        }
    )
    found = changes(base, candidate)
    for block in blocks(found):
        alone = compose(base, candidate, changes=found, kept=[block.id])
        now = changes(base, alone)
        assert {one.section for one in now} == {block.section}, block
        if block.section != "instructions":
            assert {one.element_id for one in now} == set(block.members), block


def test_seven_identical_edits_are_one_block_with_its_count() -> None:
    base = Bundle(
        instructions="\n".join(f"Rule {n}: answer within 14 days." for n in range(7)),
        examples=tuple(
            Example(id=f"x{n}", question=f"When {n}?", answer="You get it within 14 days, we promise.")
            for n in range(7)
        ),
    )
    candidate = base.model_copy(
        update={
            "instructions": base.instructions.replace("14", "5"),
            "examples": tuple(
                one.model_copy(update={"answer": one.answer.replace("14", "5")}) for one in base.examples
            ),
        }
    )
    found = blocks(changes(base, candidate))
    assert [(one.section, one.count) for one in found] == [("instructions", 7), ("examples", 7)]
    assert found[0].before == "Rule 0: answer within 14 days."
    kept = compose(base, candidate, changes=changes(base, candidate), kept=[found[1].id])
    assert kept.examples == candidate.examples
    assert kept.instructions == base.instructions


def test_the_same_answer_to_many_questions_is_one_block_and_another_answer_is_another() -> None:
    added = tuple(
        Example(id=f"x{n}", question=f"When is order {n} paid back?", answer="Within 5 days." if n < 4 else "Never.")
        for n in range(5)
    )
    found = blocks(changes(Bundle(), Bundle(examples=added)))
    assert [one.count for one in found] == [4, 1]


def test_another_edit_is_another_block() -> None:
    def told(after: str, key: str) -> Change:
        return Change(section="articles", element_id=key, title="T", before="It takes 14 days to pay.", after=after)

    found = blocks([told("It takes 5 days to pay.", "a"), told("It takes 6 days to pay.", "b")])
    assert [one.count for one in found] == [1, 1]


@pytest.mark.parametrize("section", ["rules", "articles"])
def test_every_order_of_a_few_elements_is_met(section: str) -> None:
    made = {
        "rules": lambda key: rule(key),
        "articles": lambda key: Article(id=key, title=key, body=key),
    }[section]
    base = Bundle(**{section: tuple(made(key) for key in "abcd")})
    for order in itertools.permutations("abcde", 4):
        candidate = Bundle(**{section: tuple(made(key) for key in order)})
        found = changes(base, candidate)
        every = {one.id for one in blocks(found)}
        assert compose(base, candidate, changes=found, kept=every) == candidate
