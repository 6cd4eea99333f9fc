"""The firewall's panel, computed: counts of what each detector does alone, and what a blind audit says of it.

Pure. Counts come from the population; precision, recall and marginal yield (what no other detector finds) from settled
verdicts, weighted by the draw. A stratum nobody judged is in no estimate, and is counted.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from loop.records import (
    AuditFigures,
    DetectorFigures,
    Estimate,
    FirewallAudit,
    FirewallPanel,
    FirewallVerdict,
    FlaggedItem,
    Moment,
    Population,
    Reach,
    Says,
)
from loop.stats.stratified import BadTotals, Share, Stratum, kappa
from loop.validate.detectors import DETECTORS

Standing: TypeAlias = Literal["open", "unclear", "sound", "bad"]
"""Where one drawn item stands."""

ENOUGH_WORDS = 2
"""People who judge an item; where they differ a third does."""
REACH_NAMED = 5
EXAMPLES = 3


def settle_verdicts(verdicts: Sequence[FirewallVerdict]) -> Standing:
    """Two people who agree settle an item, a third decides where they differ; a single operator settles alone.

    Two who cannot tell, or three who all say something else, leave it unclear.
    """
    said = [one.says for one in verdicts]
    for word in ("sound", "bad"):
        if said.count(word) >= ENOUGH_WORDS or (len(said) == 1 and verdicts[0].is_alone and said[0] == word):
            return word
    is_closed = said.count("unsure") >= ENOUGH_WORDS or len(said) > ENOUGH_WORDS
    return "unclear" if is_closed or (len(said) == 1 and verdicts[0].is_alone) else "open"


def words_of(verdicts: Iterable[FirewallVerdict]) -> dict[str, list[FirewallVerdict]]:
    """By feedback id, in the order given."""
    found: defaultdict[str, list[FirewallVerdict]] = defaultdict(list)
    for one in sorted(verdicts, key=lambda one: (one.at, one.rater)):
        found[one.feedback_id].append(one)
    return dict(found)


def build_panel(
    population: Population,
    *,
    off: Collection[str],
    reach: Mapping[str, Sequence[Reach]],
    min_sources: int,
    now: Moment,
) -> FirewallPanel:
    """The panel without an audit. `reach`: by detector, every correction that would have moved without it."""
    detectors = tuple(
        _counts(name, population.items, is_on=name not in off, reach=reach.get(name, ())) for name in DETECTORS
    )
    return FirewallPanel(
        counted_at=now,
        looked_at=len(population.items),
        held=sum(one.is_held for one in population.items),
        since=population.since,
        detectors=detectors,
        min_sources=min_sources,
    )


def with_audit(
    panel: FirewallPanel, audit: FirewallAudit, verdicts: Iterable[FirewallVerdict], *, seed: int
) -> FirewallPanel:
    """The panel with what the audit says by now."""
    words = words_of(verdicts)
    stands = {key: settle_verdicts(words.get(key, ())) for key in audit.order}
    cells = [(cell, [stands[key] for key in cell.drawn if stands[key] in ("sound", "bad")]) for cell in audit.cells]
    judged = [(cell, some) for cell, some in cells if some]
    totals = BadTotals(
        [Stratum(size=cell.size, judged=len(some), bad=some.count("bad")) for cell, some in judged], seed=seed
    )
    flagged = [bool(cell.detectors) for cell, _ in judged]
    knows_unflagged = any(not cell.detectors for cell, _ in judged) or all(cell.detectors for cell in audit.cells)

    def figures(one: DetectorFigures) -> DetectorFigures:
        mine = [one.name in cell.detectors for cell, _ in judged]
        alone = [cell.detectors == (one.name,) for cell, _ in judged]
        return one.model_copy(
            update={
                "judged": sum(len(some) for (_, some), is_mine in zip(judged, mine, strict=True) if is_mine),
                "precision": _estimate(totals.rate(mine)),
                "recall": _estimate(totals.part(mine)) if knows_unflagged else None,
                "marginal": _estimate(totals.part(alone)) if knows_unflagged else None,
            }
        )

    return panel.model_copy(
        update={
            "detectors": tuple(figures(one) for one in panel.detectors),
            "audit": _audit(
                audit,
                words=words,
                stands=stands,
                unjudged=sum(cell.size for cell, some in cells if not some),
            ).model_copy(
                update={
                    "precision": _estimate(totals.rate(flagged)),
                    "recall": _estimate(totals.part(flagged)) if knows_unflagged else None,
                    "missed": _estimate(totals.total([not one for one in flagged])),
                    "seed": seed,
                }
            ),
        }
    )


def _counts(name: str, items: Sequence[FlaggedItem], *, is_on: bool, reach: Sequence[Reach]) -> DetectorFigures:
    mine = [one for one in items if name in one.detectors]
    alone = [one for one in mine if one.detectors == (name,) and one.is_held]
    ranked = sorted(reach, key=lambda one: (not one.is_new, -(one.would_be - one.people), one.says))
    return DetectorFigures(
        name=name,
        is_on=is_on,
        flagged=len(mine),
        alone=len(alone),
        alone_people=len({one.author for one in alone}),
        joined=sum(len(one.detectors) == 2 and one.is_held for one in mine),
        reach=tuple(ranked[:REACH_NAMED]),
        newly_supported=sum(one.is_new for one in reach),
        examples=tuple(one.feedback_id for one in alone[:EXAMPLES]),
    )


def _audit(
    audit: FirewallAudit,
    *,
    words: Mapping[str, Sequence[FirewallVerdict]],
    stands: Mapping[str, Standing],
    unjudged: int,
) -> AuditFigures:
    pairs: list[tuple[Says, Says]] = [
        (some[0].says, some[1].says) for some in words.values() if len(some) >= ENOUGH_WORDS
    ]
    settled = [key for key, one in stands.items() if one in ("sound", "bad")]
    return AuditFigures(
        audit_id=audit.id,
        drawn=len(audit.order),
        settled=len(settled),
        alone=sum(len(words[key]) == 1 for key in settled),
        unclear=sum(one == "unclear" for one in stands.values()),
        open=sum(one == "open" for one in stands.values()),
        compared=len(pairs),
        agreed=sum(one == other for one, other in pairs),
        kappa=kappa([one for one, _ in pairs], [other for _, other in pairs]),
        unjudged=unjudged,
    )


def _estimate(share: Share | None) -> Estimate | None:
    return None if share is None else Estimate(value=share.value, low=share.low, high=share.high)
