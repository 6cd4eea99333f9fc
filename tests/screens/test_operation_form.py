"""A change can be worded in a form: sent back untouched it is the same, and a new word reaches its field."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.elements import editor
from dashboard.components.review import operation
from loop.errors import Conflict
from loop.records import (
    Approach,
    Article,
    ChangeExamples,
    Condition,
    EditInstructions,
    Example,
    ModelChoice,
    Operation,
    RetireApproach,
    RetireArticle,
    RetireRule,
    Rule,
    SearchWeights,
    SetApproach,
    SetModel,
    SetRule,
    SetSearchWeights,
    UpsertArticle,
)

RULE = Rule(id="r", when=(Condition(field="amount", op="at_least", value=200.0),), label="card", hand_over=True)
ONE = Example(id="x", question="Where is it?", answer="On its way.", label="parcel")
OPERATIONS: dict[type[Operation], tuple[Operation, str]] = {
    EditInstructions: (EditInstructions(old="Be kind.", new="Be brief."), "New text"),
    ChangeExamples: (ChangeExamples(add=(ONE,)), "Right label"),
    SetRule: (SetRule(rule=RULE, before="other"), "Value"),
    RetireRule: (RetireRule(rule_id="r"), ""),
    UpsertArticle: (
        UpsertArticle(article=Article(id="a", title="t", body="b", questions=("q", "p"))),
        "Questions that",
    ),
    RetireArticle: (RetireArticle(article_id="a"), ""),
    SetSearchWeights: (SetSearchWeights(weights=SearchWeights(words={"i": -1.0})), ""),
    SetApproach: (SetApproach(approach=Approach(id="a", issue="i", name="n", instruction="do")), "What the agent"),
    RetireApproach: (RetireApproach(approach_id="a"), ""),
    SetModel: (SetModel(model=ModelChoice(temperature=0.5)), "Longest reply"),
}
"""An operation of each type, and the beginning of the label of one of its fields."""
WORDED: dict[type[Operation], tuple[Any, Operation]] = {
    EditInstructions: ("Be short.", EditInstructions(old="Be kind.", new="Be short.")),
    ChangeExamples: (" ", ChangeExamples(add=(ONE.model_copy(update={"label": None}),))),
    SetRule: (
        "300",
        SetRule(
            rule=RULE.model_copy(update={"when": (Condition(field="amount", op="at_least", value=300.0),)}),
            before="other",
        ),
    ),
    UpsertArticle: ("q\n\n", UpsertArticle(article=Article(id="a", title="t", body="b", questions=("q",)))),
    SetApproach: ("wait", SetApproach(approach=Approach(id="a", issue="i", name="n", instruction="wait"))),
    SetModel: (99, SetModel(model=ModelChoice(temperature=0.5, max_tokens=99))),
}


TYPED: dict[type[Operation], str] = {EditInstructions: "k-new", SetApproach: "k-instruction"}
"""Fields that are the text editor, by their key."""


def page(operation: object) -> None:
    import streamlit as st

    from dashboard.components.review import operation as component

    with st.form("form"):
        component.draw(operation, key="k")
        st.form_submit_button("Send")
    st.session_state["read"] = component.read(operation, key="k")


def run(operation: Operation) -> AppTest:
    app = AppTest.from_function(page, kwargs={"operation": operation}, default_timeout=200).run()
    assert not app.exception
    return app


@pytest.mark.parametrize("kind", OPERATIONS)
def test_a_change_sent_back_untouched_is_the_same(kind: type[Operation]) -> None:
    change, _ = OPERATIONS[kind]
    assert run(change).session_state["read"] == change


def test_a_bundle_sent_back_untouched_is_the_same() -> None:
    bundle = ChangeExamples(add=(ONE, ONE.model_copy(update={"id": "y"})), remove=("z",), positions=(3, 1))
    assert run(bundle).session_state["read"] == bundle


@pytest.mark.parametrize("kind", WORDED)
def test_a_new_word_reaches_its_field(kind: type[Operation]) -> None:
    change, label = OPERATIONS[kind]
    value, expected = WORDED[kind]
    app = run(change)
    if key := TYPED.get(kind):
        app.session_state[key] = {"text": {"item": key, "text": value}}
    else:
        fields = [*app.text_area, *app.text_input, *app.number_input]
        next(one for one in fields if one.label.startswith(label)).set_value(value)
    app.button[0].click().run()
    assert app.session_state["read"] == expected


def test_one_answer_to_many_questions_is_worded_once() -> None:
    other = ONE.model_copy(update={"id": "y", "question": "Where?"})
    bundle = ChangeExamples(add=(ONE, other), remove=("z",), positions=(3, 1))
    app = run(bundle)
    app.session_state["k-answer-0"] = {"text": {"item": "k-answer-0", "text": "It arrives today."}}
    app.button[0].click().run()
    read = app.session_state["read"]
    assert [one.answer for one in read.add] == ["It arrives today."] * 2
    assert (read.remove, read.positions) == (("z",), (3, 1))


def test_a_text_typed_for_another_change_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = {"k-new": {"text": {"item": "another", "text": "Never mind."}}}
    monkeypatch.setattr(editor.st, "session_state", typed)
    with pytest.raises(Conflict, match="another item"):
        operation.read(EditInstructions(old="Be kind.", new="Be brief."), key="k")


def test_cells_of_a_bundle_reach_their_example(monkeypatch: pytest.MonkeyPatch) -> None:
    other = ONE.model_copy(update={"id": "y"})
    edited = {"edited_rows": {"0": {"Keep": False}, "1": {"Label": " ", "Answer": None, "Question": "Where?"}}}
    monkeypatch.setattr(operation, "BOXES", 0)
    monkeypatch.setattr(operation.st, "session_state", {"k-add": edited, "k-remove": False})
    read = operation.read(ChangeExamples(add=(ONE, other), remove=("z",), positions=(3, 1)), key="k")
    worded = other.model_copy(update={"label": None, "answer": "", "question": "Where?"})
    assert read == ChangeExamples(add=(worded,))
