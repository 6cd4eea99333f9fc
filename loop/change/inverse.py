"""Inverse operations (compensation): what takes back of a change what still stands of it, and nothing else."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from loop.change.operations import apply
from loop.errors import OperationRefused
from loop.records import (
    Bundle,
    ChangeExamples,
    EditInstructions,
    Operation,
    RetireApproach,
    RetireArticle,
    RetireRule,
    SetApproach,
    SetModel,
    SetRule,
    SetSearchWeights,
    UpsertArticle,
)

Element = TypeVar("Element", bound=Any)


def inverse(done: Iterable[Operation], *, before: Bundle, live: Bundle) -> tuple[Operation, ...]:
    """Operations that take `done` back from `live`, last one first.

    `before` is what they were done on: what it held in their place comes back. What somebody has changed since, or
    what is gone already, is left alone; empty when nothing of it stands.
    """
    found: list[Operation] = []
    for operation in reversed(tuple(done)):
        for back in _back(operation, before=before, live=live):
            try:
                live = apply(live, back)
            except OperationRefused:
                continue  # what stood beside it has changed
            found.append(back)
    return tuple(found)


def stands(operation: Operation, live: Bundle) -> bool:
    """Whether something of an operation is in `live` as it was put there."""
    match operation:
        case SetRule(rule=rule):
            return rule in live.rules
        case UpsertArticle(article=article):
            return article in live.articles
        case SetApproach(approach=approach):
            return approach in live.approaches
        case RetireRule(rule_id=key):
            return _by_id(live.rules, key) is None
        case RetireArticle(article_id=key):
            return _by_id(live.articles, key) is None
        case RetireApproach(approach_id=key):
            return _by_id(live.approaches, key) is None
        case EditInstructions(old=old, new=new):
            return live.instructions.count(new) == 1 if new else old not in live.instructions
        case ChangeExamples(add=add, remove=remove):
            known = {one.id: one for one in live.examples}
            return any(known.get(one.id) == one for one in add) or (
                not add and bool(remove) and not any(key in known for key in remove)
            )
        case SetModel(model=model):
            return live.model == model
        case SetSearchWeights(weights=weights):
            return live.search == weights


def _back(operation: Operation, *, before: Bundle, live: Bundle) -> Iterator[Operation]:
    if not stands(operation, live):
        return
    match operation:
        case SetRule(rule=rule):
            old = _by_id(before.rules, rule.id)
            yield RetireRule(rule_id=rule.id) if old is None else SetRule(rule=old)
        case RetireRule(rule_id=key):
            yield from (SetRule(rule=old) for old in _there(before.rules, key))
        case UpsertArticle(article=article):
            was = _by_id(before.articles, article.id)
            yield RetireArticle(article_id=article.id) if was is None else UpsertArticle(article=was)
        case RetireArticle(article_id=key):
            yield from (UpsertArticle(article=old) for old in _there(before.articles, key))
        case SetApproach(approach=approach):
            other = _by_id(before.approaches, approach.id)
            yield RetireApproach(approach_id=approach.id) if other is None else SetApproach(approach=other)
        case RetireApproach(approach_id=key):
            yield from (SetApproach(approach=old) for old in _there(before.approaches, key))
        case EditInstructions(old=old, new=new):
            piece = f"\n{new}" if not old and live.instructions.count(f"\n{new}") == 1 else new
            yield EditInstructions(old=piece, new=old)  # of a piece that was taken out, `old` becomes the last line
        case ChangeExamples(add=add, remove=remove):
            yield from _examples_back(add, remove, before=before, live=live)
        case SetModel():
            yield SetModel(model=before.model)
        case SetSearchWeights():
            yield SetSearchWeights(weights=before.search)


def _examples_back(
    add: Sequence[Any], remove: Sequence[str], *, before: Bundle, live: Bundle
) -> Iterator[ChangeExamples]:
    known, was = {one.id: one for one in live.examples}, {one.id: one for one in before.examples}
    mine = [one.id for one in add if known.get(one.id) == one]
    back = [was[key] for key in mine if key in was]
    back += [was[key] for key in remove if key in was and key not in known]
    gone = tuple(key for key in mine if key not in was)
    if back or gone:
        yield ChangeExamples(add=tuple(back), remove=gone)


def _by_id(elements: Sequence[Element], key: str) -> Element | None:
    return next((one for one in elements if one.id == key), None)


def _there(elements: Sequence[Element], key: str) -> list[Element]:
    return [one for one in elements if one.id == key]
