"""The port of erasure by subject, and of raw text that is kept apart."""

from datetime import datetime
from typing import Protocol

from loop.records import Erasure
from loop.records.erasure import ErasureOrder


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
