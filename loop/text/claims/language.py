"""What a text must be read with in one language, as data: words without a claim, units, directions, what turns it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Language:
    """One language. Lists are written as words between spaces; phrases of several words between commas."""

    code: str
    """ISO 639-1."""
    name: str
    """In English."""
    function: str
    """Articles, prepositions, auxiliaries: they say nothing by themselves, and they tell the language."""
    we: str
    """Words for who writes: `we pay` is not `you pay`."""
    you: str
    """Words for who is written to."""
    hinges: str
    """Words that turn a sentence round: negation, exception, order. They must agree exactly."""
    negations: str
    """Those of them that say no; two of them in a sentence say yes again."""
    most: str
    """Phrases before a number after which it is the largest: `within`."""
    least: str
    """Phrases before a number after which it is the smallest: `after`."""
    units: Mapping[str, str]
    """Unit to its words."""
    working: str
    """Words that make days working days."""
    politeness: str
    """Small talk: greetings, thanks, closings."""
    ones: str
    """Words for 0 to 19 or 20, in order, `_` for a gap; alternatives between bars."""
    tens: str
    """Words for 20, 30 … 90, in order."""
    joined: str = ""
    """Between ten and one: `and` goes before the ten in German and Dutch (`fünfundzwanzig`)."""
    is_ones_first: bool = False
    hundred: str = ""
    thousand: str = ""
    more_numbers: Mapping[str, int] = field(default_factory=dict)
    """Number words that follow no rule."""
    article_one: str = ""
    """Words for one that are articles too: a number only right before a unit."""
    oclock: str = ""
    """Words after the hour."""
