"""Emerging topics of the last days, and how thin the ground is on which feedback is judged: words for the screens."""

from datetime import timedelta

from loop import validate
from loop.ports import Parts
from loop.records import Record

RECENT = timedelta(days=7)
"""For how long after its last word a topic is shown."""


class EmergingTopic(Record):
    """Many people without a record who say the same within a day."""

    title: str
    """Who, since when and in which words."""
    told: str
    """What becomes of it."""
    people: int
    example: str
    """Id of a feedback item that says what most say."""


def emerging_topics(parts: Parts) -> list[EmergingTopic]:
    """Those somebody spoke to lately, the most people first."""
    since = (parts.clock() - RECENT).timestamp()
    bodies = [body for body in parts.store.kept("topic").values() if body and body["last"] >= since]
    found = []
    for body in sorted(bodies, key=lambda one: (-one["people"], one["example"])):
        title, _, told = validate.topic_in_words(body).rpartition(". ")
        found.append(EmergingTopic(title=title, told=told, people=body["people"], example=body["example"]))
    return found


def thin_words(parts: Parts) -> str:
    """How little feedback is judged by while nobody is vouched for; empty where it is enough."""
    return validate.thinness(parts.store.agent, parts.store)
