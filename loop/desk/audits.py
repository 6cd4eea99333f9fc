"""Blind audits: a lead answers questions drawn from the cases without seeing what is on file, then settles.

How often both say the same (inter-annotator agreement, with a Wilson interval) says how far the answers on file can be
believed. What the lead confirmed or replaced rests on the lead's word from then on: it anchors the firewall, and no
feedback that is taken back takes it away.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from loop import roles
from loop.desk.agreement import samples_due
from loop.desk.blind import blind_draw
from loop.desk.cases import act_on, note_on, replacement
from loop.desk.wording import checked_words
from loop.errors import Conflict, InvalidInput, NotAllowed, NotFound
from loop.heldout import HIDDEN_SPLITS
from loop.ports import Parts
from loop.records import (
    Actor,
    AuditAnswer,
    CaseAudit,
    CaseChanges,
    ContextFields,
    EvalCase,
    Grading,
    JournalAction,
    Record,
    Split,
    derived_id,
    digest,
)
from loop.text.spelling import name_key, normalise

QUESTIONS = 30
"""Questions of a first audit: where 27 of 30 agree, between 74 and 97 % of the answers can be believed."""
_NAMED = 12
"""Labels named in a refusal; there may be a hundred."""


class AuditQuestion(Record):
    """One question as the lead sees it: nothing of what is on file."""

    audit_id: str
    case_id: str
    place: int
    """1, 2, 3 …"""
    of: int
    question: str
    context: ContextFields
    choices: tuple[str, ...]
    """Labels or article ids to choose from; empty where the answer is in words."""


class Disagreement(Record):
    """Two answers to one question, shown once all questions are answered."""

    case_id: str
    question: str
    answer: str
    """The lead's."""
    expected: str
    """On file."""
    author: str
    """Who said what is on file."""
    agrees: bool | None
    """None: words, still to be compared."""


class _Standing(NamedTuple):
    """Where an audit stands."""

    audit: CaseAudit
    cases: Mapping[str, EvalCase]
    """Of the drawn ones, those in use, or answered before they were replaced."""
    answers: Mapping[str, AuditAnswer]

    @property
    def is_answered(self) -> bool:
        return all(case_id in self.answers for case_id in self.cases)


def begin_audit(
    parts: Parts, *, actor: Actor, kind: Literal["first", "sample"] = "first", n: int = QUESTIONS
) -> CaseAudit:
    """Draw questions for the actor, or go on with the audit they have open.

    `first`: from all dev and sealed cases nobody answers for; `sample`: from sealed ones, as many as are due. Never
    what the actor made. Whoever draws sealed cases has read them from then on, and it is noted.
    Raises NotAllowed; InvalidInput when there is nothing to ask.
    """
    roles.check(actor, "examine")
    store = parts.store
    for going in store.case_audits():
        is_mine = going.ended_at is None and going.lead == actor.name
        if is_mine and (next_question(parts, going.id, actor=actor) or disagreements(parts, going.id, actor=actor)):
            return going
    is_first = kind == "first"
    splits = sorted(HIDDEN_SPLITS) if is_first else [Split.SEALED]
    pool = store.unaudited(splits, not_by=actor.name, is_unvouched=is_first)
    drawn = blind_draw(pool, n=n if is_first else samples_due(parts), chance=parts.token())
    if not drawn:
        raise InvalidInput(
            f"There is no case {actor.name} could be asked.",
            field="kind",
            remedy="Nobody audits their own cases; ask somebody else, or wait until there are more or some are due.",
        )
    now = parts.clock()
    audit = CaseAudit(
        id=derived_id("audit", store.agent.slug, actor.name, now, drawn),
        agent=store.agent.slug,
        kind=kind,
        lead=actor.name,
        case_ids=tuple(drawn),
        drawn_from=len(pool),
        started_at=now,
    )
    sealed = [case for case in store.cases_by_id(drawn).values() if case.split is Split.SEALED]
    note = note_on(
        parts,
        JournalAction.BEGIN_AUDIT,
        subject=audit.id,
        actor=actor,
        cases=digest(drawn),
        n=str(len(drawn)),
        of=str(len(pool)),
    )
    store.change_cases(
        CaseChanges(
            audits=(audit,),
            acts=tuple(act_on(parts, case, "show", actor=actor, about=audit.id) for case in sealed),
            notes=(note,),
        )
    )
    return audit


