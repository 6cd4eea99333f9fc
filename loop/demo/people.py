"""Who writes to the invented desk and who looks after its answers."""

from functools import cache

from loop.demo.company import content
from loop.records import Record


class Colleague(Record):
    """One of the support staff."""

    name: str
    is_lead: bool = False
    reliability: float
    """Share of what they say that is right."""
    share: float
    """How much of the reviewing they do, relative to the others."""
    is_hasty: bool = False
    """Calls everything good without reading."""


class Brigade(Record):
    """A few accounts that push a policy that does not exist, in one night."""

    accounts: tuple[str, ...]
    day: int
    hour: int
    per_account: int
    questions: tuple[str, ...]
    """What all of them ask, word for word."""
    claims: tuple[str, ...]
    """What all of them say the answer should have been, one per question."""


class Injection(Record):
    """Feedback that talks to the system instead of about the answer."""

    day: int
    texts: tuple[str, ...]


class Voice(Record):
    """The small talk and the names that fill the braces."""

    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    names: tuple[str, ...]
    cities: tuple[str, ...]
    days: tuple[str, ...]
    months: tuple[str, ...]
    devices: tuple[str, ...]
    capsules: tuple[str, ...]
    plan_names: tuple[str, ...]
    swaps: tuple[tuple[str, ...], ...]
    """Rows of ways to say the same; the first is how the content files put it."""
    openers: tuple[str, ...]


class Comments(Record):
    """What customers and staff write beside a rating."""

    good: tuple[str, ...]
    bad: tuple[str, ...]
    wrong_fact: tuple[str, ...]
    unanswered: tuple[str, ...]
    reasons: tuple[str, ...]


class Cast(Record):
    """Everybody."""

    staff: tuple[Colleague, ...]
    brigade: Brigade
    injection: Injection
    voice: Voice
    comments: Comments

    @property
    def leads(self) -> tuple[str, ...]:
        """Whose corrections are trusted."""
        return tuple(one.name for one in self.staff if one.is_lead)


@cache
def cast() -> Cast:
    """Everybody, as written in people.toml."""
    return Cast.model_validate(content("people.toml"))
