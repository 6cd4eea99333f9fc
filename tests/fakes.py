"""In-memory fakes of the ports, for tests that need no database."""

from collections.abc import Sequence

from loop.errors import InvalidInput
from loop.records import Feedback, Interaction, Note, Written, derived_id

KEY_MAX = 255
"""Longest author and id a store keeps."""


class FakeArrivals:
    """`Arrivals` in one dictionary. Idempotent by id and content; feedback is never changed, interactions are."""

    def __init__(self) -> None:
        self.records: dict[str, Interaction | Feedback] = {}
        self.notes: list[Note] = []

    def append(self, *, interactions=(), feedback=(), scores=(), notes: Sequence[Note] = ()) -> Written:  # type: ignore[no-untyped-def]
        if any(len(one.author) > KEY_MAX for one in feedback):
            raise InvalidInput("Feedback.author is too long.", field="author")
        counts = {"new": 0, "updated": 0, "duplicate": 0}
        for record in (*interactions, *feedback):
            known, own = self.records.get(record.id), record.id
            if known and isinstance(record, Feedback) and _content(known) != _content(record):
                own = derived_id("feedback", own, _content(record))
                known = self.records.get(own)
            what = "new" if known is None else "duplicate" if _content(known) == _content(record) else "updated"
            counts[what] += 1
            if what != "duplicate":
                self.records[own] = record
        self.notes += notes if counts["new"] + counts["updated"] else ()
        return Written(**counts)

    @property
    def current(self) -> dict[tuple[str, str, str], Feedback]:
        """What each author last said about each target, by target, kind and author."""
        said = [one for one in self.records.values() if isinstance(one, Feedback)]
        said.sort(key=lambda one: (one.at, one.received_at, one.id))
        return {(one.interaction_id, one.kind, one.author): one for one in said}


def _content(record: Interaction | Feedback) -> dict[str, object]:
    return record.model_dump(exclude={"id", "received_at", "supersedes"})
