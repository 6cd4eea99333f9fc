"""What a person can do, each a checked verb: decide, edit, undo, draft, correct, judge feedback, roll back, set up.

Screens, terminal and API call these and nothing else. Every verb first asks `loop.roles`, then writes
through the store in one transaction, so that a refused act leaves no trace of itself but its error.
"""

from loop.desk.agents import Setting, change_settings, consequences, create_agent, explained_settings
from loop.desk.decisions import (
    REJECTION_CATEGORIES,
    approve,
    bring_back,
    edit,
    needs_reason,
    reject,
    undo,
    undo_seconds,
)
from loop.desk.drafts import draft, draft_articles
from loop.desk.feedback import Correction, correct, judge
from loop.desk.releases import roll_back

__all__ = [
    "REJECTION_CATEGORIES",
    "Correction",
    "Setting",
    "approve",
    "bring_back",
    "change_settings",
    "consequences",
    "correct",
    "create_agent",
    "draft",
    "draft_articles",
    "edit",
    "explained_settings",
    "judge",
    "needs_reason",
    "reject",
    "roll_back",
    "undo",
    "undo_seconds",
]
