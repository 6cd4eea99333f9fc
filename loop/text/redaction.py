"""Redaction by typed placeholders: secrets and personal data are masked before anything is stored.

A value becomes a typed placeholder, `⟨EMAIL_1⟩`, so the text can still teach. Within one masker the
same value always gets the same placeholder: a masker lives as long as one interaction and its feedback.
What was done is counted, and kept with the record in `attributes["redaction"]`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import count
from typing import Any, Literal, NamedTuple, TypeAlias

from loop.text import personal
from loop.text.contacts import OwnContacts
from loop.text.invisible import strip_invisible
from loop.text.personal import find_personal
from loop.text.secrets import find_secrets

Kind: TypeAlias = personal.Kind | Literal["SECRET"]


class _Span(NamedTuple):
    """What to mask, from `start` up to, not including, `end`."""

    start: int
    end: int
    kind: Kind


class Redaction(StrEnum):
    """How much is masked."""

    ALL = "all"
    """Secrets, personal data and hidden characters. What doors use unless told otherwise."""
    SECRETS = "secrets"
    """Secrets and hidden characters: for articles, where a phone number is the answer."""
    OFF = "off"
    """Nothing: a verbatim copy, for data that is known to be clean or must be rebuilt exactly."""


@dataclass(frozen=True, slots=True)
class RedactedText:
    """A text after masking."""

    text: str
    found: dict[str, int]
    """How many of each kind were masked or removed: `EMAIL`, …, `SECRET`, `hidden_tag`, …; empty when nothing was."""


REPORT = "redaction"
"""The attribute that holds what was found in a record."""

_PLACEHOLDER = re.compile(r"⟨([A-Z]+)_(\d{1,9})⟩")
_WORD = re.compile(r"⟨[A-Z]+_\d{1,9}⟩|[^\s⟨⟩]+")
_SHORT = 64
"""Characters up to which it is remembered that a text holds nothing."""
_PATIENCE = 8
"""Rounds after which a text is no longer taken to be somebody's words."""
_NUMBER_SIGN = re.compile(r"[0-9@]")
_SECRET_FIELD = re.compile(
    r"(?i)^(?:.*[_\-. ])?(?:password|passwd|passphrase|secret|api[_\-]?key|private[_\-]?key|client[_\-]?secret"
    r"|(?:access|refresh|auth|bearer|session|id)[_\-]?token|authorization|cvv|cvc)$"
)
_PHONE_FIELD = re.compile(r"(?i)^(?:.*[_\-. ])?(?:phone|mobile|telephone|tel|fax|whatsapp)(?:[_\-. ]?(?:number|no))?$")
_SSN_FIELD = re.compile(r"(?i)^(?:.*[_\-. ])?(?:ssn|social[_\-]?security(?:[_\-]?number)?)$")
_PHONE_VALUE = re.compile(r"\+?[\d ().\-]{7,20}")
_SSN_VALUE = re.compile(r"\d{3}-?\d{2}-?\d{4}")


