"""Claims in memory: that part of `loop.validate.memory`, the reference implementation of the port."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from loop.records import Saying, SayingColumn


@dataclass
class MemoryClaims:
    """Everything people said, by feedback and claim."""

    said: dict[tuple[str, str], Saying] = field(default_factory=dict)

    def sayings(
        self, column: SayingColumn, keys: Collection[str], *, first: int | None = None, only_open: bool = False
    ) -> list[Saying]:
        wanted = set(keys)
        found = [one for one in self.said.values() if getattr(one, column) in wanted and (one.is_open or not only_open)]
        return sorted(found, key=lambda one: (one.seq, one.feedback_id, one.claim))[:first]

    def sayers(self, claims: Collection[str]) -> dict[str, tuple[str, ...]]:
        people: dict[str, set[str]] = {}
        for one in self.sayings("claim", claims):
            if one.counts:
                people.setdefault(one.claim, set()).add(one.person)
        return {claim: tuple(dict.fromkeys((min(some), max(some)))) for claim, some in people.items()}

    def spans(self, people: Collection[str]) -> dict[str, tuple[float, float]]:
        times: dict[str, list[float]] = {}
        for one in self.sayings("person", people):
            if one.counts:
                times.setdefault(one.person, []).append(one.at)
        return {person: (min(some), max(some)) for person, some in times.items()}

    def keep_sayings(self, sayings: Iterable[Saying], unsaid: Iterable[tuple[str, str]]) -> None:
        """What one step found, as a store would keep it."""
        for key in unsaid:
            self.said.pop(key, None)
        self.said |= {(one.feedback_id, one.claim): one for one in sayings}
