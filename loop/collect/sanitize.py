"""Makes records of any door fit to store: ids, checks by kind, masking, pseudonyms."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic_core import PydanticSerializationError

from loop.collect.files.objects import check
from loop.collect.identity import interaction_id, kept_id, pseudonym, question_group
from loop.records import Article, Feedback, Interaction, Step, derived_id
from loop.text.redaction import REPORT, Masker, Redaction

_Made = TypeVar("_Made", Interaction, Feedback)


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that cannot be stored."""

    record: Interaction | Feedback
    reason: str
    """In words. Never quotes what the record holds."""


@dataclass(frozen=True, slots=True)
class Collected:
    """Records that are fit to store, and those that are not."""

    interactions: tuple[Interaction, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    refused: tuple[Refused, ...] = ()


def fit(
    interactions: Iterable[Interaction], feedback: Iterable[Feedback], *, redaction: Redaction, is_checked: bool
) -> Collected:
    """See `loop.collect.step`. `is_checked`: the reader has named the records and refused what a database cannot hold.

    Of two records with one id the later one stays.
    """
    kept: dict[str, Interaction] = {}
    said: dict[str, Feedback] = {}
    refused: list[Refused] = []
    maskers: dict[str, Masker] = {}
    for interaction in interactions:
        if not is_checked and (reason := _unkeepable(interaction)):
            refused.append(Refused(interaction, reason))
            continue
        named = interaction if is_checked else _named_interaction(interaction)
        masker = maskers.setdefault(named.id, Masker(redaction))
        kept[named.id] = _redacted_interaction(named, masker, redaction)
    for item in feedback:
        if not is_checked and (reason := unfit_reason(item) or _unkeepable(item)):
            refused.append(Refused(item, reason))
            continue
        named_item = item if is_checked else _named_feedback(item)
        masker = maskers.get(named_item.interaction_id) or Masker(redaction)
        said[named_item.id] = _redacted_feedback(named_item, masker, redaction)
    return Collected(tuple(kept.values()), tuple(said.values()), tuple(refused))


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
    try:
        check(record.model_dump(exclude_defaults=True))
        record.model_dump_json(exclude_defaults=True)
    except PydanticSerializationError:
        return "The record holds a value that JSON has no form for."
    except ValueError as refused:
        return str(getattr(refused, "reason", "The record holds a value that cannot be kept."))
    return ""


def _named_interaction(made: Interaction) -> Interaction:
    return made.model_copy(
        update={
            "id": kept_id("i", made.agent, made.id) if made.id else interaction_id(made, at=made.at),
            "episode_id": kept_id("e", made.agent, made.episode_id)
            if made.episode_id
            else question_group(made.agent, made.question),
        }
    )


def _named_feedback(item: Feedback) -> Feedback:
    target = kept_id("i", item.agent, item.interaction_id)
    content = (item.kind, item.author, item.value, item.text, item.label, item.article_id, item.reason, item.at)
    own = kept_id("f", item.agent, item.id) if item.id else derived_id("f", item.agent, target, *content)
    return item.model_copy(update={"id": own, "interaction_id": target})


def _redacted_interaction(made: Interaction, masker: Masker, redaction: Redaction) -> Interaction:
    if redaction is Redaction.OFF:
        return made
    before = Counter(masker.found)
    copy = made.model_copy(
        update={
            "customer": pseudonym(made.agent, made.customer),
            "question": masker.mask(made.question),
            "context": masker.walk(made.context),
            "answer": masker.mask(made.answer),
            "label": _masked(masker, made.label),
            "article_id": _masked(masker, made.article_id),
            "topic": masker.mask(made.topic),
            "source": masker.mask(made.source),
            "steps": tuple(_redacted_step(step, masker) for step in made.steps),
            "attributes": masker.walk(made.attributes),
        }
    )
    return _with_report(copy, masker, before)


def _redacted_feedback(item: Feedback, masker: Masker, redaction: Redaction) -> Feedback:
    if redaction is Redaction.OFF:
        return item
    before = Counter(masker.found)
    copy = item.model_copy(
        update={
            "author": pseudonym(item.agent, item.author),
            "text": masker.mask(item.text),
            "label": _masked(masker, item.label),
            "article_id": _masked(masker, item.article_id),
            "reason": masker.mask(item.reason),
            "source": masker.mask(item.source),
            "attributes": masker.walk(item.attributes),
        }
    )
    return _with_report(copy, masker, before)


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


def _with_report(record: _Made, masker: Masker, before: Counter[str]) -> _Made:
    found = masker.found - before
    if not found:
        return record
    earlier = record.attributes.get(REPORT)
    if isinstance(earlier, dict):
        found += Counter({str(name): count for name, count in earlier.items() if isinstance(count, int)})
    attributes: dict[str, Any] = {**record.attributes, REPORT: dict(sorted(found.items()))}
    return record.model_copy(update={"attributes": attributes})
