"""Vouching (against sock puppets): whom a person let in counts as that person for three days; whom they removed, too.

Four eyes are two people, and whoever lets people in could be both. So a new account, and one that somebody made a
set-up link for, is for a while nobody besides them; and taking roles away does not at once make one pair of eyes
enough. Whoever runs Ratchet, and a provider, vouch for others at once.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loop.records.access import is_persons
from loop.records.approvals import APPROVERS_NEEDED
from loop.records.decisions import Role
from loop.records.journal import AuditEntry, JournalAction, parse_action

COUNTS_FOR = timedelta(days=3)
"""Long enough that others see it, weekends too."""
OPERATOR = "operator"
"""Stands in the digests of an entry that whoever runs Ratchet made, by a command: their name could be a person's."""
_GIVES_ROLE = (JournalAction.INVITE_AS, JournalAction.ADMIT_AS, JournalAction.LET_IN_AS, JournalAction.MAKE_ROLE)
_TAKES_ROLE = (JournalAction.TAKE_ROLE, JournalAction.SHUT_OUT)
_GIVES_WAY_IN = (JournalAction.INVITE_AS, JournalAction.LET_IN_AS, JournalAction.MAKE_SET_UP_LINK)
_COMES_IN = (JournalAction.SET_PASSWORD, JournalAction.NAME_PERSON, JournalAction.ADMIT_AS)
ACTIONS = tuple(dict.fromkeys((*_GIVES_ROLE, *_TAKES_ROLE, *_GIVES_WAY_IN, *_COMES_IN)))
"""What the journal tells of it."""


@dataclass(frozen=True)
class Vouching:
    """Who counts as whom at one moment."""

    behind: Mapping[str, str] = field(default_factory=dict)
    """By name, which person let them in, or made their set-up link, a short while ago."""
    new: frozenset[str] = frozenset()
    """Those of them who had no way in before: they add nobody to those who may approve."""
    lost: frozenset[str] = frozenset()
    """Who could approve high stakes until a person took that away a short while ago."""

    def counts_as(self, name: str) -> str:
        """The person who stands behind somebody; mostly themselves."""
        seen = {name}
        while (other := self.behind.get(name, name)) not in seen:
            name = other
            seen.add(name)
        return name

    def takes_two(self, able: Collection[str], *, authors: Collection[str]) -> bool:
        """Whether at least two people besides the authors may approve. `able`: who may now."""
        people = {self.counts_as(one) if one in self.new else one for one in {*able, *self.lost}}
        return len(people - {*authors, *map(self.counts_as, authors)}) >= APPROVERS_NEEDED

    def why_same(self, name: str, others: Collection[str]) -> str:
        """Why somebody is for now no other than one of these, in a sentence; empty when they are somebody else."""
        mine = self.counts_as(name)
        same = next((one for one in others if one != name and self.counts_as(one) == mine), "")
        if not same:
            return ""
        who = name if mine != name else same
        return (
            f"{who} was let in, or given a set-up link, by {mine} less than {COUNTS_FOR.days} days ago "
            f"and counts as {mine} until then: {name} and {same} are no two people yet."
        )


def vouching_of(entries: Iterable[AuditEntry], *, at: datetime, approving: Collection[Role]) -> Vouching:
    """What the journal tells of people, oldest first, at a moment. `approving`: roles that approve high stakes."""
    roles: dict[str, Role | None] = {}
    behind: dict[str, str] = {}
    came_in, new, lost = set[str](), set[str](), set[str]()
    for one in entries:
        done = parse_action(one.action)
        if done is None:
            continue
        name, had = one.subject, roles.get(one.subject)
        is_persons_word = is_persons(one.actor) and OPERATOR not in one.digests and one.actor in roles
        is_recent = one.at > at - COUNTS_FOR
        counts = is_persons_word and is_recent
        if done.action in _GIVES_WAY_IN and one.actor != name:
            behind.pop(name, None)
            if counts:
                behind[name] = one.actor
                new |= {name} - came_in
        elif done.action in (*_GIVES_ROLE, *_COMES_IN) and not is_persons_word:
            behind.pop(name, None)
        if done.action in (*_GIVES_ROLE, *_TAKES_ROLE):
            roles[name] = Role(done.detail) if done.action in _GIVES_ROLE else None
            if roles[name] in approving or not is_persons_word:
                lost.discard(name)
            elif had in approving and name in came_in and counts:
                lost.add(name)
        if done.action in _COMES_IN:
            came_in.add(name)
        elif done.action is JournalAction.SHUT_OUT and not is_recent:  # else out and in again would make anybody new
            came_in.discard(name)
    return Vouching(behind, frozenset(new & behind.keys()), frozenset(lost))
