"""The vocabulary of the screens: every code, number and time in plain words, the same everywhere."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loop.change.sections import SECTIONS
from loop.records import (
    AgentKind,
    Anatomy,
    Comparison,
    EditPart,
    Evidence,
    FeedbackKind,
    FeedbackState,
    JobKind,
    Proposal,
    ProposalState,
    Proposer,
    StakesLevel,
    Verdict,
)
from loop.text.counting import count as count

Tone: TypeAlias = Literal["good", "hopeful", "neutral", "bad", "unknown"]
"""How a thing is coloured; the words beside it say the same."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A short name, one sentence more, and its tone."""

    name: str
    more: str
    tone: Tone


VERDICTS: dict[Verdict, Saying] = {
    Verdict.PROVED: Saying(
        "Proved better",
        "On questions it was not drafted from it beats the live one; a change that does nothing seldom looks so.",
        "good",
    ),
    Verdict.NO_WORSE: Saying(
        "No worse", "More of what is proved already; a loss against the last proved version is ruled out.", "good"
    ),
    Verdict.PROMISING: Saying(
        "Promising",
        "It points the right way, and that is all: most changes that look like this do nothing. Read the answers.",
        "hopeful",
    ),
    Verdict.NO_EFFECT: Saying(
        "No useful effect", "The test would probably have seen a useful gain, and rules one out.", "neutral"
    ),
    Verdict.HARMFUL: Saying(
        "Harmful", "A protected answer broke, or answers got worse beyond chance, overall or for one group.", "bad"
    ),
    Verdict.NOT_ENOUGH_DATA: Saying(
        "Not enough data", "The test cannot tell, and says why below. Only a person can judge it.", "unknown"
    ),
}

WITHHELD = Saying(
    "Judge by the answers",
    "What its test found is told when you have decided: some changes are shown so, to see whether people read them.",
    "unknown",
)
"""In place of a verdict that is withheld."""

PROPOSAL_STATES: dict[ProposalState, Saying] = {
    ProposalState.DRAFTED: Saying("Waiting for its test", "The loop tests it in its next turn.", "unknown"),
    ProposalState.WAITING: Saying("Waiting for a decision", "Tested and ready to be read.", "hopeful"),
    ProposalState.SET_ASIDE: Saying("Set aside", "Tested, and not worth a person's time now.", "neutral"),
    ProposalState.APPROVED: Saying("Approved", "Goes live when its undo window is over.", "good"),
    ProposalState.LIVE: Saying("Live", "It is part of what the agent answers with.", "good"),
    ProposalState.REJECTED: Saying("Rejected", "The loop was told why and does not bring it again.", "bad"),
    ProposalState.EDITED: Saying("Replaced by an edit", "A reviewer's wording is tested in its place.", "neutral"),
    ProposalState.STALE: Saying(
        "Out of date", "The live version moved; it is drawn up again on the new one.", "neutral"
    ),
    ProposalState.UNDONE: Saying("Undone", "It was live, and was rolled back.", "bad"),
}

FEEDBACK_STATES: dict[FeedbackState, Saying] = {
    FeedbackState.NEW: Saying("New", "Not looked at yet.", "unknown"),
    FeedbackState.VALID: Saying("Valid", "No check objects; it may teach.", "good"),
    FeedbackState.HELD: Saying("Held", "One check objects; it waits for a person or for more evidence.", "hopeful"),
    FeedbackState.QUARANTINED: Saying("Quarantined", "Two checks or more object; it does not teach.", "bad"),
    FeedbackState.RELEASED: Saying("Released", "A person said it is fine.", "good"),
    FeedbackState.EXCLUDED: Saying("Excluded", "A person said: an exception, do not learn from it.", "neutral"),
    FeedbackState.SUPERSEDED: Saying("Replaced", "The same person said something newer.", "neutral"),
}

FEEDBACK_KINDS: dict[FeedbackKind, str] = {
    FeedbackKind.EDIT: "Rewritten answer",
    FeedbackKind.THUMBS: "Thumbs",
    FeedbackKind.CSAT: "Satisfaction",
    FeedbackKind.OUTCOME: "Outcome",
    FeedbackKind.TAKEOVER: "Taken over",
    FeedbackKind.COMMENT: "Comment",
    FeedbackKind.LABEL: "Right label",
}

