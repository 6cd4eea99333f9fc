"""Sanitising: records of any door are validated, named and redacted. Pure, and idempotent."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic_core import PydanticSerializationError

from loop.collect.files.objects import check
from loop.collect.files.rows import CELL_MAX
from loop.collect.identity import interaction_id, pseudonym, question_group, stable_id
from loop.collect.orders import with_orders
from loop.records import Article, Feedback, Interaction, Moment, Step, derived_id
from loop.records.raw import RawKind, RawText
from loop.text.contacts import OwnContacts
from loop.text.redaction import REPORT, Masker, Redaction

_Event = TypeVar("_Event", Interaction, Feedback)


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that cannot be stored."""

    record: Interaction | Feedback
    """As it was handed in, not redacted: never to be shown or kept."""
    reason: str
    """In words. Never quotes what the record holds."""


@dataclass(frozen=True, slots=True)
class SanitizedBatch:
    """Records that are fit to store, and those that are not."""

    interactions: tuple[Interaction, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    refused: tuple[RefusedRecord, ...] = ()
    raw: tuple[RawText, ...] = ()
    """What was masked in those that are fit, as it was written but without secrets; only when it was asked for."""


def sanitize(
    interactions: Iterable[Interaction] = (),
    feedback: Iterable[Feedback] = (),
    *,
    context: Iterable[Interaction] = (),
    redaction: Redaction = Redaction.ALL,
    own: OwnContacts | None = None,
    raw_at: Moment | None = None,
) -> SanitizedBatch:
    """Records with ids where they were empty, contents checked, secrets and personal data masked, people by pseudonym.

    Feedback shares the placeholders of its interaction when that comes with it, or is named in `context`
    (known already, not given back); what else it names it numbers on its own, so that nothing depends on
    which other feedback came along. `own`: the company's contact data, which stay. What gives orders to the system
    is named in `attributes["instructs"]`, never taken out. Feedback without a target or without what its kind
    needs is refused with a reason; the rest goes on. `raw_at`: when what is masked is kept apart; None: it is not.
    """
    raw: list[RawText] = []
    fit_interactions: list[Interaction] = []
    fit_feedback: list[Feedback] = []
    refused: list[RefusedRecord] = []
    maskers: dict[str, Masker] = {}
    for known in context:
        if not _unkeepable(known):
            known = _named_interaction(known)
            _redacted_interaction(known, maskers.setdefault(known.id, Masker(redaction, own=own)), redaction)
    for interaction in interactions:
        if reason := _unkeepable(interaction):
            refused.append(RefusedRecord(interaction, reason))
            continue
        named = _named_interaction(interaction)
        masker = maskers[named.id] = Masker(redaction, own=own)
        masked = _redacted_interaction(named, masker, redaction)
        fit_interactions.append(with_orders(masked))
        raw += _raw(named, masked, at=raw_at)
    for item in feedback:
        if reason := unfit_reason(item) or _unkeepable(item):
            refused.append(RefusedRecord(item, reason))
            continue
        item = _named_feedback(item)
        shared = maskers.get(item.interaction_id)
        masker = shared.fork() if shared else Masker(redaction, own=own)
        told = _redacted_feedback(item, masker, redaction)
        fit_feedback.append(told)
        raw += _raw(item, told, at=raw_at)
    return SanitizedBatch(tuple(fit_interactions), tuple(fit_feedback), tuple(refused), tuple(raw))


def unfit_reason(feedback: Feedback) -> str:
    """Why the feedback says nothing that can be used; empty when it does."""
    if not feedback.interaction_id.strip():
        return "The feedback does not say which interaction it is about."
    if not feedback.author.strip():
        return "The feedback has no author."
    match feedback.kind.traits.needs:
        case "choice" if not (feedback.label or feedback.article_id):
            return f"A {feedback.kind.value} feedback needs a label or an article."
        case "value" if feedback.value is None:
            return f"A {feedback.kind.value} feedback needs a value."
        case "text" if not feedback.text.strip():
            return f"A feedback of the kind {feedback.kind.value} needs a text."
        case _:
            return ""


def redacted_article(article: Article, redaction: Redaction) -> Article:
    """Without secrets and hidden characters. Personal data stays: a phone number may be the answer."""
    masker = Masker(Redaction.OFF if redaction is Redaction.OFF else Redaction.SECRETS)
    return article.model_copy(
        update={
            "title": masker.mask(article.title),
            "body": masker.mask(article.body),
            "questions": tuple(map(masker.mask, article.questions)),
        }
    )


def _unkeepable(record: Interaction | Feedback) -> str:
    """Why neither JSON nor a database can hold the record; empty when they can."""
    if isinstance(record, Feedback) and _is_plain(record):
        return ""
    try:
        text = record.model_dump_json(exclude_defaults=True)
        # Other fields are typed: without free attributes, long texts and NUL the slow walk would find nothing.
        if len(text) > CELL_MAX or "\\u0000" in text:
            check(record.model_dump(exclude_defaults=True))
        if record.attributes:
            check(record.attributes, depth=1)
        if isinstance(record, Interaction) and record.steps:
            for step in record.steps:
                check(step.attributes, depth=3)
    except PydanticSerializationError:
        return "The record holds a value that JSON has no form for."
    except ValueError as refused:
        return str(getattr(refused, "reason", "The record holds a value that cannot be kept."))
    return ""


_PLAIN = frozenset({int, bool, type(None)})


def _is_plain(feedback: Feedback) -> bool:
    """Whether it holds short plain texts and numbers only: most feedback does, and nothing of it can be unfit then."""
    texts = [feedback.id, feedback.interaction_id, feedback.text, feedback.reason, feedback.author, feedback.source]
    texts += [one for one in (feedback.label, feedback.article_id, feedback.supersedes) if one]
    for name, value in feedback.attributes.items():
        if type(value) is str:
            texts.append(value)
        elif type(value) not in _PLAIN:
            return False
        texts.append(name)
    together = "".join(texts)
    return len(together) <= CELL_MAX and together.isascii() and "\0" not in together


def _named_interaction(interaction: Interaction) -> Interaction:
    return interaction.model_copy(
        update={
            "id": stable_id("i", interaction.agent, interaction.id)
            if interaction.id
            else interaction_id(interaction, at=interaction.at),
            "episode_id": stable_id("e", interaction.agent, interaction.episode_id)
            if interaction.episode_id
            else question_group(interaction.agent, interaction.question),
        }
    )


_SAID = ("kind", "value", "text", "label", "article_id", "reason", "author", "at")


def _named_feedback(feedback: Feedback) -> Feedback:
    target = stable_id("i", feedback.agent, feedback.interaction_id)
    if feedback.id:
        own = stable_id("f", feedback.agent, feedback.id)
    else:
        own = derived_id("f", feedback.agent, target, *(getattr(feedback, name) for name in _SAID))
    return _changed(feedback, {"id": own, "interaction_id": target})


def _redacted_interaction(interaction: Interaction, masker: Masker, redaction: Redaction) -> Interaction:
    if redaction is Redaction.OFF:
        return interaction
    copy = interaction.model_copy(
        update={
            "customer": pseudonym(interaction.agent, interaction.customer),
            "question": masker.mask(interaction.question),
            "context": masker.walk(interaction.context),
            "answer": masker.mask(interaction.answer),
            "label": _masked(masker, interaction.label),
            "article_id": _masked(masker, interaction.article_id),
            "topic": masker.mask(interaction.topic),
            "source": masker.mask(interaction.source),
            "steps": tuple(_redacted_step(step, masker) for step in interaction.steps),
            "attributes": masker.walk(interaction.attributes),
        }
    )
    return _with_report(copy, masker.found)


def _redacted_feedback(feedback: Feedback, masker: Masker, redaction: Redaction) -> Feedback:
    if redaction is Redaction.OFF:
        return feedback
    copy = _changed(
        feedback,
        {
            "author": pseudonym(feedback.agent, feedback.author),
            "text": masker.mask(feedback.text),
            "label": _masked(masker, feedback.label),
            "article_id": _masked(masker, feedback.article_id),
            "reason": masker.mask(feedback.reason),
            "source": masker.mask(feedback.source),
            "attributes": masker.walk(feedback.attributes),
        },
    )
    return _with_report(copy, masker.found)


_NOT_RAW = frozenset({"id", "agent", "episode_id", "interaction_id", "attributes"})
"""Fields that are compared in their own way, or hold nobody's words."""


def _raw(written: _Event, masked: _Event, *, at: Moment | None) -> Iterator[RawText]:
    """What was masked of a record, as it was written but without secrets; nothing where nothing was."""
    if at is None or written is masked:
        return
    before, after = (one.model_dump(mode="json", exclude_defaults=True) for one in (written, masked))
    left = {name: item for name, item in after.pop("attributes", {}).items() if name != REPORT}
    body = {name: item for name, item in before.items() if name not in _NOT_RAW and item != after.get(name)}
    if before.get("attributes", {}) != left:
        body["attributes"] = before["attributes"]
    shown = Masker(Redaction.SECRETS).walk(body)
    if any(item != after.get(name, left) for name, item in shown.items()):
        kind: RawKind = "interaction" if isinstance(written, Interaction) else "feedback"
        yield RawText(agent=written.agent, kind=kind, id=written.id, kept_at=at, said=shown)


def _redacted_step(step: Step, masker: Masker) -> Step:
    return step.model_copy(
        update={
            "name": masker.mask(step.name),
            "input": masker.mask(step.input),
            "output": masker.mask(step.output),
            "attributes": masker.walk(step.attributes),
        }
    )


def _masked(masker: Masker, text: str | None) -> str | None:
    return None if text is None else masker.mask(text)


def _changed(record: _Event, update: dict[str, Any]) -> _Event:
    """A copy with the fields that are different; the record itself when none is: copying costs more than comparing."""
    some = {name: value for name, value in update.items() if value != getattr(record, name)}
    return record.model_copy(update=some) if some else record


def _with_report(record: _Event, found: Counter[str]) -> _Event:
    if not found:
        return record
    earlier = record.attributes.get(REPORT)
    if isinstance(earlier, dict):
        found = found + Counter({str(name): count for name, count in earlier.items() if isinstance(count, int)})
    attributes: dict[str, Any] = {**record.attributes, REPORT: dict(sorted(found.items()))}
    return record.model_copy(update={"attributes": attributes})
