"""What a person can do, each a checked verb: decide, edit, undo, draft, correct, judge feedback, roll back, set up.

Screens, terminal and API call these and nothing else. Every verb first asks `loop.roles`, then writes
through the store in one transaction, so that a refused act leaves no trace of itself but its error.
"""

from loop.desk.agents import (
    Setting,
    change_settings,
    consequences,
    create_agent,
    delete_agent,
    explained_settings,
    limits_in_force,
)
from loop.desk.agreement import agreement_of, agreements, last_agreement, samples_due
from loop.desk.answering import Answering, answering
from loop.desk.audits import (
    QUESTIONS,
    AuditQuestion,
    Disagreement,
    answer_question,
    begin_audit,
    disagreements,
    next_question,
    settle_answer,
)
from loop.desk.cases import case_rows, keep_set, protect
from loop.desk.claims import Sayer, Stated, Support, Waiting, support_of, waiting
from loop.desk.connecting import (
    Came,
    DoorHealth,
    came_since,
    capture_health,
    door_words,
    silent_days,
    understood,
)
from loop.desk.decisions import (
    REJECTION_CATEGORIES,
    approve,
    bring_back,
    check_seen,
    edit,
    needs_reason,
    reject,
    undo,
    undo_seconds,
)
from loop.desk.drafts import draft, draft_articles, draft_version
from loop.desk.erasing import ErasurePreview, erase, erased_words, preview_erasure
from loop.desk.examiners import examination, examiner_words
from loop.desk.feedback import Correction, correct, judge, own_contacts
from loop.desk.firewall import (
    AUDITED,
    AuditProgress,
    FirewallQuestion,
    audit_progress,
    draw_firewall_audit,
    firewall_panel,
    judge_blind,
    next_firewall_question,
    recount_firewall,
    switch_detector,
)
from loop.desk.firewall_words import estimate_words, without_words
from loop.desk.handing_in import HandedIn, RefusedDraft, hand_in
from loop.desk.keys import DAYS_MAX, Chance, KeyOrder, MadeKey, create_key, revoke_key
from loop.desk.raw import raw_kept, show_raw
from loop.desk.recipes import KEY_HERE, RECIPES, Recipe, recipe_named
from loop.desk.releases import roll_back
from loop.desk.taint import SHOWN, trace
from loop.desk.taint_words import Paragraph, taint_paragraphs, unlearned_words
from loop.desk.topics import EmergingTopic, emerging_topics, thin_words
from loop.desk.unlearning import seen_digest, undo_unlearning, unlearn

__all__ = [
    "AUDITED",
    "DAYS_MAX",
    "KEY_HERE",
    "QUESTIONS",
    "RECIPES",
    "REJECTION_CATEGORIES",
    "SHOWN",
    "Answering",
    "AuditProgress",
    "AuditQuestion",
    "Came",
    "Chance",
    "Correction",
    "Disagreement",
    "DoorHealth",
    "EmergingTopic",
    "ErasurePreview",
    "FirewallQuestion",
    "HandedIn",
    "KeyOrder",
    "MadeKey",
    "Paragraph",
    "Recipe",
    "RefusedDraft",
    "Sayer",
    "Setting",
    "Stated",
    "Support",
    "Waiting",
    "agreement_of",
    "agreements",
    "answer_question",
    "answering",
    "approve",
    "audit_progress",
    "begin_audit",
    "bring_back",
    "came_since",
    "capture_health",
    "case_rows",
    "change_settings",
    "check_seen",
    "consequences",
    "correct",
    "create_agent",
    "create_key",
    "delete_agent",
    "disagreements",
    "door_words",
    "draft",
    "draft_articles",
    "draft_version",
    "draw_firewall_audit",
    "edit",
    "emerging_topics",
    "erase",
    "erased_words",
    "estimate_words",
    "examination",
    "examiner_words",
    "explained_settings",
    "firewall_panel",
    "hand_in",
    "judge",
    "judge_blind",
    "keep_set",
    "last_agreement",
    "limits_in_force",
    "needs_reason",
    "next_firewall_question",
    "next_question",
    "own_contacts",
    "preview_erasure",
    "protect",
    "raw_kept",
    "recipe_named",
    "recount_firewall",
    "reject",
    "revoke_key",
    "roll_back",
    "samples_due",
    "seen_digest",
    "settle_answer",
    "show_raw",
    "silent_days",
    "support_of",
    "switch_detector",
    "taint_paragraphs",
    "thin_words",
    "trace",
    "understood",
    "undo",
    "undo_seconds",
    "undo_unlearning",
    "unlearn",
    "unlearned_words",
    "waiting",
    "without_words",
]
