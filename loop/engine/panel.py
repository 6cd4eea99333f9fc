"""The firewall's panel, counted anew once a day: a turn costs what is new, the panel looks at what is old."""

from loop import validate
from loop.ports import Parts
from loop.records import Changes, Derived


def count_firewall(parts: Parts) -> None:
    """Count it anew where it is a day old, where detectors were switched, or where there is none."""
    store, now = parts.store, parts.clock()
    if validate.is_due(validate.stored_panel(store), store=store, now=now):
        panel = validate.fresh_panel(store, now=now, seed=parts.seed)
        store.commit(Changes(derived=Derived(kept=(validate.panel_document(panel),))))
