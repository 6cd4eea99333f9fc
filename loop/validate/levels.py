"""The strata of the firewall and what works each of them off."""

from collections.abc import Callable, Mapping

from loop.records import Level
from loop.validate.backing import back_pairs
from loop.validate.cases import make_cases
from loop.validate.detectors.conflict import weigh_groups
from loop.validate.detectors.duplicate import find_bursts, find_copies
from loop.validate.detectors.rate import find_rate
from loop.validate.facts import gather_facts
from loop.validate.issues import make_issues
from loop.validate.rows import judge_rows
from loop.validate.sayings import gather_sayings, judge_tellers
from loop.validate.standings import judge_authors
from loop.validate.support import weigh_claims
from loop.validate.texts import judge_texts
from loop.validate.views import view_rows
from loop.validate.work import Findings, Work

STEPS: Mapping[Level, Callable[[Work], Findings]] = {
    "facts": gather_facts,
    "view": view_rows,
    "author": judge_authors,
    "near": weigh_groups,
    "said": find_copies,
    "burst": find_bursts,
    "stream": find_rate,
    "saying": gather_sayings,
    "teller": judge_tellers,
    "claim": weigh_claims,
    "text": judge_texts,
    "row": judge_rows,
    "pair": back_pairs,
    "case": make_cases,
    "theme": make_issues,
}
"""By level, lowest first: the order in which the engine works them off."""

PIECES: Mapping[Level, int] = {"theme": 200, "pair": 1_000, "saying": 1_000, "claim": 1_000, "text": 1_000}
"""Keys of one step where 4,000 would be too many: each is committed by itself, so that a kill loses one piece."""
