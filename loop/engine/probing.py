"""Probes: a person's question put to versions, through the memory of answers and within the day's ceiling."""

from loop import evaluate
from loop.change.sections import SECTIONS
from loop.engine.asking import memory_of
from loop.errors import NotFound
from loop.ports import Parts
from loop.records import Answer, Bundle, EvalCase, Grading, SectionName, Split
from loop.records.probes import Probe, ProbeAnswer, UsedPart

WORDS_MAX = 1_200
"""Characters of one part that an answer rests on."""
PARTS_MAX = 12
"""Parts of one answer that are named."""
_NOTHING = (
    "This version holds nothing, so it hands every question over to a person. Where your agent answers elsewhere, it "
    "is not asked here."
)
_SHOWN_TO_MODEL = "What is listed was shown to the model with the question; a model does not say which of it decided."


def answer_probe(parts: Parts, probe: Probe) -> Probe:
    """The probe with what its versions said. Idempotent: what was answered before is not asked again.

    Raises ModelFailed, BudgetSpent, NotFound.
    """
    store = parts.store
    digests = store.version_digests(probe.numbers)
    memory, answers = memory_of(parts), []
    for number in probe.numbers:
        if number not in digests:
            raise NotFound(f"There is no version {number} any more.")
        bundle = store.bundle(digests[number])
        answer = memory.ask(bundle, [_as_case(probe)])[probe.id]
        answers.append(
            ProbeAnswer(number=number, answer=answer, used=used_parts(bundle, answer), note=_note(bundle, answer))
        )
    return probe.model_copy(update={"answers": tuple(answers), "ended_at": parts.clock()})


def used_parts(bundle: Bundle, answer: Answer) -> tuple[UsedPart, ...]:
    """What of a version an answer rests on, in words, as far as the version holds it."""
    found = [UsedPart(section="instructions", id="", title=line, words=line) for line in answer.obeyed]
    sections: tuple[SectionName, ...] = ("rules", "examples", "articles", "approaches")
    held = {one.id: (name, one) for name in sections for one in getattr(bundle, name)}
    for own in answer.uses:
        if own in held:
            name, element = held[own]
            section = SECTIONS[name]
            words = section.words(element)
            cut = words if len(words) <= WORDS_MAX else f"{words[:WORDS_MAX].rstrip()} …"
            found.append(UsedPart(section=name, id=own, title=section.title(element), words=cut))
    return tuple(found[:PARTS_MAX])


def _as_case(probe: Probe) -> EvalCase:
    """A question without a right answer, under the probe's own id: it examines nobody."""
    return EvalCase(
        id=probe.id,
        agent=probe.agent,
        split=Split.LOG,
        group=probe.id,
        question=probe.question,
        context=probe.context,
        grading=Grading.TEXT,
        expected="",
        at=probe.asked_at,
    )


def _note(bundle: Bundle, answer: Answer) -> str:
    if evaluate.is_silent(bundle):
        return _NOTHING
    return _SHOWN_TO_MODEL if answer.method == "model" and answer.uses else ""
