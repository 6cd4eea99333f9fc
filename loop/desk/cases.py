"""What a person does about cases: protect them, keep a named set, take them out as a file."""

from collections.abc import Iterable, Sequence

from loop import roles
from loop.desk.wording import checked_words
from loop.errors import InvalidInput, NotAllowed
from loop.heldout import HIDDEN_SPLITS
from loop.ports import Parts
from loop.records import (
    Actor,
    CaseAct,
    CaseChanges,
    CaseSet,
    CaseVerb,
    EvalCase,
    Grading,
    JournalAction,
    Note,
    Split,
    case_set_digest,
    derived_id,
    digest,
)


def protect(parts: Parts, case_ids: Iterable[str], *, actor: Actor, reason: str, is_protected: bool = True) -> int:
    """Say that no change may break these cases, or take that back; how many changed. Idempotent.

    Raises NotAllowed (sealed cases too: to choose one is to have read it); InvalidInput for unknown cases or no reason.
    """
    roles.check(actor, "decide")
    wanted = list(dict.fromkeys(case_ids))
    if not reason.strip():
        raise InvalidInput("Protecting a case needs a reason.", field="reason", remedy="Say why in a sentence.")
    found = parts.store.cases_by_id(wanted)
    if len(found) < len(wanted):
        raise InvalidInput(
            f"{len(wanted) - len(found)} of these cases are not in use.",
            field="case_ids",
            remedy="Load the list again.",
        )
    if any(case.split is Split.SEALED for case in found.values()):
        raise NotAllowed(
            "A sealed case cannot be chosen for protection: nobody reads them.", remedy="Choose dev or log."
        )
    moving = [case for case in found.values() if case.is_protected is not is_protected]
    if moving:
        verb: CaseVerb = "protect" if is_protected else "unprotect"
        action = JournalAction.PROTECT_CASE if is_protected else JournalAction.UNPROTECT_CASE
        parts.store.change_cases(
            CaseChanges(
                protected={case.id: is_protected for case in moving},
                acts=tuple(act_on(parts, case, verb, actor=actor, about=checked_words(reason)) for case in moving),
                notes=tuple(
                    note_on(parts, action, subject=case.id, actor=actor, reason=digest(reason)) for case in moving
                ),
            )
        )
    return len(moving)


def keep_set(parts: Parts, name: str, *, actor: Actor) -> CaseSet:
    """Keep which cases examine now, under a name. Raises NotAllowed, InvalidInput, Conflict when the name is taken."""
    roles.check(actor, "examine")
    chosen = checked_words(name, field="name")
    if not 0 < len(chosen) <= 80:
        raise InvalidInput("A set needs a name of at most 80 characters.", field="name", remedy="Such as 2026-spring.")
    cases = parts.store.cases(HIDDEN_SPLITS)
    kept = CaseSet(
        agent=parts.store.agent.slug,
        name=chosen,
        digest=case_set_digest(cases),
        case_ids={
            split: tuple(case.id for case in cases if case.split is split) for split in (Split.DEV, Split.SEALED)
        },
        actor=actor.name,
        at=parts.clock(),
    )
    note = note_on(
        parts, JournalAction.KEEP_CASE_SET, subject=kept.name, actor=actor, cases=kept.digest, n=str(len(cases))
    )
    parts.store.change_cases(CaseChanges(sets=(kept,), notes=(note,)))
    return kept


def case_rows(
    parts: Parts, splits: Sequence[Split], *, actor: Actor, is_burning: bool = False, reason: str = ""
) -> list[EvalCase]:
    """The cases of some splits, to be written to a file.

    Sealed ones only when `is_burning` says that their secrecy may go, to an admin with a reason; it is in the journal,
    and whoever took them is noted as having read each. Raises NotAllowed, InvalidInput.
    """
    roles.check(actor, "read")
    cases = parts.store.cases(splits)
    sealed = [case for case in cases if case.split is Split.SEALED]
    if Split.SEALED not in splits:
        return cases
    roles.check(actor, "set_up")
    if not is_burning or not reason.strip():
        raise InvalidInput(
            "Sealed cases leave the database only when you say that their secrecy may go, and why.",
            field="is_burning",
            remedy="Whoever reads them can no longer be examined on them.",
        )
    told = checked_words(reason)
    parts.store.change_cases(
        CaseChanges(
            acts=tuple(act_on(parts, case, "show", actor=actor, about=f"export: {told}") for case in sealed),
            notes=(
                note_on(
                    parts,
                    JournalAction.EXPORT_SEALED_CASES,
                    subject=parts.store.agent.slug,
                    actor=actor,
                    cases=case_set_digest(sealed),
                    n=str(len(sealed)),
                    reason=digest(told),
                ),
            ),
        )
    )
    return cases


def act_on(parts: Parts, case: EvalCase, verb: CaseVerb, *, actor: Actor, about: str) -> CaseAct:
    """The record of one act on one case, now."""
    at = parts.clock()
    return CaseAct(
        id=derived_id("act", case.id, verb, actor.name, at),
        agent=case.agent,
        case_id=case.id,
        verb=verb,
        actor=actor.name,
        at=at,
        about=about,
    )


def replacement(case: EvalCase, *, case_id: str, expected: str, actor: Actor, parts: Parts) -> EvalCase:
    """The same question with another answer that the actor vouches for; it rests on no feedback any more."""
    is_topic_the_answer = case.grading is Grading.LABEL and case.topic == case.expected
    return case.model_copy(
        update={
            "id": case_id,
            "expected": expected,
            "must_include": (),
            "must_exclude": (),
            "topic": expected if is_topic_the_answer else case.topic,
            "author": actor.name,
            "vouched_by": actor.name,
            "feedback_id": None,
            "at": parts.clock(),
        }
    )


def note_on(parts: Parts, action: JournalAction, *, subject: str, actor: Actor, **digests: str) -> Note:
    """What the journal says of an act, now."""
    return Note(actor=actor.name, action=action, subject=subject, digests=digests, at=parts.clock())
