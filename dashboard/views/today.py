"""Today: what needs a person, what is about to go live, and what the loop did last."""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import navigation, page_run, session
from dashboard.components.elements import cards, keys, words
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.review import actions, decision, drafting
from dashboard.components.review.queue import Filter
from dashboard.components.setup import pulse
from loop import desk, roles
from loop.errors import BrokenChain, NotFound
from loop.policy import blinding_rule
from loop.ports import Parts
from loop.records import FailedJob, ProposalItem, ProposalState, StakesLevel, TurnReport
from storage.queries import corrections, progress, review
from storage.queries.review import ProposalLine

SHOWN = 5
LAPSED_SHOWN = timedelta(days=7)
"""For how long an approved change that could not go live is listed."""


_PAGES = {
    "decide_high": ("review", "p"),
    "decide": ("review", "p"),
    "judge": ("feedback", ""),
    "correct": ("corrections", "c"),
    "watch": ("improvement", ""),
    "nothing": ("improvement", ""),
}
"""Where each thing is done, and the name under which the address carries what to open."""


def draw() -> None:
    """The page."""
    session.tell()
    parts = session.parts()
    if drafting.is_drafting():
        drafting.show_draft(parts)
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        cards.title("Today")
        drafting.show_draft_button()
    _unchained(parts)
    hides = blinding_rule(parts.store)
    lines = review.list_proposals(session.scope(), [ProposalState.WAITING], is_withheld=hides)
    _next(lines)
    _needs()
    left, right = st.columns((3, 2), gap="large")
    with left:
        _topics(parts)
        _set_aside(parts)
        _waiting(lines)
        _undo_list()
        _lapsed()
    with right:
        _examiners(parts)
        _heartbeat(parts)
        _releases()


def _unchained(parts: Parts) -> None:
    """A live version that does not follow from the record: nothing runs until somebody acts."""
    try:
        parts.store.check_head()
    except BrokenChain as error:
        cards.note(str(error), "bad")


def _next(lines: Sequence[ProposalLine]) -> None:
    """The one thing to do now, for this person. What comes after changes is looked for where none waits for them."""
    me = session.current_user()
    mine = [line for line in lines if line.waits_for(me)]
    held = 0 if mine else session.waits().held
    to_correct = () if mine and roles.may(me, "decide") else _to_correct()
    step = desk.next_step(
        me,
        desk.Desk(
            high=[line.id for line in mine if line.level is StakesLevel.HIGH],
            waiting=[line.id for line in mine],
            for_others=len(lines) - len(mine),
            to_correct=[one.interaction_id for one in to_correct],
            held=held,
            idle=pulse.idle_words(is_paused=session.agent().limits.is_paused),
        ),
    )
    title = next((line.title for line in lines if line.id == step.subject), "")
    path, name = _PAGES[step.thing]
    with _row():
        show(tag("div", tag("b", step.says), tag("div", title, css="rt-small") if title else None, css="rt-text"))
        kind = "secondary" if step.thing in ("nothing", "watch") else "primary"
        if keys.show_button(step.verb, key="next", shortcut="N", says=step.verb, type=kind):
            navigation.go(path, **({name: step.subject} if name else {}))


@page_run.once
def _to_correct() -> list[corrections.ToCorrect]:
    return corrections.queue(session.scope())


@page_run.fragment(run_every="30s")
def _needs() -> None:
    """What waits for a person, as numbers that lead to the page."""
    now = session.now()
    waits = session.waits()
    to_correct = len(_to_correct())
    first, second, third, fourth = st.columns(4)
    with first:
        _card("Changes to decide", waits.to_review, words.oldest(waits.oldest, now), "review", "Start reviewing")
    with second:
        _card(
            "High stakes",
            waits.high_stakes,
            "approving asks for a reason",
            "review",
            "See them",
            show=Filter.HIGH.value,
        )
    with third:
        _card("Feedback held back", waits.held, f"{waits.quarantined:,} more in quarantine", "feedback", "Look at it")
    with fourth:
        more = "the newest; rated low or unsure" if to_correct >= corrections.MOST else "rated low or unsure"
        _card("Answers to correct", to_correct, more, "corrections", "Correct them")


