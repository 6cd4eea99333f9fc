"""Doubts: what a look at a file is unsure of, and the flag that settles it."""

from typing import NamedTuple


class Doubt(NamedTuple):
    """One thing that was guessed and may be wrong."""

    field: str
    """Ours, or `file`."""
    says: str
    """A sentence, or two."""
    remedy: str = ""
    """The flag that settles it."""
    stops: bool = False
    """Whether nothing may be written before it is settled: a wrong guess would teach the wrong thing."""
