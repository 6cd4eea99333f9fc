"""What the firewall keeps: one row per feedback item, and what it has learned about questions, people and models.

Every row is a function of the log of arrivals and decisions, so that `ratchet recheck` can make it again from nothing.
Plain records: a turn over a hundred thousand items makes a million of them, most of them rows, which are tuples.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from loop.records.claims import Saying
from loop.records.identity import Moment, Record
from loop.records.states import STANDING_STATES, TEACHING_STATES, FeedbackState

Standing = Literal["trusted", "proven", "new", "unreliable"]
"""`trusted`: named by the operator. `proven`: agrees with others or the reference more often than not, surely.
`new`: too little is known. `unreliable`: surely wrong more often than the worst an honest person would be."""

Level = Literal[
    "facts",
    "view",
    "author",
    "near",
    "said",
    "burst",
    "stream",
    "saying",
    "teller",
    "claim",
    "text",
    "row",
    "pair",
    "case",
    "theme",
    "day",
    "traffic",
]
"""The strata of the firewall, lowest first: what one level finds may only give work to levels above it."""

LEVELS: tuple[Level, ...] = tuple(name for name in get_args(Level) if name not in ("day", "traffic"))
"""In the order the firewall works them off; `day` (signals) and `traffic` (answers) are counted by the stage deploy."""

JudgedColumn = Literal[
    "feedback_id", "interaction_id", "author", "question", "near", "said", "pair", "group", "theme", "matter"
]
"""What rows can be looked up by."""

SEPARATOR = "\x1f"
"""Between the parts of a composed key: the unit separator, which no text that is stored may hold."""

ENOUGH_JUDGED = 8
"""Judged items before an author is anything but new."""
LAZY_COUNT = 20
"""Ratings of one value before they may be found to be given without looking."""


class Judged(NamedTuple):
    """One feedback item as the firewall sees it: facts from the log, then what views independent of it say."""

    feedback_id: str
    seq: int
    """Place in the log of arrivals."""
    interaction_id: str
    author: str
    """Who said so, as the door authenticated them (`loop.records.people`)."""
    door: str
    """Source and family, as a composed key: streams of one door are compared with each other."""
    family: str
    """`correction`, `rating` or `comment`."""
    kind: str
    at: float
    """Seconds since 1970, UTC."""
    day: str
    """ISO date of the answer, of the signal where the answer is unknown; UTC."""
    version: int | None
    """Number of the version that answered."""
    value: float | None
    is_wordy: bool
    """The author wrote words of their own."""
    group: str
    """Customer, else episode; empty when the interaction is unknown."""
    topic: str
    question: str
    """Hash of the spelled question; empty when there is none."""
    near: int
    """Number of its group of near-identical questions; 0 while nobody corrected the question."""
    choice: str
    """The label or article id it says is right; empty when it names none."""
    pair: str
    """For a correction of a choice: `label` or `article`, what is right, what was chosen (composed key); else empty."""
    confirms: bool
    """It says that the answer was right as it was: the very choice, or the draft sent unchanged."""
    nth: int
    """1, 2, 3: among the first such votes of its author in the log, which teach the out-of-author model; else 0."""
    said: str
    """Hash of what it wants; empty when too short to be told from chance."""
    is_long: bool
    """Whether that is about a question long enough not to be asked word for word twice by chance."""
    words: int
    """Words of question and answer together."""
    seconds: float | None
    """How long the author looked."""
    may_teach: bool
    """About a known question, and not given as an exception."""
    is_drawn_sealed: bool
    """Its group is drawn for the sealed set, so no model may learn from it."""
    state: FeedbackState
    agree: int | None = None
    """What independent views say: 1,000,000 agrees, 0 disagrees, between: a panel is unsure; None without a view."""
    basis: int = -1
    """Which view: 0 known answer or reference, 1 fellow raters, 2 other authors; −1 none."""
    top: str = ""
    """Likeliest choice in the eyes of the reference; empty without a view."""
    top_chance: float | None = None
    given_chance: float | None = None
    rank: float | None = None
    """Share of the yardstick that looks at most as likely."""
    has_voice: bool = False
    """Counts on its side of an issue."""
    theme: str = ""
    """Key of the issue that its choice speaks to; empty when it corrects no choice."""
    matter: str = ""
    """Key of the issue that its words or its rating speak to; empty without."""
    findings: tuple["Finding", ...] = ()
    """What was found by looking at it together with others, such as copies and bursts."""

    @property
    def is_standing(self) -> bool:
        """Whether it still counts as said."""
        return self.state in STANDING_STATES

    @property
    def is_teaching(self) -> bool:
        """Whether its state lets it teach."""
        return self.state in TEACHING_STATES

    def findings_with(self, fresh: Iterable["Finding"], *, by: str) -> tuple["Finding", ...]:
        """All findings, a detector's fresh ones in place of what it found before; idempotent, ordered by detector."""
        others = (one for one in self.findings if one.detector != by)
        return tuple(sorted((*others, *fresh), key=lambda one: one.detector))


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look at a group of rows found about one of them."""

    detector: str
    reason: str
    related: tuple[str, ...] = ()
    """Feedback ids."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """As much of a row as a model needs to learn from it."""

    feedback_id: str
    interaction_id: str
    author: str
    question: str
    choice: str
    counts: bool
    """It still counts as said, and may teach."""


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A distinct question somebody corrected; never forgotten, so that groups depend on the log alone."""

    key: str
    number: int
    """1, 2, 3 … in the order first seen."""
    near: int
    """Smallest number of its group of near-identical questions."""
    text: str
    """As spelled."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What one author gave, summed over the rows that still count."""

    given: int = 0
    judged_choices: int = 0
    """Choices on which something independent has a view."""
    judged_ratings: int = 0
    agreed: int = 0
    """Sum of `agree`, in millionths."""
    bases: tuple[int, int, int] = (0, 0, 0)
    """Judged rows by basis."""
    choices: Mapping[str, int] = field(default_factory=dict)
    """Rows by choice."""
    values: Mapping[float, int] = field(default_factory=dict)
    """Ratings by value."""
    is_wordy: bool = False
    """Some rating came with words."""

    @property
    def judged(self) -> int:
        """Items on which something independent had a view."""
        return self.judged_choices + self.judged_ratings

    @property
    def is_telling(self) -> bool:
        """Whether enough is known for the author to be anything but new."""
        is_uniform = len(self.values) == 1 and sum(self.values.values()) >= LAZY_COUNT and not self.is_wordy
        return self.judged >= ENOUGH_JUDGED or is_uniform


