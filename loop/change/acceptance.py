"""Limits and checks that elements of several sections share; each section's row says which apply."""

from loop.change import texts
from loop.errors import OperationRefused

TEXT_MAX = 8_000
"""Characters of one question, answer or approach instruction."""
LINE_MAX = 400
"""Characters of one title, label, name, condition value or id."""
ELEMENTS_MAX = 2_000
"""Examples in one operation; questions of one article."""


def check_id(value: str, *, field: str) -> None:
    """Refuse an empty, overlong or hidden id. Raises OperationRefused."""
    texts.check(value, field=field, cap=LINE_MAX)
    if not value.strip():
        raise OperationRefused(f"{field} is empty.", field=field, remedy="Give it an id.")


def check_words(value: str, *, field: str) -> None:
    """Refuse a text without a word. Raises OperationRefused."""
    if not value.strip():
        raise OperationRefused(f"{field} is empty.", field=field, remedy="Write something.")
