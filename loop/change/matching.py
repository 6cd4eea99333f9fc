"""When a rule applies: one meaning of a condition, for the agent that obeys it and the proposer that drafts it."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from loop.records.agents import Condition, Rule
from loop.records.identity import Scalar
from loop.text.spelling import fold


def first_match(rules: Sequence[Rule], *, question: str, context: Mapping[str, Scalar]) -> Rule | None:
    """The first rule that covers the question decides; None when none does."""
    return next((rule for rule in rules if covers(rule, question=question, context=context)), None)


def covers(rule: Rule, *, question: str, context: Mapping[str, Scalar]) -> bool:
    """Whether all conditions of a rule hold."""
    return all(holds(condition, question=question, context=context) for condition in rule.when)


def holds(condition: Condition, *, question: str, context: Mapping[str, Scalar]) -> bool:
    """Whether one condition holds. A field the question does not have, or of the wrong type, never holds."""
    fact: Scalar = question if condition.field == "question" else context.get(condition.field)
    if fact is None:
        return False
    match condition.op:
        case "contains":
            return isinstance(fact, str) and contains(fact, str(condition.value))
        case "equals":
            return _is_equal(fact, condition.value)
        case "at_least" | "at_most":
            number, bound = _number(fact), _number(condition.value)
            if number is None or bound is None:
                return False
            return number >= bound if condition.op == "at_least" else number <= bound


def contains(text: str, phrase: str) -> bool:
    """Whether the phrase stands in the text as whole words; case and spacing ignored."""
    pattern = whole_phrase(phrase)
    return pattern is not None and pattern.search(text) is not None


@lru_cache(maxsize=4096)
def whole_phrase(phrase: str) -> re.Pattern[str] | None:
    """What finds a phrase as whole words; None for an empty phrase, which is nowhere."""
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE) if words else None


def _is_equal(fact: Scalar, value: str | float) -> bool:
    number, other = _number(fact), _number(value)
    if number is not None and other is not None:
        return number == other
    return fold(str(fact)) == fold(str(value))


def _number(value: Scalar) -> float | None:
    """A number, or text that is one; truth values are not."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except ValueError:
        return None
