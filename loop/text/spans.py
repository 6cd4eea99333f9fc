"""A stretch of text to mask."""

from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["EMAIL", "PHONE", "CARD", "IBAN", "SSN", "IP", "SECRET"]


class Span(NamedTuple):
    """From `start` up to, not including, `end`."""

    start: int
    end: int
    kind: Kind
