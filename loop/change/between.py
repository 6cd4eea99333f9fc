"""From one bundle to another: the typed operations whose result is the other (a structural diff as a patch)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from loop.change.operations import apply, apply_all
from loop.errors import OperationRefused
from loop.records import (
    Bundle,
    ChangeExamples,
    EditInstructions,
    Example,
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


def operations_between(base: Bundle, target: Bundle) -> tuple[Operation, ...]:
    """Operations that make `target` of `base`; empty when they are the same.

    What did not change is left alone, the order of rules included. Raises OperationRefused when something of `target`
    may not enter a version, or when an id stands in it twice.
    """
    steps: list[Operation] = []
    now = base
    for operation in _operations(base, target):
        now = apply(now, operation)
        steps.append(operation)
    if now != target or apply_all(base, steps) != target:
        raise OperationRefused(
            "The versions differ in a way that no change can express.",
            field="bundle",
            remedy="Give every element of a section an id of its own.",
        )
    return tuple(steps)


def _operations(base: Bundle, target: Bundle) -> Iterator[Operation]:
    if base.instructions != target.instructions:
        yield EditInstructions(old=base.instructions, new=target.instructions)
    yield from _ordered(
        base.rules,
        target.rules,
        put=lambda rule, before: SetRule(rule=rule, before=before),
        retire=lambda key: RetireRule(rule_id=key),
    )
    if base.examples != target.examples:
        yield _examples(base.examples, target.examples)
    yield from _ordered(
        base.articles,
        target.articles,
        put=lambda article, before: UpsertArticle(article=article, before=before),
        retire=lambda key: RetireArticle(article_id=key),
    )
    if base.search != target.search:
        yield SetSearchWeights(weights=target.search)
    yield from _ordered(
        base.approaches,
        target.approaches,
        put=lambda approach, before: SetApproach(approach=approach, before=before),
        retire=lambda key: RetireApproach(approach_id=key),
    )
    if base.model != target.model:
        yield SetModel(model=target.model)


def _ordered(
    base: Sequence[Element],
    target: Sequence[Element],
    *,
    put: Callable[[Element, str | None], Operation],
    retire: Callable[[str], Operation],
) -> Iterator[Operation]:
    """Retire what is gone; then, from the last to the first, put what is new, changed, or stands elsewhere."""
    wanted = [one.id for one in target]
    known = {one.id: one for one in base}
    order = [key for key in known if key in set(wanted)]
    for key in known:
        if key not in set(wanted):
            yield retire(key)
    following: str | None = None
    for element in reversed(target):
        key = element.id
        place = order.index(key) if key in order else None
        is_placed = place is not None and (
            following is None or (place + 1 < len(order) and order[place + 1] == following)
        )
        if not is_placed or known.get(key) != element:
            yield put(element, None if is_placed else following)
        if not is_placed:
            if place is not None:
                order.remove(key)
            order.insert(len(order) if following is None else order.index(following), key)
        following = key


def _examples(base: Sequence[Example], target: Sequence[Example]) -> ChangeExamples:
    """In their natural places where that is the result; else every example that is put has its place named."""
    known = {one.id: one for one in base}
    wanted = {one.id for one in target}
    gone = tuple(one.id for one in base if one.id not in wanted)
    add = tuple(one for one in target if known.get(one.id) != one)
    added = {one.id: one for one in add}
    stay = [added.get(one.id, one) for one in base if one.id in wanted]
    if (*stay, *(one for one in add if one.id not in known)) == tuple(target):
        return ChangeExamples(add=add, remove=gone)
    return ChangeExamples(add=tuple(target), remove=gone, positions=tuple(range(len(target))))
