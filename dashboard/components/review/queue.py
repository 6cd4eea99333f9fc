"""The queue beside the item: what waits, in the order it comes, where the reader is, and how far they have come."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import streamlit as st

from dashboard import session
from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import literal, show, tag
from dashboard.components.elements.paging import QueuePosition, position_in
from dashboard.components.review import actions
from loop.policy import advice, blinding_rule
from loop.records import ProposalState, StakesLevel
from loop.text.invisible import reveal
from storage.queries import review as query
from storage.queries.review import ProposalLine

LISTED = 30
"""Changes in the list at once; the rest is counted."""
_KEY = "queue"


class Filter(StrEnum):
    """Which changes are looked at: what the address says, which is also what the button says."""

    ALL = "All"
    HIGH = "High stakes"
    AGAINST = "Not recommended"
    TESTED = "Being tested"
    ASIDE = "Set aside"


@dataclass(frozen=True)
class Queue:
    """The changes that match a filter."""

    wanted: Filter
    lines: tuple[ProposalLine, ...]
    retest: query.Retest
    """How far those are that were drawn again."""
    counts: Mapping[Filter, int] = field(default_factory=dict)
    """How many each filter matches; not of those set aside."""
    is_cut: bool = False
    """There are more changes than are counted."""

    def __contains__(self, proposal_id: str) -> bool:
        return any(line.id == proposal_id for line in self.lines)

    def position(self, proposal_id: str) -> QueuePosition:
        """What comes before and after it, round the list; of one that is not in it the first comes next."""
        ids = [line.id for line in self.lines]
        found = position_in(ids, proposal_id)
        is_last = found.next_id is None and found.previous_id is not None
        return replace(found, next_id=ids[0]) if is_last else found

    def waits_for_me(self, proposal_id: str) -> bool:
        """Whether this reader's word counts for it; of one that is not in the list it is taken to."""
        found = next((line for line in self.lines if line.id == proposal_id), None)
        return found is None or found.waits_for(session.current_user())

    def free(self, proposal_id: str = "") -> list[str]:
        """This one and those after it that no colleague reads, round the list; last those that wait for somebody else.

        Of one that is not in the list, from the first. Where others read all of them, the one it began with.
        """
        me = session.current_user()
        at = next((place for place, line in enumerate(self.lines) if line.id == proposal_id), 0)
        turned = (*self.lines[at:], *self.lines[:at])
        unread = sorted(
            (one for one in turned if not set(one.readers) - {me.name}), key=lambda one: not one.waits_for(me)
        )
        return [one.id for one in unread] or [one.id for one in turned[:1]]


def choose() -> Queue:
    """The filter of the address bar with what it matches. Choosing another opens the first it matches."""
    wanted = Filter(
        st.segmented_control(
            "Which changes",
            [one.value for one in Filter],
            default=Filter.ALL.value,
            required=True,
            key="show",
            bind="query-params",
            label_visibility="collapsed",
            on_change=actions.go,
            args=(None,),
        )
        or Filter.ALL
    )
    scope, now, hides = session.scope(), session.now(), blinding_rule(session.parts().store)
    reads_at = None if wanted is Filter.ASIDE else now  # who reads what is asked for the changes of the list alone
    undecided = query.list_proposals(
        scope, (ProposalState.WAITING, ProposalState.DRAFTED), now=reads_at, is_withheld=hides
    )
    waiting = [line for line in undecided if line.state is ProposalState.WAITING]
    testing = [line for line in undecided if line.state is ProposalState.DRAFTED]
    matches: dict[Filter, Sequence[ProposalLine]] = {
        Filter.ALL: waiting,
        Filter.HIGH: [line for line in waiting if line.level is StakesLevel.HIGH],
        Filter.AGAINST: [
            one for one in waiting if one.verdict and advice(one.verdict, has_harm=one.has_harm) != "approve"
        ],
        Filter.TESTED: testing,
    }
    aside = wanted is Filter.ASIDE
    lines = query.list_proposals(scope, (ProposalState.SET_ASIDE,), now=now) if aside else matches[wanted]
    retest = query.retest(scope) if testing else query.Retest(done=0, total=0)
    counts = {name: len(some) for name, some in matches.items()}
    return Queue(wanted=wanted, lines=tuple(lines), retest=retest, counts=counts, is_cut=len(undecided) >= query.LISTED)


