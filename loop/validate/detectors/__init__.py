"""The detectors of the firewall: each looks at one thing and says in words what it saw.

A detector never decides. One finding holds an item, two from different detectors quarantine it, a person can
always release it.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from loop.records import Flag
from loop.validate.context import Docket
from loop.validate.detectors.conflict import find_conflict
from loop.validate.detectors.duplicate import find_duplicate
from loop.validate.detectors.instruction import find_instruction
from loop.validate.detectors.rate import find_rate
from loop.validate.detectors.rater import find_rater
from loop.validate.detectors.reference import find_reference
from loop.validate.detectors.too_fast import find_too_fast


class Detector(Protocol):
    """One way to distrust a feedback item."""

    def __call__(self, docket: Docket, /) -> Iterator[Flag]:
        """Findings, at most one per feedback item, linear in the items, the same for the same docket."""
        ...


DETECTORS: Mapping[str, Detector] = {
    "duplicate": find_duplicate,
    "rate": find_rate,
    "rater": find_rater,
    "conflict": find_conflict,
    "instruction": find_instruction,
    "reference": find_reference,
    "too_fast": find_too_fast,
}
"""By the key that their flags carry."""
