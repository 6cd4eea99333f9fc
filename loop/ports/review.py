"""The port of the review desk: who reads what, what is said beside a change, and practice cases."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from loop.records import Note
from loop.records.cards import AnsweredQuestion
from loop.records.practice import PracticeAnswer
from loop.records.remarks import Remark
from loop.records.viewing import Viewing


class Reviews(Protocol):
    """What reviewers leave beside their decisions. Viewings take no lock of the agent's head."""

    def viewings(self, proposal_id: str) -> list[Viewing]:
        """Everybody who ever read it, in the order their present spell began."""
        ...

    def view(self, proposal_id: str, *, person: str, now: datetime, until: datetime) -> list[Viewing]:
        """Begin a spell of reading, or renew the one that lasts; everybody's, as `viewings` gives them.

        Raises NotFound for a proposal that does not exist.
        """
        ...

    def end_viewing(
        self, proposal_id: str, *, person: str, now: datetime, verb: str = "", seconds: float | None = None
    ) -> None:
        """End a spell, because the person left, or decided (`verb`). Nothing happens when they never read it."""
        ...

    def viewings_decided(self, since: datetime, *, person: str = "") -> list[Viewing]:
        """Those in which somebody decided, or this person did, since then."""
        ...

    def remarks(self, proposal_ids: Collection[str]) -> list[Remark]:
        """On these proposals, oldest first, those that were taken back included."""
        ...

    def keep_remark(self, remark: Remark, *, note: Note) -> None:
        """Write one, or replace the one of the same id, with its entry in the journal."""
        ...

    def practice_answers(self, since: datetime, *, person: str = "") -> list[PracticeAnswer]:
        """Since then, oldest first; of this person, where one is named."""
        ...

    def answers_since(self, since: datetime, *, limit: int) -> list[AnsweredQuestion]:
        """The newest answers since then, newest first; questions of *Try it* are no traffic."""
        ...
