"""How alike texts are: TF-IDF over words and character runs, all pairs at once, for the proposers' proxies."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from loop.change.footprint import plain

Floats = NDArray[np.float32]

TEXT_USED = 1_000
"""Characters of one text that are compared."""
_RUN = 4
"""Characters in one run."""


class Likeness:
    """Texts as rows of unit length; `between` compares sets of rows. Equal words give 1, nothing shared gives 0."""

    def __init__(self, texts: Sequence[str]) -> None:
        columns: dict[str, int] = {}
        rows: list[int] = []
        places: list[int] = []
        counts: list[int] = []
        for row, text in enumerate(texts):
            for feature, count in _features(text).items():
                rows.append(row)
                places.append(columns.setdefault(feature, len(columns)))
                counts.append(count)
        self._shape = (len(texts), max(len(columns), 1))
        self._rows, self._places = np.array(rows, dtype=np.int64), np.array(places, dtype=np.int64)
        self._counts = np.array(counts, dtype=np.float32)

    @cached_property
    def vectors(self) -> csr_array:
        """float32 [texts, features]; weight (1 + ln tf) · (1 + ln((1 + N) / (1 + df))), rows of unit length."""
        spread = np.bincount(self._places, minlength=self._shape[1])
        idf = 1 + np.log((1 + self._shape[0]) / (1 + spread))
        weights = (1 + np.log(self._counts)) * idf[self._places]
        length = np.sqrt(np.bincount(self._rows, weights=weights**2, minlength=self._shape[0]))
        data = (weights / length[self._rows]).astype(np.float32)
        return csr_array((data, (self._rows, self._places)), shape=self._shape)

    def between(self, some: slice, others: slice) -> Floats:
        """Cosines, float32 [some, others]."""
        left, right = self.vectors[some], self.vectors[others]
        return np.asarray((left @ right.T).toarray(), dtype=np.float32)


def shared_words(one: str, other: str) -> float:
    """Share of the words of both that both have, 0 to 1 (Jaccard)."""
    ours, theirs = set(plain(one).split()), set(plain(other).split())
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 0.0


def numbers_and_addresses(text: str) -> frozenset[str]:
    """What a stale text gets wrong first: numbers, dates and web addresses, spelled plainly."""
    return frozenset(found.strip(".,").casefold().replace(",", "") for found in _FACT.findall(text))


_FACT = re.compile(r"https?://[^\s<>\"')\]]+|\d+(?:[.,:/-]\d+)*")


def _features(text: str) -> Counter[str]:
    words = plain(text[:TEXT_USED]).split()
    found = Counter(f"w {word}" for word in words)
    found.update(f"p {one} {two}" for one, two in pairwise(words))
    for word in words:
        padded = f" {word} "
        found.update(padded[place : place + _RUN] for place in range(max(1, len(padded) - _RUN + 1)))
    return found
