"""What a person writes beside an act: bounded and cleaned before it is kept."""

from loop.collect import redact
from loop.errors import InvalidInput

_REASON_MAX = 4000


def checked_reason(reason: str) -> str:
    """The reason, stripped, secrets and personal data masked. Raises InvalidInput when it is too long."""
    text = reason.strip()
    if len(text) > _REASON_MAX:
        raise InvalidInput(f"The reason is over {_REASON_MAX} characters.", field="reason", remedy="Shorten it.")
    return redact.clean_text(text)
