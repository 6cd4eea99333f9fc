"""What a person can do, each a checked verb: decide, edit, undo, draft, correct, judge feedback, roll back, set up.

Screens, terminal and API call these and nothing else. Every verb first asks `loop.roles`, then writes
through the store in one transaction, so that a refused act leaves no trace of itself but its error.
"""

from loop.desk.agent_settings import Setting, change_settings, consequences, explained_settings, limits_in_force
from loop.desk.agents import create_agent, delete_agent
from loop.desk.agreement import agreement_of, agreements, last_agreement, samples_due
from loop.desk.answering import AnswererKind, answerer_kind
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
from loop.desk.claims import ClaimBacking, Sayer, Support, WaitingClaim, support_of, waiting_claims
from loop.desk.connecting import (
    Came,
    DoorHealth,
    came_since,
    capture_health,
    door_words,
    silent_days,
    understood,
)
from loop.desk.contradictions import OtherSide, other_sides
from loop.desk.corrections import Fate, Stage, fates, is_taken_back, withdraw_correction
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
from loop.desk.feedback import Correction, correct, correct_alike, judge, own_contacts
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
from loop.desk.foreseeing import Forecast, foresee_settings
from loop.desk.foureyes import Rights, approvals, authors_of, check_may, rights
from loop.desk.guessing import Caller, pause_after
from loop.desk.handing_in import HandedIn, RefusedDraft, hand_in
from loop.desk.health import health_document, worker_words
from loop.desk.keeping import keep
from loop.desk.keys import DAYS_MAX, Chance, KeyOrder, MadeKey, create_key, revoke_key
from loop.desk.next_step import Desk, NextStep, next_step
from loop.desk.pausing import pause_loop, resume_loop, retry_job
from loop.desk.people import (
    GIVEN,
    Invitation,
    Invited,
    disable,
    enable,
    end_sign_ins,
    invite,
    new_link,
    set_role,
)
from loop.desk.practice import (
    practice_words,
    reviewers,
    withheld_verdict,
)
from loop.desk.probing import ask_check, ask_versions, correct_probe, facts_in
from loop.desk.provider import ClaimRules, read_roles, sign_in_by_provider
from loop.desk.raw import raw_kept, show_raw
from loop.desk.recipes import KEY_HERE, RECIPES, Recipe, recipe_named
from loop.desk.releases import TakenBack, roll_back, take_back
from loop.desk.remarks import Place, place_of, remark, withdraw_remark
from loop.desk.reporting import REPORTS, improvement_page, improvement_report
from loop.desk.setting_table import SETTING_GROUPS, SETTING_TEXTS, SettingGroup
from loop.desk.signing_in import (
    PASSWORD_LEAST,
    Opened,
    Opening,
    Passwords,
    Stay,
    check_password,
    digest_of,
    open_for_operator,
    opened,
    operator_link,
    person_of_link,
    set_password,
    sign_in,
)
from loop.desk.taint import SHOWN, trace
from loop.desk.taint_words import Paragraph, taint_paragraphs, unlearned_words
from loop.desk.topics import EmergingTopic, emerging_topics, thin_words
from loop.desk.unlearning import seen_digest, undo_unlearning, unlearn
from loop.desk.viewing import leave, view, viewers

__all__ = [
    "AUDITED",
    "DAYS_MAX",
    "GIVEN",
    "KEY_HERE",
    "PASSWORD_LEAST",
    "QUESTIONS",
    "RECIPES",
    "REJECTION_CATEGORIES",
    "REPORTS",
    "SETTING_GROUPS",
    "SETTING_TEXTS",
    "SHOWN",
    "AnswererKind",
    "AuditProgress",
    "AuditQuestion",
    "Caller",
    "Came",
    "Chance",
    "ClaimBacking",
    "ClaimRules",
    "Correction",
    "Desk",
    "Disagreement",
    "DoorHealth",
    "EmergingTopic",
    "ErasurePreview",
    "Fate",
    "FirewallQuestion",
    "Forecast",
    "HandedIn",
    "Invitation",
    "Invited",
    "KeyOrder",
    "MadeKey",
    "NextStep",
    "Opened",
    "Opening",
    "OtherSide",
    "Paragraph",
    "Passwords",
    "Place",
    "Recipe",
    "RefusedDraft",
    "Rights",
    "Sayer",
    "Setting",
    "SettingGroup",
    "Stage",
    "Stay",
    "Support",
    "TakenBack",
    "WaitingClaim",
    "agreement_of",
    "agreements",
    "answer_question",
    "answerer_kind",
    "approvals",
    "approve",
    "ask_check",
    "ask_versions",
    "audit_progress",
    "authors_of",
    "begin_audit",
    "bring_back",
    "came_since",
    "capture_health",
    "case_rows",
    "change_settings",
    "check_may",
    "check_password",
    "check_seen",
    "consequences",
    "correct",
    "correct_alike",
    "correct_probe",
    "create_agent",
    "create_key",
    "delete_agent",
    "digest_of",
    "disable",
    "disagreements",
    "door_words",
    "draft",
    "draft_articles",
    "draft_version",
    "draw_firewall_audit",
    "edit",
    "emerging_topics",
    "enable",
    "end_sign_ins",
    "erase",
    "erased_words",
    "estimate_words",
    "examination",
    "examiner_words",
    "explained_settings",
    "facts_in",
    "fates",
    "firewall_panel",
    "foresee_settings",
    "hand_in",
    "health_document",
    "improvement_page",
    "improvement_report",
    "invite",
    "is_taken_back",
    "judge",
    "judge_blind",
    "keep",
    "keep_set",
    "last_agreement",
    "leave",
    "limits_in_force",
    "needs_reason",
    "new_link",
    "next_firewall_question",
    "next_question",
    "next_step",
    "open_for_operator",
    "opened",
    "operator_link",
    "other_sides",
    "own_contacts",
    "pause_after",
    "pause_loop",
    "person_of_link",
    "place_of",
    "practice_words",
    "preview_erasure",
    "protect",
    "raw_kept",
    "read_roles",
    "recipe_named",
    "recount_firewall",
    "reject",
    "remark",
    "resume_loop",
    "retry_job",
    "reviewers",
    "revoke_key",
    "rights",
    "roll_back",
    "samples_due",
    "seen_digest",
    "set_password",
    "set_role",
    "settle_answer",
    "show_raw",
    "sign_in",
    "sign_in_by_provider",
    "silent_days",
    "support_of",
    "switch_detector",
    "taint_paragraphs",
    "take_back",
    "thin_words",
    "trace",
    "understood",
    "undo",
    "undo_seconds",
    "undo_unlearning",
    "unlearn",
    "unlearned_words",
    "view",
    "viewers",
    "waiting_claims",
    "withdraw_correction",
    "withdraw_remark",
    "withheld_verdict",
    "without_words",
    "worker_words",
]
