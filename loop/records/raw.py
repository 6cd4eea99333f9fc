"""Raw text: what was written before personal data was masked; kept apart, for a while, and only where switched on."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from loop.records.agents import Slug
from loop.records.identity import Moment, Record

RawKind: TypeAlias = Literal["interaction", "feedback"]
"""What it is the raw text of."""


class RawText(Record):
    """One record as it was written, as far as something in it was masked. Secrets are masked here too."""

    agent: Slug
    kind: RawKind
    id: str
    """Of the record."""
    kept_at: Moment
    """When it came; the agent's retention counts from here."""
    said: Mapping[str, Any]
    """By name of each field that was masked, what it said; JSON."""
