"""Newcomers' choices taken together: whether what they call X looks like something else (a one-sided z test).

One newcomer's odd choice says little; twenty of them, each a little odd in the same way, are an attack on a label that
looks at no single row. Each distinct question counts once, because the same words say the same however often.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from loop.records import Judged
from loop.validate.fits import CONFIDENT, Reference
from loop.validate.work import Findings, Work

LEAST = 12
"""Distinct questions before anything is said of them."""
Z = 5.0
"""Standard errors above the usual: with a thousand labels looked at, one in 3,000 agents would see one by chance."""
TIMES, MORE = 2.0, 0.2
"""The share that looks like something else must be so many times the usual, and so much more: small differences are
no attack, however many questions show them (`tests/bench/firewall/curves`)."""


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
            is_against = row.top != row.choice and (row.top_chance or 0.0) >= CONFIDENT
            fresh[row.choice][row.feedback_id] = [row.question, int(is_against)]
        elif row.choice:
            gone[row.choice].add(row.feedback_id)
    stored = work.known.kept("lean", sorted({*fresh, *gone}))
    leaning = set()
    for choice in sorted({*fresh, *gone}):
        body = stored.get(choice, {"rows": {}, "leans": False})
        now = {key: seen for key, seen in body["rows"].items() if key not in gone[choice]} | fresh[choice]
        leans = _leans([seen for _, seen in sorted(now.items())], usual=reference.doubted.get(choice, 1.0))
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
    against = {str(question): bool(is_against) for question, is_against in seen}
    n = len(against)
    if n < LEAST:
        return False
    share = sum(against.values()) / n
    error = max(usual * (1 - usual), 1e-9) ** 0.5 / n**0.5
    return share >= max(TIMES * usual, usual + MORE) and share - usual >= Z * error
