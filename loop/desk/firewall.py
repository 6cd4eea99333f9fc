"""Blind audits of the firewall, its panel, and the switch of each detector.

Flagged and unflagged feedback is drawn at random by stratum, shuffled, and shown without flag, state or author. Two
people judge each item, a third where they differ; nobody judges their own word. What it comes to stands on the panel.
"""

from typing import NamedTuple

from loop import roles, validate
from loop.desk.agent_settings import change_settings
from loop.desk.blind import blind_draw
from loop.desk.cases import note_on
from loop.errors import Conflict, InvalidInput, NotFound
from loop.ports import Agents, Parts
from loop.records import (
    Actor,
    AuditCell,
    AuditChanges,
    Changes,
    ContextFields,
    Derived,
    FeedbackKind,
    FirewallAudit,
    FirewallPanel,
    FirewallVerdict,
    JournalAction,
    Record,
    Says,
    derived_id,
    digest,
    person,
)
from loop.stats.stratified import allocate

AUDITED = 60
"""Items of an audit: half of what is flagged, half of what is not."""
POPULATION = 20_000
"""Newest items it draws from, at most."""
SAID: tuple[Says, ...] = ("sound", "bad", "unsure")


class FirewallQuestion(Record):
    """One drawn item as an auditor sees it: nothing of what detectors said, of its state or of who said it."""

    audit_id: str
    feedback_id: str
    place: int
    """1, 2, 3 … of those this person is still asked, as they stood when it began."""
    of: int
    kind: FeedbackKind
    question: str
    context: ContextFields
    answer: str
    """The agent's, or the label it chose."""
    value: float | None
    said: str
    """The words, the better answer or the right label."""
    reason: str


class AuditProgress(Record):
    """Where the newest audit stands for one person."""

    audit_id: str
    drawn: int
    done: int
    """Items this person judged."""
    left: int
    """Items that still wait for a word of theirs."""


class _Going(NamedTuple):
    audit: FirewallAudit
    words: dict[str, list[FirewallVerdict]]


def draw_firewall_audit(parts: Parts, *, actor: Actor, n: int = AUDITED) -> FirewallAudit:
    """Draw items for everybody to judge, or go on with the audit that has open ones.

    Raises NotAllowed; InvalidInput when there is nothing to draw from.
    """
    roles.check(actor, "judge_feedback")
    going = _newest(parts)
    if going is not None and any(
        validate.settle_verdicts(going.words.get(key, ())) == "open" for key in going.audit.order
    ):
        return going.audit
    cells = _cells(parts, n=n)
    drawn = [key for cell in cells for key in cell.drawn]
    if not drawn:
        raise InvalidInput(
            "There is no feedback the firewall has judged yet.", field="n", remedy="Run a turn first: ratchet turn."
        )
    now = parts.clock()
    slug = parts.store.agent.slug
    audit = FirewallAudit(
        id=derived_id("firewall-audit", slug, now, drawn),
        agent=slug,
        drawn_by=actor.name,
        cells=tuple(cells),
        order=tuple(blind_draw(drawn, n=len(drawn), chance=parts.token())),
        drawn_at=now,
    )
    told = note_on(
        parts,
        JournalAction.BEGIN_FIREWALL_AUDIT,
        subject=audit.id,
        actor=actor,
        items=digest(drawn),
        n=str(len(drawn)),
        of=str(sum(cell.size for cell in cells)),
    )
    parts.store.change_audits(AuditChanges(audits=(audit,), notes=(told,)))
    return audit


def next_firewall_question(parts: Parts, *, actor: Actor) -> FirewallQuestion | None:
    """The next item of the newest audit that waits for this person's word; None when none does. Raises NotAllowed."""
    roles.check(actor, "judge_feedback")
    going = _newest(parts)
    if going is None:
        return None
    waiting = _waiting(parts, going, actor=actor)
    if not waiting:
        return None
    done = _judged_by(going, actor)
    key = waiting[0]
    feedback = parts.store.feedback_items([key])[key].feedback
    asked = parts.store.interactions([feedback.interaction_id]).get(feedback.interaction_id)
    return FirewallQuestion(
        audit_id=going.audit.id,
        feedback_id=key,
        place=done + 1,
        of=done + len(waiting),
        kind=feedback.kind,
        question=asked.question if asked else "",
        context=asked.context if asked else {},
        answer=(asked.answer or asked.label or asked.article_id or "") if asked else "",
        value=feedback.value,
        said=feedback.text or feedback.label or feedback.article_id or "",
        reason=feedback.reason,
    )


