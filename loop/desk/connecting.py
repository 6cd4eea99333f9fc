"""Capture health in words: what came through each door, what became of it, and which door fell silent. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal, TypeAlias

from loop.ports.deliveries import Capture
from loop.records import Interaction, Moment

SPOKE_DAYS = 5
"""Days on which a door spoke, below which its silence says nothing."""
SPAN_DAYS = 7
"""A door was known for so long, weekend and all, before its silence says something."""

Condition: TypeAlias = Literal["well", "silent", "nothing kept", "losing", "refusing"]
"""`well`: what comes is kept. `silent`: it stopped speaking. `nothing kept`: all of it was refused. `losing`: some was
dropped. `refusing`: some was refused."""

_DOORS = {
    "gateway": "the gateway",
    "otlp": "OpenTelemetry",
    "api": "the API or SDK",
    "import": "a file",
    "dashboard": "this desk",
    "pull": "a connector",
}
_CODES = {
    "too_large": "The call was too large to be recorded.",
    "broken_json": "The body was no JSON.",
    "not_object": "The body was no JSON object.",
    "depth": "The body was nested too deep.",
    "encoding": "The body was packed in a way that cannot be read.",
    "no_messages": "The call carried no messages.",
    "defect": "A defect of Ratchet: its log says more.",
}
"""What the gateway counts by a code; other doors say their reasons in words."""


@dataclass(frozen=True, slots=True)
class DoorHealth:
    """One door of an agent, as a person reads it."""

    capture: Capture
    name: str
    """Such as `the gateway (shop)`; the part in brackets is the sender's own name."""
    condition: Condition
    says: str
    """The condition in one sentence; empty when all is well."""
    rejected: Sequence[tuple[int, str]]
    """How often, and why in words; the most frequent first."""
    missing: Sequence[str]
    """What would make it worth more, such as outcomes; none where nothing is kept."""

    @property
    def needs_look(self) -> bool:
        """Whether somebody should do something."""
        return self.condition in ("silent", "nothing kept", "losing")


@dataclass(frozen=True, slots=True)
class Came:
    """What came through one door since somebody began to watch. Counts of that time only."""

    door: str
    """As records carry it, such as `api:shop`."""
    name: str
    calls: int
    feedback: int
    refused: Sequence[tuple[int, str]]
    dropped: int
    at: Moment | None

    @property
    def kept(self) -> bool:
        """Whether anything of it was kept."""
        return self.calls + self.feedback > sum(n for n, _ in self.refused) + self.dropped

    @property
    def says(self) -> str:
        """What became of it, as a headline."""
        return "It arrived" if self.kept else "Something came, and nothing of it was kept"

    @property
    def lacks_outcome(self) -> bool:
        """Answers came and were kept, and nothing says whether they helped."""
        return self.kept and self.calls > 0 and not self.feedback


def door_words(door: str) -> str:
    """`gateway:shop` as `the gateway (shop)`."""
    kind, _, client = door.partition(":")
    name = _DOORS.get(kind, kind)
    return f"{name} ({client})" if client else name


def capture_health(captures: Sequence[Capture], *, now: datetime) -> list[DoorHealth]:
    """Every door; those that need a look first, then the one that spoke last."""
    found = [_health(one, now=now) for one in captures]
    return sorted(found, key=lambda one: (not one.needs_look, -_stamp(one.capture.last_at), one.capture.door))


def came_since(before: Mapping[str, Capture], captures: Sequence[Capture]) -> list[Came]:
    """What came through each door since `before` was read, the last one first. Empty: nothing did."""
    found = []
    for one in captures:
        old = before.get(one.door, Capture(one.door))
        more = {why: n - old.rejected.get(why, 0) for why, n in one.rejected.items()}
        made = Came(
            door=one.door,
            name=door_words(one.door),
            calls=one.calls - old.calls,
            feedback=one.feedback - old.feedback,
            refused=_reasons({why: n for why, n in more.items() if n > 0}),
            dropped=one.dropped - old.dropped,
            at=one.last_at,
        )
        if made.calls or made.feedback or made.refused or made.dropped:
            found.append(made)
    return sorted(found, key=lambda one: -_stamp(one.at))


def understood(interaction: Interaction) -> list[str]:
    """What was read out of one interaction, and what it lacks, each in one sentence that quotes nothing."""
    steps = len(interaction.steps)
    tools = sum(step.kind == "tool" for step in interaction.steps)
    said = ["The question was read." if interaction.question.strip() else "It has no question: it teaches nothing."]
    said.append("The answer was read." if interaction.answer.strip() or interaction.label else "It has no answer yet.")
    if steps:
        used = f", {tools} by a tool" if tools else ""
        said.append(f"{steps} {'step' if steps == 1 else 'steps'} on the way to it{used}.")
    if interaction.version is not None:
        said.append(f"It was answered with version {interaction.version}.")
    if not interaction.customer:
        said.append("It does not say who asked; a pseudonym keeps one person's questions together.")
    return said


def _health(one: Capture, *, now: datetime) -> DoorHealth:
    refused = sum(one.rejected.values())
    silence = silent_days(one, today=now.date())
    if one.dropped:
        condition: Condition = "losing"
        says = f"{one.dropped:,} were lost because more came than could be kept at once."
    elif refused and not one.stored:
        condition, says = "nothing kept", "Something comes, and nothing of it can be kept."
    elif silence:
        condition, says = "silent", f"It spoke regularly, and has said nothing for {silence} days."
    elif refused:
        condition, says = "refusing", "Most is kept; some was refused."
        if refused * 2 > one.calls + one.feedback:
            says = "Some is kept; most was refused."
    else:
        condition, says = "well", ""
    return DoorHealth(
        capture=one,
        name=door_words(one.door),
        condition=condition,
        says=says,
        rejected=_reasons(one.rejected),
        missing=_missing(one),
    )


def silent_days(one: Capture, *, today: date) -> int:
    """Whole days without a word, of a door that spoke regularly; 0 where it did not, or where the pause is usual.

    Regular: on SPOKE_DAYS days at least, over SPAN_DAYS; a usual pause is as long as the longest so far, so that a
    desk that rests at the weekend does not warn on Sunday.
    """
    days = [date.fromisoformat(day) for day in one.days]
    if len(days) < SPOKE_DAYS or days[-1] - days[0] < timedelta(days=SPAN_DAYS):
        return 0
    usual = max((later - earlier).days for earlier, later in pairwise(days))
    quiet = (today - days[-1]).days
    return quiet if quiet > max(1, usual) else 0


def _missing(one: Capture) -> list[str]:
    told = []
    if one.calls and one.stored and not one.with_outcome:
        told.append("No answer has an outcome yet: nothing says whether it helped. Send feedback or an outcome for it.")
    if one.orphans:
        waits = "1 feedback waits" if one.orphans == 1 else f"{one.orphans:,} feedback wait"
        told.append(f"{waits} for an interaction that never came: check that both use the same id.")
    if one.feedback and not one.calls and not one.with_outcome and not one.orphans:
        told.append("Only feedback comes here; what it is about has to come by another door.")
    return told


def _reasons(rejected: Mapping[str, int]) -> list[tuple[int, str]]:
    found = [(n, _CODES.get(why, why)) for why, n in rejected.items()]
    return sorted(found, key=lambda one: (-one[0], one[1]))


def _stamp(at: datetime | None) -> float:
    return 0.0 if at is None else at.timestamp()
