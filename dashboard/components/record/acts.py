"""What the journal says, in plain words: each action as a sentence, what its digests mean, and where it leads."""

from collections.abc import Mapping
from typing import NamedTuple

from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import Markup, join, tag
from dashboard.components.elements.words import Tone
from loop.records.access import ENGINE, PROVIDER
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


ACTS: Mapping[str, Act] = {
    "approve proposal": Act("approved a change", "review", "p", "good"),
    "reject proposal": Act("rejected a change", "review", "p", "bad"),
    "endorse proposal": Act("gave the first of two approvals", "review", "p", "good"),
    "edit proposal": Act("edited a change", "review", "p"),
    "undo proposal": Act("took a decision back", "review", "p", "hopeful"),
    "bring back proposal": Act("brought a set-aside change back", "review", "p"),
    "draft proposal": Act("drafted a change", "review", "p"),
    "test proposal": Act("tested a change", "review", "p"),
    "mark proposal stale": Act("marked a change out of date", "review", "p", "hopeful"),
    "deploy version": Act("put a version live", "releases", "", "good"),
    "roll back": Act("took a release back", "releases", "", "bad"),
    "set agent": Act("changed settings", "loop", "", "hopeful"),
    "pause loop": Act("paused the loop", "loop", "", "bad"),
    "retry job": Act("had work that was set aside tried again", "", "", "good"),
    "resume loop": Act("resumed the loop", "loop", "", "good"),
    "create agent": Act("made the agent"),
    "delete agent": Act("deleted the agent", tone="bad"),
    "correct answer": Act("corrected an answer", "feedback", "f"),
    "keep tried question": Act("kept a tried question to correct it"),
    "mark feedback released": Act("released feedback", "feedback", "f"),
    "mark feedback quarantined": Act("held feedback back", "feedback", "f"),
    "mark feedback excluded": Act("excluded feedback as an exception", "feedback", "f"),
    "validate feedback": Act("judged feedback"),
    "judge blind": Act("judged feedback without seeing what the checks say"),
    "begin firewall audit": Act("drew feedback to be judged blind"),
    "protect case": Act("protected a case", "cases", "case"),
    "unprotect case": Act("took the protection off a case", "cases", "case"),
    "keep case set": Act("kept a named set of cases", "cases"),
    "import cases": Act("handed cases in", "cases"),
    "export sealed cases": Act("exported sealed cases", "cases", tone="bad"),
    "begin audit": Act("began a blind audit of cases", "cases"),
    "answer audit": Act("answered a question of a blind audit", "cases"),
    "settle audit": Act("settled an answer of a blind audit", "cases"),
    "comment on proposal": Act("commented on a change", "review", "p"),
    "take back comment": Act("took a comment back", "review", "p"),
    "draw practice case": Act("drew a practice change into the queue"),
    "answer practice case": Act("decided a practice change", "review", "p"),
    "take correction back": Act("took a correction back", "feedback", "f"),
    "name person": Act("named a person", "people"),
    "set password": Act("set a password", "people"),
    "take role": Act("took somebody's role away", "people", "", "bad"),
    "shut out": Act("shut a person out", "people", "", "bad"),
    "make set-up link": Act("made a person a link to sign in with", "people"),
    "sign out everywhere": Act("signed a person out everywhere", "people"),
    "create key": Act("made an API key", "connect"),
    "revoke key": Act("revoked an API key", "connect"),
    "import file": Act("imported a file"),
    "receive day": Act("brought a day of the demo"),
    "note import": Act("noted what an import became"),
    "read raw text": Act("looked at raw text with personal data", "feedback", "f", "bad"),
    "accept record": Act("accepted what does not follow", tone="bad"),
    "upgrade database": Act("sealed everything anew after an upgrade", tone="hopeful"),
    "erase": Act("erased a person's words", tone="hopeful"),
    "erase, in part": Act("erased a person's words, in part", tone="hopeful"),
    "undo unlearning": Act("took an unlearning back"),
}
"""By action as the journal spells it; of one that is not here, the action itself is shown."""

_STARTS: Mapping[str, tuple[str, str]] = {
    "write ": ("stored", ""),
    "invite as ": ("invited somebody as", "people"),
    "admit as ": ("admitted somebody as", "people"),
    "make ": ("gave somebody the role", "people"),
    "let in as ": ("let somebody in again as", "people"),
}
"""Actions whose end says more: how they begin, in words, and the page they lead to."""
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


def act(action: str) -> Act:
    """Of a kind that is not known: the action as it is spelled."""
    for start, (told, page) in _STARTS.items():
        if action.startswith(start):
            return Act(f"{told} {action.removeprefix(start)}", page)
    return ACTS.get(action) or Act(action)


def who(actor: str) -> str:
    """The engine by its name on the screens."""
    if actor == PROVIDER:
        return "The sign-in provider"
    return "The loop" if actor == ENGINE else actor


def sentence(line: JournalLine, *, title: str = "") -> Markup:
    """Who did what to which, as one line."""
    about = [tag("span", f"“{title}”", css="rt-text")] if title else []
    told = join([tag("b", who(line.actor)), tag("span", act(line.action).words), *about], between=" ")
    return tag("div", told, css="rt-text")


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
