"""Whatever differs between two versions becomes operations that lead from one to the other, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.change.between import operations_between
from loop.change.operations import apply_all
from loop.errors import OperationRefused
from loop.records import (
    Approach,
    Article,
    Bundle,
    Condition,
    Example,
    ModelChoice,
    Rule,
    SearchWeights,
    SetRule,
)

IDS = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)
WORDS = st.sampled_from(["one", "two", "three"])


def rule(key: str, word: str) -> Rule:
    return Rule(id=key, when=(Condition(field="question", op="contains", value=word),), answer=f"Say {word}.")


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    return Bundle(
        instructions=draw(st.sampled_from(["", "Be kind.", "Be kind.\nBe brief.", "Be brief.\nBe brief."])),
        rules=tuple(rule(key, draw(WORDS)) for key in draw(IDS)),
        examples=tuple(Example(id=key, question=f"{key}?", label=draw(WORDS)) for key in draw(IDS)),
        articles=tuple(Article(id=key, title=key, body=f"Body {draw(WORDS)}.") for key in draw(IDS)),
        approaches=tuple(
            Approach(id=key, issue="late", name=key, instruction=f"Do {draw(WORDS)}.") for key in draw(IDS)
        ),
        search=draw(st.sampled_from([SearchWeights(), SearchWeights(words={"lamp": 0.5})])),
        model=draw(st.sampled_from([ModelChoice(), ModelChoice(name="yours"), ModelChoice(name="openai/small")])),
    )


@settings(max_examples=150, deadline=None)
@given(base=bundles(), target=bundles())
def test_the_operations_lead_from_one_version_to_the_other(base: Bundle, target: Bundle) -> None:
    steps = operations_between(base, target)
    assert apply_all(base, steps) == target
    assert bool(steps) == (base != target)


def test_what_did_not_change_is_left_alone() -> None:
    base = Bundle(rules=tuple(rule(key, "one") for key in "abcdef"))
    changed = rule("c", "two")
    target = base.model_copy(update={"rules": (*base.rules[:2], changed, *base.rules[3:])})
    assert operations_between(base, target) == (SetRule(rule=changed),)


def test_an_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(OperationRefused):
        operations_between(Bundle(), Bundle(rules=(rule("a", "one"), rule("a", "two"))))
