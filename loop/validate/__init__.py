"""Stage 2, was it true: the feedback firewall, issues with their support, cases with a known good answer.

A worklist algorithm over strata (levels): what one level finds gives work to levels above it and to no other, so
every verdict is a function of the log of arrivals and decisions, however the log was cut into turns.

facts    an item as a row             near, said, burst, stream   what groups of rows show together
view     what independent views say   saying  what a text says; teller: whose word; claim: on what it rests; text
author   whom to believe              row     flags and state of a row
                                      pair    who backs a correction; case, theme: what it all leads to
"""

from loop.records import Level
from loop.validate.cases import MOST_CASES
from loop.validate.detectors import DETECTORS
from loop.validate.figures import ENOUGH_WORDS, settle_verdicts, words_of
from loop.validate.firewall_panel import audited_panel, fresh_panel, is_due, panel_document, stored_panel
from loop.validate.ground import Ground, ground_of
from loop.validate.levels import PIECES, STEPS
from loop.validate.memory import MemoryKnowledge
from loop.validate.recheck import differences, from_nothing, settle
from loop.validate.sayings import is_staff
from loop.validate.texts import Rest, rests_of
from loop.validate.thin import thinness
from loop.validate.topics import in_words as topic_in_words
from loop.validate.work import Findings, Work

RULES = 6
"""Number of the firewall's rules: goes up when they come to other verdicts, and all feedback is judged again."""

__all__ = [
    "DETECTORS",
    "ENOUGH_WORDS",
    "MOST_CASES",
    "PIECES",
    "RULES",
    "STEPS",
    "Findings",
    "Ground",
    "MemoryKnowledge",
    "Rest",
    "Work",
    "audited_panel",
    "differences",
    "fresh_panel",
    "from_nothing",
    "ground_of",
    "is_due",
    "is_staff",
    "panel_document",
    "rests_of",
    "settle",
    "settle_verdicts",
    "step",
    "stored_panel",
    "thinness",
    "topic_in_words",
    "words_of",
]


def step(level: Level, work: Work) -> Findings:
    """Work off some keys of one level. Pure: reads what is known, returns what it found. Idempotent."""
    return STEPS[level](work)
