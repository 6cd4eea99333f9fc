"""What a change of settings would do, in plain words with the figures of this agent, before it is saved.

Computed when a person asks to see it, never while a page is drawn.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from loop import policy, roles
from loop.change.topics import own_pattern
from loop.desk.agent_settings import SettingsPlan, consequences, plan_settings
from loop.desk.firewall import firewall_panel
from loop.ports import Parts
from loop.records import Actor, Mode, ProposalItem, ProposalState, Record
from loop.records.days import day_of
from loop.text.counting import count
from loop.text.spelling import fold


class Forecast(Record):
    """What some settings would change."""

    changed: Mapping[str, tuple[str, str]]
    """By key: how it is, how it would be. Empty: nothing changes."""
    told: tuple[str, ...]
    """What that does, a sentence each."""


def foresee_settings(parts: Parts, *, actor: Actor, settings: tuple[str, ...]) -> Forecast:
    """What `KEY=VALUE` would change and what that does; nothing is written.

    Raises NotAllowed; InvalidInput naming the key and the remedy; Conflict.
    """
    roles.check(actor, "set_up")
    plan = plan_settings(parts, settings)
    told = [sentence for key in plan.changed if key in _TELLING for sentence in _TELLING[key](parts, plan)]
    return Forecast(changed=plan.changed, told=(*told, *consequences(plan.changed)))


Telling: TypeAlias = Callable[[Parts, SettingsPlan], list[str]]


def _mode(parts: Parts, plan: SettingsPlan) -> list[str]:
    waiting = _waiting(parts)
    if plan.now.mode is Mode.MANUAL:
        return [
            "Nothing goes live without a person from now on. What the loop approved and is not live yet still goes "
            "live; take it back on Today."
        ]
    free = sum(
        not policy.decide(plan.now.mode, proposal=one.proposal, report=one.report).needs_person for one in waiting
    )
    window = f"{plan.now.limits.undo_seconds} s"
    told = (
        f"Changes that the loop drafted, of low stakes, and that are proved go live without a person, {window} after "
        f"they were approved by themselves. Of {count(len(waiting), 'change')} that wait now, {free} would."
    )
    siblings = ["What is proved on this agent is offered to its siblings."] if plan.now.mode is Mode.ORCHESTRATE else []
    return [told, *siblings]


def _min_sources(parts: Parts, plan: SettingsPlan) -> list[str]:
    was, now = plan.was.limits.min_sources, plan.now.limits.min_sources
    issues = [issue for issue in parts.store.issues() if not issue.conflict]
    before, after = (sum(issue.support >= n for issue in issues) for n in (was, now))
    said = "enough people behind them"
    if after >= before:
        return [f"{count(after - before, 'more correction')} would have {said}: {after} instead of {before}."]
    return [f"{count(before - after, 'correction')} would no longer have {said}: {after} instead of {before}."]


def _alpha(parts: Parts, plan: SettingsPlan) -> list[str]:
    del parts
    was, now = plan.was.limits.alpha, plan.now.limits.alpha
    more = "More useful changes are proved, and more useless ones with them" if now > was else (
        "Fewer useless changes are called proved, and useful ones need more cases"
    )  # fmt: skip
    return [f"{more}: over all tests together, a useless change is called proved at most {now:.1%} of the time."]


def _min_gain(parts: Parts, plan: SettingsPlan) -> list[str]:
    del parts
    return [f"A gain below {100 * plan.now.limits.min_gain:g} points is not worth shipping: it is set aside."]


def _harm_margin(parts: Parts, plan: SettingsPlan) -> list[str]:
    del parts
    margin = 100 * plan.now.limits.harm_margin
    return [f"A change that may lose up to {margin:g} points still counts as no worse; beyond that it does not."]


def _undo_seconds(parts: Parts, plan: SettingsPlan) -> list[str]:
    del parts
    seconds = plan.now.limits.undo_seconds
    if not seconds:
        return ["An approval of low or medium stakes goes live at once: there is nothing to take back before."]
    return [
        f"An approval of low or medium stakes can be taken back for {seconds} s. Those already given keep their time."
    ]


def _undo_seconds_high(parts: Parts, plan: SettingsPlan) -> list[str]:
    del parts
    seconds = plan.now.limits.undo_seconds_high
    if not seconds:
        return ["An approval of high stakes goes live at once: there is nothing to take back before."]
    return [f"An approval of high stakes can be taken back for {seconds} s. Those given keep their time."]


def _practice_share(parts: Parts, plan: SettingsPlan) -> list[str]:
    del parts
    share = plan.now.limits.practice_share
    if not share:
        return ["No known bad change is drawn into the queue any more."]
    return [
        f"Up to {share:.0%} of the changes to decide would be practice: changes that a test found bad, drawn in to see "
        "whether they are turned down. Each is told after its decision and never goes live. What the test found is "
        "withheld of these, and of as many real ones, until they are decided."
    ]


def _asks_per_day(parts: Parts, plan: SettingsPlan) -> list[str]:
    most, used = plan.now.limits.asks_per_day, parts.store.asks_on(day_of(parts.clock()))
    asked = f"Today {count(used, 'question was', 'questions were')} put to what costs."
    if most is None:
        return [f"{asked} There would be no ceiling: tests and drafts ask as much as they need."]
    left = max(0, most - used)
    return [f"{asked} {left:,} more could be asked before 00:00 UTC; then tests wait for the next day."]


def _raw_days(parts: Parts, plan: SettingsPlan) -> list[str]:
    del parts
    days = plan.now.limits.raw_days
    if not days:
        return ["What is kept as it was written, with personal data, is deleted by the next turn."]
    return [
        f"What arrives is also kept as it was written, with personal data, for {count(days, 'day')}, apart from "
        "everything else; whoever looks at it is in the journal."
    ]


def _stakes_words(parts: Parts, plan: SettingsPlan) -> list[str]:
    added = tuple(one for one in plan.now.stakes_words if one not in plan.was.stakes_words)
    gone = [one for one in plan.was.stakes_words if one not in plan.now.stakes_words]
    told = []
    if (pattern := own_pattern(added)) is not None:
        waiting = _waiting(parts)
        hit = sum(any(pattern.search(fold(change.after)) for change in one.proposal.changes) for one in waiting)
        told.append(
            f"A change that says one of these is high stakes: it never goes live by itself and asks for a reason. "
            f"{hit} of {count(len(waiting), 'change')} that wait say one; they keep the stakes they were drafted with."
        )
    if gone:
        told.append("A change that says one of the words taken out is no longer high stakes for that.")
    return told


def _trusted_authors(parts: Parts, plan: SettingsPlan) -> list[str]:
    del parts
    added = [one for one in plan.now.trusted_authors if one not in plan.was.trusted_authors]
    told = []
    if added:
        told.append(
            f"{_names(added)} would examine the agent: what they say teaches at once, and part of it becomes cases."
        )
    if plan.was.trusted_authors and not plan.now.trusted_authors:
        told.append("Nobody would be named: people with a long record examine, within caps.")
    elif gone := [one for one in plan.was.trusted_authors if one not in plan.now.trusted_authors]:
        told.append(f"{_names(gone)} would need others who say the same. Cases they answer for stay.")
    return told


def _own_contacts(parts: Parts, plan: SettingsPlan) -> list[str]:
    del parts
    added = [one for one in plan.now.own_contacts if one not in plan.was.own_contacts]
    if not added:
        return ["What is taken out is masked like anybody's from now on."]
    return [f"{count(len(added), 'entry stays', 'entries stay')} readable in what comes, and teach as written."]


def _facts(parts: Parts, plan: SettingsPlan) -> list[str]:
    del parts
    added = [one for one in plan.now.facts if one not in plan.was.facts]
    return ["Whoever says so in a correction needs nobody else to say it too."] if added else []


def _detectors_off(parts: Parts, plan: SettingsPlan) -> list[str]:
    panel = firewall_panel(parts)
    alone = {one.name: one.alone for one in panel.detectors} if panel is not None else {}
    off = [one for one in plan.now.limits.detectors_off if one not in plan.was.limits.detectors_off]
    on = [one for one in plan.was.limits.detectors_off if one not in plan.now.limits.detectors_off]
    told = [
        f"Without {one}, {count(alone.get(one, 0), 'item')} it alone holds back would be let through." for one in off
    ]
    return told + [f"{one} looks at all feedback again." for one in on]


def _is_paused(parts: Parts, plan: SettingsPlan) -> list[str]:
    due = len(parts.store.proposals([ProposalState.APPROVED]))
    if plan.now.limits.is_paused:
        return [f"The loop stands still. {count(due, 'approved change')} would not go live until it is resumed."]
    return [f"The loop goes on with what has waited; {count(due, 'approved change')} would go live."]


_TELLING: Mapping[str, Telling] = {
    "mode": _mode,
    "min_sources": _min_sources,
    "alpha": _alpha,
    "min_gain": _min_gain,
    "harm_margin": _harm_margin,
    "undo_seconds": _undo_seconds,
    "undo_seconds_high": _undo_seconds_high,
    "practice_share": _practice_share,
    "asks_per_day": _asks_per_day,
    "raw_days": _raw_days,
    "stakes_words": _stakes_words,
    "trusted_authors": _trusted_authors,
    "own_contacts": _own_contacts,
    "facts": _facts,
    "detectors_off": _detectors_off,
    "is_paused": _is_paused,
}
"""By setting, what a change of it does beside what `consequences` says of it."""


def _waiting(parts: Parts) -> list[ProposalItem]:
    return parts.store.proposals([ProposalState.WAITING])


def _names(some: list[str]) -> str:
    return ", ".join(some[:3]) + (f" and {len(some) - 3} more" if len(some) > 3 else "")
