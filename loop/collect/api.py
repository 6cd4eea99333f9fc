"""Bodies of the API as programs send them, strict, and the records they become. Pure."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """What the API answers."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class VersionAnswer(Answer):
    """The live version of an agent."""

    agent: str
    number: int
    digest: str
    """SHA-256 of its content; equal for two versions that behave the same."""
    released_at: datetime | None
