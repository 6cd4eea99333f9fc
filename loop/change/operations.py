"""What each typed operation does: one row each, read as a generic edit of one section of a bundle."""

from collections.abc import Iterable
from typing import Any, assert_never

from loop.change.edits import Edit, Exchange, Put, Quote, Replace, Retire, apply_edit, steps_of
from loop.change.footprint import Footprint, union
from loop.change.sections import SECTIONS
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


def edit_of(operation: Operation) -> Edit:
    """The operation as a generic edit; stakes, footprint, title, checks and form follow from it and its section."""
    match operation:
        case EditInstructions(old=old, new=new):
            return Quote("instructions", old=old, new=new)
        case ChangeExamples(add=add, remove=remove, positions=positions):
            return Exchange("examples", add=add, remove=remove, positions=positions)
        case SetRule(rule=rule, before=before):
            return Put("rules", rule, before=before)
        case RetireRule(rule_id=element_id):
            return Retire("rules", element_id)
        case UpsertArticle(article=article, before=before):
            return Put("articles", article, before=before)
        case RetireArticle(article_id=element_id):
            return Retire("articles", element_id)
        case SetSearchWeights(weights=weights):
            return Replace("search", weights)
        case SetApproach(approach=approach, before=before):
            return Put("approaches", approach, before=before)
        case RetireApproach(approach_id=element_id):
            return Retire("approaches", element_id)
        case SetModel(model=model):
            return Replace("model", model)
        case _:
            assert_never(operation)


def apply(bundle: Bundle, operation: Operation) -> Bundle:
    """The bundle with one change made. The bundle handed in stays as it is.

    Raises OperationRefused, naming field and remedy, when the quoted text is missing or not unique,
    an id is unknown or given twice, a text is too long, holds hidden characters or what looks like a
    secret, or when nothing would change.
    """
    candidate = apply_edit(edit_of(operation), bundle)
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


def footprint_of(operations: Iterable[Operation], base: Bundle) -> Footprint:
    """What the operations teach: every element they add, change or retire on `base`, before and after."""
    found = []
    for edit in map(edit_of, operations):
        for step in steps_of(edit, base):
            found += [SECTIONS[edit.section].footprint(one) for one in (step.old, step.new) if one is not None]
    return union(found)


def taken_out(operations: Iterable[Operation]) -> frozenset[str]:
    """Ids of the examples that go or are replaced."""
    bundles = [one for one in operations if isinstance(one, ChangeExamples)]
    return frozenset(key for one in bundles for key in (*one.remove, *(example.id for example in one.add)))


def summary_of(operation: Operation, base: Bundle) -> str:
    """What one operation changes, in words."""
    edit = edit_of(operation)
    return SECTIONS[edit.section].summary(steps_of(edit, base))


def reword(operation: Operation, edit: Edit) -> Operation:
    """The operation with the wording of `edit`, an altered copy of its own `edit_of`.

    A field of the operation is named as in its edit, or holds the edit's element under its own name.
    """
    was = edit_of(operation)
    update: dict[str, Any] = {}
    for name in type(operation).model_fields:
        if hasattr(edit, name):
            update[name] = getattr(edit, name)
        elif getattr(operation, name) is getattr(was, "element", None):
            update[name] = getattr(edit, "element", None)
    return operation.model_copy(update=update)
