"""Text that gives orders to the system instead of saying what was asked or wrong: one scored detector for every door.

Log-odds = weights of the rules that match + a hashed linear classifier. The rules are data, heaviest first in the
words a reviewer reads; the classifier knows what the rules do not spell out. A signal for people and for stakes, never
the only gate: whoever knows the detector can write around it (Nasr et al. 2025, “The attacker moves second”).

rules.py        the rule pack      orders.py  disguises.py  tongues.py  marks.py    its data
classifier.py   stretches, features, log-odds      weights.py   what was learned, hashed
"""

from collections.abc import Sequence
from functools import lru_cache
from math import exp
from typing import NamedTuple

from loop.text.instructing.classifier import worst_stretch
from loop.text.instructing.disguises import DISGUISES
from loop.text.instructing.marks import MARKS
from loop.text.instructing.orders import ORDERS
from loop.text.instructing.rules import Pack, Rule
from loop.text.instructing.tongues import TONGUES
from loop.text.invisible import find_invisible, strip_invisible
from loop.text.spelling import quote

__all__ = ["BOUND", "PACK", "InstructionScore", "Rule", "find_instructing", "log_odds", "rules_worth"]

BOUND = 1.2
"""Log-odds from which a text is said to instruct. By sources the classifier has not seen, .80 of attacks, .02 of benign
look-alikes and .004 of customer-service texts lie above; at 0.8 .82, .03 and .02 (tests/bench/firewall_text)."""
RULES_AT_MOST = 6.0
"""Log-odds that all rules together add."""
READ_CHARACTERS = 20_000
"""Read at a time; of a longer text every piece is read."""
PACK = Pack((*ORDERS, *DISGUISES, *TONGUES, *MARKS))


class InstructionScore(NamedTuple):
    """What is instruction-like about a text."""

    words: str
    """In plain words, to follow “The text …”."""
    score: float
    """Chance by the detector that it gives orders, 0 to 1; 1 for invisible characters."""


@lru_cache(maxsize=16_384)
def find_instructing(text: str, *, may_order: bool = False) -> InstructionScore | None:
    """What makes a text an instruction to the system; None when nothing does.

    `may_order`: for text that is meant to be followed, such as an instruction line: only what no honest instruction
    needs counts, such as dropping rules, asking for secrets, or marks of a conversation format.
    """
    if hidden := find_invisible(text):
        kinds = sorted({one.code for one in hidden})
        signs = "an invisible character" if len(hidden) == 1 else f"{len(hidden)} invisible characters"
        return InstructionScore(f"carries {signs} ({', '.join(kinds[:3])})", 1.0)
    text = strip_invisible(text)
    pieces = [text[at : at + READ_CHARACTERS] for at in range(0, len(text), READ_CHARACTERS)]
    found = [one for piece in pieces if (one := _read(piece, may_order=may_order)) is not None]
    return max(found, key=lambda one: one.score, default=None)


def log_odds(text: str) -> float:
    """The log-odds of one piece of text: rules and classifier."""
    return rules_worth(tuple(PACK.matches(text))) + worst_stretch(text).logit


def rules_worth(rules: Sequence[Rule]) -> float:
    """Log-odds that these rules add."""
    return min(sum(one.weight for one in rules), RULES_AT_MOST)


def _read(text: str, *, may_order: bool) -> InstructionScore | None:
    rules = tuple(PACK.matches(text))
    if may_order:
        rules = tuple(one for one in rules if not one.is_ordinary)
        return _by_rules(rules, _chance(rules_worth(rules))) if rules else None
    stretch = worst_stretch(text)
    total = rules_worth(rules) + stretch.logit
    if total < BOUND:
        return None
    if rules:
        return _by_rules(rules, _chance(total))
    return InstructionScore(f"reads like an order to the system: {quote(stretch.words)}", _chance(total))


def _by_rules(rules: Sequence[Rule], score: float) -> InstructionScore:
    more = len({one.reason for one in rules} - {rules[0].reason})
    rest = f" and shows {more} more sign{'s' if more > 1 else ''} of an order" if more else ""
    return InstructionScore(f"{rules[0].reason} (rule {rules[0].name}){rest}", score)


def _chance(logit: float) -> float:
    return round(1 / (1 + exp(-logit)), 3)
