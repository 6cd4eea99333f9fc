"""Rule pack: patterns of text that talks to a model instead of about an answer, each with its log-odds and its words.

A rule's weight is what its match adds to the log-odds of a text, beside what the classifier says: 4 and more is enough
alone, 1.5 needs company. The rules themselves are data: `orders` in words, `tongues` in other languages, `marks` by form.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_FLAGS = re.IGNORECASE | re.DOTALL


@dataclass(frozen=True)
class Rule:
    """One pattern with what it means, in words a reviewer reads after “The text …”."""

    name: str
    weight: float
    """Log-odds that a match adds; positive."""
    hints: tuple[str, ...]
    """Lower-case pieces of which every match holds one: a plain search that spares most texts the pattern."""
    pattern: re.Pattern[str]
    reason: str

    @property
    def is_ordinary(self) -> bool:
        """Whether an honest instruction line may match it: what to say, in what voice, as whom."""
        return self.name in ORDINARY


ORDINARY = frozenset({
    "from_now_on", "standing_order", "always_say", "act_as", "role_play", "pretend", "now_you_are", "you_are_role", "be_a",
    "repeat_after_me", "just_output", "include_that", "begin_with", "in_the_style", "answer_format", "to_the_model",
    "your_instructions_are", "new_orders", "addresses_model", "made_by", "your_response_shall", "no_longer_you", "actors",
    "claims_power", "imagine_world", "not_the_question", "call_tool", "treat_as_policy", "task_german", "task_french",
    "task_spanish", "task_italian", "task_portuguese", "task_dutch", "dictate_german", "forget_and", "own_knowledge",
    "despite", "god_like", "shots", "role_line", "page_in_question",
})  # fmt: skip
"""Rules that an instruction written by the operator may match without being an attack."""


def rule(name: str, weight: float, hints: str, pattern: str, reason: str) -> Rule:
    """A rule from its line of a table; hints are separated by bars."""
    return Rule(name, weight, tuple(hints.split("|")), re.compile(pattern, _FLAGS), reason)


class Pack:
    """Rules, indexed by their hints."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: Sequence[Rule] = sorted(rules, key=lambda one: -one.weight)
        """Heaviest first."""
        self._by_hint: dict[str, tuple[int, ...]] = {
            hint: tuple(number for number, one in enumerate(self.rules) if hint in one.hints)
            for hint in sorted({hint for one in self.rules for hint in one.hints})
        }

    def matches(self, text: str) -> Iterator[Rule]:
        """The rules that a text matches, heaviest first."""
        lowered = text.lower()
        worth_trying = {number for hint, numbers in self._by_hint.items() if hint in lowered for number in numbers}
        for number in sorted(worth_trying):
            if self.rules[number].pattern.search(text):
                yield self.rules[number]