KINDS: dict[AgentKind, Saying] = {
    AgentKind.BUILT_IN: Saying("Built-in agent", "It answers from what its version holds.", "neutral"),
    AgentKind.MODEL: Saying("Language model", "It is told what the version holds.", "neutral"),
    AgentKind.YOURS: Saying("Your own agent", "It is called with each question and the version to use.", "neutral"),
}

STAKES: dict[StakesLevel, Saying] = {
    StakesLevel.LOW: Saying("Low stakes", "Goes live when its undo window is over.", "neutral"),
    StakesLevel.MEDIUM: Saying("Medium stakes", "A person decides; then its undo window runs.", "hopeful"),
    StakesLevel.HIGH: Saying(
        "High stakes", "Approving takes a reason, two people where two may, and a longer undo window.", "bad"
    ),
}

PROPOSERS: dict[Proposer, str] = {
    Proposer.UNLEARNING: "drafted to unlearn what was taken back",
    Proposer.EXAMPLES: "drafted from corrections",
    Proposer.RULES: "drafted as a rule",
    Proposer.KNOWLEDGE: "drafted from takeovers",
    Proposer.SEARCH: "learned from corrections of the search",
    Proposer.WORDING: "drafted from repeated edits",
    Proposer.REFLECTION: "drafted by the language model",
    Proposer.PERSON: "written by a person",
}

STAGES = {"collect": "Collect", "validate": "Validate", "update": "Update", "test": "Test", "deploy": "Deploy"}

JOBS: dict[JobKind, str] = {
    "turn": "A turn of the loop",
    "stage": "The stage",
    "evaluation": "The test of a change",
    "apply": "Applying an approval",
    "answers": "Asking a version",
    "delivery": "Telling others what is live",
}

DETECTORS = {
    "duplicate": "Copies and bursts",
    "rate": "Too many at once",
    "rater": "Unreliable author",
    "conflict": "Contradicts others",
    "instruction": "Instructs the system",
    "reference": "Against known answers",
    "too_fast": "Judged before reading",
    "claim": "Nobody stands behind it",
}
"""The checks of the firewall, by the key their flags carry."""

METHODS = {
    "rule": "a rule",
    "case": "a known case",
    "head": "the text classifier",
    "article": "an article",
    "handover": "handed over to a person",
    "model": "the language model",
    "yours": "your own agent",
    "failed": "no answer",
}

REJECTIONS = {
    "wrong": "Wrong",
    "unsafe": "Unsafe",
    "too_narrow": "Too narrow",
    "tone": "Tone",
    "duplicate": "Duplicate",
    "other": "Other",
}


def signal(kind: FeedbackKind, value: float | None) -> str:
    """A kind of feedback with its value: `Thumbs down`, `Satisfaction 80 %`, `Outcome: solved`."""
    name = FEEDBACK_KINDS[kind]
    if value is None:
        return name
    is_good = value >= 0.5
    match kind:
        case FeedbackKind.THUMBS:
            return "Thumbs up" if is_good else "Thumbs down"
        case FeedbackKind.OUTCOME if value in (0, 1):
            return "Outcome: solved" if is_good else "Outcome: not solved"
        case _:
            return f"{name} {percent(value, digits=0)}"


_CAUSES = {
    "missing fact": "Taken over because a fact was missing.",
    "wrong rule": "Taken over because a rule was wrong.",
    "tool failure": "Taken over because a tool failed.",
    "tone": "Taken over because of the tone.",
    "exception": "An exception was granted: the agent does not learn from it.",
}
_PARTS = {
    "fact": "A fact",
    "number": "A number",
    "policy": "What is allowed",
    "missing step": "A step that was missing",
    "tone": "Tone",
    "personal style": "Personal style, never a rule",
}


def cause(one: Anatomy) -> str:
    """Why a person had to answer, and by what it was seen."""
    return f"{_CAUSES[one.cause]} {one.why}".strip() if one.cause else ""


