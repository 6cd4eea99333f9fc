"""How much of what instructs the system is found, and how many honest texts are hit, source by source."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from loop.text.instructing import BOUND
from tests.bench.firewall_text.old_rules import breaks_a_rule
from tests.bench.firewall_text.sources import PUBLIC, SERVICE, Text, texts
from tests.bench.firewall_text.training import Bools, Corpus
from tests.bench.printing import say


class Share(NamedTuple):
    """How many of how many."""

    hits: int
    n: int

    @property
    def share(self) -> float:
        """0 to 1; 0 of none."""
        return round(self.hits / self.n, 3) if self.n else 0.0


def detection(*, seed: int = 0) -> dict[str, object]:
    """The figures of `injection_*`, each source judged by weights that never saw it; naive: the first rules."""
    all_texts = texts(seed=seed)
    corpus, wordless = Corpus(all_texts), Corpus(all_texts, with_rules=False)
    naive = np.array([breaks_a_rule(one.text) for one in all_texts])
    alone = _figures(wordless, _left_out(wordless, PUBLIC), prefix="classifier_alone_")
    return (
        _figures(corpus, _left_out(corpus, sorted({one.source for one in all_texts})), prefix="")
        | _figures(corpus, naive, prefix="naive_")
        | {
            f"classifier_alone_{key}": alone[f"classifier_alone_{key}"]
            for key in ("injection_recall", "injection_false_alarms")
        }
    )


def _left_out(corpus: Corpus, sources: Iterable[str]) -> Bools:
    """By text, whether weights that never saw its source find it."""
    found: Bools = np.zeros(len(corpus.texts), dtype=bool)
    for source in sources:
        inside = corpus.source == source
        say(f"left out: {source}, {int(inside.sum())} texts")
        found[inside] = corpus.logits(corpus.fit(~inside))[inside] >= BOUND
    return found


def _figures(corpus: Corpus, found: Bools, *, prefix: str) -> dict[str, object]:
    attacks = {one: _share(corpus.texts, found, source=one, is_attack=True) for one in PUBLIC}
    look_alikes = {one: _share(corpus.texts, found, source=one, is_attack=False) for one in PUBLIC}
    service = {one: _share(corpus.texts, found, source=one, is_attack=False) for one in SERVICE}
    own = {
        "own": _share(corpus.texts, found, source="own", is_attack=True),
        "own_benign": _share(corpus.texts, found, source="own", is_attack=False),
    }
    return {
        f"{prefix}injection_recall": _pooled(attacks.values()).share,
        f"{prefix}injection_recall_n": _pooled(attacks.values()).n,
        f"{prefix}injection_recall_lowest": min(one.share for one in attacks.values() if one.n),
        f"{prefix}injection_false_alarms": _pooled(look_alikes.values()).share,
        f"{prefix}injection_false_alarms_n": _pooled(look_alikes.values()).n,
        f"{prefix}service_false_alarms": _pooled(service.values()).share,
        f"{prefix}service_false_alarms_n": _pooled(service.values()).n,
        f"{prefix}injection_by_source": {
            name: {"share": one.share, "n": one.n}
            for name, one in (
                *((f"{source}, attacks", share) for source, share in attacks.items()),
                *((f"{source}, look-alikes", share) for source, share in look_alikes.items()),
                *service.items(),
                *own.items(),
            )
            if one.n
        },
    }


def _share(texts: Iterable[Text], found: Bools, *, source: str, is_attack: bool) -> Share:
    hits = [
        bool(hit) for one, hit in zip(texts, found, strict=True) if one.source == source and one.is_attack == is_attack
    ]
    return Share(sum(hits), len(hits))


def _pooled(shares: Iterable[Share]) -> Share:
    some = list(shares)
    return Share(sum(one.hits for one in some), sum(one.n for one in some))