def next_question(parts: Parts, audit_id: str, *, actor: Actor) -> AuditQuestion | None:
    """The next question without an answer; None when all are answered. Raises NotAllowed, NotFound."""
    standing = _standing(parts, audit_id, actor=actor)
    asked = [case_id for case_id in standing.audit.case_ids if case_id in standing.cases]
    case_id = next((one for one in asked if one not in standing.answers), None)
    if case_id is None:
        return None
    case = standing.cases[case_id]
    return AuditQuestion(
        audit_id=audit_id,
        case_id=case_id,
        place=asked.index(case_id) + 1,
        of=len(asked),
        question=case.question,
        context=case.context,
        choices=tuple(_choices(parts, case)),
    )


def answer_question(
    parts: Parts, audit_id: str, case_id: str, *, actor: Actor, answer: str, is_new_label: bool = False
) -> None:
    """Give one's own answer, blind; a first answer stands. Where it is the one on file, the case is confirmed.

    Raises NotAllowed, NotFound; InvalidInput for an unknown label or article; Conflict when it was answered otherwise.
    """
    standing = _standing(parts, audit_id, actor=actor)
    case = standing.cases.get(case_id)
    if case is None:
        raise NotFound("This question is not part of the audit.", remedy="Ask for the next one.")
    said = _spoken(parts, case, answer, is_new_label=is_new_label)
    earlier = standing.answers.get(case_id)
    if earlier is not None:
        if normalise(earlier.answer) != normalise(said):
            raise Conflict("This question was answered before; a first answer stands.", remedy="Go on with the next.")
        return
    is_same = normalise(said) == normalise(case.expected)
    given = AuditAnswer(
        agent=case.agent,
        audit_id=audit_id,
        case_id=case_id,
        answer=said,
        expected=case.expected,
        agrees=True if is_same else None if case.grading is Grading.TEXT else False,
        kept="file" if is_same else "",
        at=parts.clock(),
    )
    _keep(parts, standing, given, case=case, actor=actor, action=JournalAction.ANSWER_AUDIT)


def disagreements(parts: Parts, audit_id: str, *, actor: Actor) -> list[Disagreement]:
    """What is still to be settled, once every question is answered; until then nothing, so that it stays blind."""
    standing = _standing(parts, audit_id, actor=actor)
    if not standing.is_answered:
        return []
    return [
        Disagreement(
            case_id=case_id,
            question=case.question,
            answer=given.answer,
            expected=given.expected,
            author=case.author,
            agrees=given.agrees,
        )
        for case_id, case in standing.cases.items()
        if not (given := standing.answers[case_id]).kept
    ]


def settle_answer(
    parts: Parts, audit_id: str, case_id: str, *, actor: Actor, keep: Literal["same", "file", "lead"], reason: str = ""
) -> None:
    """Settle one disagreement: both say the `same` (words only), the one on `file` is right, or the `lead`'s is.

    Whichever stays rests on the lead's word from then on. Raises NotAllowed, NotFound; InvalidInput when labels differ
    and are called the same; Conflict before all questions are answered, or when it is settled.
    """
    standing = _standing(parts, audit_id, actor=actor)
    case, given = standing.cases.get(case_id), standing.answers.get(case_id)
    if case is None or given is None:
        raise NotFound("This question was not answered.", remedy="Answer it first.")
    if not standing.is_answered:
        raise Conflict("Settling begins when every question is answered, so that it stays blind.", remedy="Go on.")
    if given.kept:
        raise Conflict("This answer is settled.", remedy="Go on with the next one.")
    if keep == "same" and given.agrees is not None:
        raise InvalidInput("Two labels are not the same.", field="keep", remedy="Choose file or lead.")
    settled = given.model_copy(update={"agrees": keep == "same", "kept": "lead" if keep == "lead" else "file"})
    _keep(
        parts,
        standing,
        settled,
        case=case,
        actor=actor,
        action=JournalAction.SETTLE_AUDIT,
        reason=checked_words(reason),
    )


