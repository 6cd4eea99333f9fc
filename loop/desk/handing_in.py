"""Cases handed in by somebody who answers for them: drawn, met with what is on file, written as one act."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from loop import roles
from loop.desk.cases import act_on, note_on, replacement
from loop.errors import InvalidInput
from loop.heldout import GROUP_DRAW, HIDDEN_SPLITS, split_of
from loop.limits import shares
from loop.ports import Parts
from loop.records import (
    Actor,
    CaseAct,
    CaseChanges,
    CaseDraft,
    CaseVerb,
    EvalCase,
    Grading,
    JournalAction,
    Split,
    derived_id,
    digest,
)
from loop.text.spelling import normalise
from loop.validate import MOST_CASES

MOST_DRAFTS = 20_000
"""Cases handed in at once, at most: they are checked against each other and written in one transaction."""
_LABEL_MAX = 255
"""Characters of a label: cases are counted by it."""


class RefusedDraft(NamedTuple):
    """A case that cannot be taken, and why."""

    line: int
    field: str
    reason: str
    """In words, with the remedy. Never quotes what was handed in."""


class HandedIn(NamedTuple):
    """What handing cases in came to."""

    new: int
    confirmed: int
    """Were cases with this answer already; somebody answers for them now."""
    replaced: int
    """Were cases with another answer, on the word of feedback."""
    known: int
    """Had been handed in before."""
    by_split: Mapping[Split, int]
    """Of the new ones, as the draw fell."""
    refused: tuple[RefusedDraft, ...]


def hand_in(parts: Parts, drafts: Sequence[CaseDraft], *, actor: Actor, source: str) -> HandedIn:
    """Take cases whose answers the actor vouches for. Idempotent: what was handed in before is only counted.

    The split is drawn by group; a question that is a case already keeps its split, and one that the live version was
    taught goes to the log. An answer that rests on feedback is confirmed or replaced; one that somebody vouched for
    stands, and the row is refused. Raises NotAllowed, InvalidInput when there are too many.
    """
    roles.check(actor, "set_up")
    if len(drafts) > MOST_DRAFTS:
        raise InvalidInput(
            f"There are {len(drafts):,} cases; at most {MOST_DRAFTS:,} are taken at once.",
            field="FILE",
            remedy="Split the file.",
        )
    book = _Book(parts, drafts, actor=actor, source=source)
    for draft in drafts:
        book.take(draft)
    changes = book.changes()
    if changes.acts:
        parts.store.change_cases(changes)
    return book.told()


class _Book:
    """Drafts against what is on file, one after the other."""

    def __init__(self, parts: Parts, drafts: Sequence[CaseDraft], *, actor: Actor, source: str) -> None:
        store = parts.store
        self._parts, self._actor, self._source = parts, actor, source
        self._agent = store.agent
        self._ids = {draft.line: _id_of(self._agent.slug, draft) for draft in drafts}
        self._stored = store.stored_case_ids(list(self._ids.values()))
        self._on_file = store.cases_asking({normalise(draft.question) for draft in drafts})
        self._splits = store.splits(sorted({_group_of(draft) for draft in drafts}))
        self._room = {split: MOST_CASES - store.count_cases(split) for split in HIDDEN_SPLITS}
        bundle = store.bundle(store.head().digest)
        self._taught = {normalise(example.question) for example in bundle.examples}
        self._articles = {article.id for article in bundle.articles}
        self._line_of: dict[str, int] = {}
        self._new: dict[str, EvalCase] = {}
        self._vouched: dict[str, str] = {}
        self._replaced: dict[str, str] = {}
        self._acts: list[CaseAct] = []
        self._refused: list[RefusedDraft] = []
        self._known = 0

    def take(self, draft: CaseDraft) -> None:
        """One draft: new, confirmed, replaced, known or refused."""
        question, case_id = normalise(draft.question), self._ids[draft.line]
        earlier = self._line_of.get(question)
        here = self._new.get(question)
        if here is not None and normalise(here.expected) != normalise(draft.expected):
            self._refuse(
                draft, "expected", f"The same question has another answer on line {earlier}. Keep one of them."
            )
        elif here is not None or case_id in self._stored:
            self._known += 1
        elif reason := self._unfit(draft, question):
            self._refuse(draft, *reason)
        elif (case := self._on_file.get(question)) is not None:
            self._meet(draft, case, case_id=case_id)
        else:
            self._add(draft, self._case(draft, case_id=case_id, split=self._split(draft, question)), verb="import")
        self._line_of.setdefault(question, draft.line)

    def changes(self) -> CaseChanges:
        """All of it as one commit."""
        told = digest(sorted((case.id, case.expected) for case in self._new.values()))
        note = note_on(
            self._parts,
            JournalAction.IMPORT_CASES,
            subject=self._agent.slug,
            actor=self._actor,
            source=digest(self._source),
            cases=told,
            n=str(len(self._acts)),
        )
        return CaseChanges(
            new=tuple(self._new.values()),
            vouched=self._vouched,
            replaced=self._replaced,
            acts=tuple(self._acts),
            notes=(note,),
        )

    def told(self) -> HandedIn:
        """What it came to."""
        fresh = [case for case in self._new.values() if case.id not in self._replaced.values()]
        return HandedIn(
            new=len(fresh),
            confirmed=len(self._vouched),
            replaced=len(self._replaced),
            known=self._known,
            by_split={split: sum(case.split is split for case in fresh) for split in Split},
            refused=tuple(self._refused),
        )

    def _unfit(self, draft: CaseDraft, question: str) -> tuple[str, str] | None:
        if not question:
            return "question", "The question has no words. Write what was asked."
        if self._agent.grading is Grading.ARTICLE and draft.expected not in self._articles:
            return "expected", "The live version has no article with this id. Name one it has."
        if self._agent.grading is Grading.LABEL and len(draft.expected) > _LABEL_MAX:
            return "expected", f"A label has at most {_LABEL_MAX} characters. Shorten it."
        if self._agent.grading is not Grading.TEXT and (draft.must_include or draft.must_exclude):
            return "must_include", f"An agent graded by {self._agent.grading.value} compares no words. Leave it out."
        return None

    def _meet(self, draft: CaseDraft, case: EvalCase, *, case_id: str) -> None:
        """The question is a case already."""
        agrees = normalise(case.expected) == normalise(draft.expected)
        is_vouched = bool(case.vouched_by) or case.id in self._vouched
        if agrees and is_vouched:
            self._known += 1
        elif agrees:
            self._vouched[case.id] = self._actor.name
            self._act(case, "confirm")
        elif is_vouched:
            self._refuse(
                draft, "expected", "Somebody vouched for another answer. Settle it in an audit, or leave it out."
            )
        else:
            answered = replacement(case, case_id=case_id, expected=draft.expected, actor=self._actor, parts=self._parts)
            self._replaced[case.id] = case_id
            self._add(draft, answered, verb="replace")

    def _case(self, draft: CaseDraft, *, case_id: str, split: Split) -> EvalCase:
        is_label = self._agent.grading is Grading.LABEL
        return EvalCase(
            id=case_id,
            agent=self._agent.slug,
            split=split,
            group=_group_of(draft),
            question=draft.question,
            context=draft.context,
            grading=self._agent.grading,
            expected=draft.expected,
            must_include=draft.must_include,
            must_exclude=draft.must_exclude,
            topic=draft.topic or (draft.expected if is_label else ""),
            author=self._actor.name,
            vouched_by=self._actor.name,
            at=self._parts.clock(),
        )

    def _split(self, draft: CaseDraft, question: str) -> Split:
        group = _group_of(draft)
        split = self._splits.get(group)
        if split is None:
            drawn = split_of(self._parts.store.draw(GROUP_DRAW, group), shares=shares(self._agent.limits))
            split = Split.LOG if question in self._taught else drawn
            split = split if self._room.get(split, 1) > 0 else Split.LOG
            self._splits[group] = split
        if split in self._room:
            self._room[split] -= 1
        return split

    def _add(self, draft: CaseDraft, case: EvalCase, *, verb: CaseVerb) -> None:
        self._new[normalise(draft.question)] = case
        self._act(case, verb)

    def _act(self, case: EvalCase, verb: CaseVerb) -> None:
        self._acts.append(act_on(self._parts, case, verb, actor=self._actor, about=self._source))
        if verb != "import" and case.split is Split.SEALED:  # whoever hands a question in knows it
            self._acts.append(act_on(self._parts, case, "import", actor=self._actor, about=self._source))

    def _refuse(self, draft: CaseDraft, field: str, reason: str) -> None:
        self._refused.append(RefusedDraft(draft.line, field, reason))


def _group_of(draft: CaseDraft) -> str:
    return draft.group or f"handed in: {digest(normalise(draft.question))[:20]}"


def _id_of(agent: str, draft: CaseDraft) -> str:
    """The same row gets the same id whoever hands it in, and whenever."""
    return derived_id("case", agent, "handed in", normalise(draft.question), normalise(draft.expected), draft.context)
