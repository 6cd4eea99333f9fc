"""One typed change as form fields: drawn with `draw`, read back with `read`. Always inside an `st.form`.

Which fields an element has is said by its section; here is only how a field looks.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any, assert_never

import pandas as pd
import streamlit as st

from dashboard.components.elements import editor, words
from dashboard.components.elements.markup import show, tag
from loop.change.edits import Exchange, Put, Quote, Replace, Retire
from loop.change.operations import edit_of, reword
from loop.change.sections import SECTIONS, FormField
from loop.records import Condition, Example, Operation, SectionName

OPERATORS = ("contains", "equals", "at_least", "at_most")
BOXES = 12
"""Different answers of a bundle that get a box each; more are a table."""
_KEEP = "Keep"


def draw(operation: Operation, *, key: str) -> None:
    """Draw the fields of a change, filled with what it says now."""
    edit = edit_of(operation)
    match edit:
        case Quote(old=old, new=new):
            _draw_quote(old, new, key=key)
        case Put(element=element) | Replace(element=element) | Exchange(add=(element,), remove=()):
            fields = SECTIONS[edit.section].fields
            if not fields:
                st.text("This was learned; there is nothing to word. Approve it or reject it.")
            for field in fields:
                _draw_field(field, getattr(element, field.name), key=f"{key}-{field.name}")
        case Exchange():
            _draw_many(edit, key=key)
        case Retire():
            st.text("This takes something out; there is nothing to word.")
        case _:
            assert_never(edit)


def read(operation: Operation, *, key: str) -> Operation:
    """The change as the fields say it now, read from the session; not validated yet."""
    edit = edit_of(operation)
    match edit:
        case Quote(new=new):
            return reword(operation, replace(edit, new=read_text(f"{key}-new", new)))
        case Put(element=element) | Replace(element=element):
            return reword(operation, replace(edit, element=_read_element(edit.section, element, key=key)))
        case Exchange(add=(element,), remove=()):
            return reword(operation, replace(edit, add=(_read_element(edit.section, element, key=key),)))
        case Exchange():
            return reword(operation, _read_many(edit, key=key))
        case Retire():
            return operation
        case _:
            assert_never(edit)


def _value(key: str, otherwise: Any) -> Any:
    value = st.session_state.get(key)
    return otherwise if value is None else value


# one text --------------------------------------------------------------------------------------
def _draw_quote(old: str, new: str, *, key: str) -> None:
    if old:
        show(tag("p", tag("span", "Live now: ", css="rt-small"), old, css="rt-text rt-quiet"))
    draw_text("New text", new, key=f"{key}-new")


def draw_text(label: str, value: str, *, key: str) -> None:
    """A text in the editor: how it differs from what is proposed shows while one types."""
    rows = min(16, max(2, sum(1 + len(line) // 90 for line in value.split("\n")) + 1))
    editor.show_editor(label, key=key, item=key, value=value, look={"rows": rows, "unchanged": "As proposed"})


def read_text(key: str, value: str) -> str:
    """What stands in the editor of this key. Raises Conflict when it is another item's."""
    return editor.read_text(key, item=key, value=value)


# one element -----------------------------------------------------------------------------------
def _draw_field(field: FormField, value: Any, *, key: str) -> None:
    match field.kind:
        case "line" | "name":
            st.text_input(field.label, value or "", key=key)
        case "text" | "long" if value:
            draw_text(field.label, value, key=key)
        case "text":
            st.text_area(field.label, "", key=key, height=80)
        case "long":
            st.text_area(field.label, "", key=key, height=240)
        case "lines":
            st.text_area(field.label, "\n".join(value), key=key)
        case "flag":
            st.checkbox(field.label, bool(value), key=key)
        case "number":
            of = type(value)
            high = None if field.high is None else of(field.high)
            st.number_input(field.label, of(field.low), high, value, of(1) if of is int else 0.1, key=key)
        case "conditions":
            for place, condition in enumerate(value):
                _draw_condition(condition, place=place, key=key)
        case _:
            assert_never(field.kind)


def _read_element(section: SectionName, element: Any, *, key: str) -> Any:
    """The element with every field as it was worded."""
    update: dict[str, Any] = {}
    for field in SECTIONS[section].fields:
        value, name = getattr(element, field.name), f"{key}-{field.name}"
        if field.kind == "conditions":
            update[field.name] = tuple(_read_condition(one, place=i, key=name) for i, one in enumerate(value))
        elif field.kind in ("text", "long") and value:
            update[field.name] = read_text(name, str(value))
        elif (worded := st.session_state.get(name)) is not None:
            update[field.name] = _parse(field, worded, was=value)
    return element.model_copy(update=update)


