"""The detectors of the firewall: each looks at one thing and says in words what it saw.

A detector never decides. One finding holds an item, two from different detectors quarantine it, a person can always
release it. What takes a look at many rows together (copies, bursts, rates, groups of near-identical questions) was
found by a level of its own before, in `conflict`, `duplicate` and `rate`, and what takes the words was found with the
facts, in `instruction`; here each row is asked for its flags.
"""

from collections.abc import Callable, Mapping

from loop.records import Finding, Judged
from loop.validate.crowds import REPEAT, is_crowd
from loop.validate.detectors.conflict import conflict_of
from loop.validate.detectors.instruction import NAME as INSTRUCTION
from loop.validate.detectors.rater import find_rater
from loop.validate.detectors.reference import find_reference
from loop.validate.detectors.too_fast import haste_of
from loop.validate.keys import CLAIM
from loop.validate.scene import Scene

Detector = Callable[[Judged, Scene], Finding | None]
"""What one way of distrust says of one row; None when it sees nothing."""


def _duplicate(row: Judged, _scene: Scene) -> Finding | None:
    """Copies, a chorus or a burst; the first of them speaks. Many people within days are an emerging topic and not
    held; many over weeks are held where the words of the question do not speak for what they say.
    """
    told = {one.detector: one for one in row.findings}
    one = told.get("copy") or told.get("burst")
    if one is None and row.choice and row.top != row.choice:
        one = told.get(REPEAT)
    return None if one is None else Finding("duplicate", one.reason, one.related)


def _noted(name: str) -> Detector:
    """Tells what was found of a row under this name before."""

    def find(row: Judged, _scene: Scene) -> Finding | None:
        return next((one for one in row.findings if one.detector == name), None)

    return find


def _conflict(row: Judged, scene: Scene) -> Finding | None:
    return conflict_of(row, scene.summaries.get(str(row.near))) if row.choice else None


def _too_fast(row: Judged, scene: Scene) -> Finding | None:
    pace = scene.paces.get(row.kind)
    return None if pace is None or row.author in scene.named or is_crowd(row) else haste_of(row, dict(pace))


DETECTORS: Mapping[str, Detector] = {
    "duplicate": _duplicate,
    "rate": _noted("rate"),
    "rater": find_rater,
    "conflict": _conflict,
    INSTRUCTION: _noted(INSTRUCTION),
    "reference": find_reference,
    "too_fast": _too_fast,
    CLAIM: _noted(CLAIM),
}
"""By the key that their flags carry."""
