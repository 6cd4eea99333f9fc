"""The company's own contact data: what is nobody's personal data and may stand in every answer.

From three sources: the operator's list, the texts of the live version, and what many staff answers share. A person's
number stands in one conversation; the hotline stands in many that have nothing else in common.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property

from loop.text.personal import find_personal
from loop.text.spelling import fold

SHARED = 5
"""Conversations of different people whose staff answers name a contact before it is taken for the company's."""
REMEMBERED = 50_000
"""Contacts that are remembered at a time: a file may hold a different one in every row."""
_TAIL = 8
"""Last digits by which two spellings of a phone number are the same: `+49 30 901820` and `030 901820`."""
_DIGITS = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_KINDS = frozenset({"EMAIL", "PHONE", "IBAN"})
"""Of personal data, what can be a company's contact."""


class OwnContacts:
    """Answers whether a contact is the company's own."""

    def __init__(self, listed: Iterable[str] = (), *, texts: Callable[[], Iterable[str]] | None = None) -> None:
        """`listed`: numbers, addresses, `@domain` or `domain`. `texts`: of the live version; read when first needed."""
        self._listed = frozenset(key for one in listed for key in _keys(one)[:1])
        self._texts = texts
        self._published: dict[str, bool] = {}
        self._learned: dict[str, str] = {}
        self._conversations: defaultdict[str, set[str]] = defaultdict(set)

    @property
    def learned(self) -> tuple[str, ...]:
        """What many staff answers shared, as first written; neither listed nor in the live version."""
        return tuple(
            value for key, value in self._learned.items() if key not in self._listed and not self._is_published(key)
        )

    def covers(self, value: str) -> bool:
        """Whether this is one of the company's."""
        keys = _keys(value)
        if not keys:
            return False
        if any(key in self._listed or key in self._learned for key in keys):
            return True
        return self._is_published(keys[0])

    def learn(self, answer: str, *, conversation: str, asked: str = "") -> None:
        """Hear a staff answer; what its question holds already is the customer's own.

        `conversation`: whose it is, such as the customer's pseudonym; each counts once.
        """
        if not (_DIGITS.search(answer) or "@" in answer):
            return
        theirs = {key for one in find_personal(asked) for key in _keys(asked[one.start : one.end])}
        for one in find_personal(answer):
            value = answer[one.start : one.end]
            if one.kind not in _KINDS or not (keys := _keys(value)) or keys[0] in theirs:
                continue
            if len(self._conversations) >= REMEMBERED and keys[0] not in self._conversations:
                self._forget_some()
            heard = self._conversations[keys[0]]
            if len(heard) < SHARED:
                heard.add(conversation)
            if len(heard) >= SHARED:
                self._learned.setdefault(keys[0], value)

    def _forget_some(self) -> None:
        """A contact of the company's is heard again soon; one that was heard once is somebody's own."""
        often = {key: heard for key, heard in self._conversations.items() if len(heard) > 1}
        self._conversations.clear()
        if len(often) < REMEMBERED // 2:
            self._conversations.update(often)

    def _is_published(self, key: str) -> bool:
        """Whether the contact stands in a text of the live version."""
        if key not in self._published:
            if len(self._published) >= REMEMBERED:
                self._published.clear()
            probe = (
                key[-2:] if key.startswith("tel ") else key[-4:]
            )  # two digits stand together however a number is cut
            self._published[key] = any(
                key in _keys(text[one.start : one.end])[:1]
                for text in self._published_texts
                if probe in text.casefold()
                for one in find_personal(text)
                if one.kind in _KINDS
            )
        return self._published[key]

    @cached_property
    def _published_texts(self) -> tuple[str, ...]:
        return tuple(self._texts()) if self._texts else ()


def _keys(value: str) -> list[str]:
    """Spellings under which a contact is known: the contact itself first, then its domain."""
    folded = fold(value).strip(" .,;:")
    if "@" in folded or ("." in folded and _LETTER.search(folded) and not folded.startswith("+")):
        local, _, domain = folded.rpartition("@")
        domain = domain.split("//")[-1].removeprefix("www.").split("/")[0]
        return [*([f"{local}@{domain}"] if local else []), f"@{domain}"]
    digits = "".join(_DIGITS.findall(folded))
    if _LETTER.search(folded):
        return ["".join(filter(str.isalnum, folded))]
    return [f"tel {digits[-_TAIL:]}"] if len(digits) >= 5 else []
