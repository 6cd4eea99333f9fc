"""Remarks: what reviewers write beside a proposal, or beside one of its lines."""

from typing import Literal

from pydantic import Field

from loop.records.agents import Slug
from loop.records.identity import Moment, Record


class Remark(Record):
    """A reviewer's comment on a proposal, or on one of its lines."""

    id: str
    agent: Slug
    proposal_id: str
    author: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=4000)
    """Untrusted text."""
    element: str = ""
    """`section/element id` of the change it is about; empty: the proposal as a whole."""
    side: Literal["before", "after"] = "after"
    line: int | None = Field(default=None, ge=1)
    """1-based line of that side; None: the element as a whole."""
    quote: str = Field(default="", max_length=400)
    """The line as it stood, so that the comment is understood after a redraw."""
    at: Moment
    withdrawn_at: Moment | None = None
    """When its author took it back."""
