"""Try it: put a question to any version, or to two side by side, and correct what it says on the spot.

A question is a row that a worker answers; asking costs nothing here. A correction makes the exchange an interaction
of the desk's own, so that it takes the road of any other correction.
"""

from collections.abc import Sequence

from loop import collect, roles
from loop.desk.feedback import Correction, DeskDoor, correct, own_contacts
from loop.errors import Conflict, InvalidInput, NotFound
from loop.ports import Parts
from loop.records import Actor, ContextFields, Feedback, Interaction, JournalAction, derived_id
from loop.records.probes import PROBE_SOURCE, SIDES_MAX, Probe, ProbeAnswer
from loop.text.redaction import Masker

QUESTION_MAX = 8_000
"""Characters of a question."""
WAITING_MAX = 20
"""Questions of one agent that may wait at a time."""
FACTS_MAX = 20
"""Facts beside a question."""


def ask_versions(
    parts: Parts, *, actor: Actor, question: str, numbers: Sequence[int], context: ContextFields | None = None
) -> Probe:
    """Put a question to one version or two; a worker answers it within the day's ceiling of questions.

    The question is masked like everything that is stored, and asked as it is stored. Raises NotAllowed; InvalidInput
    (no question, unknown versions); Conflict when too many wait already.
    """
    roles.check(actor, "draft")
    store, words = parts.store, question.strip()
    if not words:
        raise InvalidInput("There is no question.", field="question", remedy="Write what a customer would ask.")
    if len(words) > QUESTION_MAX:
        raise InvalidInput(f"The question is over {QUESTION_MAX:,} characters.", field="question", remedy="Shorten it.")
    chosen = tuple(dict.fromkeys(numbers))
    if not 0 < len(chosen) <= SIDES_MAX or len(store.version_digests(chosen)) < len(chosen):
        raise InvalidInput("One version or two are asked.", field="numbers", remedy="Choose versions of the list.")
    if len(context or {}) > FACTS_MAX:
        raise InvalidInput(f"More than {FACTS_MAX} facts.", field="context", remedy="Leave some out.")
    if store.waiting_probes() >= WAITING_MAX:
        raise Conflict(
            f"{WAITING_MAX} questions wait for a worker already.", remedy="Wait a moment, or see whether a worker runs."
        )
    masker, now = Masker(own=own_contacts(parts)), parts.clock()
    probe = Probe(
        id=derived_id("probe", store.agent.slug, actor.name, words, chosen, context or {}, now),
        agent=store.agent.slug,
        actor=actor.name,
        question=masker.mask(words),
        context=masker.walk(dict(context or {})),
        numbers=chosen,
        asked_at=now,
    )
    store.keep_probe(probe)
    return probe


def correct_probe(
    parts: Parts, probe_id: str, number: int, *, actor: Actor, correction: Correction, door: DeskDoor
) -> Feedback:
    """Say what a version should have answered. The exchange is kept as an interaction of that version, once.

    Raises NotAllowed, NotFound, InvalidInput (it has no answer, or nothing was corrected).
    """
    roles.check(actor, "correct")
    probe = parts.store.probe(probe_id)
    if probe is None:
        raise NotFound("This question is not kept any more.", remedy="Ask it again.")
    said = next((one for one in probe.answers if one.number == number), None)
    if said is None or said.answer.method == "failed":
        raise InvalidInput("This version gave no answer.", field="number", remedy="Ask it again.")
    is_worded = correction.text.strip() not in ("", said.answer.text.strip())
    if not (is_worded or correction.label or correction.article_id):
        raise InvalidInput(
            "Nothing was corrected.", field="text", remedy="Write what it should have said, or choose a label."
        )
    exchange = interaction_of(probe, said)
    if not parts.store.interactions([exchange.id]):
        receipt = collect.receive(
            parts.store,
            door=collect.Door(
                actor=actor,
                action="correct",
                journal=JournalAction.KEEP_TRIED_QUESTION,
                at=parts.clock(),
                own=own_contacts(parts),
                keeps_raw=False,  # what is masked of a question was never kept
            ),
            interactions=(exchange,),
        )
        if receipt.refused:
            raise InvalidInput(receipt.refused[0].reason, field="question", remedy="Ask it in other words.")
    return correct(parts, actor=actor, interaction_id=exchange.id, correction=correction, door=door)


def interaction_of(probe: Probe, said: ProbeAnswer) -> Interaction:
    """The exchange as an interaction: always the same one, whoever corrects it."""
    own, answer = derived_id("interaction", probe.id, said.number), said.answer
    return Interaction(
        id=own,
        agent=probe.agent,
        episode_id=own,
        at=probe.asked_at,
        question=probe.question,
        context=probe.context,
        answer=answer.text,
        label=answer.label,
        article_id=answer.article_id,
        method=answer.method,
        confidence=answer.confidence,
        uses=answer.uses,
        version=said.number,
        source=PROBE_SOURCE,
    )


def ask_check(parts: Parts, *, actor: Actor) -> None:
    """Have a worker check the journal and everything it vouches for. Raises NotAllowed."""
    roles.check(actor, "read")
    parts.store.ask_record_check(actor=actor.name, at=parts.clock())


def facts_in(told: str) -> ContextFields:
    """`plan: pro, order_value: 103.41` as typed facts. Raises InvalidInput."""
    found: ContextFields = {}
    for piece in filter(None, (one.strip() for one in told.split(","))):
        name, colon, value = piece.partition(":")
        if not colon or not name.strip() or not value.strip():
            raise InvalidInput(
                "A fact is written as name, colon, value.", field="facts", remedy="Such as: plan: pro, items: 3"
            )
        found[name.strip()] = _typed(value.strip())
    return found


def _typed(value: str) -> str | float | bool:
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    is_number = value.removeprefix("-").replace(".", "", 1).isdecimal() and value.isascii()
    return float(value) if is_number else value
