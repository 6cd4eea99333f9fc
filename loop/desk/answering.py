"""Who answers for an agent now, as every screen and command says it."""

from loop import evaluate
from loop.heldout import HIDDEN_SPLITS
from loop.ports import Parts
from loop.records import AgentKind, Record

_LOOKED_AT = 50
"""Newest held-out cases that tell whether the agent answers elsewhere."""


class AnswererKind(Record):
    """The kind of agent the live version is, in words too."""

    kind: AgentKind
    words: str
    is_recorded: bool = False
    """The version here is empty and cannot be called: the agent answers elsewhere, and what it really answered, as
    recorded, is the baseline of every test."""


def answerer_kind(parts: Parts) -> AnswererKind:
    """Who answers with the live version."""
    store = parts.store
    head = store.head()
    bundle = store.bundle(head.digest)
    kind, words = bundle.model.kind, bundle.model.answered_by
    if not evaluate.is_silent(bundle):
        return AnswererKind(kind=kind, words=words)
    cases = store.newest_cases(HIDDEN_SPLITS, limit=_LOOKED_AT)
    interactions = store.interactions([case.interaction_id for case in cases if case.interaction_id])
    incumbent = evaluate.Incumbent.of(head.digest, store.versions())
    known = evaluate.recorded_answers(cases, interactions, incumbent=incumbent)
    if evaluate.is_from_elsewhere(known):
        words = "your agent elsewhere, which is not called: its recorded answers are the baseline"
        return AnswererKind(kind=kind, words=words, is_recorded=True)
    return AnswererKind(kind=kind, words=f"{words}, which holds nothing yet and hands every question over")
