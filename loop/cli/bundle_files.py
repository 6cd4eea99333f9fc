"""Versions and texts from files."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from loop.cli.validation import first_problem
from loop.errors import InvalidInput
from loop.records import Bundle

_BYTES_MAX = 64 * 1024 * 1024
_REMEDY = "See one with: ratchet version export SLUG"


def read_text(path: Path) -> str:
    """The file as UTF-8. Raises InvalidInput."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path.name}.", field="FILE", remedy="Check the path.") from None
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(
            f"{path.name} cannot be read as UTF-8 text.", field="FILE", remedy="Save it as UTF-8."
        ) from None


def read_bundle(path: Path) -> Bundle:
    """A bundle: bare, or a whole version as `ratchet version export`, the API, files and git folders give it out.

    Raises InvalidInput, naming what is wrong.
    """
    text = read_text(path)
    if len(text) > _BYTES_MAX:
        raise InvalidInput(f"{path.name} is larger than 64 MB.", field="--bundle", remedy="Start from a smaller one.")
    try:
        return Bundle.model_validate(_bare(json.loads(text)))
    except (ValueError, RecursionError) as error:
        if not isinstance(error, ValidationError):
            raise InvalidInput(f"{path.name} is not JSON.", field="--bundle", remedy=_REMEDY) from None
        problem = first_problem(error)
        raise InvalidInput(
            f"{path.name} is not a bundle: {problem.where or 'file'}: {problem.why}.",
            field="--bundle",
            remedy=_REMEDY,
        ) from None


def _bare(told: Any) -> Any:
    return told["bundle"] if isinstance(told, dict) and "bundle" in told else told
