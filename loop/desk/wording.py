"""What a person writes beside an act: bounded and cleaned before it is kept."""

from loop.errors import InvalidInput
from loop.text.redaction import redact_text

WORDS_MAX = 4_000
"""Characters a person may write beside an act."""


def checked_words(text: str, *, field: str = "reason") -> str:
    """The words, stripped, secrets and personal data masked. Raises InvalidInput when there are too many."""
    stripped = text.strip()
    if len(stripped) > WORDS_MAX:
        raise InvalidInput(f"The {field} is over {WORDS_MAX} characters.", field=field, remedy="Shorten it.")
    return redact_text(stripped).text
