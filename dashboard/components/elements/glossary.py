"""The words of the statistics in plain ones: shown on hover, and on focus for whoever has no mouse."""

import re

from dashboard.components.elements.markup import Markup, join, tag

TERMS = {
    "sealed cases": "Questions with a known good answer that nobody reads one by one, neither people nor proposers, so "
    "that no change is written for them. Only totals are ever shown. What was chosen by its result on them is a little "
    "luckier there than it will be; cases that were sealed after the decision are not.",
    "dev cases": "Questions with a known good answer whose results are shown one by one. They help to understand a "
    "change; the verdict comes from the sealed cases.",
    "log cases": "Questions with a known good answer that proposers may learn from, so nothing is measured on them.",
    "points": "Percentage points: from 56 % to 58 % right is a gain of 2 points.",
    "interval": "Where the true difference probably lies. It is drawn for 90 %: one in ten misses it, and "
    "more than that of those that one looks at because they stood out.",
    "look": "One use of the sealed cases. Each look spends some of a fixed budget of error, so that trying often "
    "enough does not make a useless change look proved.",
    "budget of error": "How often, over all tests of this agent together, a change that does nothing may be proved.",
    "power": "How often a gain of that size would be found, if it were there. Low power: not finding one says little.",
    "group": "Cases of one topic, or those the change is about (taught) and those it is not (untaught).",
    "taught": "The cases the change is about.",
    "untaught": "The cases the change is not about: they must not suffer.",
    "mid-p McNemar": "A test that counts only the answers that changed: how often would chance alone fix this many "
    "more than it breaks?",
    "Tango": "A way to put an interval around the difference of two shares measured on the same questions.",
    "Holm": "When many groups are looked at, one looks bad by chance. This correction asks for more before one is "
    "called worse.",
    "ADDIS": "The rule by which the budget of error is spent, look after look.",
    "seed": "The number that makes the test repeatable: the same seed gives the same result.",
    "Paired replay": "Both versions answer the very same questions, so that only the change can make the difference.",
}
"""By the term as the screens spell it."""

_SOME = re.compile(
    r"\b(" + "|".join(sorted((re.escape(one) for one in TERMS), key=len, reverse=True)) + r")\b", re.IGNORECASE
)
_BY_NAME = {name.casefold(): more for name, more in TERMS.items()}


def term(name: str, shown: str = "") -> Markup:
    """One word with its explanation. Raises KeyError for a term that has none."""
    more = _BY_NAME[name.casefold()]
    return tag(
        "span",
        shown or name,
        tag("span", f" ({more})", css="rt-tip"),
        css="rt-term",
        tabindex="0",
    )


def explained(text: str) -> Markup:
    """A sentence with its first use of every known term explained."""
    pieces: list[str | Markup] = []
    at, seen = 0, set()
    for found in _SOME.finditer(text):
        name = found.group().casefold()
        if name in seen:
            continue
        seen.add(name)
        pieces += [text[at : found.start()], term(name, found.group())]
        at = found.end()
    return join([*pieces, text[at:]])
