"""The journal's vocabulary: every action that is noted, the note of it, and the signed entry it becomes."""

from enum import StrEnum
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from loop.records.agents import Slug
from loop.records.identity import Moment, Record


class JournalAction(StrEnum):
    """What can be done, verb and noun, as stored entries spell it. Never respelled: the chain's hashes cover it."""

    CREATE_AGENT = "create agent"
    SET_AGENT = "set agent"
    DELETE_AGENT = "delete agent"
    PAUSE_LOOP = "pause loop"
    RESUME_LOOP = "resume loop"
    RETRY_JOB = "retry job"

    IMPORT_FILE = "import file"
    NOTE_IMPORT = "note import"
    UNDO_IMPORT = "undo import"
    PULL = "pull"
    RECEIVE_DAY = "receive day"

    VALIDATE_FEEDBACK = "validate feedback"
    RELEASE_FEEDBACK = "mark feedback released"
    QUARANTINE_FEEDBACK = "mark feedback quarantined"
    EXCLUDE_FEEDBACK = "mark feedback excluded"
    CORRECT_ANSWER = "correct answer"
    TAKE_CORRECTION_BACK = "take correction back"
    KEEP_TRIED_QUESTION = "keep tried question"
    UNLEARN = "unlearn"
    UNDO_UNLEARNING = "undo unlearning"
    BEGIN_FIREWALL_AUDIT = "begin firewall audit"
    JUDGE_BLIND = "judge blind"

    DRAFT_PROPOSAL = "draft proposal"
    TEST_PROPOSAL = "test proposal"
    MARK_PROPOSAL_STALE = "mark proposal stale"
    BRING_BACK_PROPOSAL = "bring back proposal"
    APPROVE_PROPOSAL = "approve proposal"
    ENDORSE_PROPOSAL = "endorse proposal"
    EDIT_PROPOSAL = "edit proposal"
    REJECT_PROPOSAL = "reject proposal"
    UNDO_PROPOSAL = "undo proposal"
    COMMENT_ON_PROPOSAL = "comment on proposal"
    TAKE_BACK_COMMENT = "take back comment"
    DRAW_PRACTICE_CASE = "draw practice case"
    ANSWER_PRACTICE_CASE = "answer practice case"
    DEPLOY_VERSION = "deploy version"
    ROLL_BACK = "roll back"

    IMPORT_CASES = "import cases"
    PROTECT_CASE = "protect case"
    UNPROTECT_CASE = "unprotect case"
    KEEP_CASE_SET = "keep case set"
    EXPORT_SEALED_CASES = "export sealed cases"
    BEGIN_AUDIT = "begin audit"
    ANSWER_AUDIT = "answer audit"
    SETTLE_AUDIT = "settle audit"

    INVITE_AS = "invite as"
    ADMIT_AS = "admit as"
    LET_IN_AS = "let in as"
    MAKE_ROLE = "make"
    TAKE_ROLE = "take role"
    NAME_PERSON = "name person"
    SET_PASSWORD = "set password"  # noqa: S105
    MAKE_SET_UP_LINK = "make set-up link"
    SIGN_OUT_EVERYWHERE = "sign out everywhere"
    SHUT_OUT = "shut out"
    CREATE_KEY = "create key"
    REVOKE_KEY = "revoke key"

    READ_RAW_TEXT = "read raw text"
    ERASE = "erase"
    ERASE_IN_PART = "erase, in part"
    ACCEPT_RECORD = "accept record"
    UPGRADE_DATABASE = "upgrade database"
    WRITE = "write"
    """Of a commit that brought no note of its own."""


OPEN_ENDED = frozenset(
    {
        JournalAction.INVITE_AS,
        JournalAction.ADMIT_AS,
        JournalAction.LET_IN_AS,
        JournalAction.MAKE_ROLE,
        JournalAction.WRITE,
    }
)
"""Spelled with a detail behind them: the role, or what was written."""
_CLOSED = {one.value: one for one in JournalAction if one not in OPEN_ENDED}


class Note(Record):
    """What the journal shall say about a commit; the store chains it."""

    actor: str
    action: JournalAction
    detail: str = ""
    """How the spelling of an open-ended action ends, such as `admin`; of any other empty."""
    subject: str
    """Id of what it is about."""
    at: Moment
    digests: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_its_detail(self) -> Self:
        if (self.action in OPEN_ENDED) is not bool(self.detail):
            raise ValueError(f"{self.action} {'needs a' if self.action in OPEN_ENDED else 'takes no'} detail")
        return self

    @property
    def spelling(self) -> str:
        """The action as the entry holds it."""
        return f"{self.action} {self.detail}" if self.detail else self.action.value


class AuditEntry(Record):
    """One line of the journal. Digests only: content can be erased without breaking the chain."""

    agent: Slug
    seq: int
    """1, 2, 3 … within the agent; no gaps."""
    at: Moment
    actor: str
    action: str
    """A spelling of a `JournalAction`; in an old journal perhaps one that is no longer written."""
    subject: str
    """Id of what it is about."""
    digests: dict[str, str] = Field(default_factory=dict)
    previous: str
    """Hash of the entry before; 64 zeros for the first."""
    hash: str
    signature: str = ""
    """Name of the journal's key and HMAC of `hash`; empty where there was no key. Not part of the hash."""


class ParsedAction(NamedTuple):
    """An entry's action, taken apart."""

    action: JournalAction
    detail: str
    """Empty unless the action is open-ended."""


def parse_action(spelling: str) -> ParsedAction | None:
    """The inverse of `Note.spelling`; None for one that is not written any more."""
    closed = _CLOSED.get(spelling)
    if closed is not None:
        return ParsedAction(closed, "")
    for action in OPEN_ENDED:
        if spelling.startswith(f"{action} "):
            return ParsedAction(action, spelling.removeprefix(f"{action} "))
    return None
