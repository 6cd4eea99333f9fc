"""What the journal says, in plain words: each action as a sentence, what its digests mean, and where it leads."""

from collections.abc import Mapping
from typing import NamedTuple

from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import Markup, join, tag
from dashboard.components.elements.words import Tone
from loop.records.access import ENGINE, PROVIDER
from loop.records.journal import JournalAction, parse_action
from loop.records.probes import RecordCheck
from storage.queries.journal import JournalLine


class Act(NamedTuple):
    """One kind of entry."""

    words: str
    """What was done, after the name of who did it."""
    page: str = ""
    """Page where its subject is seen; empty: none."""
    param: str = ""
    """Name of the subject in that page's address."""
    tone: Tone = "neutral"


ACTS: Mapping[JournalAction, Act] = {
    JournalAction.APPROVE_PROPOSAL: Act("approved a change", "review", "p", "good"),
    JournalAction.REJECT_PROPOSAL: Act("rejected a change", "review", "p", "bad"),
    JournalAction.ENDORSE_PROPOSAL: Act("gave the first of two approvals", "review", "p", "good"),
    JournalAction.EDIT_PROPOSAL: Act("edited a change", "review", "p"),
    JournalAction.UNDO_PROPOSAL: Act("took a decision back", "review", "p", "hopeful"),
    JournalAction.BRING_BACK_PROPOSAL: Act("brought a set-aside change back", "review", "p"),
    JournalAction.DRAFT_PROPOSAL: Act("drafted a change", "review", "p"),
    JournalAction.TEST_PROPOSAL: Act("tested a change", "review", "p"),
    JournalAction.MARK_PROPOSAL_STALE: Act("marked a change out of date", "review", "p", "hopeful"),
    JournalAction.DEPLOY_VERSION: Act("put a version live", "releases", "", "good"),
    JournalAction.ROLL_BACK: Act("took a release back", "releases", "", "bad"),
    JournalAction.SET_AGENT: Act("changed settings", "loop", "", "hopeful"),
    JournalAction.PAUSE_LOOP: Act("paused the loop", "loop", "", "bad"),
    JournalAction.RETRY_JOB: Act("had work that was set aside tried again", "", "", "good"),
    JournalAction.RESUME_LOOP: Act("resumed the loop", "loop", "", "good"),
    JournalAction.CREATE_AGENT: Act("made the agent"),
    JournalAction.DELETE_AGENT: Act("deleted the agent", tone="bad"),
    JournalAction.CORRECT_ANSWER: Act("corrected an answer", "feedback", "f"),
    JournalAction.KEEP_TRIED_QUESTION: Act("kept a tried question to correct it"),
    JournalAction.RELEASE_FEEDBACK: Act("released feedback", "feedback", "f"),
    JournalAction.QUARANTINE_FEEDBACK: Act("held feedback back", "feedback", "f"),
    JournalAction.EXCLUDE_FEEDBACK: Act("excluded feedback as an exception", "feedback", "f"),
    JournalAction.VALIDATE_FEEDBACK: Act("judged feedback"),
    JournalAction.JUDGE_BLIND: Act("judged feedback without seeing what the checks say"),
    JournalAction.BEGIN_FIREWALL_AUDIT: Act("drew feedback to be judged blind"),
    JournalAction.PROTECT_CASE: Act("protected a case", "cases", "case"),
    JournalAction.UNPROTECT_CASE: Act("took the protection off a case", "cases", "case"),
    JournalAction.KEEP_CASE_SET: Act("kept a named set of cases", "cases"),
    JournalAction.IMPORT_CASES: Act("handed cases in", "cases"),
    JournalAction.EXPORT_SEALED_CASES: Act("exported sealed cases", "cases", tone="bad"),
    JournalAction.BEGIN_AUDIT: Act("began a blind audit of cases", "cases"),
    JournalAction.ANSWER_AUDIT: Act("answered a question of a blind audit", "cases"),
    JournalAction.SETTLE_AUDIT: Act("settled an answer of a blind audit", "cases"),
    JournalAction.COMMENT_ON_PROPOSAL: Act("commented on a change", "review", "p"),
    JournalAction.TAKE_BACK_COMMENT: Act("took a comment back", "review", "p"),
    JournalAction.DRAW_PRACTICE_CASE: Act("drew a practice change into the queue"),
    JournalAction.ANSWER_PRACTICE_CASE: Act("decided a practice change", "review", "p"),
    JournalAction.TAKE_CORRECTION_BACK: Act("took a correction back", "feedback", "f"),
    JournalAction.NAME_PERSON: Act("named a person", "people"),
    JournalAction.SET_PASSWORD: Act("set a password", "people"),
    JournalAction.TAKE_ROLE: Act("took somebody's role away", "people", "", "bad"),
    JournalAction.SHUT_OUT: Act("shut a person out", "people", "", "bad"),
    JournalAction.MAKE_SET_UP_LINK: Act("made a person a link to sign in with", "people"),
    JournalAction.SIGN_OUT_EVERYWHERE: Act("signed a person out everywhere", "people"),
    JournalAction.CREATE_KEY: Act("made an API key", "connect"),
    JournalAction.REVOKE_KEY: Act("revoked an API key", "connect"),
    JournalAction.IMPORT_FILE: Act("imported a file"),
    JournalAction.RECEIVE_DAY: Act("brought a day of the demo"),
    JournalAction.NOTE_IMPORT: Act("noted what an import became"),
    JournalAction.READ_RAW_TEXT: Act("looked at raw text with personal data", "feedback", "f", "bad"),
    JournalAction.ACCEPT_RECORD: Act("accepted what does not follow", tone="bad"),
    JournalAction.UPGRADE_DATABASE: Act("sealed everything anew after an upgrade", tone="hopeful"),
    JournalAction.ERASE: Act("erased a person's words", tone="hopeful"),
    JournalAction.ERASE_IN_PART: Act("erased a person's words, in part", tone="hopeful"),
    JournalAction.UNDO_UNLEARNING: Act("took an unlearning back"),
    JournalAction.INVITE_AS: Act("invited somebody as", "people"),
    JournalAction.ADMIT_AS: Act("admitted somebody as", "people"),
    JournalAction.LET_IN_AS: Act("let somebody in again as", "people"),
    JournalAction.MAKE_ROLE: Act("gave somebody the role", "people"),
    JournalAction.WRITE: Act("stored"),
    JournalAction.PULL: Act("pulled from another tool"),
    JournalAction.UNLEARN: Act("unlearned what was learned wrongly", tone="hopeful"),
    JournalAction.UNDO_IMPORT: Act("took an import back", tone="hopeful"),
}
"""Of each action; behind the words of an open-ended one comes its detail."""

