"""Trains the classifier of instructions and writes its weights: `python -m tests.bench.firewall_text.training`.

Logistic regression with an L2 penalty over hashed features (`loop.text.instructing.classifier`), on top of what the
rules add (an offset), so that it learns what they miss. A long attack counts as its worst stretch under the weights of
the round before (multiple-instance learning: Andrews et al. 2003, mi-SVM); all stretches of an honest text are honest.
Deterministic: the same data gives the same file, byte for byte, with the same libraries.
"""

from base64 import b85encode
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from zlib import compress

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

import loop.text.instructing.weights as committed
from loop.text.instructing import PACK, READ_CHARACTERS, rules_worth
from loop.text.instructing.classifier import BUCKETS, buckets_of, stretches, tokens_of
from tests.bench.firewall_text.sources import Text, texts
from tests.bench.printing import say

PENALTY = 2.0
"""On the squared weights. From 1 to 10 recall on sources left out moves by .02, false alarms by .01."""
ROUNDS = 2
STEPS = 60
HONEST_STRETCHES = 8
"""Of one honest text, evenly spread: a long article must not outweigh a hundred questions."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Fitted(NamedTuple):
    """What a fit came to."""

    bias: float
    weights: Floats
    """By bucket."""


class Corpus:
    """Texts taken apart once, for many fits."""

    def __init__(self, texts: Sequence[Text], *, with_rules: bool = True) -> None:
        self.texts = texts
        self.is_attack: Bools = np.array([one.is_attack for one in texts])
        self.source = np.array([one.source for one in texts])
        self.by_rules: Floats = np.array(
            [rules_worth(tuple(PACK.matches(one.text[:READ_CHARACTERS]))) if with_rules else 0.0 for one in texts]
        )
        """Log-odds that the rules add to each text; none without them."""
        cut = [stretches(tokens_of(one.text[:READ_CHARACTERS])) for one in texts]
        self._owner = np.repeat(np.arange(len(texts)), [len(one) for one in cut])
        found = [buckets_of(one) for some in cut for one in some]
        sizes = np.array([len(one) for one in found])
        self._matrix = csr_array(
            (
                np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes),
                np.concatenate([np.array(one, dtype=np.int32) for one in found]),
                np.concatenate(([0], np.cumsum(sizes))),
            ),
            shape=(len(found), BUCKETS),
        )
        self._matrix.sum_duplicates()

    def fit(self, chosen: Bools) -> Fitted:
        """Learn from the chosen texts."""
        attacks = self.is_attack[self._owner]
        inside = chosen[self._owner]
        taken = inside & self._thinned()
        fitted = np.zeros(BUCKETS + 1)
        for round_number in range(ROUNDS):
            if round_number:
                logits = self._matrix @ fitted[1:]
                taken = (inside & ~attacks & self._thinned()) | (self._worst(logits) & inside & attacks)
            rows = np.flatnonzero(taken)
            counts = np.bincount(self._owner[rows], minlength=len(self.texts))
            fitted = _descend(
                self._matrix[rows],
                is_attack=attacks[rows],
                weight=_balanced(1 / np.sqrt(counts[self._owner[rows]]), is_attack=attacks[rows]),
                offset=self.by_rules[self._owner[rows]],
                start=fitted,
            )
        return Fitted(float(fitted[0]), fitted[1:])

    def logits(self, fitted: Fitted) -> Floats:
        """By text, the log-odds of its worst stretch and its rules."""
        found = np.full(len(self.texts), -np.inf)
        np.maximum.at(found, self._owner, self._matrix @ fitted.weights + fitted.bias)
        return found + self.by_rules

    def _thinned(self) -> Bools:
        """Of honest texts at most HONEST_STRETCHES stretches each, evenly spread; of attacks all."""
        first = np.searchsorted(self._owner, self._owner)
        size = np.bincount(self._owner)[self._owner]
        place = np.arange(self._owner.size) - first
        kept = place * HONEST_STRETCHES // size != (place - 1) * HONEST_STRETCHES // size
        return kept | (place == 0) | (size <= HONEST_STRETCHES) | self.is_attack[self._owner]

    def _worst(self, logits: Floats) -> Bools:
        order = np.lexsort((np.arange(logits.size), -logits, self._owner))
        found = np.zeros(logits.size, dtype=bool)
        found[order[np.searchsorted(self._owner, np.arange(len(self.texts)))]] = True
        return found


def _balanced(weight: Floats, *, is_attack: Bools) -> Floats:
    """Attacks and honest texts weigh the same in all, however many of each were collected."""
    share = weight[is_attack].sum() / weight[~is_attack].sum()
    return np.where(is_attack, weight, weight * share)


def _descend(matrix: csr_array, *, is_attack: Bools, weight: Floats, offset: Floats, start: Floats) -> Floats:
    sign = np.where(is_attack, 1.0, -1.0)
    turned = matrix.T.tocsr()

    def loss(at: Floats) -> tuple[float, Floats]:
        margin = sign * (matrix @ at[1:] + at[0] + offset)
        pull = -weight * sign / (1 + np.exp(np.clip(margin, -50, 50)))
        total = (weight * np.logaddexp(0, -margin)).sum() + PENALTY / 2 * (at[1:] @ at[1:])
        return float(total), np.concatenate(([pull.sum()], turned @ pull + PENALTY * at[1:]))

    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return found


def packed(fitted: Fitted) -> str:
    """The module that holds the weights, as text: a byte each."""
    scale = float(np.abs(fitted.weights).max()) / 127
    whole = np.rint(fitted.weights / scale).astype(np.int8)
    told = b85encode(compress(whole.tobytes(), 9)).decode()
    lines = "\n".join(told[at : at + 118] for at in range(0, len(told), 118))
    return (
        '"""Weights of the classifier, made by `python -m tests.bench.firewall_text.training`: not edited by hand.\n\n'
        "BITS: binary logarithm of the number of buckets. PACKED: by bucket one signed byte, compressed, in base 85,\n"
        'times SCALE.\n"""\n\n'
        f'BITS = {committed.BITS}\nBIAS = {fitted.bias:.4f}\nSCALE = {scale:.6g}\nPACKED = """\n{lines}\n"""\n'
    )


def main() -> None:
    """Fit on everything and write the weights."""
    corpus = Corpus(texts())
    fitted = corpus.fit(np.ones(len(corpus.texts), dtype=bool))
    path = Path(committed.__file__)
    path.write_text(packed(fitted), encoding="utf-8")
    say(f"{len(corpus.texts)} texts; wrote {path.name}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
