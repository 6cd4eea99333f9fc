"""What a text must not carry into a version: invisible characters, secrets, what was masked, too much of it."""

import unicodedata
from collections.abc import Iterator

from loop.errors import OperationRefused
from loop.records import Record
from loop.text.invisible import find_invisible, strip_invisible
from loop.text.redaction import placeholders
from loop.text.secrets import find_secrets

ASKED = frozenset({"example.question", "article.questions"})
"""What customers wrote: nobody reads it as an answer, so what was masked in it may stay masked."""


def visible(text: str) -> str:
    """The text in composed form without invisible characters and space at its ends: what a proposer may quote."""
    return unicodedata.normalize("NFC", strip_invisible(text)).strip()


def texts_of(element: object) -> tuple[str, ...]:
    """What people read of an element of a bundle, field by field; ids are names, not words."""
    return tuple(_texts(element))


def _texts(element: object) -> Iterator[str]:
    match element:
        case str():
            yield element
        case tuple():
            for one in element:
                yield from _texts(one)
        case Record():
            for name in type(element).model_fields:
                if name != "id" and not name.endswith("_id"):
                    yield from _texts(getattr(element, name))


def check(text: str, *, field: str, cap: int) -> None:
    """Refuse a text that may not enter a version. `cap` in characters. Raises OperationRefused."""
    if len(text) > cap:
        raise OperationRefused(
            f"{field} has {len(text)} characters; the limit is {cap}.", field=field, remedy="Shorten it or split it."
        )
    if found := dict.fromkeys(one.code for one in find_invisible(text)):
        raise OperationRefused(
            f"{field} holds hidden characters ({', '.join(list(found)[:5])}).",
            field=field,
            remedy="Remove them: what a reviewer sees must be all there is.",
        )
    if (secret := next(iter(find_secrets(text)), None)) is not None:
        raise OperationRefused(
            f"{field} seems to hold {secret.kind}.", field=field, remedy="Take it out; a version is shown and exported."
        )
    if field not in ASKED and (masked := placeholders(text)):
        raise OperationRefused(
            f"{field} holds {masked[0]}, which stands for something that was masked.",
            field=field,
            remedy="Write what a customer should read there, or leave it out.",
        )