def _parse(field: FormField, worded: Any, *, was: Any) -> Any:
    """What was typed, as the field holds it."""
    match field.kind:
        case "name":
            return worded.strip() or None
        case "lines":
            return tuple(line.strip() for line in worded.split("\n") if line.strip())
        case "number":
            return type(was)(worded)
        case _:
            return worded


def _draw_condition(condition: Condition, *, place: int, key: str) -> None:
    left, middle, right = st.columns((2, 2, 3))
    left.text_input("And field" if place else "Field", condition.field, key=f"{key}-field{place}")
    middle.selectbox(
        "Test",
        OPERATORS,
        OPERATORS.index(condition.op),
        format_func=lambda op: op.replace("_", " "),
        key=f"{key}-op{place}",
    )
    right.text_input("Value", f"{condition.value}", key=f"{key}-value{place}")


def _read_condition(condition: Condition, *, place: int, key: str) -> Condition:
    """A limit is a number where it can be read as one; what cannot is refused later, by name."""
    field = _value(f"{key}-field{place}", condition.field)
    op = _value(f"{key}-op{place}", condition.op)
    value = _value(f"{key}-value{place}", f"{condition.value}")
    if op in ("at_least", "at_most"):
        with suppress(ValueError):
            value = float(value)
    return Condition.model_construct(field=field, op=op, value=value)


# many elements ---------------------------------------------------------------------------------
def _answers(edit: Exchange) -> dict[str, list[Example]]:
    """Of a bundle of examples, those that share an answer; empty where there are too many for a box each."""
    if edit.section != "examples":
        return {}
    groups: dict[str, list[Example]] = {}
    for one in edit.add:
        groups.setdefault(one.answer, []).append(one)
    return groups if len(groups) <= BOXES and "" not in groups else {}


def _draw_answers(groups: dict[str, list[Example]], *, key: str) -> None:
    """One box for each answer, whatever number of questions it is for."""
    for place, (answer, some) in enumerate(groups.items()):
        questions = [tag("li", one.question) for one in some]
        name = f"Answer to {words.count(len(some), 'question')}"
        draw_text(name if len(groups) == 1 else f"{name} ({place + 1} of {len(groups)})", answer, key=f"{key}-{place}")
        show(tag("details", tag("summary", "For these questions"), tag("ul", questions, css="rt-text"), css="rt-more"))


def _draw_many(edit: Exchange, *, key: str) -> None:
    section = SECTIONS[edit.section]
    if groups := _answers(edit):
        _draw_answers(groups, key=f"{key}-answer")
    elif edit.add:
        st.text(f"{words.count(len(edit.add), section.noun)} to add. Clear “{_KEEP}” to leave one out.")
        fields = _columns(edit)
        rows = [(True, *(_cell(field, getattr(one, field.name)) for field in fields)) for one in edit.add]
        st.data_editor(
            pd.DataFrame(rows, columns=[_KEEP, *(_heading(field) for field in fields)]),
            key=f"{key}-add",
            num_rows="fixed",
            hide_index=True,
            column_config={_KEEP: st.column_config.CheckboxColumn(width="small")},
        )
    if edit.remove:
        st.checkbox(f"Also take {words.count(len(edit.remove), section.noun)} out", True, key=f"{key}-remove")


def _read_many(edit: Exchange, *, key: str) -> Exchange:
    takes_out = _value(f"{key}-remove", True)
    if groups := _answers(edit):
        worded = {was: read_text(f"{key}-answer-{place}", was) for place, was in enumerate(groups)}
        added = tuple(one.model_copy(update={"answer": worded[one.answer]}) for one in edit.add)
        return replace(edit, add=added, remove=edit.remove if takes_out else ())
    edits = _value(f"{key}-add", {}).get("edited_rows", {})
    kept = []
    for place, element in enumerate(edit.add):
        row = edits.get(place, edits.get(str(place), {}))
        if row.get(_KEEP, True) is False:
            continue
        update = {
            field.name: _parse(field, row[_heading(field)] or "", was=getattr(element, field.name))
            for field in _columns(edit)
            if _heading(field) in row
        }
        kept.append(element.model_copy(update=update))
    return replace(
        edit,
        add=tuple(kept),
        remove=edit.remove if takes_out else (),
        positions=edit.positions if len(kept) == len(edit.add) else (),
    )


def _columns(edit: Exchange) -> list[FormField]:
    """Fields that fit into one cell of text."""
    return [one for one in SECTIONS[edit.section].fields if one.kind in ("line", "name", "text", "long", "lines")]


def _cell(field: FormField, value: Any) -> str:
    return "\n".join(value) if field.kind == "lines" else value or ""


def _heading(field: FormField) -> str:
    return field.name.capitalize()
