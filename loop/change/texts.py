"""What a text must not carry into a version: hidden characters, secrets, more than its share of room."""

import re
import unicodedata

from loop.errors import OperationRefused

_HIDDEN = re.compile(
    "["
    "\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # control characters except tab and line ends
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners and fillers that show nothing
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"  # zero width, bidi, selectors
    "\ud800-\udfff"  # half of a character
    "\U000e0000-\U000e0fff"  # tags and further selectors: the usual way to smuggle text
    "]"
)
_EMOJI_GLUE = re.compile(
    "(?<=[\u00a9-\U0001faff])\ufe0f(?![\ufe00-\ufe0f])|(?<=[\u2190-\U0001faff])\u200d(?=[\u2190-\U0001faff])"
)

_SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")),
    ("a provider key", re.compile(r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{16,}")),
    ("a cloud key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}")),
    (
        "an access token",
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,})"),
    ),
    ("a signed token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}")),
    (
        "a password",
        re.compile(
            r"(?i)\b(?:api[ _-]?key|secret|password|passwd|access[ _-]?token)\b"
            r"\s*(?:is|[:=])\s*(?=\S*\d)[^\s⟨<\[{]\S{7,}"
        ),
    ),
    ("a password in an address", re.compile(r"://[^\s/:@]+:[^\s/:@⟨<]{3,}@")),
)


def hidden(text: str) -> tuple[str, ...]:
    """The hidden characters of a text as `U+200B`, each once, in order; what holds an emoji together is not hidden."""
    rest = _EMOJI_GLUE.sub("", text)
    return tuple(dict.fromkeys(f"U+{ord(character):04X}" for character in _HIDDEN.findall(rest)))


def visible(text: str) -> str:
    """The text in composed form without hidden characters and without space at the ends: what a proposer may quote."""
    if not _HIDDEN.search(text):
        return unicodedata.normalize("NFC", text).strip()
    keeps = {match.start() for match in _EMOJI_GLUE.finditer(text)}
    kept = "".join(c for place, c in enumerate(text) if place in keeps or not _HIDDEN.match(c))
    return unicodedata.normalize("NFC", kept).strip()


def secrets(text: str) -> tuple[str, ...]:
    """What kinds of secret a text seems to hold, in words; never the secret."""
    return tuple(kind for kind, pattern in _SECRETS if pattern.search(text))


def check(text: str, *, field: str, cap: int) -> None:
    """Refuse a text that may not enter a version. `cap` in characters. Raises OperationRefused."""
    if len(text) > cap:
        raise OperationRefused(
            f"{field} has {len(text)} characters; the limit is {cap}.", field=field, remedy="Shorten it or split it."
        )
    if found := hidden(text):
        raise OperationRefused(
            f"{field} holds hidden characters ({', '.join(found[:5])}).",
            field=field,
            remedy="Remove them: what a reviewer sees must be all there is.",
        )
    if kinds := secrets(text):
        raise OperationRefused(
            f"{field} seems to hold {kinds[0]}.", field=field, remedy="Take it out; a version is shown and exported."
        )