def edit_part(part: EditPart) -> str:
    """One thing an edit changed: `A number: “14 days” became “30 days”`."""
    name = _PARTS[part.kind]
    if part.was and part.now:
        return f"{name}: “{short(part.was)}” became “{short(part.now)}”"
    return f"{name}: “{short(part.now)}” was put in" if part.now else f"{name}: “{short(part.was)}” was taken out"


def took(seconds: float) -> str:
    """How long something took: `3 minutes`."""
    return _length(seconds)


def points(value: float | None) -> str:
    """A difference of two shares as points: `+4.6 points`, `−0.4 points`."""
    return "unknown" if value is None else f"{_signed(value)} points"


def since(found: Comparison) -> str:
    """A gain over an earlier version: `+4.1 points since v0, on the 63 cases both were asked`."""
    tally = found.evidence.tally
    if not tally.n:
        return f"{version(found.against)} was not asked the same cases"
    told = f"{points(tally.effect)} since {version(found.against)}"
    return f"{told}, on the {count(tally.n, 'case')} both were asked"


def percent(value: float | None, *, digits: int = 1) -> str:
    """A share as `91.2 %`."""
    return "unknown" if value is None else f"{100 * value:.{digits}f} %"


def interval(low: float | None, high: float | None) -> str:
    """An interval of a difference: `+3.8 to +5.5`."""
    return "unknown" if low is None or high is None else f"{_signed(low)} to {_signed(high)}"


def span(low: float | None, high: float | None) -> str:
    """An interval of a share: `88.1 to 93.4 %`."""
    return "unknown" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f} %"


def effect(evidence: Evidence) -> str:
    """How sure the direction is: `better`, `worse` or `not clear yet`."""
    if evidence.low is None or evidence.high is None:
        return "not measured"
    if evidence.low > 0:
        return "better"
    return "worse" if evidence.high < 0 else "not clear yet"


def version(number: int | None) -> str:
    """`v14`."""
    return "unknown version" if number is None else f"v{number}"


def where(proposal: Proposal) -> str:
    """What part of the agent a proposal changes."""
    sections = list(dict.fromkeys(change.section for change in proposal.changes))
    return ", ".join(SECTIONS[section].label.lower() for section in sections) or "nothing"


def ago(then: datetime, now: datetime) -> str:
    """How long since: `12 s ago`, `3 h ago`, `in 40 s`."""
    seconds = (now - then).total_seconds()
    length = _length(abs(seconds))
    if abs(seconds) < 1:
        return "just now"
    return f"in {length}" if seconds < 0 else f"{length} ago"


def waiting(since: datetime, now: datetime) -> str:
    """How long something waits: `waits 3 h`."""
    return f"waits {_length(max(0.0, (now - since).total_seconds()))}"


def oldest(since: datetime | None, now: datetime) -> str:
    """How long the first of a queue waits: `the oldest waits 3 h`, `nothing waits`."""
    return f"the oldest {waiting(since, now)}" if since else "nothing waits"


def clock(at: datetime, zone: tzinfo) -> str:
    """A moment on the viewer's clock: `12 Nov 2026, 14:05`."""
    there = at.astimezone(zone)
    return f"{there.day} {there:%b %Y, %H:%M}"


def remaining(until: datetime, now: datetime) -> int:
    """Whole seconds left; 0 when it is over."""
    return max(0, -((now - until) // timedelta(seconds=1)))


def zone_named(name: str | None) -> tzinfo:
    """The zone of that name; UTC when it is missing or not known here."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def short(text: str, length: int = 120) -> str:
    """The first line, cut at a word, with … when something is left out."""
    line = text.strip().split("\n", 1)[0]
    if len(line) <= length:
        return line if line == text.strip() else f"{line} …"
    return f"{line[:length].rsplit(' ', 1)[0]} …"


def _signed(value: float) -> str:
    rounded = round(100 * value, 1)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded):.1f}"


def _length(seconds: float) -> str:
    if seconds < 60:
        return f"{int(seconds)} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 2 * 86400:
        return f"{int(seconds // 3600)} h"
    return f"{int(seconds // 86400)} days"
