"""One typed change as form fields: drawn with `ask`, read back with `told`. Always inside an `st.form`."""

from typing import Any, assert_never

import pandas as pd
import streamlit as st

from dashboard.components import words
from loop.records import (
    ChangeExamples,
    Condition,
    EditInstructions,
    Operation,
    RetireApproach,
    RetireArticle,
    RetireRule,
    SetApproach,
    SetModel,
    SetRule,
    UpsertArticle,
)

OPERATORS = ("contains", "equals", "at_least", "at_most")
_EXAMPLE_COLUMNS = ("Keep", "Question", "Answer", "Label")


def ask(operation: Operation, *, key: str) -> None:
    """Draw the fields of a change, filled with what it says now."""
    match operation:
        case EditInstructions():
            if operation.old:
                st.text_area("Text it replaces", operation.old, disabled=True, key=f"{key}-old", height="content")
            st.text_area("New text", operation.new, key=f"{key}-new", height="content")
        case ChangeExamples():
            _ask_examples(operation, key=key)
        case SetRule():
            _ask_rule(operation, key=key)
        case UpsertArticle(article=article):
            st.text_input("Title", article.title, key=f"{key}-title")
            st.text_area("Text", article.body, key=f"{key}-body", height=240)
            st.text_area(
                "Questions that lead here, one on each line", "\n".join(article.questions), key=f"{key}-questions"
            )
        case SetApproach(approach=approach):
            st.text_input("Name", approach.name, key=f"{key}-name")
            st.text_area("What the agent is told", approach.instruction, key=f"{key}-instruction", height=180)
            st.checkbox("Enabled", approach.is_enabled, key=f"{key}-enabled")
        case SetModel(model=model):
            st.text_input("Model", model.name, key=f"{key}-name")
            st.number_input("Temperature", 0.0, 2.0, model.temperature, 0.1, key=f"{key}-temperature")
            st.number_input("Longest reply, in tokens", 1, None, model.max_tokens, key=f"{key}-tokens")
            st.number_input("Examples per question", 0, 32, model.examples_per_question, key=f"{key}-examples")
        case RetireRule() | RetireArticle() | RetireApproach():
            st.text("This takes something out; there is nothing to word.")
        case _:
            assert_never(operation)


def told(operation: Operation, *, key: str) -> Operation:
    """The change as the fields say it now, read from the session. Raises InvalidInput never; the desk checks it."""
    match operation:
        case EditInstructions():
            return operation.model_copy(update={"new": _value(key, "new", operation.new)})
        case ChangeExamples():
            return _told_examples(operation, key=key)
        case SetRule():
            return _told_rule(operation, key=key)
        case UpsertArticle(article=article):
            asked = _value(key, "questions", "\n".join(article.questions))
            changed = article.model_copy(
                update={
                    "title": _value(key, "title", article.title),
                    "body": _value(key, "body", article.body),
                    "questions": tuple(line.strip() for line in asked.split("\n") if line.strip()),
                }
            )
            return operation.model_copy(update={"article": changed})
        case SetApproach(approach=approach):
            changed_approach = approach.model_copy(
                update={
                    "name": _value(key, "name", approach.name),
                    "instruction": _value(key, "instruction", approach.instruction),
                    "is_enabled": _value(key, "enabled", approach.is_enabled),
                }
            )
            return operation.model_copy(update={"approach": changed_approach})
        case SetModel(model=model):
            changed_model = model.model_copy(
                update={
                    "name": _value(key, "name", model.name),
                    "temperature": float(_value(key, "temperature", model.temperature)),
                    "max_tokens": int(_value(key, "tokens", model.max_tokens)),
                    "examples_per_question": int(_value(key, "examples", model.examples_per_question)),
                }
            )
            return operation.model_copy(update={"model": changed_model})
        case RetireRule() | RetireArticle() | RetireApproach():
            return operation
        case _:
            assert_never(operation)


def _value(key: str, field: str, otherwise: Any) -> Any:
    value = st.session_state.get(f"{key}-{field}")
    return otherwise if value is None else value


# rules -----------------------------------------------------------------------------------------
def _ask_rule(operation: SetRule, *, key: str) -> None:
    rule = operation.rule
    for place, condition in enumerate(rule.when):
        left, middle, right = st.columns((2, 2, 3))
        left.text_input("Field" if not place else "And field", condition.field, key=f"{key}-field{place}")
        middle.selectbox(
            "Test",
            OPERATORS,
            OPERATORS.index(condition.op),
            format_func=lambda op: op.replace("_", " "),
            key=f"{key}-op{place}",
        )
        right.text_input("Value", f"{condition.value}", key=f"{key}-value{place}")
    st.text_input("Label it answers with", rule.label or "", key=f"{key}-label")
    st.text_area("Reply (empty: the label is the reply)", rule.answer, key=f"{key}-answer")
    st.checkbox("Hand over to a person instead", rule.hand_over, key=f"{key}-hand")


def _told_rule(operation: SetRule, *, key: str) -> SetRule:
    rule = operation.rule
    when = tuple(
        _condition(
            field=_value(key, f"field{place}", one.field),
            op=_value(key, f"op{place}", one.op),
            value=_value(key, f"value{place}", f"{one.value}"),
        )
        for place, one in enumerate(rule.when)
    )
    changed = rule.model_copy(
        update={
            "when": when,
            "label": _value(key, "label", rule.label or "") or None,
            "answer": _value(key, "answer", rule.answer),
            "hand_over": _value(key, "hand", rule.hand_over),
        }
    )
    return operation.model_copy(update={"rule": changed})


def _condition(*, field: str, op: Any, value: str) -> Condition:
    if op in ("at_least", "at_most"):
        try:
            return Condition.model_construct(field=field, op=op, value=float(value))
        except ValueError:
            return Condition.model_construct(field=field, op=op, value=value)
    return Condition.model_construct(field=field, op=op, value=value)


# examples --------------------------------------------------------------------------------------
def _ask_examples(operation: ChangeExamples, *, key: str) -> None:
    if operation.add:
        st.text(f"{words.count(len(operation.add), 'example')} to add. Clear “Keep” to leave one out.")
        rows = [(True, one.question, one.answer, one.label or "") for one in operation.add]
        st.data_editor(
            pd.DataFrame(rows, columns=list(_EXAMPLE_COLUMNS)),
            key=f"{key}-add",
            num_rows="fixed",
            hide_index=True,
            column_config={"Keep": st.column_config.CheckboxColumn(width="small")},
        )
    if operation.remove:
        st.checkbox(f"Also take {words.count(len(operation.remove), 'example')} out", True, key=f"{key}-remove")


def _told_examples(operation: ChangeExamples, *, key: str) -> ChangeExamples:
    edits = _value(key, "add", {}).get("edited_rows", {})
    kept = []
    positions = []
    for place, example in enumerate(operation.add):
        edit = edits.get(place, edits.get(str(place), {}))
        if edit.get("Keep", True) is False:
            continue
        label = edit.get("Label", example.label or "")
        kept.append(
            example.model_copy(
                update={
                    "question": edit.get("Question", example.question) or "",
                    "answer": edit.get("Answer", example.answer) or "",
                    "label": label or None,
                }
            )
        )
        if operation.positions:
            positions.append(operation.positions[place])
    takes_out = _value(key, "remove", True)
    return operation.model_copy(
        update={
            "add": tuple(kept),
            "remove": operation.remove if takes_out else (),
            "positions": tuple(positions) if len(kept) == len(operation.add) else (),
        }
    )
