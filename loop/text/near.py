"""Near-duplicates: MinHash buckets (locality-sensitive hashing) to find candidates, exact Jaccard overlap to decide.

MinHash: Broder 1997; banding: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4.

Whoever groups texts compares each with the first of its bucket only; the eight independent bucketings make up for the
pairs that this skips, and the cost stays linear in the texts.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from loop.text.spelling import normalise
from loop.text.vectors import word_pieces

Ints = NDArray[np.int64]

NEAR = 0.7
"""Share of words and word pairs two texts have in common to be near-identical (Jaccard)."""
_BANDS = 8
_ROWS = 3
"""8 bands of 3: a pair at overlap .7 is found with chance .97, at .3 it is looked at with chance .2."""
_NEGATIONS = frozenset(
    {"not", "no", "never", "cannot", "without", "cant", "dont", "doesnt", "didnt", "isnt", "arent", "aint", "wasnt"}
    | {"werent", "wont", "wouldnt", "couldnt", "shouldnt", "hasnt", "havent", "hadnt", "mustnt", "neednt", "nicht"}
    | {"kein", "keine", "ohne", "nie"}
)


def bucket_keys(texts: Sequence[str], *, seed: int) -> Ints:
    """MinHash bucket of each spelled text in each band, int64 [texts, bands]; texts that share one may be alike.

    A bucket's number tells its band. Texts without a word share a bucket with each other in every band.
    """
    pieces = word_pieces(texts)
    order = np.argsort(pieces.rows, kind="stable")
    rows, hashes = pieces.rows[order], pieces.hashes[order]
    filled, starts = np.unique(rows, return_index=True)
    keys = np.zeros((len(texts), _BANDS), dtype=np.uint64)
    draw = np.random.default_rng(seed)
    for number in range(_BANDS):
        band = np.full(filled.size, number + 1, dtype=np.uint64)
        for _ in range(_ROWS):
            factor, shift = draw.integers(1, 2**63, size=2, dtype=np.uint64)
            if filled.size:
                spread = (hashes ^ shift) * (factor | np.uint64(1))
                lowest = np.minimum.reduceat(spread ^ (spread >> np.uint64(32)), starts)
                band = (band ^ lowest) * np.uint64(0x9E3779B97F4A7C15)
        keys[filled, number] = band
    return keys.view(np.int64)


def near_pairs(pairs: Sequence[tuple[int, int]], *, texts: Mapping[int, str]) -> list[tuple[int, int]]:
    """Of some candidate pairs of spelled texts, those that are near-identical: Jaccard overlap of at least NEAR.

    Texts that differ in a negation are never near-identical.
    """
    if not pairs:
        return []
    numbers = sorted({number for pair in pairs for number in pair})
    place = {number: row for row, number in enumerate(numbers)}
    some = [texts[number] for number in numbers]
    pieces = word_pieces(some)
    columns = np.array([[place[one] for one, _ in pairs], [place[other] for _, other in pairs]])
    alike = _overlap(pieces.rows, pieces.hashes, pairs=columns, count=len(some)) >= NEAR
    negated = np.array([sum(word in _NEGATIONS for word in text.split()) % 2 for text in some])
    alike &= negated[columns[0]] == negated[columns[1]]
    return [pair for pair, is_alike in zip(pairs, alike.tolist(), strict=True) if is_alike]


def distinct_words(text: str) -> frozenset[str]:
    """The normalised words of a text, each once."""
    return frozenset(normalise(text).split())


def jaccard(ours: frozenset[str], theirs: frozenset[str]) -> float:
    """Share of the words of two texts that both have, 0 to 1; 0 for two texts without words."""
    shared = len(ours & theirs)
    return shared / max(len(ours) + len(theirs) - shared, 1)


def _overlap(rows: Ints, hashes: NDArray[np.uint64], *, pairs: Ints, count: int) -> NDArray[np.float64]:
    """Jaccard overlap of each pair of texts, exact up to collisions of 64-bit hashes."""
    from scipy.sparse import csr_array

    features, column = np.unique(hashes, return_inverse=True)
    table = csr_array((np.ones(rows.size, dtype=np.float32), (rows, column)), shape=(count, features.size))
    table.sum_duplicates()
    table.data[:] = 1.0
    sizes = np.diff(table.indptr)
    shared = np.zeros(pairs.shape[1])
    for start in range(0, pairs.shape[1], 50_000):
        part = slice(start, start + 50_000)
        shared[part] = np.asarray(table[pairs[0, part]].multiply(table[pairs[1, part]]).sum(axis=1)).ravel()
    overlap: NDArray[np.float64] = shared / np.maximum(sizes[pairs[0]] + sizes[pairs[1]] - shared, 1)
    return overlap
