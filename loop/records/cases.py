"""What people did about cases: acts, blind audits, kept sets, and one change of them all."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from loop.records.agents import ContextFields, Slug
from loop.records.identity import Moment, Record
from loop.records.journal import Note
from loop.records.trials import EvalCase, Split

CaseVerb = Literal["import", "confirm", "replace", "protect", "unprotect", "show"]
"""`confirm`: the answer on file is right; `replace`: another one is. `show`: somebody got to read a sealed question."""


class CaseAct(Record):
    """One thing a person did about one case. Append-only: what a case is rests on it, and no rebuild takes it away."""

    id: str
    agent: Slug
    case_id: str
    verb: CaseVerb
    actor: str
    at: Moment
    about: str = ""
    """Where from or why: the file, the audit, the reason, in short."""


class CaseAudit(Record):
    """A blind audit: some cases drawn at random, answered by one person who does not see the answer on file."""

    id: str
    agent: Slug
    kind: Literal["first", "sample"]
    """`first`: of everything that examines and nobody vouched for. `sample`: of sealed cases, month after month."""
    lead: str
    """Who answers."""
    case_ids: tuple[str, ...]
    """In the order asked."""
    drawn_from: int
    """How many cases the draw was from: what the agreement is of."""
    started_at: Moment
    ended_at: Moment | None = None
    """When the last answer was settled; None while it goes on."""


class AuditAnswer(Record):
    """What the lead said to one question, before seeing what was on file. Never changed, only settled."""

    agent: Slug
    audit_id: str
    case_id: str
    answer: str
    expected: str
    """What was on file."""
    agrees: bool | None = None
    """None: words, which the lead has to compare with the answer on file."""
    kept: Literal["", "file", "lead"] = ""
    """Whose answer is on file from then on; empty until it is settled."""
    at: Moment


class CaseSet(Record):
    """A named set of the cases that examine, as they were on a day."""

    agent: Slug
    name: str = Field(min_length=1, max_length=80)
    digest: str
    """Of all of them; see `loop.records.case_set_digest`."""
    case_ids: Mapping[Split, tuple[str, ...]]
    """Dev and sealed, by split, in order."""
    actor: str
    at: Moment


class CaseChanges(Record):
    """What one act of a person changes about cases. Written in one transaction, or not at all."""

    new: tuple[EvalCase, ...] = ()
    """An id already present, in use or not, is left as it is."""
    replaced: Mapping[str, str] = {}
    """Case id to the id of the new case that takes its place."""
    vouched: Mapping[str, str] = {}
    """Case id to who answers for it from now on: it no longer rests on feedback."""
    protected: Mapping[str, bool] = {}
    """Case id to whether it is protected from now on."""
    acts: tuple[CaseAct, ...] = ()
    """An id already present is left as it is."""
    audits: tuple[CaseAudit, ...] = ()
    """New ones; of an id already present only the end is kept."""
    answers: tuple[AuditAnswer, ...] = ()
    """The first answer to a question stands; of one that is there, agreement and settlement are kept."""
    sets: tuple[CaseSet, ...] = ()
    """A name already present is refused."""
    notes: tuple[Note, ...] = ()

    @property
    def agents(self) -> frozenset[Slug]:
        """Whose records these are: of one agent, if all is well."""
        owners = {one.agent for one in self.new} | {one.agent for one in self.acts} | {one.agent for one in self.sets}
        return frozenset(owners | {one.agent for one in self.audits} | {one.agent for one in self.answers})


class CaseDraft(Record):
    """A case as somebody hands it in: what was asked, and what is right."""

    question: str
    expected: str
    topic: str = ""
    group: str = ""
    """Customer or conversation; empty: the question itself."""
    context: ContextFields = Field(default_factory=dict)
    must_include: tuple[str, ...] = ()
    must_exclude: tuple[str, ...] = ()
    line: int = Field(ge=0)
    """Of the file, 1-based."""


class Maker(Record):
    """Who made cases, and how many of which split."""

    name: str
    """Empty: nobody is named on them."""
    log: int = 0
    dev: int = 0
    sealed: int = 0
    vouched: int = 0
    """Of the dev and sealed ones: handed in or confirmed by somebody who answers for them."""
    first_at: Moment | None = None
    last_at: Moment | None = None

    @property
    def examining(self) -> int:
        """Dev and sealed cases."""
        return self.dev + self.sealed


class Agreement(Record):
    """What a blind audit found: how often the lead said what is on file."""

    audit_id: str
    kind: Literal["first", "sample"]
    lead: str
    asked: int
    """Questions drawn."""
    answered: int
    compared: int
    """Answers of which it is known whether they agree."""
    agreed: int
    low: float | None
    high: float | None
    """Wilson 95 % interval of agreed / compared; None while nothing is compared."""
    open_disagreements: int
    """Answers that disagree and are not settled."""
    drawn_from: int
    started_at: Moment
    ended_at: Moment | None

    @property
    def share(self) -> float | None:
        """Agreed of compared, 0 to 1; None while nothing is compared."""
        return self.agreed / self.compared if self.compared else None


class Examination(Record):
    """Who examines an agent, as far as it is known."""

    named: tuple[str, ...]
    """People the operator named."""
    makers: tuple[Maker, ...]
    """Whoever made dev or sealed cases, most first."""
    last: Agreement | None
    """The newest audit with an answer; None: nobody has looked."""
    due: int
    """Sealed cases due for their audit."""

    @property
    def cases(self) -> int:
        """Dev and sealed cases."""
        return sum(one.examining for one in self.makers)

    @property
    def sealed(self) -> int:
        """Sealed cases."""
        return sum(one.sealed for one in self.makers)

    @property
    def vouched(self) -> int:
        """Dev and sealed cases somebody answers for."""
        return sum(one.vouched for one in self.makers)

    @property
    def largest(self) -> Maker | None:
        """Who made most of them."""
        return self.makers[0] if self.makers else None
