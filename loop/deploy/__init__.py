"""Stage 5: who gets it? An approved change becomes a version and a release; what hurts is taken back."""

from loop.deploy.assignment import Assignment, assign
from loop.deploy.measure import daily_quality, measurement
from loop.deploy.release import Rollback, deploy_release, rollback
from loop.deploy.watch import HOLD_DOWN, Alarm, should_roll_back

__all__ = [
    "HOLD_DOWN",
    "Alarm",
    "Assignment",
    "Rollback",
    "assign",
    "daily_quality",
    "deploy_release",
    "measurement",
    "rollback",
    "should_roll_back",
]
