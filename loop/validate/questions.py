"""The registry of corrected questions: groups of near-identical ones by MinHash buckets, kept so that they only grow.

A question joins the groups of the first question in each of its buckets, where the two overlap enough. That rule looks
at the order first seen and at nothing else, so the groups are the same however the log was cut into turns.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from loop.ports import Knowledge
from loop.records import KnownQuestion
from loop.text.near import bucket_keys, near_pairs


@dataclass
class Registry:
    """Questions of one step: those that were known and those that are new."""

    known: dict[str, KnownQuestion] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    """Keys first seen in this step."""
    changed: dict[str, KnownQuestion] = field(default_factory=dict)
    """New ones, and those whose group became part of another."""
    merged: set[int] = field(default_factory=set)
    """Numbers of groups that became part of another."""
    buckets: dict[int, int] = field(default_factory=dict)
    """New buckets with their first question."""

    def near_of(self, key: str) -> int:
        """The group of a question; 0 when nobody corrected it."""
        question = self.changed.get(key) or self.known.get(key)
        return question.near if question is not None else 0


def register(known: Knowledge, texts: Mapping[str, str], *, others: Iterable[str], seed: int) -> Registry:
    """Give every question a number and a group. `texts`: key to spelled question, in the order of the log.

    `others`: keys of questions that nobody corrects here, looked up only. Only questions not known before change
    anything. Linear in their number.
    """
    registry = Registry(known=known.questions([*texts, *others]))
    fresh = {key: text for key, text in texts.items() if key not in registry.known}
    if not fresh:
        return registry
    first = known.count_questions() + 1
    numbered = {first + place: key for place, key in enumerate(fresh)}
    number_of = {key: number for number, key in numbered.items()}
    keys = bucket_keys(list(fresh.values()), seed=seed)
    leaders = known.buckets([int(one) for one in np.unique(keys)])
    pairs: set[tuple[int, int]] = set()
    for place, key in enumerate(fresh):
        for bucket in keys[place].tolist():
            leader = leaders.setdefault(bucket, number_of[key])
            if leader == number_of[key]:
                registry.buckets[bucket] = leader
            else:
                pairs.add((leader, number_of[key]))
    old = known.numbered(sorted({leader for leader, _ in pairs if leader not in numbered}))
    text_of = {number: question.text for number, question in old.items()}
    text_of |= {number: fresh[key] for number, key in numbered.items()}
    near = near_pairs(sorted(pairs), texts=text_of)
    _join(registry, known, near, old=old, numbered=numbered, texts=fresh)
    return registry


def _join(
    registry: Registry,
    known: Knowledge,
    near: list[tuple[int, int]],
    *,
    old: Mapping[int, KnownQuestion],
    numbered: Mapping[int, str],
    texts: Mapping[str, str],
) -> None:
    """Union by smallest number, over the groups of old questions and the new ones."""
    parent: dict[int, int] = {}

    def root(one: int) -> int:
        while parent.setdefault(one, one) != one:
            one = parent[one]
        return one

    for left, right in near:
        group = old[left].near if left in old else left
        smaller, larger = sorted((root(group), root(right)))
        parent[larger] = smaller
    registry.fresh = set(numbered.values())
    for number, key in numbered.items():
        registry.changed[key] = KnownQuestion(key, number, root(number), texts[key])
    registry.merged = {group for group in parent if group not in numbered and root(group) != group}
    for question in known.questions_near(sorted(registry.merged)):
        registry.changed[question.key] = replace(question, near=root(question.near))