def _card(name: str, n: int, more: str, path: str, verb: str, **params: str) -> None:
    with st.container(border=True, gap="xxsmall"):
        show(
            tag(
                "div",
                tag("h2", name),
                tag("div", f"{n:,}", css="rt-big"),
                tag("span", more, css="rt-small"),
                css="rt-bare",
            )
        )
        navigation.link(path, verb, icon=":material/arrow_forward:", **params)


def _waiting(lines: Sequence[ProposalLine]) -> None:
    cards.heading("Next to decide")
    if not lines:
        cards.empty("No change waits for a decision", "What the loop drafts and tests by itself appears here.")
        return
    for line in lines[:SHOWN]:
        verdict = words.WITHHELD if line.is_withheld else words.VERDICTS[line.verdict] if line.verdict else None
        with _row():
            facts = tag(
                "div",
                cards.saying(verdict) if verdict else None,
                tag("span", words.points(line.effect)) if line.effect is not None else None,
                cards.chip(words.STAKES[line.level].name, words.STAKES[line.level].tone),
                cards.chip("Approved by 1 of 2", "hopeful") if line.approved_by else None,
                tag("span", words.waiting(line.waits_since, session.now())),
                css="rt-chips",
            )
            show(tag("div", tag("div", tag("b", line.title), css="rt-text"), facts))
            navigation.link("review", "Open", icon=":material/arrow_forward:", p=line.id)
    if len(lines) > SHOWN:
        navigation.link("review", f"All {len(lines)} changes", icon=":material/list:")


def _row() -> DeltaGenerator:
    """A card whose last part stays at the right of its text, however long that is."""
    return st.container(border=True, horizontal=True, wrap=False, vertical_alignment="center")


def _topics(parts: Parts) -> None:
    """What many people say at once: shown, not held, and taught only once somebody known says it too."""
    topics = desk.emerging_topics(parts)
    if not topics:
        return
    cards.heading("Emerging topics", "Many people without a record say the same, far more than usual.")
    for topic in topics[:SHOWN]:
        with _row():
            show(tag("div", tag("b", topic.title), tag("div", topic.told, css="rt-small"), css="rt-text"))
            navigation.link("feedback", "Look at it", icon=":material/arrow_forward:", f=topic.example)
    if len(topics) > SHOWN:
        cards.quiet(f"And {len(topics) - SHOWN} more.")


def _set_aside(parts: Parts) -> None:
    """Work that kept failing: the rest goes on without it."""
    failed = [job for job in parts.store.failed_jobs() if job.retry_at is None]
    if not failed:
        return
    cards.heading("Set aside", "These kept failing; everything else goes on.")
    for job in failed:
        with st.container(border=True):
            what = f"{words.JOBS[job.kind]} {words.STAGES.get(job.subject, '')}".strip()
            item = _change_of(parts, job)
            tried = tag("div", f"{job.reason} {words.count(job.tries, 'try', 'tries')}.", css="rt-small")
            retry = tag("div", f"To try again: ratchet jobs retry {job.id}", css="rt-small")
            named = tag("div", item.proposal.title) if item else None
            show(tag("div", tag("b", what), named, tried, retry, css="rt-text"))
            if item:
                navigation.link("review", "Open the change", icon=":material/arrow_forward:", p=item.proposal.id)
            if roles.may(session.current_user(), "roll_back"):
                st.button("Try it again", key=f"retry-{job.id}", on_click=_retry, args=(job.id,))


def _retry(job_id: str) -> None:
    def verb() -> session.Notice:
        desk.retry_job(session.parts(), job_id, actor=session.current_user())
        return session.Notice("It is tried again as soon as a worker looks.")

    session.act(verb)