class AuthorStanding(Record):
    """How far one author has earned belief."""

    name: str
    """Pseudonym."""
    given: int
    """Feedback items still standing."""
    judged: int
    """Of these, items on which something independent had a view."""
    agreement: float | None
    """Share of judged items that agree, 0 to 1; None when nothing was judged."""
    low: float | None
    high: float | None
    """Jeffreys 90 % interval: each end is a one-sided 95 % bound."""
    standing: Standing
    reason: str
    """In words, with the numbers."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A small document the firewall keeps: a fit, a summary of a group, totals."""

    kind: str
    key: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's vote for one choice in one group of near-identical questions."""

    near: int
    author: str
    choice: str
    last_seq: int
    feedback_id: str
    """Of one of the rows: the smallest."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One person's voice on one side of a theme."""

    theme: str
    side: str
    """The choice; empty for complaints."""
    author: str
    n: int
    n_teaching: int
    """Of these, rows in a state that may teach."""
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Due:
    """A key of one level that has to be looked at again."""

    key: str
    stamp: int
    """Goes up when the key comes again while it is worked on, so that it is not taken off the list too early."""


@dataclass(frozen=True)
class Derived:
    """What a step of the firewall learned; written in the same transaction as the flags and moves it led to."""

    rows: tuple[Judged, ...] = ()
    """Each replaces the row of the same feedback."""
    columns: tuple[str, ...] = ()
    """What may differ from the stored rows, when all of `rows` are stored already; empty: anything."""
    questions: tuple[KnownQuestion, ...] = ()
    """Each replaces the one with the same key."""
    buckets: Mapping[int, int] = field(default_factory=dict)
    """MinHash bucket to the number of the first question in it; an existing one stays."""
    standings: tuple[tuple[AuthorStanding, Sums], ...] = ()
    kept: tuple[Kept, ...] = ()
    sayings: tuple[Saying, ...] = ()
    """Each replaces the one of the same claim in the same feedback."""
    unsaid: tuple[tuple[str, str], ...] = ()
    """Feedback id and claim of sayings that no longer stand."""
    due: tuple[tuple[Level, str], ...] = ()
    """Keys that have to be looked at, by level."""
    done: tuple[tuple[Level, Due], ...] = ()
    """Keys that were."""
    dropped_issues: tuple[str, ...] = ()
    """Ids of issues nobody stands behind any more."""
    at: Moment | None = None
