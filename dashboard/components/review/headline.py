"""What a reviewer reads first: what customers are told from now on, what may be wrong with it, what the test says."""

import re
from collections.abc import Sequence

import streamlit as st

from dashboard import session
from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.review import results
from loop.change.alarms import MOST as MOST_ALARMS
from loop.change.clash import COMPARED
from loop.change.clash import MOST as MOST_CLASHES
from loop.policy import recommend
from loop.records import UNDECIDED_STATES, ProposalItem, ProposalState, SectionName, Stakes
from loop.records.cards import Alarm, Card, Clash

_UNLEARNS = re.compile(r", unlearn \d+")
"""What a title adds to the matter of a change."""
_NUMBERS = "shows_numbers"
"""In the session: whether the statistics are open. They stay as the reader left them, change after change."""
_ALARMS = {
    "placeholder": "A placeholder",
    "secret": "A secret",
    "language": "Another language",
    "invisible": "Hidden characters",
}
_CLASHES = 3
"""Shown at once; the rest on a click."""
_TOLD: tuple[SectionName, ...] = ("instructions", "rules", "articles", "examples")
"""Sections a customer may be told something from."""
_PLACES = {"instructions": "in the instructions", "rules": "in a rule", "articles": "in an article"}
_NO_CLASH = (
    "Each new sentence was held against the live instructions, rules, articles and the newest examples, "
    f"{COMPARED:,} texts at most. What is noticed is another number, a “not”, and a line that forbids its words, not "
    "what contradicts in other ways."
)
"""What an empty list was looked for in, and what it does not see."""


def show_headline(
    item: ProposalItem, *, said: Sequence[str] = (), comments: int = 0, is_withheld: bool = False
) -> None:
    """Title, sentence, alarms, verdict; the statistics when they are asked for.

    `said`: what people decided about it, in sentences. `is_withheld`: what the test found is told after the decision.
    """
    proposal = item.proposal
    state, stakes = words.PROPOSAL_STATES[item.state], words.STAKES[proposal.stakes.level]
    waits = words.waiting(item.waits_since or proposal.created_at, session.now())
    cards.title(
        proposal.title,
        *([] if item.state is ProposalState.WAITING else [cards.saying(state)]),
        cards.chip(stakes.name, stakes.tone, hint=" ".join(proposal.stakes.reasons) or stakes.more),
        cards.chip(words.where(proposal)),
        tag("span", f"on {words.version(proposal.base_number)}"),
        tag("span", words.PROPOSERS[proposal.proposer]),
        *([tag("span", waits)] if item.state in UNDECIDED_STATES else []),
        *([tag("span", words.count(comments, "comment"))] if comments else []),
    )
    if item.state is not ProposalState.WAITING:
        cards.note(f"{state.name}. {item.stale_reason or state.more}", state.tone)
    for one in said:
        cards.note(one, "hopeful")
    report = item.report
    if report is None:
        if item.state is ProposalState.DRAFTED:
            cards.empty("Waiting for its test", "It is replayed on known cases in the loop's next turn.")
        _show_why(item)
        return
    if report.card is not None:
        brings_text = any(change.after and change.section in _TOLD for change in proposal.changes)
        _show_card(report.card, title=proposal.title, brings_text=brings_text)
    if is_withheld:
        results.show_withheld()
    else:
        results.show_verdict(report, recommend(report, stakes=proposal.stakes))
    _show_why(item)
    if st.session_state.get(_NUMBERS) and not is_withheld:
        results.show_numbers(report)


def toggle_numbers() -> None:
    """Show or hide the statistics."""
    st.session_state[_NUMBERS] = not st.session_state.get(_NUMBERS, False)


def _show_card(card: Card, *, title: str, brings_text: bool) -> None:
    """The sentence, then what may be wrong whatever the verdict: alarms, and what is live and says the opposite."""
    matter = card.sentence.removesuffix(card.reach.sentence).rstrip(". ")
    title = _UNLEARNS.sub("", title)
    is_known = title.startswith(matter) or matter.startswith(title.rstrip("."))  # the heading says it already
    told = card.reach.sentence if is_known else card.sentence
    parts: list[Markup] = [tag("p", told, css="rt-sentence")]
    parts += [_alarm(one) for one in card.alarms]
    if len(card.alarms) >= MOST_ALARMS:
        parts.append(tag("p", f"Only the first {MOST_ALARMS} alarms are told.", css="rt-small"))
    if card.clashes:
        parts.append(_clashes(card.clashes))
    elif brings_text:
        head = tag("summary", "Nothing live was found that says otherwise")
        parts.append(tag("details", head, tag("p", _NO_CLASH), css="rt-more"))
    show(tag("div", parts, css="rt-stack"))


def _alarm(one: Alarm) -> Markup:
    return tag(
        "div",
        tag("b", f"{_ALARMS[one.kind]}: "),
        tag("span", one.words, css="rt-plain"),
        css="rt-note rt-bad",
        role="status",
    )


def _clashes(some: Sequence[Clash]) -> Markup:
    listed = [tag("ul", [_clash(one) for one in some[:_CLASHES]])]
    if rest := [_clash(one) for one in some[_CLASHES:]]:
        more = f"and {len(rest):,} more, nearest first" if len(some) >= MOST_CLASHES else f"and {len(rest):,} more"
        listed.append(tag("details", tag("summary", more), tag("ul", rest), css="rt-more"))
    many = f"{len(some)} or more live texts" if len(some) >= MOST_CLASHES else words.count(len(some), "live text")
    head = f"{many} may say otherwise, and {'stays' if len(some) == 1 else 'stay'}:"
    return tag("div", tag("b", head), listed, css="rt-note rt-unknown rt-clashes", role="status")


def _clash(one: Clash) -> Markup:
    """The live sentence, where it stands, the new one, and why both cannot hold."""
    return tag(
        "li",
        tag("div", f"Live: “{one.says}” ", tag("span", _place(one), css="rt-small", title=one.element_id)),
        tag("div", f"New: “{one.against}” ", tag("b", one.difference)),
        css="rt-plain rt-text",
    )


def _place(one: Clash) -> str:
    return _PLACES.get(one.section, "in an example")


def _show_why(item: ProposalItem) -> None:
    proposal = item.proposal
    rationale = tag("div", tag("b", "Why: "), tag("span", proposal.rationale, css="rt-text"))
    show(tag("div", rationale, _stakes(proposal.stakes), css="rt-rationale"))


def _stakes(stakes: Stakes) -> Markup | None:
    if not stakes.reasons:
        return None
    return tag("div", tag("b", f"{words.STAKES[stakes.level].name}: "), " ".join(stakes.reasons))