def show_queue(queue: Queue, *, shown: str) -> None:
    """The list with the one on the page marked; a click or an arrow key opens another."""
    lines = _around(queue, shown)
    cards.heading("Up next" if queue.wanted is Filter.ALL else queue.wanted, _progress(queue, shown))
    show(tag("p", _matched(queue), css="rt-small"))
    if not lines:
        return
    now = session.now()
    st.session_state[_KEY] = shown if shown in queue else None
    st.radio(
        "The queue",
        [line.id for line in lines],
        index=None,
        key=_KEY,
        format_func=_names(lines).__getitem__,
        captions=[_caption(line, now=now) for line in lines],
        label_visibility="collapsed",
        width="stretch",
        on_change=_open,
        args=([line.id for line in lines],),
    )
    if left := len(queue.lines) - len(lines):
        show(tag("p", f"and {left:,} more", css="rt-small"))
    show_own_figures()


def show_own_figures() -> None:
    """What the last decision told about how one reviews; nothing where there is nothing to say."""
    if told := st.session_state.get("warned"):
        cards.note(str(told), "unknown")


def _open(ids: Sequence[str]) -> None:
    chosen = st.session_state.get(_KEY)
    if chosen in ids:
        actions.go(str(chosen))


def _names(lines: Sequence[ProposalLine]) -> dict[str, str]:
    """Titles as plain text by id; of those that are called the same, each with the end of its id."""
    titles = {line.id: literal(reveal(words.short(line.title, 90))) for line in lines}
    often = Counter(titles.values())
    return {key: title if often[title] == 1 else f"{title} ({key[-4:]})" for key, title in titles.items()}


def _around(queue: Queue, shown: str) -> Sequence[ProposalLine]:
    """At most LISTED lines, the one on the page among them."""
    ids = [line.id for line in queue.lines]
    at = ids.index(shown) if shown in ids else 0
    first = max(0, min(at - LISTED // 2, len(ids) - LISTED))
    return queue.lines[first : first + LISTED]


def _progress(queue: Queue, shown: str) -> str:
    ids = [line.id for line in queue.lines]
    told = [f"{ids.index(shown) + 1} of {len(ids)}" if shown in ids else f"{len(ids)} here"]
    if decided := actions.decided_words():
        told.append(decided)
    if queue.retest.words:
        told.append(queue.retest.words)
    return ", ".join(told)


def _matched(queue: Queue) -> str:
    """What the filters would show: `8 wait: 6 high stakes, 4 not recommended. 2 being tested.`"""
    n = queue.counts
    told = [f"{n[name]:,} {name.value.lower()}" for name in (Filter.HIGH, Filter.AGAINST) if n.get(name)]
    more = " or more" if queue.is_cut else ""
    waits = f"{n[Filter.ALL]:,}{more} {'waits' if n[Filter.ALL] == 1 else 'wait'}"
    testing = f" {n[Filter.TESTED]:,} {Filter.TESTED.value.lower()}." if n.get(Filter.TESTED) else ""
    return f"{waits}{': ' if told else ''}{', '.join(told)}.{testing}"


def _caption(line: ProposalLine, *, now: datetime) -> str:
    """Stakes, verdict and age in words; the colour only repeats them."""
    told = [words.STAKES[line.level].name]
    if line.is_withheld:
        told.append(words.WITHHELD.name.lower())
    elif line.state is ProposalState.WAITING and line.verdict is not None:
        told.append(words.VERDICTS[line.verdict].name.lower())
    told.append(words.waiting(line.waits_since, now))
    if line.approved_by:
        told.append("approved by 1 of 2")
    if others := [name for name in line.readers if name != session.current_user().name]:
        told.append(f"{', '.join(others)} {'reads' if len(others) == 1 else 'read'} it")
    return literal(" · ".join(told))
