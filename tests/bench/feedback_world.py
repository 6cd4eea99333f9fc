"""Feedback made to measure with: a quarter corrections by sixty people, the rest ratings by five thousand customers."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from loop.records import Feedback, FeedbackKind, Interaction

START = datetime(2026, 1, 1, tzinfo=UTC)
INTENTS = 77
CORRECTORS = 60
CUSTOMERS = 5_000
LEADS = ("person-0", "person-1")
"""Vouched for by the operator."""
_PER_DAY = 12_000
"""Items a day: more history means more days, not fuller ones."""
_COMMON = (
    *("i", "the", "a", "my", "to", "is", "it", "for", "of", "on", "and", "with", "please", "how", "can"),
    *("when", "what", "was", "not", "you", "do", "have", "need", "want"),
)


class World:
    """An endless stream of interactions with one feedback each; the same seed gives the same stream."""

    def __init__(self, slug: str, *, seed: int = 0) -> None:
        self._slug = slug
        self._draw = random.Random(seed)
        self._words = [[f"w{intent}x{place}" for place in range(14)] for intent in range(INTENTS)]
        self._skill = {f"person-{number}": 0.9 + 0.08 * (number % 10) / 10 for number in range(CORRECTORS)}
        self._number = 0

    def take(self, n: int) -> Iterator[tuple[Interaction, Feedback]]:
        """The next `n`, in the order of time."""
        for _ in range(n):
            yield self._one()

    def _one(self) -> tuple[Interaction, Feedback]:
        draw, number = self._draw, self._number
        self._number += 1
        intent = min(int(draw.paretovariate(0.9)) - 1, INTENTS - 1) if draw.random() < 0.3 else draw.randrange(INTENTS)
        words = draw.sample(self._words[intent], 4) + draw.sample(_COMMON, draw.randint(4, 8))
        draw.shuffle(words)
        at = START + timedelta(days=number / _PER_DAY)
        is_correction = number % 4 == 0
        answered = intent if draw.random() < (0.3 if is_correction else 0.8) else draw.randrange(INTENTS)
        customer = f"customer-{draw.randrange(CUSTOMERS)}"
        interaction = Interaction(
            id=f"i{number}",
            agent=self._slug,
            episode_id=f"e{number}",
            customer=customer,
            at=at,
            question=" ".join(words),
            answer="",
            label=f"intent-{answered}",
            method="head",
            version=0,
            source="bench",
        )
        said = {
            "id": f"f{number}",
            "agent": self._slug,
            "interaction_id": interaction.id,
            "source": "bench",
            "at": at + timedelta(minutes=5),
            "received_at": at + timedelta(minutes=5),
        }
        if is_correction:
            author = f"person-{draw.randrange(CORRECTORS)}"
            right = intent if draw.random() < self._skill[author] else draw.randrange(INTENTS)
            return interaction, Feedback(**said, kind=FeedbackKind.LABEL, label=f"intent-{right}", author=author)
        value = float(draw.random() < (0.85 if answered == intent else 0.25))
        return interaction, Feedback(**said, kind=FeedbackKind.THUMBS, value=value, author=customer)