_MEANINGS = {
    "record": "all rows that decide, summed up",
    "reason": "the reason given, as a fingerprint",
    "seen": "what was read before deciding",
    "candidate": "the content that would go live",
    "bundle": "the content",
    "cases": "which cases",
    "drawn": "which change, in a form that only the agent's secret explains",
    "n": "how many",
}


def act(spelling: str) -> Act:
    """Of an entry's action; of one that is no longer written: the action as it is spelled."""
    parsed = parse_action(spelling)
    if parsed is None:
        return Act(spelling)
    known = ACTS[parsed.action]
    return known._replace(words=f"{known.words} {parsed.detail}".rstrip())


def who(actor: str) -> str:
    """The engine by its name on the screens."""
    if actor == PROVIDER:
        return "The sign-in provider"
    return "The loop" if actor == ENGINE else actor


def sentence(line: JournalLine, *, title: str = "") -> Markup:
    """Who did what to which, as one line."""
    about = [tag("span", _quoted(title), css="rt-text")] if title else []
    told = join([tag("b", who(line.actor)), tag("span", act(line.action).words), *about], between=" ")
    return tag("div", told, css="rt-text")


def sentence_text(line: JournalLine, *, title: str = "") -> str:
    """The same as plain text."""
    told = f"{who(line.actor)} {act(line.action).words}"
    return f"{told} {_quoted(title)}" if title else told


def _quoted(title: str) -> str:
    return f"“{title}”"


def detail_rows(line: JournalLine) -> list[tuple[str, Markup]]:
    """Everything the entry vouches for: name, meaning and fingerprint."""
    return [
        (
            name,
            tag(
                "div",
                tag("div", _MEANINGS[name], css="rt-small") if name in _MEANINGS else None,
                tag("div", value, css="rt-mono"),
            ),
        )
        for name, value in line.digests.items()
    ]


class CheckResult(NamedTuple):
    """What the last check found, for a person."""

    name: str
    """A few words."""
    words: str
    tone: Tone


def check_result(check: RecordCheck, *, newest: int) -> CheckResult:
    """What was found, of which entries, and whether anything outside of the database says so too. `newest`: the last
    entry there is now."""
    if check.found_at is None:
        told = f"The check could not be done. {check.reason}" if check.reason else "Nobody has checked it yet."
        return CheckResult("Not known", told, "unknown")
    looked = (
        f"Looked at: {words.count(check.entries, 'entry', 'entries')} of the journal ({check.signed:,} signed), "
        f"{words.count(check.rows, 'row')} that decide, {words.count(check.anchors, 'anchor')}."
    )
    if newest > check.entries:
        more = words.count(newest - check.entries, "newer entry was", "newer entries were")
        looked += f" {more} not checked."
    if check.reason:
        looked += f" The newest check could not be done: {check.reason}"
    if check.n_faults:
        n = check.n_faults
        return CheckResult(
            "Not as it was written", f"{n:,} {'thing does' if n == 1 else 'things do'} not follow. {looked}", "bad"
        )
    if not check.anchors:
        told = f"Everything follows from itself; nothing outside of the database was compared. {looked}"
        return CheckResult("Follows from itself", told, "unknown")
    tone: Tone = "unknown" if check.reason else "good"
    return CheckResult("As it was written", f"Everything follows. {looked}", tone)


def faults(check: RecordCheck) -> Markup:
    """What does not follow, each with what can be done."""
    rows = [
        (tag("b", one.subject), tag("div", one.what), tag("div", one.repair, css="rt-small")) for one in check.faults
    ]
    return cards.table(("What", "How", "What can be done"), rows, label="What does not follow")
