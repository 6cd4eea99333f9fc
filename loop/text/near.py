"""Near-duplicates by MinHash: candidates by locality-sensitive hashing, exact Jaccard overlap, connected components.

MinHash: Broder 1997; banding: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4.

Linear in the texts: inside a bucket every member is compared with the bucket's first only, and the eight
independent bucketings make up for the pairs that this skips.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

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


def near_groups(texts: Sequence[str], *, seed: int, near: float = NEAR) -> Ints:
    """A group number for each normalised text, int64 [texts]; near-identical texts share one, numbered by first member.

    Texts that differ in a negation are never near-identical. Empty texts are each on their own.
    """
    count = len(texts)
    pieces = word_pieces(texts)
    if pieces.rows.size == 0:
        return np.arange(count)
    order = np.argsort(pieces.rows, kind="stable")
    rows, hashes = pieces.rows[order], pieces.hashes[order]
    filled, starts = np.unique(rows, return_index=True)
    left: list[Ints] = []
    right: list[Ints] = []
    draw = np.random.default_rng(seed)
    for _ in range(_BANDS):
        band = np.zeros(filled.size, dtype=np.uint64)
        for _ in range(_ROWS):
            factor, shift = draw.integers(1, 2**63, size=2, dtype=np.uint64)
            spread = (hashes ^ shift) * (factor | np.uint64(1))
            lowest = np.minimum.reduceat(spread ^ (spread >> np.uint64(32)), starts)
            band = (band ^ lowest) * np.uint64(0x9E3779B97F4A7C15)
        _, first, bucket = np.unique(band, return_index=True, return_inverse=True)
        leader = first[bucket]
        other = np.flatnonzero(leader != np.arange(filled.size))
        left.append(filled[leader[other]])
        right.append(filled[other])
    pairs = np.unique(np.stack([np.concatenate(left), np.concatenate(right)]), axis=1)
    if pairs.shape[1]:
        pairs = pairs[:, _overlap(rows, hashes, pairs=pairs, count=count) >= near]
        negated = np.array([sum(word in _NEGATIONS for word in text.split()) % 2 for text in texts])
        pairs = pairs[:, negated[pairs[0]] == negated[pairs[1]]]
    graph = coo_array((np.ones(pairs.shape[1], dtype=np.int8), (pairs[0], pairs[1])), shape=(count, count))
    groups: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return groups


def jaccard(one: str, other: str) -> float:
    """Share of the words of both texts that both have, 0 to 1; 0 for two texts without words."""
    ours, theirs = set(normalise(one).split()), set(normalise(other).split())
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 0.0


def _overlap(rows: Ints, hashes: NDArray[np.uint64], *, pairs: Ints, count: int) -> NDArray[np.float64]:
    """Jaccard overlap of each pair of texts, exact up to collisions of 64-bit hashes."""
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