class Masker:
    """Masks texts that belong together, with one numbering. Masking a masked text again changes nothing."""

    def __init__(
        self, redaction: Redaction = Redaction.ALL, *, own: OwnContacts | None = None, spared: str = ""
    ) -> None:
        """`own`: the company's contact data, which are nobody's personal data. `spared`: a text that is kept as it is;
        personal data in it is kept already."""
        self._redaction = redaction
        self._own = own
        self._spared = spared
        self._numbers: dict[tuple[Kind, str], int] = {}
        self._last: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        """How many of each kind so far."""

    def fork(self) -> "Masker":
        """One that knows these placeholders and from here on numbers and counts on its own."""
        fork = Masker(self._redaction, own=self._own, spared=self._spared)
        fork._numbers, fork._last = dict(self._numbers), self._last.copy()
        return fork

    def mask(self, text: str) -> str:
        """The text without hidden characters, secrets and personal data."""
        if self._redaction is Redaction.OFF or not text:
            return text
        if is_clean(text):
            return text
        if "⟨" in text:
            for kind, number in _PLACEHOLDER.findall(text):
                self._last[kind] = max(self._last[kind], int(number))
        for round_number in count(1):
            masked = self._masked(strip_invisible(text, found=self.found))
            # A masked value is a boundary its neighbours did not have before, so look again until
            # nothing is left. Each round leaves less that could be found: it ends.
            if masked == text:
                break
            text = masked if round_number != _PATIENCE else self._without_numbers(masked)
        return text

    def walk(self, value: Any, *, field: str = "") -> Any:
        """The same for lists and objects of JSON values. A field's name may say what its value is."""
        if self._redaction is Redaction.OFF:
            return value
        match value:
            case str():
                kind = self._kind_by_field(field, value)
                return self._placeholder(kind, value) if kind else self.mask(value)
            case bool() | float() | None:
                return value
            case int():
                shown = self.walk(str(value), field=field) if abs(value) >= 10**6 else str(value)
                return value if shown == str(value) else shown
            case dict():
                return {self.mask(str(name)): self.walk(item, field=str(name)) for name, item in value.items()}
            case list() | tuple():
                return [self.walk(item, field=field) for item in value]
            case _:
                return value

    def _masked(self, text: str) -> str:
        text = self._replaced(text, (_Span(one.start, one.end, "SECRET") for one in find_secrets(text)))
        if self._redaction is Redaction.ALL:
            text = self._replaced(text, (_Span(*one) for one in find_personal(text) if not self._is_own(text, one)))
        return text

    def _is_own(self, text: str, found: personal.Personal) -> bool:
        value = text[found.start : found.end]
        return value in self._spared or (self._own is not None and self._own.covers(value))

    def _without_numbers(self, text: str) -> str:
        """Every word with a digit or an at sign masked: for text built so that each round frees only the
        next value, where looking on would take a time that grows with the square of its length."""

        def judged(match: re.Match[str]) -> str:
            word = match.group()
            is_plain = word.startswith("⟨") or not _NUMBER_SIGN.search(word)
            return word if is_plain else self._placeholder("SECRET", word)

        return _WORD.sub(judged, text)

    def _replaced(self, text: str, found: Iterable[_Span]) -> str:
        """Where spans overlap, the one that begins first counts, and of these the longest."""
        pieces: list[str] = []
        at = 0
        for span in sorted(found, key=_longest_first):
            if span.start >= at:
                pieces += [text[at : span.start], self._placeholder(span.kind, text[span.start : span.end])]
                at = span.end
        return "".join(pieces) + text[at:] if pieces else text

    def _placeholder(self, kind: Kind, value: str) -> str:
        key = (kind, _same(kind, value))
        if key not in self._numbers:
            self._last[kind] += 1
            self._numbers[key] = self._last[kind]
        self.found[kind] += 1
        return f"⟨{kind}_{self._numbers[key]}⟩"

    def _kind_by_field(self, field: str, value: str) -> Kind | None:
        kind = _kind_of_field(field) if len(field) <= _SHORT else _kind_of_field.__wrapped__(field)
        if kind is None or "⟨" in value:
            return None
        if kind == "SECRET":
            return "SECRET" if value.strip() else None
        if self._redaction is not Redaction.ALL:
            return None
        if kind == "PHONE":
            is_own = self._own is not None and self._own.covers(value)
            return "PHONE" if _PHONE_VALUE.fullmatch(value.strip()) and not is_own else None
        return "SSN" if _SSN_VALUE.fullmatch(value.strip()) else None


@lru_cache(maxsize=4_096)
def _kind_of_field(field: str) -> Literal["SECRET", "PHONE", "SSN"] | None:
    """What a field's name says its value is. No name is two of them."""
    if _SECRET_FIELD.match(field):
        return "SECRET"
    if _PHONE_FIELD.match(field):
        return "PHONE"
    return "SSN" if _SSN_FIELD.match(field) else None


def is_clean(text: str) -> bool:
    """Whether a text is short and holds nothing to mask; False for a longer one that nobody has looked at."""
    return len(text) <= _SHORT and _is_clean(text)


@lru_cache(maxsize=65_536)
def _is_clean(text: str) -> bool:
    """Whether a short text holds nothing to mask. Names of fields, doors, people and labels come again and again."""
    if "⟨" in text or strip_invisible(text, found=Counter()) != text:
        return False
    return not any(True for found in (find_secrets(text), find_personal(text)) for _ in found)


def redact_text(text: str, *, redaction: Redaction = Redaction.ALL) -> RedactedText:
    """One text on its own."""
    masker = Masker(redaction)
    return RedactedText(masker.mask(text), dict(masker.found))


def _longest_first(span: _Span) -> tuple[int, int]:
    return span.start, -span.end


def _same(kind: Kind, value: str) -> str:
    """One spelling for one value, so that `A@B.example` and `a@b.example` share a placeholder."""
    match kind:
        case "EMAIL":
            return value.casefold()
        case "SECRET":
            return value
        case _:
            return "".join(filter(str.isalnum, value)).upper()


def placeholders(text: str) -> tuple[str, ...]:
    """What of a text stands for something masked, in order, each once."""
    return tuple(dict.fromkeys(match[0] for match in _PLACEHOLDER.finditer(text))) if "⟨" in text else ()