def judge_blind(parts: Parts, audit_id: str, feedback_id: str, *, actor: Actor, says: Says) -> FirewallPanel:
    """Say what one thinks of a drawn item; a first word stands. The panel as it is then, already kept.

    Raises NotAllowed, NotFound; InvalidInput for another word; Conflict when this person, or enough people, have.
    """
    roles.check(actor, "judge_feedback")
    if says not in SAID:
        raise InvalidInput("There is no such answer.", field="says", remedy=f"Say one of: {', '.join(SAID)}.")
    going = _newest(parts)
    if going is None or going.audit.id != audit_id or feedback_id not in going.audit.order:
        raise NotFound("This item is not part of the newest audit.", remedy="Ask for the next one.")
    if feedback_id not in _waiting(parts, going, actor=actor):
        raise Conflict(
            "This item does not wait for your word: it is yours, you judged it, or others settled it.",
            remedy="Go on with the next one.",
        )
    given = FirewallVerdict(
        agent=parts.store.agent.slug,
        audit_id=audit_id,
        feedback_id=feedback_id,
        rater=actor.name,
        says=says,
        is_alone=actor.is_single_operator,
        at=parts.clock(),
    )
    note = note_on(
        parts, JournalAction.JUDGE_BLIND, subject=feedback_id, actor=actor, audit=audit_id, says=digest(says)
    )
    parts.store.change_audits(AuditChanges(verdicts=(given,), notes=(note,)))
    panel = validate.stored_panel(parts.store)
    if panel is None:
        panel = validate.fresh_panel(parts.store, now=parts.clock(), seed=parts.seed)
    else:
        panel = validate.audited_panel(panel, store=parts.store, seed=parts.seed)
    _keep(parts, panel)
    return panel


def audit_progress(parts: Parts, *, actor: Actor) -> AuditProgress | None:
    """Where the newest audit stands for this person; None when there was never one."""
    going = _newest(parts)
    if going is None:
        return None
    return AuditProgress(
        audit_id=going.audit.id,
        drawn=len(going.audit.order),
        done=_judged_by(going, actor),
        left=len(_waiting(parts, going, actor=actor)) if roles.may(actor, "judge_feedback") else 0,
    )


def firewall_panel(parts: Parts) -> FirewallPanel | None:
    """As it was last counted: a read by key. None before the first turn."""
    return validate.stored_panel(parts.store)


def recount_firewall(parts: Parts, *, actor: Actor) -> FirewallPanel:
    """Count it now instead of at the next turn. Raises NotAllowed."""
    roles.check(actor, "judge_feedback")
    panel = validate.fresh_panel(parts.store, now=parts.clock(), seed=parts.seed)
    _keep(parts, panel)
    return panel


def switch_detector(agents: Agents, parts: Parts, name: str, *, actor: Actor, is_on: bool) -> bool:
    """Switch one detector on or off, a setting of the agent like any other; whether anything changed.

    All feedback is judged again at the next turn. Raises NotAllowed, InvalidInput, Conflict.
    """
    verb = "-=" if is_on else "+="
    return bool(change_settings(agents, parts, actor=actor, settings=[f"detectors_off{verb}{name}"]))


# steps -------------------------------------------------------------------------------------------------------------
def _newest(parts: Parts) -> _Going | None:
    audits = parts.store.firewall_audits()
    if not audits:
        return None
    return _Going(audits[0], validate.words_of(parts.store.firewall_verdicts(audits[0].id)))


def _cells(parts: Parts, *, n: int) -> list[AuditCell]:
    """Every set of detectors with its members; half of the draw from those that flag anything, the rest from the rest.

    Where one half has too few, the other makes up for it.
    """
    population = parts.store.audit_population(limit=POPULATION)
    members: dict[tuple[str, ...], list[str]] = {}
    for one in population.items:
        members.setdefault(one.detectors, []).append(one.feedback_id)
    keys = sorted(members)
    flagged = [key for key in keys if key]
    plain = len(members.get((), ()))
    n_flagged = min(sum(len(members[key]) for key in flagged), max(n // 2, n - plain))
    parts_of = dict(zip(flagged, allocate([len(members[key]) for key in flagged], n=n_flagged), strict=True))
    parts_of[()] = min(plain, n - n_flagged)
    chance = parts.token()
    return [
        AuditCell(
            detectors=key,
            size=len(members[key]),
            drawn=tuple(blind_draw(members[key], n=parts_of[key], chance=chance)),
        )
        for key in keys
    ]


def _waiting(parts: Parts, going: _Going, *, actor: Actor) -> list[str]:
    """Items that wait for a word of this person, in order: not theirs, not judged by them, not settled."""
    some = [
        key
        for key in going.audit.order
        if validate.settle_verdicts(going.words.get(key, ())) == "open"
        and all(one.rater != actor.name for one in going.words.get(key, ()))
    ]
    items = parts.store.feedback_items(some)
    mine = {actor.name, person(actor.name, source="dashboard")}
    return [key for key in some if key in items and items[key].feedback.author not in mine]


def _judged_by(going: _Going, actor: Actor) -> int:
    return sum(one.rater == actor.name for some in going.words.values() for one in some)


def _keep(parts: Parts, panel: FirewallPanel) -> None:
    parts.store.commit(Changes(derived=Derived(kept=(validate.panel_document(panel),))))
