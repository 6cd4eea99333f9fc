"""The planted attacks: a brigade that pushes a policy nobody has, and feedback that talks to the system.

They are in the demo so that the firewall has something to hold back. Every text is made up.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from loop.demo.company import Truth, chance
from loop.demo.people import cast
from loop.records import Feedback, FeedbackKind, Interaction, derived_id

SOURCE = "demo"


def incidents(
    day: int, *, midnight: datetime, recent: Sequence[Interaction], truth: Callable[[str], Truth], seed: int
) -> tuple[Feedback, ...]:
    """What is planted on this day, on some of the recent questions; empty on most days."""
    made: list[Feedback] = []
    if day == cast().brigade.day:
        made += _brigade(midnight, recent=recent, truth=truth, seed=seed)
    if day == cast().injection.day:
        made += _injections(midnight, recent=recent, seed=seed)
    return tuple(made)


def _brigade(
    midnight: datetime, *, recent: Sequence[Interaction], truth: Callable[[str], Truth], seed: int
) -> list[Feedback]:
    brigade = cast().brigade
    draws = chance(seed, "brigade")
    targets = [one for one in recent if one.at < midnight and truth(one.id).label in brigade.target]
    chosen = draws.sample(targets, min(brigade.per_account, len(targets)))
    made = []
    for account in brigade.accounts:
        for place, target in enumerate(chosen):
            at = midnight + timedelta(hours=brigade.hour, minutes=5 * place + draws.uniform(0, 4))
            made.append(
                Feedback(
                    id=derived_id("f", target.id, "brigade", account),
                    agent=target.agent,
                    interaction_id=target.id,
                    kind=FeedbackKind.EDIT,
                    text=brigade.claims[place % len(brigade.claims)],
                    author=account,
                    source=SOURCE,
                    at=at,
                    received_at=at,
                    seconds_to_answer=round(draws.uniform(1.5, 4.0), 1),
                )
            )
    return made


def _injections(midnight: datetime, *, recent: Sequence[Interaction], seed: int) -> list[Feedback]:
    draws = chance(seed, "injection")
    made = []
    for number, text in enumerate(cast().injection.texts):
        target = draws.choice([one for one in recent if one.at < midnight])
        at = midnight + timedelta(hours=11, minutes=37 * number)
        kind = FeedbackKind.EDIT if number == 0 else FeedbackKind.COMMENT
        made.append(
            Feedback(
                id=derived_id("f", target.id, "injection", number),
                agent=target.agent,
                interaction_id=target.id,
                kind=kind,
                text=text,
                author=target.customer,
                source=SOURCE,
                at=at,
                received_at=at,
            )
        )
    return made
