"""What a person writes beside an act: bounded and cleaned before it is kept."""

from loop.errors import InvalidInput
from loop.text.redaction import redact_text

_WORDS_MAX = 4000


def checked_words(text: str, *, field: str = "reason") -> str:
    """The words, stripped, secrets and personal data masked. Raises InvalidInput when there are too many."""
    stripped = text.strip()
    if len(stripped) > _WORDS_MAX:
        raise InvalidInput(f"The {field} is over {_WORDS_MAX} characters.", field=field, remedy="Shorten it.")
    return redact_text(stripped).text
