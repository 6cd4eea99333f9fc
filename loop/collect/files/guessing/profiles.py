"""Column profiles: what the values of a column look like, from the first rows of a file; nested objects flattened."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from loop.collect.files.moments import DateOrder, moment_of
from loop.collect.files.objects import value_of
from loop.collect.files.paths import word_of
from loop.collect.files.ratings import UNRATED, plain_rating

_DEPTH = 4
_COLUMNS = 300
_KEPT = 400
"""Distinct values that are told apart, at most."""
_ORDERS: tuple[DateOrder, ...] = ("day", "month")
_SPACE = re.compile(r"\s")
_WORDED = re.compile(r"\A\D*[^\W\d_]\D*\Z")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_TRUTH_WORDS = "true false yes no ja nein oui non si sí sim não nao nee x 0 1 wahr falsch vrai faux"
_TRUTHS = frozenset(_TRUTH_WORDS.split())


@dataclass(slots=True)
class Profile:
    """One column."""

    path: str
    rows: int = 0
    """Rows looked at, of the file."""
    filled: int = 0
    letters: int = 0
    """Characters of all values."""
    spaced: int = 0
    """Values of more than one word."""
    worded: int = 0
    """Values with letters and without any digit."""
    asking: int = 0
    """Values with a question mark."""
    rated: int = 0
    """Values that are a rating: a number, stars, or a known word."""
    unrated: int = 0
    """Values that say that nobody rated."""
    dated: int = 0
    """Values that are a time."""
    numbers: int = 0
    """Values that are a number and nothing else."""
    truths: int = 0
    """Values that mean yes or no."""
    lists: int = 0
    """Values that are a list of objects."""
    values: Counter[str] = field(default_factory=Counter)
    samples: list[Any] = field(default_factory=list)
    """The first values as they are."""

    def add(self, value: Any) -> None:
        """Take in a value that is not empty."""
        self.filled += 1
        if len(self.samples) < 50:
            self.samples.append(value)
        if isinstance(value, list):
            self.lists += bool(value) and all(isinstance(item, dict) for item in value)
            return
        text = str(value)
        self.letters += len(text)
        self.spaced += bool(_SPACE.search(text.strip()))
        self.worded += _WORDED.search(text) is not None
        self.asking += "?" in text
        self.truths += word_of(value) in _TRUTHS
        self.unrated += word_of(value) in UNRATED
        if len(text) <= 80:
            self.rated += plain_rating(value, decimal=",") is not None
            self.numbers += _NUMBER.fullmatch(text.strip()) is not None
            self.dated += any(moment_of(value, order=order) is not None for order in _ORDERS)
        if len(self.values) < _KEPT or text in self.values:
            self.values[text] += 1

    @property
    def mean(self) -> float:
        """Characters of a value."""
        return self.letters / max(1, self.filled)

    @property
    def distinct(self) -> float:
        """Share of values that differ from each other, 0 to 1."""
        return len(self.values) / max(1, min(self.filled, _KEPT))

    def share(self, count: int) -> float:
        """A count as a share of the values there are."""
        return count / max(1, self.filled)

    @property
    def is_text(self) -> bool:
        """Sentences."""
        return self.lists == 0 and self.mean >= 12 and self.share(self.spaced) >= 0.5 and self.share(self.dated) < 0.5

    @property
    def is_time(self) -> bool:
        return self.share(self.dated) >= 0.8

    @property
    def is_rating(self) -> bool:
        said = self.filled - self.unrated
        return said > 0 and self.rated >= 0.8 * said and len(self.values) <= 120

    @property
    def is_name(self) -> bool:
        """Short, of people or things that come again."""
        return self.lists == 0 and self.mean <= 60 and self.share(self.spaced) <= 1 and not self.is_time

    @property
    def is_id(self) -> bool:
        return self.mean <= 80 and self.share(self.spaced) < 0.1 and self.filled > 0 and not self.share(self.lists)

    @property
    def is_class(self) -> bool:
        """A few values that come again."""
        return self.lists == 0 and self.mean <= 60 and (self.distinct <= 0.6 or self.filled <= 3) and not self.is_time


def profiles_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Profile]:
    """By column, or by path where objects are nested, in the order of their first use."""
    found: dict[str, Profile] = {}
    count = 0
    for fields in rows:
        count += 1
        for path, value in _flat(fields):
            profile = found.get(path)
            if profile is None:
                if len(found) >= _COLUMNS:
                    continue
                profile = found[path] = Profile(path)
            if value not in (None, ""):
                profile.add(value)
    for profile in found.values():
        profile.rows = count
    return found


def _flat(fields: Mapping[str, Any], *, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        quoted = f'"{name}"' if prefix and any(mark in name for mark in ".[]") else name
        path = f"{prefix}{quoted}"
        if isinstance(value, str) and value[:1] in ("{", "["):
            value = value_of(value)
        if isinstance(value, dict) and depth < _DEPTH and '"' not in name and (depth or "." not in name):
            yield from _flat(value, prefix=f"{path}.", depth=depth + 1)
        else:
            yield path, value
