"""Newcomers' choices taken together: whether what they call X looks like X, label by label (a one-sided z test).

One newcomer's odd choice says little; twenty of them, each a little odd in the same way, are an attack on a label that
looks at no single row. Each distinct question counts once, because the same words say the same however often.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from loop.records import Judged
from loop.validate.fits import Reference
from loop.validate.work import Findings, Work

LEAST = 12
"""Distinct questions before anything is said of them."""
Z = 5.0
"""Standard errors below the usual: with a thousand labels looked at, one in 3,000 agents would see one by chance."""
PART = 2 / 3
"""Of the usual rank of known answers of the label, what the newcomers' must stay below: small differences are no
attack, however many questions show them (`tests/bench/firewall/curves`)."""
_MILLION = 1_000_000
_EVEN = (1 / 12) ** 0.5
"""Standard deviation of a rank: ranks of right answers are spread evenly."""


def lean(
    work: Work, rows: Sequence[Judged], *, reference: Reference, seasoned: Collection[str], found: Findings
) -> frozenset[str]:
    """The choices that lean, after these rows; what their newcomers' rows look like is kept by choice.

    Where a choice begins or ceases to lean, all of its newcomers' rows have work.
    """
    fresh: defaultdict[str, dict[str, list[object]]] = defaultdict(dict)
    gone: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.choice and row.rank is not None and row.is_standing and row.author not in seasoned:
            fresh[row.choice][row.feedback_id] = [row.question, round(row.rank * _MILLION)]
        elif row.choice:
            gone[row.choice].add(row.feedback_id)
    stored = work.known.kept("lean", sorted({*fresh, *gone}))
    leaning = set()
    for choice in sorted({*fresh, *gone}):
        body = stored.get(choice, {"rows": {}, "leans": False})
        now = {key: seen for key, seen in body["rows"].items() if key not in gone[choice]} | fresh[choice]
        leans = _leans([seen for _, seen in sorted(now.items())], usual=reference.usual.get(choice, 0.5))
        if leans:
            leaning.add(choice)
        if (now, leans) != (dict(body["rows"]), body["leans"]):
            found.keep("lean", choice, {"rows": now, "leans": leans})
        if leans != body["leans"]:
            found.give("row", now)
    return frozenset(leaning)


def forget(work: Work, rows: Iterable[Judged], found: Findings) -> None:
    """Rows that no longer say what they said: their look goes from the choice they made."""
    gone: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.choice:
            gone[row.choice].add(row.feedback_id)
    for choice, body in work.known.kept("lean", sorted(gone)).items() if gone else ():
        left = {key: seen for key, seen in body["rows"].items() if key not in gone[choice]}
        if left != dict(body["rows"]):
            found.keep("lean", choice, {"rows": left, "leans": body["leans"]})
            found.give("row", sorted(left)[:1])  # whether it still leans is seen with any of its rows


def _leans(seen: Sequence[Sequence[object]], *, usual: float) -> bool:
    ranks: Mapping[str, float] = {str(question): float(str(rank)) / _MILLION for question, rank in seen}
    if len(ranks) < LEAST:
        return False
    mean = sum(ranks.values()) / len(ranks)
    return mean <= PART * usual and (usual - mean) / (_EVEN / len(ranks) ** 0.5) >= Z
