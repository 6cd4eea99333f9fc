"""The API's bodies, and the records they become. Pure; what listens is `loop.serve.api`."""

from loop.collect.api.bodies import (
    BATCH_MAX,
    BatchKept,
    Body,
    FeedbackBatch,
    FeedbackBody,
    InteractionBatch,
    InteractionBody,
    Kept,
    OutcomeBody,
    TakeoverBody,
    VersionAnswer,
)
from loop.collect.api.reading import (
    Origin,
    feedback_delivery,
    feedback_of_episode,
    interactions_delivery,
    read_body,
    read_many,
    read_object,
)

__all__ = [
    "BATCH_MAX",
    "BatchKept",
    "Body",
    "FeedbackBatch",
    "FeedbackBody",
    "InteractionBatch",
    "InteractionBody",
    "Kept",
    "Origin",
    "OutcomeBody",
    "TakeoverBody",
    "VersionAnswer",
    "feedback_delivery",
    "feedback_of_episode",
    "interactions_delivery",
    "read_body",
    "read_many",
    "read_object",
]
