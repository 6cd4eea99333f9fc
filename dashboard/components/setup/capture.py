"""Capture health and first events, drawn: what came, through which door, what became of it, what is missing."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.elements.words import Saying
from loop.desk import Came, DoorHealth, understood
from loop.records import FeedbackKind, Interaction
from storage.queries.arrived import LastFeedback

CONDITIONS: dict[str, Saying] = {
    "well": Saying("Speaking", "What comes is kept.", "good"),
    "silent": Saying("Silent", "It spoke regularly and stopped.", "bad"),
    "nothing kept": Saying("Nothing kept", "All of it was refused.", "bad"),
    "losing": Saying("Losing", "More came than could be kept at once.", "bad"),
    "refusing": Saying("Some refused", "The reasons stand below.", "unknown"),
}


def show_came(came: Came, *, last: Interaction | None, said: LastFeedback | None, now: datetime, zone: tzinfo) -> None:
    """The event one waited for: when, through which door, what was understood, what is missing."""
    when = f"{words.ago(came.at, now)}, at {words.clock(came.at, zone)}" if came.at else "just now"
    show(
        tag(
            "div",
            tag("h3", came.says),
            tag("p", f"{when}, through {came.name}: {_counted(came)}.", css="rt-quiet"),
            _interaction(last) if last is not None and came.kept else None,
            _feedback(said) if said is not None and came.kept and came.feedback else None,
            _refusals(came.refused),
            tag("p", f"{came.dropped:,} were lost: more came than could be kept at once.") if came.dropped else None,
            _lacks_outcome(came),
            css="rt-card rt-arrived",
            role="status",
        )
    )


def show_doors(doors: list[DoorHealth], *, now: datetime) -> None:
    """One card for each door."""
    cards.grid(_door(one, now=now) for one in doors)


def _door(one: DoorHealth, *, now: datetime) -> Markup:
    held = one.capture
    last = words.ago(held.last_at, now) if held.last_at else "nothing yet"
    figures = [
        ("Last event", last),
        ("Calls seen", f"{held.calls:,}"),
        ("Feedback seen", f"{held.feedback:,}"),
        ("Kept", f"{held.stored:,}"),
        ("With an outcome", _share(held.with_outcome, held.calls)),
        ("Waiting for their interaction", f"{held.orphans:,}"),
        ("Rejected", f"{sum(held.rejected.values()):,}"),
        ("Dropped", f"{held.dropped:,}"),
    ]
    return tag(
        "article",
        tag("h3", one.name),
        tag("div", cards.saying(CONDITIONS[one.condition]), css="rt-chips"),
        tag("p", one.says) if one.says else None,
        tag(
            "div",
            [tag("div", tag("span", name), tag("b", value), css="rt-figure") for name, value in figures],
            css="rt-figures",
        ),
        _refusals(one.rejected),
        tag("ul", [tag("li", said) for said in one.missing], css="rt-lacks") if one.missing else None,
        css="rt-card",
    )


def _counted(came: Came) -> str:
    parts = [words.count(came.calls, "call")] if came.calls else []
    parts += [f"{came.feedback:,} feedback"] if came.feedback else []
    return " and ".join(parts) or "nothing that could be counted"


def _interaction(last: Interaction) -> Markup:
    return tag(
        "div",
        tag("div", tag("span", "Asked: "), tag("b", words.short(last.question, 160)), css="rt-text"),
        tag("div", tag("span", "Answered: "), words.short(last.answer or last.label or "nothing", 160), css="rt-text"),
        tag("ul", [tag("li", said) for said in understood(last)], css="rt-lacks"),
    )


def _feedback(said: LastFeedback) -> Markup:
    name = words.FEEDBACK_KINDS[FeedbackKind(said.kind)]
    found = "what it is about is here" if said.has_target else "what it is about has not come yet: it waits for it"
    return tag("p", f"Feedback: {name.lower()}; {found}.")


def _refusals(refused: Sequence[tuple[int, str]]) -> Markup | None:
    return tag("ul", [tag("li", f"{n:,} refused: {why}") for n, why in refused], css="rt-why") if refused else None


def _lacks_outcome(came: Came) -> Markup | None:
    if not came.lacks_outcome:
        return None
    said = "What is missing: an outcome. Nothing says yet whether this answer helped; send feedback for it."
    return tag("p", said, css="rt-small")


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}" if whole else f"{part:,}"
