"""What blind audits found: how often a lead said what is on file, and how many sealed cases are due for theirs."""

from collections.abc import Mapping
from datetime import timedelta

from loop.ports import Parts
from loop.records import Agreement, AuditAnswer, CaseAudit, Split
from loop.stats.proportions import wilson

SAMPLE_EVERY = timedelta(days=30)
SAMPLE_SIZE = 5
"""Sealed cases that fall due in each such time, for ever."""


def agreement_of(audit: CaseAudit, answers: Mapping[str, AuditAnswer]) -> Agreement:
    """How often the lead said what was on file, with the Wilson interval; of words, what the lead compared."""
    compared = [one for one in answers.values() if one.agrees is not None]
    agreed = sum(bool(one.agrees) for one in compared)
    between = wilson(agreed, n=len(compared))
    return Agreement(
        audit_id=audit.id,
        kind=audit.kind,
        lead=audit.lead,
        asked=len(audit.case_ids),
        answered=len(answers),
        compared=len(compared),
        agreed=agreed,
        low=between.low if between else None,
        high=between.high if between else None,
        open_disagreements=sum(not one.kept for one in answers.values()),
        drawn_from=audit.drawn_from,
        started_at=audit.started_at,
        ended_at=audit.ended_at,
    )


def agreements(parts: Parts, *, limit: int = 50) -> list[Agreement]:
    """What the newest audits found, newest first."""
    store = parts.store
    return [
        agreement_of(audit, {one.case_id: one for one in store.audit_answers(audit.id)})
        for audit in store.case_audits()[:limit]
    ]


def last_agreement(parts: Parts) -> Agreement | None:
    """Of the newest audit in which anything was compared; None when nobody has looked."""
    for audit in parts.store.case_audits():
        found = agreement_of(audit, {one.case_id: one for one in parts.store.audit_answers(audit.id)})
        if found.compared:
            return found
    return None


def samples_due(parts: Parts) -> int:
    """Sealed cases due for their audit: SAMPLE_SIZE in each SAMPLE_EVERY since the agent was made, less those done."""
    store = parts.store
    due = SAMPLE_SIZE * ((parts.clock() - store.agent.created_at) // SAMPLE_EVERY) - store.count_audited(Split.SEALED)
    return min(due, len(store.unaudited([Split.SEALED], not_by=None))) if due > 0 else 0
