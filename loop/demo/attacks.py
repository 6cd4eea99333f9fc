"""The planted attacks: a brigade that pushes a policy nobody has, and feedback that talks to the system.

They are in the demo so that the firewall has something to hold back. Every text is made up.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from loop.demo.company import WIDGET, chance
from loop.demo.people import cast
from loop.records import Feedback, FeedbackKind, Interaction, Record, derived_id


class Raid(Record):
    """One question of the brigade and what it will claim."""

    account: str
    at: datetime
    question: str
    claim: str


def raids(day: int, *, midnight: datetime, seed: int) -> tuple[Raid, ...]:
    """What the brigade asks on this day: every account the same questions, minutes apart; empty on other days."""
    brigade = cast().brigade
    if day != brigade.day:
        return ()
    draws = chance(seed, "brigade")
    made = [
        Raid(
            account=account,
            at=midnight + timedelta(hours=brigade.hour, minutes=8 * place + draws.uniform(0, 6)),
            question=brigade.questions[place % len(brigade.questions)],
            claim=brigade.claims[place % len(brigade.claims)],
        )
        for place in range(brigade.per_account)
        for account in brigade.accounts
    ]
    return tuple(sorted(made, key=lambda raid: raid.at))


def claim(raid: Raid, *, interaction: Interaction, seed: int) -> Feedback:
    """The correction an account gives to the answer it got, seconds after it came."""
    seconds = round(chance(seed, "claim", interaction.id).uniform(0.7, 1.8), 1)
    at = raid.at + timedelta(seconds=seconds + 2)
    return Feedback(
        id=derived_id("f", interaction.id, "brigade"),
        agent=interaction.agent,
        interaction_id=interaction.id,
        kind=FeedbackKind.EDIT,
        text=raid.claim,
        author=raid.account,
        source=WIDGET,
        at=at,
        received_at=at,
        seconds_to_answer=seconds,
    )


def injections(day: int, *, midnight: datetime, recent: Sequence[Interaction], seed: int) -> tuple[Feedback, ...]:
    """Feedback of this day that gives orders to the system, on some of the recent questions; empty on most days."""
    if day != cast().injection.day:
        return ()
    draws = chance(seed, "injection")
    made = []
    for number, text in enumerate(cast().injection.texts):
        target = draws.choice([one for one in recent if one.at < midnight])
        at = midnight + timedelta(hours=11, minutes=37 * number)
        made.append(
            Feedback(
                id=derived_id("f", target.id, "injection", number),
                agent=target.agent,
                interaction_id=target.id,
                kind=FeedbackKind.EDIT if number == 0 else FeedbackKind.COMMENT,
                text=text,
                author=target.customer,
                source=WIDGET,
                at=at,
                received_at=at,
            )
        )
    return tuple(made)
