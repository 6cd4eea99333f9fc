"""Typed changes applied to a bundle and taken back again: pure, exact, and refused when they do not fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, assert_never

from loop.change import acceptance, texts
from loop.change.acceptance import ELEMENTS_MAX, LINE_MAX
from loop.change.diff import changes
from loop.change.footprint import Touched, is_taught, touched
from loop.errors import OperationRefused
from loop.records import (
    Approach,
    Article,
    Bundle,
    ChangeExamples,
    EditInstructions,
    Example,
    Operation,
    RetireApproach,
    RetireArticle,
    RetireRule,
    Rule,
    SetApproach,
    SetModel,
    SetRule,
    UpsertArticle,
)

__all__ = ["Touched", "apply", "apply_all", "changes", "inverse", "is_taught", "touched"]

INSTRUCTIONS_MAX = 20_000
"""Characters of the whole instructions."""


class _Placed(Protocol):
    """An element of an ordered section: a rule, an article, an approach."""

    @property
    def id(self) -> str: ...


Element = TypeVar("Element", bound=_Placed)


def apply(bundle: Bundle, operation: Operation) -> Bundle:
    """The bundle with one change made. The bundle handed in stays as it is.

    Raises OperationRefused, naming field and remedy, when the quoted text is missing or not unique,
    an id is unknown or given twice, a text is too long, holds hidden characters or what looks like a
    secret, or when nothing would change.
    """
    candidate = _applied(bundle, operation)
    if candidate == bundle:
        raise OperationRefused(
            "The change leaves the version as it is.", field="operation", remedy="Change something or drop it."
        )
    return candidate


def apply_all(bundle: Bundle, operations: Iterable[Operation]) -> Bundle:
    """The bundle with every change made, in order. Raises OperationRefused as `apply` does."""
    for operation in operations:
        bundle = apply(bundle, operation)
    return bundle


def inverse(bundle: Bundle, operation: Operation) -> tuple[Operation, ...]:
    """What takes the change back: `apply_all(apply(b, op), inverse(b, op)) == b`, order included.

    Holds for every operation that `apply` accepts on `bundle`, as long as the texts of the bundle
    itself would be accepted. Raises OperationRefused as `apply` does.
    """
    candidate = apply(bundle, operation)
    match operation:
        case EditInstructions():
            return (_edit_back(bundle.instructions, candidate.instructions),)
        case ChangeExamples():
            return (_examples_back(bundle.examples, operation),)
        case SetRule(rule=rule):
            return _rule_back(bundle.rules, candidate.rules, rule.id)
        case RetireRule(rule_id=rule_id):
            return _rule_back(bundle.rules, candidate.rules, rule_id)
        case UpsertArticle(article=article):
            return _article_back(bundle.articles, candidate.articles, article.id)
        case RetireArticle(article_id=article_id):
            return _article_back(bundle.articles, candidate.articles, article_id)
        case SetApproach(approach=approach):
            return _approach_back(bundle.approaches, candidate.approaches, approach.id)
        case RetireApproach(approach_id=approach_id):
            return _approach_back(bundle.approaches, candidate.approaches, approach_id)
        case SetModel():
            return (SetModel(model=bundle.model),)
        case _:
            assert_never(operation)


# applying --------------------------------------------------------------------------------------
def _applied(bundle: Bundle, operation: Operation) -> Bundle:
    match operation:
        case EditInstructions():
            return bundle.model_copy(update={"instructions": _edited(bundle.instructions, operation)})
        case ChangeExamples():
            return bundle.model_copy(update={"examples": _with_examples(bundle.examples, operation)})
        case SetRule(rule=rule, before=before):
            acceptance.check_rule(rule)
            return bundle.model_copy(update={"rules": _placed(bundle.rules, rule, before=before, noun="rule")})
        case RetireRule(rule_id=rule_id):
            return bundle.model_copy(update={"rules": _without(bundle.rules, rule_id, noun="rule")})
        case UpsertArticle(article=article, before=before):
            acceptance.check_article(article)
            return bundle.model_copy(
                update={"articles": _placed(bundle.articles, article, before=before, noun="article")}
            )
        case RetireArticle(article_id=article_id):
            return bundle.model_copy(update={"articles": _without(bundle.articles, article_id, noun="article")})
        case SetApproach(approach=approach, before=before):
            acceptance.check_approach(approach)
            return bundle.model_copy(
                update={"approaches": _placed(bundle.approaches, approach, before=before, noun="approach")}
            )
        case RetireApproach(approach_id=approach_id):
            return bundle.model_copy(update={"approaches": _without(bundle.approaches, approach_id, noun="approach")})
        case SetModel(model=model):
            texts.check(model.name, field="model.name", cap=LINE_MAX)
            return bundle.model_copy(update={"model": model})
        case _:
            assert_never(operation)


def _edited(instructions: str, operation: EditInstructions) -> str:
    texts.check(operation.new, field="new", cap=INSTRUCTIONS_MAX)
    if operation.old:
        place = instructions.find(operation.old)
        if place < 0:
            raise OperationRefused(
                "The quoted piece is not in the instructions.", field="old", remedy="Quote it exactly as it stands."
            )
        if instructions.find(operation.old, place + 1) >= 0:
            raise OperationRefused(
                "The quoted piece stands more than once in the instructions.",
                field="old",
                remedy="Quote more of the text around it.",
            )
        result = instructions[:place] + operation.new + instructions[place + len(operation.old) :]
    else:
        gap = "\n" if operation.new and instructions and not instructions.endswith("\n") else ""
        result = instructions + gap + operation.new
    if len(result) > max(INSTRUCTIONS_MAX, len(instructions)):
        raise OperationRefused(
            f"The instructions would have {len(result)} characters; the limit is {INSTRUCTIONS_MAX}.",
            field="new",
            remedy="Shorten the text or remove another line.",
        )
    return result


def _with_examples(examples: tuple[Example, ...], operation: ChangeExamples) -> tuple[Example, ...]:
    known = {example.id for example in examples}
    added = {example.id: example for example in operation.add}
    removed = set(operation.remove)
    _check_bundle(operation, known=known, added=added.keys(), removed=removed)
    for example in operation.add:
        acceptance.check_example(example)
    if not operation.positions:
        stay = tuple(added.get(example.id, example) for example in examples if example.id not in removed)
        return stay + tuple(example for example in operation.add if example.id not in known)
    result = [example for example in examples if example.id not in removed and example.id not in added]
    for position, example in sorted(zip(operation.positions, operation.add, strict=True), key=lambda pair: pair[0]):
        if not 0 <= position <= len(result):
            raise OperationRefused(
                "A position lies outside the examples.", field="positions", remedy="Use places of the resulting list."
            )
        result.insert(position, example)
    return tuple(result)


def _check_bundle(operation: ChangeExamples, *, known: set[str], added: Iterable[str], removed: set[str]) -> None:
    if len(operation.add) + len(operation.remove) > ELEMENTS_MAX:
        raise OperationRefused(
            f"More than {ELEMENTS_MAX} examples in one change.", field="add", remedy="Split it into several changes."
        )
    if len(set(added)) < len(operation.add):
        raise OperationRefused("An example id is added twice.", field="add", remedy="Give every example its own id.")
    if len(removed) < len(operation.remove):
        raise OperationRefused("An example id is removed twice.", field="remove", remedy="Name every id once.")
    if removed & set(added):
        raise OperationRefused(
            "An example is added and removed in one change.", field="remove", remedy="Adding a known id replaces it."
        )
    if removed - known:
        raise OperationRefused(
            "An example to remove is not in this version.", field="remove", remedy="Name ids of this version."
        )
    if operation.positions and (
        len(operation.positions) != len(operation.add) or len(set(operation.positions)) < len(operation.positions)
    ):
        raise OperationRefused(
            "Positions and added examples do not match.", field="positions", remedy="One place for each, none twice."
        )


def _placed(elements: tuple[Element, ...], element: Element, *, before: str | None, noun: str) -> tuple[Element, ...]:
    if before is None:
        if any(other.id == element.id for other in elements):
            return tuple(element if other.id == element.id else other for other in elements)
        return (*elements, element)
    if before == element.id or all(other.id != before for other in elements):
        raise OperationRefused(
            f"The {noun} to stand before is not in this version.", field="before", remedy=f"Name another {noun} of it."
        )
    rest = tuple(other for other in elements if other.id != element.id)
    place = _place(rest, before)
    return (*rest[:place], element, *rest[place:])


def _without(elements: tuple[Element, ...], element_id: str, *, noun: str) -> tuple[Element, ...]:
    if all(element.id != element_id for element in elements):
        raise OperationRefused(
            f"The {noun} is not in this version.", field=f"{noun}_id", remedy=f"Name a {noun} of this version."
        )
    return tuple(element for element in elements if element.id != element_id)


def _place(elements: Sequence[Element], element_id: str) -> int:
    return next(place for place, element in enumerate(elements) if element.id == element_id)


# taking back -----------------------------------------------------------------------------------
def _edit_back(before: str, after: str) -> EditInstructions:
    """Quote what changed with just enough around it to be unique; at worst the whole text."""
    if not after:
        return EditInstructions(new=before)
    shorter = min(len(before), len(after))
    start = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    tail = next((i for i in range(shorter - start) if before[-1 - i] != after[-1 - i]), shorter - start)
    end = len(after) - tail
    while start == end or after.find(after[start:end]) != start or after.find(after[start:end], start + 1) >= 0:
        start, end = max(0, start - 8), min(len(after), end + 8)
    return EditInstructions(old=after[start:end], new=before[start : end + len(before) - len(after)])


def _examples_back(before: tuple[Example, ...], operation: ChangeExamples) -> ChangeExamples:
    named = {example.id for example in operation.add} | set(operation.remove)
    back = [(place, example) for place, example in enumerate(before) if example.id in named]
    was = {example.id for _, example in back}
    return ChangeExamples(
        add=tuple(example for _, example in back),
        remove=tuple(example.id for example in operation.add if example.id not in was),
        positions=tuple(place for place, _ in back),
    )


@dataclass(frozen=True)
class _Return(Generic[Element]):
    """How one placed element gets back to where it was."""

    element: Element | None
    """As it was; None: it was not there."""
    leaves_first: bool
    before: str | None


def _back(was: tuple[Element, ...], now: tuple[Element, ...], element_id: str) -> _Return[Element]:
    old = next((element for element in was if element.id == element_id), None)
    is_there = any(element.id == element_id for element in now)
    if old is None:
        return _Return(element=None, leaves_first=True, before=None)
    if is_there and [element.id for element in was] == [element.id for element in now]:
        return _Return(element=old, leaves_first=False, before=None)
    following = was[_place(was, element_id) + 1 :]
    return _Return(element=old, leaves_first=is_there and not following, before=following[0].id if following else None)


def _rule_back(was: tuple[Rule, ...], now: tuple[Rule, ...], rule_id: str) -> tuple[Operation, ...]:
    back = _back(was, now, rule_id)
    leave = (RetireRule(rule_id=rule_id),) if back.leaves_first else ()
    return leave if back.element is None else (*leave, SetRule(rule=back.element, before=back.before))


def _article_back(was: tuple[Article, ...], now: tuple[Article, ...], article_id: str) -> tuple[Operation, ...]:
    back = _back(was, now, article_id)
    leave = (RetireArticle(article_id=article_id),) if back.leaves_first else ()
    return leave if back.element is None else (*leave, UpsertArticle(article=back.element, before=back.before))


def _approach_back(was: tuple[Approach, ...], now: tuple[Approach, ...], approach_id: str) -> tuple[Operation, ...]:
    back = _back(was, now, approach_id)
    leave = (RetireApproach(approach_id=approach_id),) if back.leaves_first else ()
    return leave if back.element is None else (*leave, SetApproach(approach=back.element, before=back.before))
