"""Rule pack: patterns of text that talks to a model instead of about an answer, each with its log-odds and its words.

A rule's weight is what its match adds to the log-odds of a text, beside what the classifier says: 4 and more is enough
alone, 1.5 needs company. The rules themselves are data: `orders` and `disguises` in English words, `tongues` in other
languages, `marks` by form.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_FLAGS = re.IGNORECASE | re.DOTALL
_START = 4
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Rule:
    """One pattern with what it means, in words a reviewer reads after “The text …”."""

    name: str
    weight: float
    """Log-odds that a match adds; positive."""
    hints: tuple[str, ...]
    """Lower-case pieces of which every match holds one: a plain search that spares most texts the pattern. One that
    begins with four plain letters stands at the beginning of a word."""
    pattern: re.Pattern[str]
    reason: str

    @property
    def is_ordinary(self) -> bool:
        """Whether an honest instruction line may match it: what to say, in what voice, as whom."""
        return self.name in ORDINARY


ORDINARY = frozenset({
    "act_as", "actors", "addresses_model", "always_say", "answer_format", "be_a", "begin_with", "call_tool",
    "claims_power", "despite", "dictate_german", "forget_and", "from_now_on", "god_like", "imagine_world",
    "in_the_style", "include_that", "just_output", "made_by", "new_orders", "no_longer_you", "not_the_question",
    "now_you_are", "own_knowledge", "page_in_question", "pretend", "repeat_after_me", "role_line", "role_play",
    "shots", "standing_order", "task_dutch", "task_french", "task_german", "task_italian", "task_portuguese",
    "task_spanish", "to_the_model", "treat_as_policy", "you_are_role", "your_instructions_are",
    "your_response_shall",
})  # fmt: skip
"""Rules that an instruction written by the operator may match without being an attack."""


def rule(name: str, weight: float, hints: str, pattern: str, reason: str) -> Rule:
    """A rule from its line of a table; hints are separated by bars."""
    return Rule(name, weight, tuple(hints.split("|")), re.compile(pattern, _FLAGS), reason)


class Pack:
    """Rules, indexed by their hints so that a usual text is tried against few."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: Sequence[Rule] = sorted(rules, key=lambda one: -one.weight)
        """Heaviest first."""
        by_hint: defaultdict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self.rules):
            for hint in one.hints:
                by_hint[hint].append(number)
        self._anywhere = [(hint, numbers) for hint, numbers in by_hint.items() if not _begins_a_word(hint)]
        self._in_ascii = [pair for pair in self._anywhere if pair[0].isascii()]
        self._by_start: defaultdict[str, list[tuple[str, list[int]]]] = defaultdict(list)
        for hint, numbers in by_hint.items():
            if _begins_a_word(hint):
                self._by_start[hint[:_START]].append((hint, numbers))

    def matches(self, text: str) -> Iterator[Rule]:
        """The rules that a text matches, heaviest first."""
        lowered = text.lower()
        starts = {word[:_START] for word in _WORD.findall(lowered)}
        hints = [pair for start in starts & self._by_start.keys() for pair in self._by_start[start]]
        worth_trying = {
            number
            for hint, numbers in (*hints, *(self._in_ascii if text.isascii() else self._anywhere))
            if hint in lowered
            for number in numbers
        }
        for number in sorted(worth_trying):
            if self.rules[number].pattern.search(text):
                yield self.rules[number]


def _begins_a_word(hint: str) -> bool:
    """Whether a hint stands at the beginning of a word wherever it counts, so that four letters of it are a key."""
    return len(hint) >= _START and hint[:_START].isascii() and hint[:_START].isalpha()
