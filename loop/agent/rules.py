"""Whether a rule applies to a question. The first rule of the bundle that applies decides."""

import re
from collections.abc import Sequence

from loop.records import Condition, Question, Rule, Scalar


def first_match(rules: Sequence[Rule], question: Question) -> Rule | None:
    """The first rule whose conditions all hold; None when there is none."""
    return next((rule for rule in rules if all(holds(condition, question) for condition in rule.when)), None)


def holds(condition: Condition, question: Question) -> bool:
    """Whether one condition holds. A field the question does not have, or of the wrong type, never holds."""
    fact: Scalar = question.text if condition.field == "question" else question.context.get(condition.field)
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


def whole_phrase(phrase: str) -> re.Pattern[str] | None:
    """What finds a phrase as whole words; None for an empty phrase, which is nowhere."""
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE) if words else None


def _is_equal(fact: Scalar, value: str | float) -> bool:
    number, other = _number(fact), _number(value)
    if number is not None and other is not None:
        return number == other
    return " ".join(str(fact).casefold().split()) == " ".join(str(value).casefold().split())


def _number(value: Scalar) -> float | None:
    """A number, or text that is one; truth values are not."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except ValueError:
        return None
