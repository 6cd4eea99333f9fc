"""The stage collect, as seen by the engine: the doors write as things arrive; a turn says what is new."""

from loop.engine.journal import StageTally
from loop.ports import Parts
from loop.records import FeedbackState


def count_arrivals(parts: Parts, tally: StageTally) -> None:
    """Count the feedback that no turn has judged yet."""
    tally.counts["new_feedback"] = parts.store.feedback_counts([FeedbackState.NEW])[FeedbackState.NEW]
