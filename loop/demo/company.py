"""The invented company as records: its topics with the right answers, and the version its agent starts with."""

import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files
from random import Random
from typing import Literal

from loop.records import (
    Agent,
    Article,
    Bundle,
    Condition,
    ContextFields,
    Example,
    Grading,
    Limits,
    Record,
    Rule,
    digest,
)

SLUG = "fernwhistle-demo"
HAND_OVER = "Hand over"
"""What staff write where a person has to answer."""
HELPDESK, WIDGET = "demo:helpdesk", "demo:chat-widget"
"""The doors feedback comes through: colleagues use the first, customers the second."""
THEMES = ("delivery", "money", "plans", "growing", "devices")
"""One file of topics each."""
EXAMPLES_AT_START = 10
"""Per topic that has any."""
UNTAUGHT = frozenset(
    {
        "not_received",
        "double_charge",
        "promo_code",
        "white_fuzz",
        "yellow_leaves",
        "data_delete",
        "pump_hum",
    }
)
"""Topics the starting version has no example of."""


class Truth(Record):
    """What a question is about and what a right answer says."""

    label: str
    title: str
    facts: tuple[str, ...]
    """Pieces every right answer contains."""
    reply: str
    """The desk's own wording."""
    edits: tuple[str, ...] = ()
    """How colleagues say the same."""
    hands_over: bool = False
    """True: only a person may answer."""
    disputed: str = ""
    """The label one of two leads insists on instead; empty when they agree."""
    other_reply: str = ""
    """What that lead tells customers."""


class Variant(Truth):
    """Another truth for the same words when a context field says so."""

    field: str
    op: Literal["equals", "at_least"]
    value: str | float

    def applies(self, context: ContextFields) -> bool:
        """Whether the context makes this the truth."""
        found = context.get(self.field)
        if self.op == "equals":
            return found == self.value
        return isinstance(found, int | float) and isinstance(self.value, int | float) and found >= self.value


class Topic(Truth):
    """A thing people ask about, with the ways they ask."""

    theme: str
    weight: float
    """Share of the traffic, relative to the other topics."""
    from_day: int = 0
    """First day anybody asks."""
    questions: tuple[str, ...]
    details: tuple[str, ...] = ()
    """Sentences that may follow the question."""
    variant: Variant | None = None

    def truth(self, context: ContextFields) -> Truth:
        """The truth for a question with this context."""
        return self.variant if self.variant is not None and self.variant.applies(context) else self


class ArticleText(Record):
    """An article of the starting version."""

    id: str
    label: str
    title: str
    body: str


class StartRule(Record):
    """A rule of the starting version."""

    id: str
    field: str
    value: str
    hand_over: bool


class Company(Record):
    """Everything the starting version is made of."""

    name: str
    agent: str
    task: str
    instructions: str
    rules: tuple[StartRule, ...]
    stale_replies: dict[str, str]
    """By label: the outdated reply the starting examples give."""
    articles: tuple[ArticleText, ...]


@cache
def company() -> Company:
    """The company as written in company.toml."""
    return Company.model_validate(content("company.toml"))


@cache
def topics() -> tuple[Topic, ...]:
    """All topics, in the order written."""
    found = [one for theme in THEMES for one in content(f"topics/{theme}.toml")["topic"]]
    return tuple(Topic.model_validate(one) for one in found)


def content(path: str) -> dict[str, list[dict[str, object]]]:
    """One of the content files beside this module."""
    return tomllib.loads(files("loop.demo").joinpath(path).read_text(encoding="utf-8"))


def chance(*parts: object) -> Random:
    """A source of draws that depends on nothing but the parts."""
    return Random(digest([str(part) for part in parts]))  # noqa: S311 - a made-up world needs no secrets


def start_agent(leads: tuple[str, ...], *, at: datetime) -> Agent:
    """The agent: the leads examine it, as the help desk signs them in, and half of what they say is held out."""
    told = company()
    return Agent(
        slug=SLUG,
        name=told.agent,
        task=told.task,
        grading=Grading.TEXT,
        trusted_authors=tuple(f"{HELPDESK}:{lead}" for lead in leads),
        limits=Limits(dev_share=0.18, sealed_share=0.28),
        is_demo=True,
        created_at=at,
    )


def start_bundle(*, seed: int) -> Bundle:
    """Version 0: ten examples for most topics, some articles, and a refund time that is out of date."""
    told = company()
    examples: list[Example] = []
    for topic in topics():
        if topic.label in UNTAUGHT or topic.disputed:
            continue
        reply = told.stale_replies.get(topic.label, topic.reply)
        examples += [
            Example(id=f"start-{topic.label}-{number}", question=question, answer=reply, label=topic.label)
            for number, question in enumerate(_usual(topic, seed=seed), 1)
        ]
    return Bundle(
        instructions=told.instructions,
        rules=tuple(
            Rule(
                id=rule.id,
                when=(Condition(field=rule.field, op="contains", value=rule.value),),
                hand_over=rule.hand_over,
            )
            for rule in told.rules
        ),
        examples=tuple(examples),
        articles=tuple(Article(id=one.id, title=one.title, body=one.body) for one in told.articles),
    )


def _usual(topic: Topic, *, seed: int) -> list[str]:
    """Some of the plainest wordings, with which every list in the content files begins, as a desk's own list would."""
    plain = [question for question in topic.questions if "{" not in question]
    return chance(seed, "usual", topic.label).sample(plain[:10], EXAMPLES_AT_START)