def _change_of(parts: Parts, job: FailedJob) -> ProposalItem | None:
    """The change that the work was about; None where it was about none."""
    subject = job.subject
    if job.kind == "apply":
        subject = next((one.proposal_id for one in parts.store.decisions() if one.id == subject), "")
    elif job.kind != "evaluation":
        return None
    try:
        return parts.store.proposal(subject)
    except NotFound:
        return None


def _undo_list() -> None:
    pending = review.undoable(session.scope())
    if not pending:
        return
    cards.heading("About to go live", "Approved, and still to be taken back.")
    for one in pending:
        with _row():
            show(tag("div", tag("b", one.title), tag("div", f"approved by {one.actor}", css="rt-small")))
            if one.effective_at > session.now():
                decision.show_countdown(one.effective_at, before="live in ")
            else:
                cards.quiet("goes live as soon as a worker gets to it")
            st.button("Undo", key=f"undo-{one.decision_id}", on_click=actions.take_back, args=(one.decision_id,))


def _lapsed() -> None:
    lines = review.lapsed_approvals(session.scope(), since=session.now() - LAPSED_SHOWN)
    if not lines:
        return
    cards.heading("Could not go live", "Approved, and then the change no longer fitted.")
    me = session.current_user().name
    for line in lines:
        with _row():
            who = "You approved it." if line.actor == me else f"{line.actor} approved it."
            told = tag("div", f"{who} {line.reason}", css="rt-small")
            show(tag("div", tag("b", line.title), told, css="rt-text"))
            verb = "Decide it again" if line.successor_id else "Open"
            navigation.link("review", verb, icon=":material/arrow_forward:", p=line.successor_id or line.proposal_id)


def _examiners(parts: Parts) -> None:
    """Who examines the agent, how far their answers were checked, and what it costs when nobody is named."""
    cards.heading("Who examines")
    found = desk.examination(parts)
    told = desk.examiner_words(found)
    first, *rest = (tag("div", sentence, css="rt-small") for sentence in told)
    show(tag("div", first, rest, css="rt-card"))
    with st.container(horizontal=True):
        if found.cases:
            navigation.link("cases", "Blind audit", icon=":material/arrow_forward:", section="Blind audit")
        if not found.named:
            navigation.link("loop", "Name who examines", icon=":material/arrow_forward:", part="Examiners")
    if thin := desk.thin_words(parts):
        cards.quiet(thin)


def _heartbeat(parts: Parts) -> None:
    cards.heading("The loop")
    turn = parts.store.last_turn()
    if turn is None:
        cards.empty("No turn yet", "The worker runs the loop: collect, validate, update, test, deploy.")
        return
    show(_turn(turn))


def _turn(turn: TurnReport) -> Markup:
    rows = []
    for stage in turn.stages:
        counted = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in stage.counts.items() if n)
        said = [tag("div", sentence, css="rt-small") for sentence in (*stage.words, *stage.why)]
        rows.append(
            (
                tag("b", words.STAGES[stage.stage], css="rt-once"),
                tag("div", tag("span", counted or "nothing new"), said),
            )
        )
    took = (turn.ended_at - turn.started_at).total_seconds()
    return tag(
        "div",
        tag(
            "div",
            f"Last turn {words.ago(turn.ended_at, session.now())}{f', it took {took:.1f} s' if took >= 0.05 else ''}.",
            css="rt-small",
        ),
        cards.table(("Stage", "What it did"), rows, label="The last turn of the loop"),
        css="rt-card",
    )


def _releases() -> None:
    lines = progress.releases(session.scope())[:SHOWN]
    cards.heading("What changed lately")
    now = session.now()
    rows = [
        (
            tag("b", words.version(line.number)),
            "Rolled back" if line.kind == "rollback" else "Started" if line.kind == "start" else line.title,
            tag("span", words.ago(line.at, now), css="rt-once"),
        )
        for line in lines
    ]
    show(tag("div", cards.table(("Version", "What", "When"), rows, label="Latest releases"), css="rt-card"))
    navigation.link("releases", "All releases", icon=":material/arrow_forward:")
