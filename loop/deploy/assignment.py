"""Which version answers (assignment): the head or an arm of a live experiment, sticky by unit, with probability."""

from dataclasses import dataclass

from loop.records import Experiment


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one unit was assigned to."""

    number: int
    """Version."""
    probability: float
    """Chance with which this version was drawn, in (0, 1]."""
    experiment_id: str | None = None
    arm: str | None = None


def assign(head: int, *, experiment: Experiment | None, draw: float) -> Assignment:
    """The arm whose stretch of [0, 1) the draw falls into, in the order of the arms; the head beyond them.

    `draw`: in [0, 1), the same whenever the same unit comes (`Knowledge.draw`), so that the assignment is sticky.
    The head, too, is drawn with a probability while an experiment leaves it a share.
    """
    end = 0.0
    for arm in experiment.arms if experiment is not None else ():
        end += arm.share
        if draw < end and experiment is not None:
            return Assignment(arm.number, min(arm.share, 1.0), experiment.id, arm.name)
    return Assignment(head, max(1.0 - end, 0.0) or 1.0, experiment.id if experiment is not None else None)
