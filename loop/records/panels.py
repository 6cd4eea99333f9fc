"""Blind audits of the firewall, and the panel: how good each detector is, and what it does that no other does."""

from typing import Literal

from pydantic import Field

from loop.records.agents import Slug
from loop.records.identity import Moment, Record
from loop.records.journal import Note

Says = Literal["sound", "bad", "unsure"]
"""`sound`: the feedback deserves to be believed; `bad`: it should be held back."""


class AuditCell(Record):
    """One stratum of a draw: everything that the very same detectors flagged."""

    detectors: tuple[str, ...]
    """By name; empty: nothing objects."""
    size: int
    """Members when it was drawn."""
    drawn: tuple[str, ...]
    """Feedback ids drawn at random."""


class FirewallAudit(Record):
    """A blind audit of the firewall: flagged and unflagged feedback drawn at random, judged without the flags.

    What detectors said is frozen with the draw, so that a detector that is changed later is not judged by it.
    """

    id: str
    agent: Slug
    drawn_by: str
    cells: tuple[AuditCell, ...]
    order: tuple[str, ...]
    """Feedback ids, shuffled: the place says nothing."""
    drawn_at: Moment


class FirewallVerdict(Record):
    """What one person says of one drawn item, before seeing what the detectors said. A first word stands."""

    agent: Slug
    audit_id: str
    feedback_id: str
    rater: str
    says: Says
    is_alone: bool = False
    """By a single operator: nobody else can give the second word, so this one counts by itself and is said to."""
    at: Moment


class AuditChanges(Record):
    """What one act of a person changes about audits of the firewall. Written in one transaction, or not at all."""

    audits: tuple[FirewallAudit, ...] = ()
    verdicts: tuple[FirewallVerdict, ...] = ()
    """A first verdict stands; a second one by the same person on the same item is refused."""
    notes: tuple[Note, ...] = ()


class FlaggedItem(Record):
    """One item that may be drawn."""

    feedback_id: str
    author: str
    detectors: tuple[str, ...]
    """Everything that objected, by name, whatever a person said later."""
    is_held: bool
    """By the firewall, and no person released it."""


class Population(Record):
    """What an audit draws from: the newest feedback on known answers that the firewall has judged."""

    items: tuple[FlaggedItem, ...]
    since: Moment | None = None
    """None: everything there is."""


class Estimate(Record):
    """A share, 0 to 1, with its 95 % interval, weighted by the draw."""

    value: float
    low: float
    high: float


class Reach(Record):
    """A correction that would have moved without a detector."""

    says: str
    """What it corrects, in words."""
    people: int
    """People whose voice counts for it now."""
    would_be: int
    """The same, with those that only this detector holds."""
    is_new: bool
    """It would have had the support that a change needs, and has not."""


class DetectorFigures(Record):
    """One detector on the panel."""

    name: str
    is_on: bool
    flagged: int = 0
    """Items of the population it objects to."""
    alone: int = 0
    """Of these, items nothing else objects to: without it they would be let through."""
    alone_people: int = 0
    """Their distinct authors."""
    joined: int = 0
    """Items it quarantines with exactly one other detector: without it they would still be held."""
    reach: tuple[Reach, ...] = ()
    """What `alone` would have reached, newly supported first; the first few."""
    newly_supported: int = 0
    """Corrections that would have the support a change needs, all counted."""
    examples: tuple[str, ...] = ()
    """Ids of the newest items it alone holds."""
    judged: int = 0
    """Audited items it objects to."""
    precision: Estimate | None = None
    """Part of what it flags that is bad; None while nothing of it was judged."""
    recall: Estimate | None = None
    """Part of everything bad that it flags; None while nothing bad was found, or what is not flagged was not judged."""
    marginal: Estimate | None = None
    """Part of everything bad that it alone flags: its marginal yield."""


class AuditFigures(Record):
    """Where the newest audit stands, and what it found of the firewall as a whole."""

    audit_id: str
    drawn: int
    settled: int
    """Items on which two people agree, or a third decided."""
    alone: int
    """Of these, on one person's word."""
    unclear: int
    """Items that nobody can tell."""
    open: int
    """Items that wait for somebody."""
    compared: int
    """Items two people judged."""
    agreed: int
    kappa: float | None
    """Cohen's kappa of the first two words; None while unknown."""
    unjudged: int = 0
    """Members of strata of which nothing is settled yet; they are in no estimate."""
    precision: Estimate | None = None
    """Part of everything held that is bad."""
    recall: Estimate | None = None
    """Part of everything bad that is held."""
    missed: Estimate | None = None
    """Bad items among those nothing objects to: a number of items, not a share."""
    seed: int = 0
    method: str = "stratified by what objects; Jeffreys posterior, finite population, 95 %"


class FirewallPanel(Record):
    """How good the firewall is, as far as anybody looked. Computed by the engine and the desk, read by screens."""

    counted_at: Moment
    looked_at: int
    """Items counted."""
    held: int
    since: Moment | None
    """Of the oldest one where older ones were left out; None: everything."""
    detectors: tuple[DetectorFigures, ...]
    audit: AuditFigures | None = None
    """None: nobody has looked."""
    min_sources: int = Field(ge=1)
    """People a change needs, when it was counted."""
