"""What became of one's corrections: held and why, who says the same, the change, the version, who it helped."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st

from dashboard import navigation, session
from dashboard.components.elements import cards, keys, listbox, words
from dashboard.components.elements.listbox import Chip, Line, ListRow
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.elements.words import Tone
from loop import desk
from loop.ports import Parts
from loop.records import Moment
from storage.queries import corrections as query
from storage.queries.corrections import AnswersSince, CorrectionLine, Live

STAGES: dict[desk.Stage, tuple[str, Tone]] = {
    "new": ("Just said", "unknown"),
    "held": ("Held", "hopeful"),
    "set apart": ("Set apart", "bad"),
    "taken back": ("Taken back", "neutral"),
    "exception": ("An exception", "neutral"),
    "too few": ("Waits for more people", "unknown"),
    "agreed": ("Enough people say so", "hopeful"),
    "disputed": ("Others say otherwise", "bad"),
    "proposed": ("A change is proposed", "hopeful"),
    "rejected": ("The change was rejected", "bad"),
    "live": ("Live", "good"),
    "undone": ("Was live, taken back", "bad"),
    "replaced": ("You said something newer", "neutral"),
}
_ENDED = ("taken back", "exception", "replaced")


def show_mine(parts: Parts) -> None:
    scope, now = session.scope(), session.now()
    mine = query.mine(scope, author=session.current_user().name)
    if not mine:
        cards.empty("You have not corrected an answer yet", "What becomes of each correction is told here.")
        return
    became = desk.fates(parts, [one.feedback_id for one in mine])
    live = {
        one.feedback_id: Live(one.topic, fate.number, fate.since)
        for one in mine
        if (fate := became.get(one.feedback_id))
        if fate.stage == "live" and fate.since and fate.number is not None and one.topic
    }
    found = query.answers_since(scope, live.values())
    helped = {key: found[one] for key, one in live.items()}
    cards.quiet(_tally(mine, became))
    opened = st.query_params.get("m", "")
    one = next((one for one in mine if one.feedback_id == opened), mine[0])
    left, right = st.columns((3, 2), gap="medium")
    with left:
        listbox.show_listbox(
            "Your corrections, newest first",
            [_row(line, became.get(line.feedback_id), helped, now) for line in mine],
            key="mine",
            opened=one.feedback_id,
            open_row=_open_mine,
        )
    with right:
        fate = became.get(one.feedback_id)
        show_fate(one, fate, helped=helped.get(one.feedback_id), now=now)
        show_ways(one, fate)


def _row(one: CorrectionLine, fate: desk.Fate | None, helped: Mapping[str, AnswersSince], now: Moment) -> ListRow:
    name, tone = STAGES[fate.stage if fate else "new"]
    told = sentence(fate, helped=helped.get(one.feedback_id), topic=one.topic) if fate else ""
    held = fate.reasons if fate and fate.stage in ("held", "set apart") else ()
    return ListRow(
        id=one.feedback_id,
        chips=(Chip(name, tone), Chip(words.ago(one.at, now))),
        lines=(
            Line(one.said),
            Line(words.short(one.question, 160), "rt-small"),
            Line(told, "rt-small"),
            *(Line(reason, "rt-reason") for reason in held),
        ),
    )


def _tally(mine: Sequence[CorrectionLine], became: Mapping[str, desk.Fate]) -> str:
    stages = [fate.stage for fate in became.values()]
    newest = f"The newest {len(mine)}" if len(mine) >= query.MINE else ""
    told = [f"{newest} corrections" if newest else words.count(len(mine), "correction")]
    for stage, name in (("live", "live"), ("proposed", "in a proposed change"), ("held", "held")):
        if n := stages.count(stage):  # type: ignore[arg-type]
            told.append(f"{n} {name}")
    return ", ".join(told) + "."


def _open_mine(feedback_id: str) -> None:
    st.query_params["m"] = feedback_id


def sentence(fate: desk.Fate, *, helped: AnswersSince | None, topic: str) -> str:
    """Where it stands and what happens next, for the person who said it."""
    match fate.stage:
        case "new":
            return "The loop looks at it in its next turn."
        case "held" | "set apart":
            return "It teaches nothing while it is held."
        case "taken back":
            return "You took it back; nothing is learned from it."
        case "exception":
            return "Kept as an exception: nothing is learned from it."
        case "too few":
            return _waiting(fate)
        case "agreed":
            who = words.count(fate.people, "person says so", "people say so")
            return f"{who}: enough for a change. One of the next turns drafts it, where it fits what else is taught."
        case "disputed":
            return f"People do not agree: {fate.conflict or 'see why'}."
        case "proposed":
            return f"Used in “{words.short(fate.proposal, 90)}”."
        case "rejected":
            return f"Used in “{words.short(fate.proposal, 90)}”, which a reviewer rejected."
        case "undone":
            return f"Live in {words.version(fate.number)} once, in “{words.short(fate.proposal, 80)}”; taken back."
        case "live":
            return f"Live in {words.version(fate.number)}.{_helped(helped, topic)}"
        case "replaced":
            return "You said something newer about the same answer."


def _waiting(fate: desk.Fate) -> str:
    """How many say so, whose votes count, and how many it takes: people are not votes."""
    if not fate.people:
        return f"It takes {fate.needed} people who say the same; not counted yet."
    who = words.count(fate.people, "person says so", "people say so")
    if fate.votes is not None and fate.votes < fate.people:
        counted = words.count(fate.votes, "of their votes counts", "of their votes count")
        return f"{who}, {counted} (of newcomers only some do); {fate.needed} are needed."
    if fate.people < fate.needed:
        return f"{who}; {fate.needed} are needed."
    return f"{who}, and {fate.needed} are needed: others say otherwise, or nobody with a record says it."


def show_fate(one: CorrectionLine, fate: desk.Fate | None, *, helped: AnswersSince | None, now: datetime) -> None:
    """One correction with its fate, the links that follow it, and the way back."""
    stage: desk.Stage = fate.stage if fate else "new"
    name, tone = STAGES[stage]
    others = ", ".join(fate.colleagues[:5]) if fate else ""
    show(
        tag(
            "article",
            tag("div", cards.chip(name, tone), tag("span", words.ago(one.at, now)), css="rt-said-head"),
            tag("div", one.said, css="rt-text"),
            tag("div", f"To: {words.short(one.question, 160)}", css="rt-text rt-small"),
            tag("div", sentence(fate, helped=helped, topic=one.topic), css="rt-small") if fate else None,
            tag("div", f"Who else: {others}.", css="rt-small") if others else None,
            _reasons(fate) if fate and stage in ("held", "set apart") else None,
            css="rt-said",
        )
    )


def show_ways(one: CorrectionLine, fate: desk.Fate | None) -> None:
    """Where it can be followed, and taking it back."""
    links: Mapping[str, tuple[str, dict[str, str]]] = {
        "Open the case": ("corrections", {"c": one.interaction_id, "view": "Cases"}),
        "Open it under Feedback": ("feedback", {"f": one.feedback_id}),
    }
    for name, (path, params) in links.items():
        navigation.link(path, name, **params)
    if fate and fate.proposal_id:
        navigation.link("review", "Open the change", p=fate.proposal_id)
    if fate and fate.number is not None:
        navigation.link("releases", f"Open {words.version(fate.number)}", whole=words.version(fate.number))
    if fate and fate.stage not in _ENDED:
        keys.show_button(
            "Take it back",
            key=f"withdraw-{one.feedback_id}",
            shortcut="X",
            icon=":material/undo:",
            on_click=_withdraw,
            args=(one.feedback_id,),
        )


def _withdraw(feedback_id: str) -> None:
    def verb() -> session.Notice:
        desk.withdraw_correction(session.parts(), [feedback_id], actor=session.current_user())
        return session.Notice("Taken back. Nothing is learned from it.")

    session.act(verb)


def _helped(helped: AnswersSince | None, topic: str) -> str:
    if helped is None or not topic:
        return ""
    if not helped.answers:
        return f" No question about {topic} was answered with it yet."
    asked = f"{helped.answers:,} or more questions" if helped.is_more else words.count(helped.answers, "question")
    told = f" {asked} about {topic} {'was' if asked == '1 question' else 'were'} answered since"
    if not helped.named:
        return f"{told}; by how many customers is not known."
    least = "at least " if helped.is_more or helped.named < helped.answers else ""
    return f"{told}, asked by {least}{words.count(helped.customers, 'customer')}."


def _reasons(fate: desk.Fate) -> Markup:
    return tag("ul", [tag("li", reason) for reason in fate.reasons], css="rt-why")
