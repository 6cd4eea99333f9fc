"""The firewall's panel: counts and audit brought together from what is stored. Reads, computes, writes nothing."""

from collections import defaultdict
from datetime import timedelta

from loop.ports import Store
from loop.records import (
    SEPARATOR,
    FirewallPanel,
    Judged,
    Kept,
    Moment,
    Population,
    Reach,
)
from loop.text.spelling import quote
from loop.validate.figures import build_panel, with_audit

KIND, KEY = "firewall", "panel"
"""The document it is kept in."""
EVERY = timedelta(days=1)
"""A turn costs what is new: the panel looks at what is old as well, so once a day is enough."""
LOOKED_AT = 20_000
"""Newest items counted, at most."""


def is_due(panel: FirewallPanel | None, *, store: Store, now: Moment) -> bool:
    """Whether it is a day old, or detectors were switched since, or there is none."""
    if panel is None:
        return True
    off = {one.name for one in panel.detectors if not one.is_on}
    return now - panel.counted_at >= EVERY or off != set(store.agent.limits.detectors_off)


def panel_document(panel: FirewallPanel) -> Kept:
    """What it is kept as, in place of the earlier one."""
    return Kept(KIND, KEY, panel.model_dump(mode="json"))


def fresh_panel(store: Store, *, now: Moment, seed: int) -> FirewallPanel:
    """The panel as it is now, with the newest audit that somebody has judged anything of."""
    population = store.audit_population(limit=LOOKED_AT)
    panel = build_panel(
        population,
        off=store.agent.limits.detectors_off,
        reach=_reach(store, population),
        min_sources=store.agent.limits.min_sources,
        now=now,
    )
    return audited_panel(panel, store=store, seed=seed)


def audited_panel(panel: FirewallPanel, *, store: Store, seed: int) -> FirewallPanel:
    """The panel with the newest audit of which anything is settled; of those that have begun, else the newest."""
    audits = store.firewall_audits()[:2]
    found = [with_audit(panel, one, store.firewall_verdicts(one.id), seed=seed) for one in audits]
    return next((one for one in found if one.audit and one.audit.settled), found[0] if found else panel)


def stored_panel(store: Store) -> FirewallPanel | None:
    """As it was last counted; None before the first turn."""
    stored = store.kept(KIND, [KEY]).get(KEY)
    return None if stored is None else FirewallPanel.model_validate(stored)


# steps -------------------------------------------------------------------------------------------------------------
def _reach(store: Store, population: Population) -> dict[str, list[Reach]]:
    """By detector, the corrections that would have more people behind them without it."""
    holder = {one.feedback_id: one.detectors[0] for one in population.items if one.is_held and len(one.detectors) == 1}
    rows = [row for row in store.rows("feedback_id", list(holder)) if row.theme and row.may_teach]
    added: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        added[holder[row.feedback_id], row.theme].add(row.author)
    now: defaultdict[str, set[str]] = defaultdict(set)
    for voice in store.voices("theme", sorted({row.theme for row in rows})) if rows else ():
        now[voice.theme].add(voice.author)
    found: defaultdict[str, list[Reach]] = defaultdict(list)
    needed = store.agent.limits.min_sources
    words = {row.theme: _words(row) for row in rows}
    for (detector, theme), people in sorted(added.items()):
        if people <= now[theme]:
            continue
        total = len(now[theme] | people)
        found[detector].append(
            Reach(says=words[theme], people=len(now[theme]), would_be=total, is_new=len(now[theme]) < needed <= total)
        )
    return dict(found)


def _words(row: Judged) -> str:
    """What a correction says, for people."""
    _, right, given = (*row.pair.split(SEPARATOR), "", "", "")[:3]
    return f"{quote(right or row.choice, limit=40)}, not {quote(given or 'no answer', limit=40)}"