# steps -------------------------------------------------------------------------------------------------------------
def _standing(parts: Parts, audit_id: str, *, actor: Actor) -> _Standing:
    roles.check(actor, "examine")
    audit = next((one for one in parts.store.case_audits() if one.id == audit_id), None)
    if audit is None:
        raise NotFound("There is no such audit.")
    if audit.lead != actor.name:
        raise NotAllowed("This audit is somebody else's.", remedy="Begin one of your own.")
    in_use = parts.store.cases_by_id(audit.case_ids)
    answers = {one.case_id: one for one in parts.store.audit_answers(audit_id)}
    return _Standing(
        audit=audit,
        cases={key: in_use[key] for key in audit.case_ids if key in in_use},
        answers=answers,
    )


def _keep(
    parts: Parts,
    standing: _Standing,
    given: AuditAnswer,
    *,
    case: EvalCase,
    actor: Actor,
    action: JournalAction,
    reason: str = "",
) -> None:
    """Write one answer as it stands now, what it does to its case, and the end of the audit if this was the last."""
    answers = {**standing.answers, given.case_id: given}
    is_over = all(key in answers and answers[key].kept for key in standing.cases)
    about = f"{standing.audit.id} {reason}".strip()
    changes = CaseChanges(
        answers=(given,),
        audits=(standing.audit.model_copy(update={"ended_at": parts.clock()}),) if is_over else (),
        notes=(
            note_on(
                parts,
                action,
                subject=case.id,
                actor=actor,
                audit=standing.audit.id,
                agrees={True: "yes", False: "no", None: "unknown"}[given.agrees],
                kept=given.kept or "open",
                reason=digest(reason),
            ),
        ),
    )
    if given.kept == "file":
        confirm = act_on(parts, case, "confirm", actor=actor, about=about)
        changes = changes.model_copy(update={"vouched": {case.id: actor.name}, "acts": (confirm,)})
    elif given.kept == "lead":
        new_id = derived_id("case", case.id, standing.audit.id, given.answer)
        made = replacement(case, case_id=new_id, expected=given.answer, actor=actor, parts=parts)
        acts = [act_on(parts, made, "replace", actor=actor, about=f"{about} in place of {case.id}")]
        if case.split is Split.SEALED:
            acts.append(act_on(parts, made, "show", actor=actor, about=about))
        changes = changes.model_copy(update={"new": (made,), "replaced": {case.id: new_id}, "acts": tuple(acts)})
    parts.store.change_cases(changes)


def _choices(parts: Parts, case: EvalCase) -> list[str]:
    match case.grading:
        case Grading.LABEL:
            return parts.store.labels_on_file()
        case Grading.ARTICLE:
            return [article.id for article in parts.store.bundle(parts.store.head().digest).articles]
        case Grading.TEXT:
            return []


def _spoken(parts: Parts, case: EvalCase, answer: str, *, is_new_label: bool) -> str:
    """The answer in the terms of the grading, spelled as on file."""
    said = checked_words(answer, field="answer")
    if not said:
        raise InvalidInput("An answer has words.", field="answer", remedy="Say what is right, or leave the audit open.")
    choices = _choices(parts, case)
    known = {name_key(choice): choice for choice in choices}
    if case.grading is Grading.TEXT or (case.grading is Grading.LABEL and is_new_label):
        return known.get(name_key(said), said)
    if name_key(said) not in known:
        more = f" and {len(choices) - _NAMED} more" if len(choices) > _NAMED else ""
        raise InvalidInput(
            f"There is no such {case.grading.value}.",
            field="answer",
            remedy=f"Known are: {', '.join(choices[:_NAMED])}{more}.",
        )
    return known[name_key(said)]
