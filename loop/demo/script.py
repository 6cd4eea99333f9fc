"""What the people of the story decide, and when. Facts about the answers come from the world; this is only will.

Three leads decide. They approve what the evidence recommends, once against it, and are sorry four days later. What is
tested in the last weeks is left waiting for whoever opens the demo.
"""

from dataclasses import dataclass

from loop.records import (
    Actor,
    Article,
    Condition,
    EditInstructions,
    Operation,
    Role,
    Rule,
    SetRule,
    UpsertArticle,
)

INES = Actor(name="ines-lead", role=Role.APPROVER)
MARIT = Actor(name="marit-lead", role=Role.APPROVER)
OTTO = Actor(name="otto-lead", role=Role.REVIEWER)
EMRE = Actor(name="emre", role=Role.CORRECTOR)
FREYA = Actor(name="freya", role=Role.CORRECTOR)

EVENING = 22.0
"""Hour at which the day's work of the loop is done."""


@dataclass(frozen=True)
class Sketch:
    """A change a person wants to propose."""

    author: Actor
    title: str
    rationale: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Turn:
    """The loop turns once."""


@dataclass(frozen=True)
class Approve:
    """Of the waiting changes that the evidence recommends, ship the one that gains most."""

    actor: Actor


@dataclass(frozen=True)
class Draft:
    """Somebody proposes a change by hand; it is tested before anybody decides."""

    sketch: Sketch


@dataclass(frozen=True)
class Insist:
    """Somebody approves a change by its title, whatever the evidence says."""

    actor: Actor
    title: str
    reason: str


@dataclass(frozen=True)
class Refuse:
    """Somebody says no to a change by its title."""

    actor: Actor
    title: str
    categories: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class TakeBack:
    """The release of a change, by its title, is rolled back."""

    actor: Actor
    title: str
    reason: str


@dataclass(frozen=True)
class FreeHonest:
    """A lead looks through what the firewall holds and releases honest corrections of colleagues."""

    actor: Actor
    reason: str
    most: int = 6


Beat = Turn | Approve | Draft | Insist | Refuse | TakeBack | FreeHonest


CAUTION = Sketch(
    author=OTTO,
    title="Hand over every answer the agent is not sure of",
    rationale=(
        "Two customers complained about answers that were beside the point. "
        "If the agent is not sure, a colleague should take the question."
    ),
    operations=(EditInstructions(new="Hand over below confidence: 0.4"),),
)
FREE_OF_CHARGE = Sketch(
    author=OTTO,
    title="Let the agent say what is free of charge",
    rationale=(
        "The line “Never say: free of charge” was meant for a promotion that ended last year. It cuts the sentence "
        "about replacements out of every answer, and we type it back in by hand every day."
    ),
    operations=(EditInstructions(old="Never say: free of charge\n", new=""),),
)
DELIVERY_RULE = Sketch(
    author=EMRE,
    title="Whenever somebody mentions a delivery, say what delivery costs",
    rationale="Most customers who write about delivery want to know the price, so let us always name it.",
    operations=(
        SetRule(
            rule=Rule(
                id="rule-delivery-cost",
                when=(Condition(field="question", op="contains", value="delivery"),),
                label="shipping_cost",
                answer=(
                    "Standard delivery costs €4.90 and takes 2 to 4 working days. From a basket of €60 it is free."
                ),
            )
        ),
    ),
)
PRIVACY_RULE = Sketch(
    author=FREYA,
    title="Privacy requests go to a person",
    rationale="The agent must not answer when somebody wants their data erased; we have to confirm who they are first.",
    operations=(
        SetRule(
            rule=Rule(
                id="rule-privacy",
                when=(Condition(field="question", op="contains", value="data"),),
                hand_over=True,
            )
        ),
    ),
)
GIFT_CARD_ARTICLE = Sketch(
    author=EMRE,
    title="Gift cards pay for Greenbox",
    rationale="Ines says the balance of a gift card pays the next boxes. Customers ask for it.",
    operations=(
        UpsertArticle(
            article=Article(
                id="article-gift-card-plan",
                title="Gift cards and Greenbox",
                body="A gift card can be put on a Greenbox plan. Its balance pays the next boxes until it is used up.",
            )
        ),
    ),
)

FREE_SHIPPING_RULE = Sketch(
    author=FREYA,
    title="Shipping is free from €60, so say so",
    rationale="Customers with a full basket are told that delivery costs €4.90. From €60 on it is free for them.",
    operations=(
        SetRule(
            rule=Rule(
                id="rule-free-shipping",
                when=(
                    Condition(field="question", op="contains", value="shipping"),
                    Condition(field="order_value", op="at_least", value=60),
                ),
                label="shipping_free",
                answer=(
                    "Your basket is above €60, so standard delivery is free for you. It takes 2 to 4 working days."
                ),
            )
        ),
    ),
)
PUMP_ARTICLE = Sketch(
    author=FREYA,
    title="An article about the humming pump",
    rationale="Since update 4.2 the pump of the Column hums at night. There is nothing about it in our articles.",
    operations=(
        UpsertArticle(
            article=Article(
                id="article-pump-hum",
                title="Humming pump after update 4.2",
                body=(
                    "Update 4.2 runs the Column's pump too fast at night. Open Device, Pump in the Whistle app and "
                    "set it to Quiet; update 4.3 cures it for good and nothing is damaged."
                ),
                questions=("Since the update my Column hums all night.", "The pump is so loud we can't sleep."),
            )
        ),
    ),
)

SCRIPT: dict[int, tuple[Beat, ...]] = {
    16: (Turn(), Approve(INES)),
    26: (Turn(), Approve(MARIT)),
    34: (Draft(CAUTION), Turn()),
    35: (
        Insist(
            INES,
            CAUTION.title,
            reason="I know the cases say otherwise, but the board complained about guesses. Better slow than wrong.",
        ),
    ),
    39: (
        TakeBack(
            MARIT,
            CAUTION.title,
            reason="A third of the chats wait for a colleague and the ratings fell. Back to what we had.",
        ),
    ),
    45: (Turn(), Approve(INES)),
    54: (
        Turn(),
        FreeHonest(INES, reason="I know the colleague, and the correction is right."),
        Approve(MARIT),
    ),
    63: (Draft(GIFT_CARD_ARTICLE), Turn(), Approve(INES)),
    73: (
        Turn(),
        Refuse(
            MARIT,
            GIFT_CARD_ARTICLE.title,
            categories=("wrong",),
            reason="Otto and Ines have not agreed on this yet. Nothing goes to customers before they have.",
        ),
    ),
    88: (
        Draft(FREE_OF_CHARGE),
        Draft(DELIVERY_RULE),
        Draft(PRIVACY_RULE),
        Draft(FREE_SHIPPING_RULE),
        Draft(PUMP_ARTICLE),
    ),
    90: (Turn(),),
}
"""By day; the beats of a day happen in the evening, in this order."""
