"""Propose wording: when people keep making the same edit, one instruction line says it once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from loop.change import texts
from loop.change.proposal import Idea
from loop.records import ChangeExamples, EditInstructions, Operation, Proposer
from loop.text.edit_parts import is_manner
from loop.text.sentences import Edit, compare, replaced_words
from loop.text.spelling import normalise
from loop.update.teaching import Correction, ProposerResult, UpdateWork

EDITS_COMPARED = 2_000
LONGEST = 300
"""Characters of a sentence that may become an instruction."""
TOPICS = 2
"""Topics from which an edit is a habit of style; within one topic it is about that subject."""
IDEAS = 2
SHARED = 2
"""People who share a manner before it may become a line: one person's style is never a rule."""


@dataclass(frozen=True)
class _Habit:
    """The same edit, made by several people."""

    verb: str
    """`add`, `remove` or `replace`."""
    old: str
    new: str
    edits: tuple[Correction, ...]

    @property
    def authors(self) -> int:
        return len({one.author for one in self.edits})

    @property
    def is_manner(self) -> bool:
        """Whether it changes nothing but manners."""
        return all(is_manner(one) for one in (self.old, self.new) if one)


class WordingProposer:
    """One instruction line for an edit across topics, or new answers of the examples it came from: the smaller one."""

    def propose(self, work: UpdateWork) -> ProposerResult:
        """At most IDEAS ideas, most distinct authors first."""
        edits = [one for one in work.survey.corrections if one.answer and one.given.strip()][-EDITS_COMPARED:]
        least = work.agent.limits.min_sources
        habits = [one for one in _habits(edits) if one.authors >= (max(least, SHARED) if one.is_manner else least)]
        habits.sort(key=lambda one: (-one.authors, -len(one.edits), one.verb, one.old, one.new))
        ideas = (
            _idea(habit, operation, work=work)
            for habit in habits
            if (operation := _operation(habit, work=work)) is not None
        )
        return ProposerResult(ideas=tuple(islice(ideas, IDEAS)), looked_at=len(edits))


def _habits(edits: Sequence[Correction]) -> Iterable[_Habit]:
    made: dict[tuple[str, str, str], list[Correction]] = defaultdict(list)
    spelled: dict[tuple[str, str, str], tuple[str, str]] = {}
    for edit in edits:
        for verb, old, new in _moves(texts.visible(edit.given), edit.answer):
            key = (verb, normalise(old), normalise(new))
            spelled.setdefault(key, (old, new))
            made[key].append(edit)
    for key, voters in made.items():
        old, new = spelled[key]
        yield _Habit(verb=key[0], old=old, new=new, edits=tuple(voters))


def _moves(before: str, after: str) -> list[tuple[str, str, str]]:
    """What the edit did: whole sentences added or removed, or a few words replaced."""
    edit = compare(before, rewritten=after)
    gone = tuple(one for one in edit.removed if len(one) <= LONGEST)
    came = tuple(one for one in edit.added if len(one) <= LONGEST)
    if not edit.kept and not (len(gone) == 1 == len(came)):
        return []  # a new answer, not an edit of this one
    if len(gone) == 1 == len(came):
        replaced = replaced_words(Edit(added=came, removed=gone, kept=edit.kept))
        return [("replace", replaced.old, replaced.new)] if replaced else []
    moves = [("add", "", one) for one in came] if not gone else []
    return moves + ([("remove", one, "") for one in gone] if not came else [])


def _operation(habit: _Habit, *, work: UpdateWork) -> Operation | None:
    """A line when the habit crosses topics or no example carries the words; else the examples themselves."""
    topics = {one.topic or one.label or "" for one in habit.edits}
    used = {example_id for one in habit.edits for example_id in one.interaction.uses}
    affected = [one for one in work.bundle.examples if one.id in used and _changed(one.answer, habit) != one.answer]
    if len(topics) < TOPICS and affected:
        return ChangeExamples(
            add=tuple(one.model_copy(update={"answer": _changed(one.answer, habit)}) for one in affected)
        )
    line = _line(habit)
    return None if not line or _stands(line, work.bundle.instructions) else EditInstructions(new=line)


def _changed(answer: str, habit: _Habit) -> str:
    """An example's answer after the edit; the answer itself where the edit does not apply."""
    match habit.verb:
        case "add":
            return (
                answer if not answer or normalise(habit.new) in normalise(answer) else f"{answer.rstrip()} {habit.new}"
            )
        case "remove":
            shorter = answer.replace(habit.old, "").strip()
            return shorter or answer
        case _:
            return re.sub(rf"(?<!\w){re.escape(habit.old)}(?!\w)", lambda _: habit.new, answer)


def _line(habit: _Habit) -> str:
    match habit.verb:
        case "add":
            return f"Always include: {habit.new}"
        case "remove":
            return f"Never say: {habit.old}"
        case _:
            return "" if "=>" in habit.old + habit.new else f"Replace: {habit.old} => {habit.new}"


def _stands(line: str, instructions: str) -> bool:
    return normalise(line) in {normalise(one) for one in instructions.splitlines()}


def _idea(habit: _Habit, operation: Operation, *, work: UpdateWork) -> Idea:
    did = {
        "add": "added the same sentence",
        "remove": "took the same sentence out",
        "replace": f"replaced “{habit.old}” by “{habit.new}”",
    }[habit.verb]
    where = "across topics" if isinstance(operation, EditInstructions) else "on one subject"
    return Idea(
        operations=(operation,),
        rationale=f"{habit.authors} people {did} in {len(habit.edits)} answers {where}.",
        evidence=tuple(one.feedback_id for one in habit.edits),
        issue_ids=tuple(dict.fromkeys(one.issue_id for one in habit.edits)),
        expected_fixes=work.survey.fixes(habit.edits),
        proposer=Proposer.WORDING,
    )
