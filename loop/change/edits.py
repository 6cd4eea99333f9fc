"""The generic edits of a section: put, retire, exchange, quote, replace. Pure, and refused when they do not fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar, assert_never

from loop.change.acceptance import ELEMENTS_MAX
from loop.change.sections import SECTIONS, Step
from loop.change.sections.instructions import replace_quote
from loop.errors import OperationRefused
from loop.records import Bundle, Record, SectionName


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Listed = TypeVar("Listed", bound=_Identified)


@dataclass(frozen=True)
class Put:
    """Add an element, or replace the one with the same id."""

    section: SectionName
    element: Record
    before: str | None
    """Id to stand before; None: a replaced one keeps its place, a new one goes last."""


@dataclass(frozen=True)
class Retire:
    """Take an element out."""

    section: SectionName
    element_id: str


@dataclass(frozen=True)
class Exchange:
    """Add, replace and retire many elements as one bundle."""

    section: SectionName
    add: tuple[Any, ...]
    remove: tuple[str, ...]
    positions: tuple[int, ...]
    """0-based places of `add` in the result, one each; empty: replaced ones keep their place, new ones go last."""


@dataclass(frozen=True)
class Quote:
    """Replace one exactly quoted piece of a text; without a quote, append a line."""

    section: SectionName
    old: str
    new: str


@dataclass(frozen=True)
class Replace:
    """Put another value in place of the only one."""

    section: SectionName
    element: Record


Edit: TypeAlias = Put | Retire | Exchange | Quote | Replace


def steps_of(edit: Edit, base: Bundle) -> tuple[Step[Any], ...]:
    """Every element the edit names, before and after, in the order it names them."""
    value = getattr(base, edit.section)
    match edit:
        case Quote(old=old, new=new):
            return (Step(old=old or None, new=new or None),)
        case Replace(element=element):
            return (Step(old=value, new=element),)
        case Put(element=element):
            return tuple(_steps(value, add=(element,)))
        case Retire(element_id=element_id):
            return tuple(_steps(value, remove=(element_id,)))
        case Exchange(add=add, remove=remove):
            return tuple(_steps(value, add=add, remove=remove))
        case _:
            assert_never(edit)


def apply_edit(edit: Edit, bundle: Bundle) -> Bundle:
    """The bundle with the edit made. Raises OperationRefused, naming field and remedy, when it does not fit."""
    section, value = SECTIONS[edit.section], getattr(bundle, edit.section)
    for element in _new_elements(edit):
        section.check(element)
    match edit:
        case Quote(old=old, new=new):
            value = replace_quote(value, old=old, new=new)
        case Replace(element=element):
            value = element
        case Put(element=element, before=before):
            value = _put(value, element, before=before, noun=section.noun)
        case Retire(element_id=element_id):
            value = _retire(value, element_id, noun=section.noun)
        case Exchange():
            value = _exchange(value, edit, noun=section.noun)
        case _:
            assert_never(edit)
    return bundle.model_copy(update={edit.section: value})


def _new_elements(edit: Edit) -> tuple[Any, ...]:
    match edit:
        case Put(element=element) | Replace(element=element):
            return (element,)
        case Exchange(add=add):
            return add
        case Quote(new=new):
            return (new,)
        case Retire():
            return ()
        case _:
            assert_never(edit)


def _steps(
    elements: Iterable[Listed], *, add: Sequence[Listed] = (), remove: Sequence[str] = ()
) -> Iterable[Step[Listed]]:
    known = {element.id: element for element in elements}
    for element in add:
        yield Step(old=known.get(element.id), new=element)
    for element_id in remove:
        yield Step(old=known.get(element_id), new=None)


def _put(elements: tuple[Listed, ...], element: Listed, *, before: str | None, noun: str) -> tuple[Listed, ...]:
    if before is None:
        if any(other.id == element.id for other in elements):
            return tuple(element if other.id == element.id else other for other in elements)
        return (*elements, element)
    rest = tuple(other for other in elements if other.id != element.id)
    place = next((place for place, other in enumerate(rest) if other.id == before), None)
    if place is None:
        raise OperationRefused(
            f"The {noun} to stand before is not in this version.", field="before", remedy=f"Name another {noun} of it."
        )
    return (*rest[:place], element, *rest[place:])


def _retire(elements: tuple[Listed, ...], element_id: str, *, noun: str) -> tuple[Listed, ...]:
    if all(element.id != element_id for element in elements):
        raise OperationRefused(
            f"The {noun} is not in this version.", field=f"{noun}_id", remedy=f"Name a {noun} of this version."
        )
    return tuple(element for element in elements if element.id != element_id)


def _exchange(elements: tuple[Listed, ...], edit: Exchange, *, noun: str) -> tuple[Listed, ...]:
    known = {element.id for element in elements}
    added = {element.id: element for element in edit.add}
    removed = set(edit.remove)
    if problem := _misfit(edit, known=known, added=added.keys(), removed=removed, noun=noun):
        raise problem
    if not edit.positions:
        stay = tuple(added.get(element.id, element) for element in elements if element.id not in removed)
        return stay + tuple(element for element in edit.add if element.id not in known)
    result = [element for element in elements if element.id not in removed and element.id not in added]
    for position, element in sorted(zip(edit.positions, edit.add, strict=True), key=lambda pair: pair[0]):
        if not 0 <= position <= len(result):
            raise OperationRefused(
                f"A position lies outside the {noun}s.", field="positions", remedy="Use places of the resulting list."
            )
        result.insert(position, element)
    return tuple(result)


def _misfit(
    edit: Exchange, *, known: set[str], added: Iterable[str], removed: set[str], noun: str
) -> OperationRefused | None:
    """Why the edit does not fit; None when it does."""
    if len(edit.add) + len(edit.remove) > ELEMENTS_MAX:
        return OperationRefused(
            f"More than {ELEMENTS_MAX} {noun}s in one change.", field="add", remedy="Split it into several changes."
        )
    if len(set(added)) < len(edit.add):
        return OperationRefused(f"The same {noun} id is added twice.", field="add", remedy="Give each its own id.")
    if len(removed) < len(edit.remove):
        return OperationRefused(f"The same {noun} id is removed twice.", field="remove", remedy="Name every id once.")
    if removed & set(added):
        return OperationRefused(
            f"One {noun} is added and removed in one change.",
            field="remove",
            remedy="Adding a known id replaces it.",
        )
    if removed - known:
        return OperationRefused(
            f"One {noun} to remove is not in this version.", field="remove", remedy="Name ids of this version."
        )
    if edit.positions and (len(edit.positions) != len(edit.add) or len(set(edit.positions)) < len(edit.positions)):
        return OperationRefused(
            f"Positions and added {noun}s do not match.", field="positions", remedy="One place for each, none twice."
        )
    return None
