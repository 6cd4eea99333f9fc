"""The trace of a conversation as it happened: questions, answers, and every step between them."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import Markup, show, tag
from loop.collect import orders_in
from loop.records import Anatomy, Interaction, Step
from storage.queries.feedback import FeedbackLine

_KINDS = {
    "model": "Asked the model",
    "tool": "Used a tool",
    "retrieval": "Looked up",
    "check": "Checked",
    "message": "Message",
}
LONGEST = 6_000
"""Characters of one step's input or output shown; the rest is counted."""


def show_conversation(interactions: Sequence[Interaction], *, this: str = "") -> None:
    """In order, the interaction `this` marked. Texts are shown as text."""
    turns: list[Markup] = []
    for one in interactions:
        mark = " is-this" if one.id == this and len(interactions) > 1 else ""
        orders = [tag("li", sentence) for sentence in orders_in(one)]
        turns.append(
            tag(
                "div",
                tag("div", one.question, css="rt-text"),
                tag("ul", orders, css="rt-why", aria_label="Text that gives orders to the system") if orders else None,
                css=f"rt-turn is-asked{mark}",
            )
        )
        turns += [_step(step) for step in one.steps]
        turns.append(
            tag(
                "div",
                cards.chip(one.label) if one.label else None,
                tag("div", one.answer, css="rt-text") if one.answer else None,
                tag("div", _made_by(one), css="rt-small"),
                css=f"rt-turn is-answered{mark}",
            )
        )
    show(tag("div", turns, css="rt-talk", role="log", aria_label="Conversation"))


def show_facts(facts: Mapping[str, object]) -> None:
    """Typed facts that came with a question."""
    if facts:
        show(tag("div", [cards.chip(f"{name}: {value}") for name, value in facts.items()], css="rt-chips"))


def show_feedback(
    lines: Sequence[FeedbackLine],
    *,
    zone: tzinfo,
    shows_question: bool = True,
    behind: Mapping[str, str] | None = None,
) -> None:
    """Items below each other: who said what, when on the viewer's clock, where it stands, and why.

    `behind`: by feedback id, who stands behind its text.
    """
    stands = behind or {}
    said = [
        _said(line, zone, question=line.question if shows_question else "", behind=stands.get(line.id, ""))
        for line in lines
    ]
    show(tag("div", said, css="rt-talk"))


def _said(line: FeedbackLine, zone: tzinfo, *, question: str, behind: str) -> Markup:
    return tag(
        "article",
        tag(
            "div",
            cards.saying(words.FEEDBACK_STATES[line.state]),
            tag("b", words.signal(line.kind, line.value)),
            tag("span", f"{line.author}, {words.clock(line.received_at, zone)}"),
            css="rt-said-head",
        ),
        tag("div", line.said, css="rt-text") if line.said else None,
        tag("div", behind, css="rt-text rt-small") if behind else None,
        tag("div", f"Reason given: {line.why}", css="rt-text rt-small") if line.why else None,
        tag("div", f"On: {question}", css="rt-text rt-small") if question else None,
        tag("ul", [tag("li", reason) for reason in line.reasons], css="rt-why") if line.reasons else None,
        _anatomy(line.anatomy) if line.anatomy is not None else None,
        tag("div", "Marked as an exception: do not learn from it.", css="rt-small") if not line.teaches else None,
        css="rt-said",
    )


def _anatomy(one: Anatomy) -> Markup:
    """What was changed and why a person had to answer, in plain words."""
    told = [words.cause(one)] if one.cause else []
    if one.cause and one.last_step:
        told.append(f"The agent's last step: {one.last_step}.")
    if one.cause and one.seconds is not None:
        told.append(f"The person answered {words.took(one.seconds)} later, on message {one.position + 1}.")
    return tag("ul", [tag("li", line) for line in (*told, *map(words.edit_part, one.parts))], css="rt-small")


def _step(step: Step) -> Markup:
    took = "" if step.milliseconds is None else f", {step.milliseconds:,.0f} ms"
    name = f"{_KINDS[step.kind]}{f': {step.name}' if step.name else ''}{took}{', failed' if step.is_error else ''}"
    return tag(
        "details",
        tag("summary", name),
        tag("pre", _cut(step.input)) if step.input else None,
        tag("pre", _cut(step.output)) if step.output else None,
        css="rt-step is-error" if step.is_error else "rt-step",
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… {len(text) - LONGEST:,} more characters"


def _made_by(one: Interaction) -> str:
    told = [words.version(one.version) if one.version is not None else "", words.METHODS.get(one.method, one.method)]
    if one.confidence is not None:
        told.append(f"{words.percent(one.confidence, digits=0)} sure")
    return ", ".join(filter(None, told)) or "no details recorded"
