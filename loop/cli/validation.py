"""What pydantic found wrong, in one place and a few words, without what was handed in."""

from dataclasses import dataclass

from pydantic import ValidationError


@dataclass(frozen=True)
class Problem:
    """The first thing that is wrong."""

    where: str
    """The field, with dots between the levels; empty when it is the whole."""
    why: str


def first_problem(error: ValidationError) -> Problem:
    """The first problem of the error. Never carries the value, which may be secret."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return Problem(where=".".join(str(part) for part in first["loc"]), why=first["msg"].lower())
