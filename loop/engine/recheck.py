"""Recheck: everything the firewall keeps and what is counted by day, recomputed from the log alone."""

from loop import validate
from loop.engine.counting import count_differences, stored_cursors
from loop.engine.validate import ground_in_force, rules_digest
from loop.errors import Conflict
from loop.ports import Parts
from loop.records import LEVELS, FeedbackState


def recheck(parts: Parts) -> tuple[str, ...]:
    """Every way in which what is stored does not follow from arrivals and decisions, a sentence each.

    Reads all history into memory. Raises Conflict while feedback waits to be judged: what is not worked off yet
    cannot be compared.
    """
    store = parts.store
    judged_by = store.kept("rules", ["firewall"]).get("firewall", {"digest": ""})["digest"]
    if judged_by != rules_digest(parts) or any(store.due(level, limit=1) for level in (*LEVELS, "day", "traffic")):
        raise Conflict("Feedback waits to be judged.", remedy="Run `ratchet turn` first, then recheck.")
    if store.answered_since(stored_cursors(parts)["seq"]).days:
        raise Conflict("Answers wait to be counted.", remedy="Run `ratchet turn` first, then recheck.")
    items = {item.feedback.id: item for item in store.feedback(FeedbackState)}
    in_use, retired = store.cases(), store.retired_cases()
    derived = store.dump()
    made = validate.from_nothing(
        store.agent,
        items=items.values(),
        interactions=store.interactions({item.feedback.interaction_id for item in items.values()}),
        cases=[*in_use, *retired],
        retired=[case.id for case in retired],
        given=derived,
        drawn=store.draw,
        now=parts.clock(),
        seed=parts.seed,
        ground=ground_in_force(parts),
    )
    judged = validate.differences(
        made=made,
        items=items,
        derived=derived,
        issues={issue.id: issue for issue in store.issues()},
        cases=[case.id for case in in_use],
    )
    return (*judged, *count_differences(parts))
