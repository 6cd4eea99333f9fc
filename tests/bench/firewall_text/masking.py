"""What must be masked and what must not: 62 kinds of canaries and 27 honest texts that look like them."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from loop.text.redaction import redact_text

_FOLDER = Path(__file__).parent


class Canary(NamedTuple):
    """A value that may not be stored in clear, in a text."""

    name: str
    text: str
    value: str


@cache
def canaries() -> tuple[Canary, ...]:
    """From `canaries.txt`: name, text and value between bars. Every value is invented or reserved for documentation."""
    lines = (_FOLDER / "canaries.txt").read_text(encoding="utf-8").splitlines()
    parts = [line.split("|") for line in lines if line and not line.startswith("# ")]
    return tuple(Canary(name, _told(text), _told(value)) for name, text, value in parts)


@cache
def honest_texts() -> tuple[str, ...]:
    """From `honest.txt`, one a line: nothing in them is to be masked."""
    return tuple((_FOLDER / "honest.txt").read_text(encoding="utf-8").splitlines())


def missed() -> list[str]:
    """Names of the canaries that stay in clear."""
    return [one.name for one in canaries() if one.value in redact_text(one.text).text]


def wrongly_masked() -> list[str]:
    """Honest texts that come out changed."""
    return [one for one in honest_texts() if redact_text(one).text != one]


def masking() -> dict[str, object]:
    """The figures of `redaction_*`."""
    return {
        "redaction_missed": len(missed()),
        "redaction_missed_n": len(canaries()),
        "redaction_missed_kinds": missed(),
        "redaction_false": len(wrongly_masked()),
        "redaction_false_n": len(honest_texts()),
        "redaction_false_texts": wrongly_masked(),
    }


def _told(text: str) -> str:
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
