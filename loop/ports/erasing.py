"""The port of erasure by subject, and of raw text that is kept apart."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from loop.records import Erasure, Note
from loop.records.erasure import ErasureOrder
from loop.records.raw import RawText


class Erasing(Protocol):
    """Takes a subject's words out of everything stored."""

    def erase(self, order: ErasureOrder, *, is_dry: bool = False) -> Erasure:
        """All of it in one transaction; idempotent. `is_dry`: what it would reach, and nothing is written.

        Raises NotFound when nothing of the subject is, or was, stored; Damaged.
        """
        ...

    def finish_erasures(self, now: datetime) -> list[Erasure]:
        """Those that waited for the live version and wait no longer: what older versions kept of it goes now."""
        ...

    def erasures(self) -> list[Erasure]:
        """Newest first."""
        ...


class RawTexts(Protocol):
    """What was written before it was masked: kept apart, read only by who says so in the journal, gone after days."""

    def raw_kept(self, ids: Collection[str], *, now: datetime) -> frozenset[str]:
        """Of these interactions and feedback items, those with raw text whose retention is not over."""
        ...

    def read_raw(self, ids: Collection[str], *, note: Note) -> list[RawText]:
        """Raw text of these, at the time of the note, which goes to the journal in the same transaction, once for
        each that is given out, with its id as the subject.

        Raises NotFound when there is none; then nothing is noted. Raises StoreUnavailable.
        """
        ...

    def drop_raw(self, now: datetime) -> int:
        """Delete what is older than the agent's retention, all of it when that is switched off; how much it was.

        Two reads by key when there is nothing to do.
        """
        ...
