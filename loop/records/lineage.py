"""Data lineage (provenance): which import brought what, what a piece of feedback led to, and what was unlearned."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import Field

from loop.records.agents import SectionName, Slug
from loop.records.identity import Moment, Record
from loop.records.people import person
from loop.records.states import FeedbackState, ProposalState
from loop.records.trials import Split


class Import(Record):
    """One run of an import, or one round of a pull, with the log positions it was given.

    So what was there before it is not its own.
    """

    id: str
    agent: Slug
    name: str
    """Of the file; of a pull `pull:SOURCE`."""
    actor: str
    at: Moment
    """When it began."""
    spans: tuple[tuple[int, int], ...] = ()
    """First and last log position of each unbroken stretch that it wrote, in order."""
    new: int = Field(default=0, ge=0)
    """Records nobody had seen."""
    updated: int = Field(default=0, ge=0)
    """Interactions that were there and whose content it changed, and feedback that replaced an earlier word."""
    known: int = Field(default=0, ge=0)
    """Records that were there already, in the parts that brought something."""
    proposal_id: str | None = None
    """The proposal of its articles; None without any."""

    def covers(self, seq: int) -> bool:
        """Whether it wrote the record at this log position."""
        return any(first <= seq <= last for first, last in self.spans)


class TaintScope(Record):
    """Whose influence is followed: some items, or everything one person, door, import or time brought.

    What is named together narrows together; `items` and `import_id` stand alone.
    """

    items: tuple[str, ...] = ()
    """Ids of feedback, or of interactions: then all feedback on them."""
    author: str = ""
    """As the door knows them, or as they are written in a file; with `door` one person."""
    door: str = ""
    """`dashboard`, `api`, the name of a connector, `import` for every file, or `import:FILE` for one."""
    import_id: str = ""
    since: Moment | None = None
    """Received at or after."""
    until: Moment | None = None
    """Received before."""

    @property
    def is_empty(self) -> bool:
        """Whether it names nothing, and so would mean everything."""
        return self == TaintScope()

    @property
    def words(self) -> str:
        """In a few words, for people."""
        if self.items:
            return f"item {self.items[0]}" if len(self.items) == 1 else f"{len(self.items)} items"
        if self.import_id:
            return f"import {self.import_id}"
        parts = [f"what {self.author} said" if self.author else "everything"]
        if self.door:
            parts.append(f"through {self.door}")
        if self.since:
            parts.append(f"since {self.since:%Y-%m-%d %H:%M}")
        if self.until:
            parts.append(f"until {self.until:%Y-%m-%d %H:%M}")
        return " ".join(parts)


class TracedItem(NamedTuple):
    """A feedback item, as far as following it needs."""

    id: str
    interaction_id: str
    author: str
    source: str
    state: FeedbackState
    seq: int
    released_by: str = ""
    """Who overruled the firewall so that it teaches, as the journal says, where that was asked for; empty: nobody."""

    @property
    def person(self) -> str:
        """Who gave it, as the door authenticated them."""
        return person(self.author, source=self.source)


class TracedIssue(Record):
    """An issue that an item speaks in."""

    id: str
    title: str
    support: int
    """Distinct people behind it now."""


class TracedCase(Record):
    """A case that an item, or a person's own word, made."""

    id: str
    split: Split
    retired: bool
    is_vouched: bool
    """Somebody answers for it: it rests on no feedback."""


class TracedProposal(Record):
    """A change that cites or teaches an item, or that its author wrote."""

    id: str
    title: str
    state: ProposalState
    number: int | None
    """Of its version."""
    cited: int = 0
    """Items of the scope it rests on."""
    people_left: int = 0
    """Distinct people behind the rest of its evidence that may teach."""
    stands: bool = True
    """Enough is left without these items."""
    is_whole: bool = False
    """All of it came from here: its author, or its import."""


class TracedElement(Record):
    """Something that is live and came from here."""

    section: SectionName
    element_id: str
    title: str
    proposal_id: str
    """The change that brought it; empty when that is not known."""
    stands: bool
    """Enough is left behind it without these items."""


class TracedVersion(Record):
    """A version with something of it."""

    number: int
    is_made: bool
    """A change that rests on it made this version; else it was built on such a one."""
    is_released: bool
    is_live: bool


class Taint(Record):
    """Everything that a scope influenced, from stored links alone."""

    agent: Slug
    scope: TaintScope
    items: tuple[str, ...]
    """Feedback ids, in the order received; at most as many as were asked for."""
    is_cut: bool = False
    """There are more items than were followed."""
    states: Mapping[str, int] = {}
    """Items by state."""
    people: int = 0
    """Distinct people who gave them."""
    superseding: int = 0
    """Of the items, those that replaced an earlier word; that word does not come back by itself."""
    issues: tuple[TracedIssue, ...] = ()
    proposals: tuple[TracedProposal, ...] = ()
    cases: tuple[TracedCase, ...] = ()
    versions: tuple[TracedVersion, ...] = ()
    live: tuple[TracedElement, ...] = ()
    releases: tuple[str, ...] = ()
    """Ids of releases of these versions."""
    reports: tuple[str, ...] = ()
    """Ids of reports on these changes, or counted on these cases."""
    measured: tuple[int, ...] = ()
    """Numbers of versions that were measured on these cases."""
    answers: int = 0
    """Interactions answered by these versions, as far as they were counted."""
    are_answers_cut: bool = False
    clean: int | None = None
    """The newest released version without any of it; None: there is none, or the live one is clean."""

    @property
    def falls(self) -> tuple[TracedElement, ...]:
        """What is live and no longer stands without these items."""
        return tuple(one for one in self.live if not one.stands)


class Unlearning(Record):
    """One act of unlearning: what it moved, so that it can be undone while nothing was taken back."""

    id: str
    agent: Slug
    scope: TaintScope
    actor: str
    reason: str
    at: Moment
    moved: Mapping[str, FeedbackState] = {}
    """Feedback id to the state it had."""
    retired: tuple[str, ...] = ()
    """Ids of cases that were in use."""
    stopped: Mapping[str, ProposalState] = {}
    """Id of an open proposal to the state it had."""
    taken_back: tuple[str, ...] = ()
    """Ids of live proposals that are to be taken back whole, whatever evidence is left."""
    standing: tuple[str, ...] = ()
    """Ids of live proposals of which something stood then and no longer should."""
    undone_at: Moment | None = None
    undone_by: str = ""
