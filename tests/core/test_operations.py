"""Typed changes fit exactly, are shown, priced and named, and are refused in words when they do not fit."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from loop.change.diff import changes
from loop.change.edits import Exchange, Put, apply_edit, steps_of
from loop.change.footprint import Footprint, is_taught
from loop.change.operations import apply, apply_all, edit_of, footprint_of, reword, summary_of
from loop.change.sections import SECTIONS
from loop.change.stakes import assess_stakes
from loop.change.texts import check
from loop.errors import OperationRefused
from loop.records import (
    Approach,
    Article,
    Bundle,
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
    SectionName,
    SetApproach,
    SetModel,
    SetRule,
    SetSearchWeights,
    UpsertArticle,
)
from tests.builders import bundle, case, example

WORDS = st.text(alphabet="ab \n.é", min_size=1, max_size=12).filter(str.strip)
IDS = st.sampled_from([f"e{number}" for number in range(8)])


def rule(rule_id: str = "r1", **fields: object) -> Rule:
    return Rule(
        **{"id": rule_id, "when": (Condition(field="question", op="contains", value="refund"),), "label": "refund"}
        | fields
    )


EXAMPLES = st.builds(lambda one, text: Example(id=one, question=text, label="x"), IDS, WORDS)
RULES = st.builds(lambda one, text: rule(one, answer=text), IDS, WORDS)
ARTICLES = st.builds(lambda one, text: Article(id=one, title="t", body=text), IDS, WORDS)
APPROACHES = st.builds(lambda one, text: Approach(id=one, issue="i", name="n", instruction=text), IDS, WORDS)


def lists(elements: st.SearchStrategy, **sizes: int) -> st.SearchStrategy:
    return st.lists(elements, unique_by=lambda element: element.id, max_size=6, **sizes).map(tuple)


BUNDLES = st.builds(
    Bundle,
    instructions=st.text(alphabet="ab\n", max_size=12),
    rules=lists(RULES),
    examples=lists(EXAMPLES),
    articles=lists(ARTICLES),
    approaches=lists(APPROACHES),
)


@st.composite
def example_changes(draw: st.DrawFn) -> ChangeExamples:
    add = draw(lists(EXAMPLES))
    positions = draw(st.one_of(st.just(()), st.permutations(range(len(add))).map(tuple)))
    return ChangeExamples(add=add, remove=tuple(draw(st.sets(IDS, max_size=3))), positions=positions)


def lists_of_ids() -> st.SearchStrategy:
    return st.lists(IDS, unique=True, max_size=2).map(tuple)


OPERATIONS: dict[type[Operation], st.SearchStrategy[Operation]] = {
    EditInstructions: st.builds(
        EditInstructions, old=st.text(alphabet="ab\n", max_size=4), new=st.text(alphabet="ab\n", max_size=6)
    ),
    ChangeExamples: example_changes(),
    SetRule: st.builds(SetRule, rule=RULES, before=st.none() | IDS),
    RetireRule: st.builds(RetireRule, rule_id=IDS),
    UpsertArticle: st.builds(UpsertArticle, article=ARTICLES, before=st.none() | IDS),
    RetireArticle: st.builds(RetireArticle, article_id=IDS),
    SetSearchWeights: st.builds(
        SetSearchWeights,
        weights=st.builds(
            SearchWeights,
            words=st.dictionaries(st.sampled_from(["ppe", "i"]), st.sampled_from([-1.0, 0.25]), max_size=2),
            article_ids=lists_of_ids(),
        ),
    ),
    SetApproach: st.builds(SetApproach, approach=APPROACHES, before=st.none() | IDS),
    RetireApproach: st.builds(RetireApproach, approach_id=IDS),
    SetModel: st.builds(SetModel, model=st.builds(ModelChoice, name=WORDS)),
}


def test_every_type_of_operation_is_tried_here() -> None:
    assert set(OPERATIONS) == set(get_args(get_args(Operation)[0]))


def test_every_section_of_a_bundle_has_its_row() -> None:
    assert list(SECTIONS) == list(Bundle.model_fields)


@pytest.mark.parametrize("kind", OPERATIONS)
@given(data=st.data())
def test_whatever_a_change_does_is_shown_priced_named_and_teaches(kind: type[Operation], data: st.DataObject) -> None:
    base = data.draw(BUNDLES)
    operation = data.draw(OPERATIONS[kind])
    try:
        candidate = apply(base, operation)
    except OperationRefused:
        return
    shown = changes(base, candidate)
    assert shown
    assert {change.section for change in shown} == {edit_of(operation).section}
    assert all(change.before != change.after for change in shown)
    assert changes(candidate, base) != ()
    assert footprint_of([operation], base) != Footprint()
    assert assess_stakes([operation], shown, base=base, support=None, quotes={}).level
    assert summary_of(operation, base).strip()


@pytest.mark.parametrize("kind", OPERATIONS)
@given(data=st.data())
def test_a_change_sent_back_without_a_new_word_is_the_same_change(kind: type[Operation], data: st.DataObject) -> None:
    operation = data.draw(OPERATIONS[kind])
    assert reword(operation, edit_of(operation)) == operation


@pytest.mark.parametrize(
    ("section", "old", "new"),
    [
        ("rules", rule("r1"), rule("r2")),
        ("articles", Article(id="a1", title="t", body="b"), Article(id="a2", title="t", body="b")),
        ("approaches", *(Approach(id=one, issue="i", name="n", instruction="do") for one in ("p1", "p2"))),
    ],
)
def test_many_elements_of_any_section_are_exchanged_as_one(section: SectionName, old: Any, new: Any) -> None:
    base = bundle(**{section: (old,)})
    edit = Exchange(section, add=(new,), remove=(old.id,), positions=())
    assert getattr(apply_edit(edit, base), section) == (new,)
    row, steps = SECTIONS[section], steps_of(edit, base)
    assert row.summary(steps) == f"Set 1 and retire 1 {section}"
    assert any(reason.words.startswith("Retires") for reason in row.stakes(steps))


def test_new_words_reach_the_field_they_stand_in() -> None:
    other = rule("r1", label="card")
    worded = reword(SetRule(rule=rule("r1"), before="r2"), Put("rules", other, before="r2"))
    assert worded == SetRule(rule=other, before="r2")
    fewer = Exchange("examples", add=(example(2),), remove=(), positions=())
    assert reword(ChangeExamples(add=(example(1), example(2)), remove=("x3",), positions=(0, 1)), fewer) == (
        ChangeExamples(add=(example(2),))
    )


STORED = [
    '{"kind":"edit_instructions","old":"a","new":"b"}',
    '{"kind":"change_examples","add":[{"id":"x","question":"q","answer":"a","label":null,"feedback_id":null}],'
    '"remove":["y"],"positions":[0]}',
    '{"kind":"set_rule","rule":{"id":"r","when":[{"field":"question","op":"contains","value":"w"}],"answer":"a",'
    '"label":null,"article_id":null,"hand_over":false},"before":null}',
    '{"kind":"retire_rule","rule_id":"r"}',
    '{"kind":"upsert_article","article":{"id":"a","title":"t","body":"b","questions":["q"]},"before":null}',
    '{"kind":"retire_article","article_id":"a"}',
    '{"kind":"set_approach","approach":{"id":"a","issue":"i","name":"n","instruction":"do","is_enabled":false},'
    '"before":null}',
    '{"kind":"retire_approach","approach_id":"a"}',
    '{"kind":"set_model","model":{"name":"local","temperature":0.0,"max_tokens":512,"examples_per_question":4}}',
]


@pytest.mark.parametrize("stored", STORED)
def test_a_stored_operation_is_read_and_written_as_it_was(stored: str) -> None:
    reader: TypeAdapter[Operation] = TypeAdapter(Operation)
    assert reader.dump_json(reader.validate_json(stored)).decode() == stored


@pytest.mark.parametrize("kind", OPERATIONS)
def test_the_property_is_not_vacuous(kind: type[Operation]) -> None:
    accepted = 0

    @given(base=BUNDLES, operation=OPERATIONS[kind])
    def count(base: Bundle, operation: Operation) -> None:
        nonlocal accepted
        try:
            apply(base, operation)
        except OperationRefused:
            return
        accepted += 1

    count()
    assert accepted >= 3


@given(base=BUNDLES)
def test_a_bundle_does_not_differ_from_itself(base: Bundle) -> None:
    assert changes(base, base) == ()


KEY = "sk-" + "live-" + "a1b2c3d4e5f6g7h8i9j0"


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        (EditInstructions(old="missing", new="x"), "old"),
        (EditInstructions(old="twice", new="x"), "old"),
        (EditInstructions(old="Be kind.", new="Be kind."), "operation"),
        (EditInstructions(), "operation"),
        (EditInstructions(new="a" * 20_001), "new"),
        (EditInstructions(new="Say\u200bnothing"), "new"),
        (EditInstructions(new=f"Use {KEY}"), "new"),
        (ChangeExamples(add=(example(1), example(1))), "add"),
        (ChangeExamples(remove=("unknown",)), "remove"),
        (ChangeExamples(add=(example(9),), remove=("x9",)), "remove"),
        (ChangeExamples(add=(example(9, question=" "),)), "example.question"),
        (ChangeExamples(add=(example(9, label=None),)), "example.answer"),
        (ChangeExamples(add=(example(9, answer="\U000e0041"),)), "example.answer"),
        (ChangeExamples(add=(example(9),), positions=(7,)), "positions"),
        (ChangeExamples(add=(example(9),), positions=(0, 1)), "positions"),
        (SetRule(rule=rule(), before="unknown"), "before"),
        (SetRule(rule=rule(label=None)), "rule.answer"),
        (SetRule(rule=rule(when=(Condition(field="days", op="at_least", value="many"),))), "rule.when.value"),
        (RetireRule(rule_id="unknown"), "rule_id"),
        (UpsertArticle(article=Article(id="a", title="t", body=" ")), "article.body"),
        (RetireArticle(article_id="unknown"), "article_id"),
        (RetireApproach(approach_id="unknown"), "approach_id"),
        (SetModel(model=ModelChoice()), "operation"),
    ],
)
def test_what_does_not_fit_is_refused_naming_the_field(operation: Operation, field: str) -> None:
    base = bundle(instructions="Be kind.\ntwice twice", examples=(example(1),))
    with pytest.raises(OperationRefused) as refused:
        apply(base, operation)
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_refusal_never_repeats_the_secret() -> None:
    with pytest.raises(OperationRefused) as refused:
        apply(bundle(), EditInstructions(new=f"key {KEY}"))
    assert KEY not in str(refused.value)


def test_words_show_the_whole_element_and_where_a_rule_stands() -> None:
    base = bundle(rules=(rule("r1"), rule("r2", label="card")), examples=(example(1),))
    new = rule("r3", when=(Condition(field="amount", op="at_least", value=200),), label=None, hand_over=True)
    candidate = apply_all(
        base, [SetRule(rule=new, before="r1"), ChangeExamples(add=(example(2, answer="Gladly."),), remove=("x1",))]
    )
    shown = {change.element_id: change for change in changes(base, candidate)}
    assert set(shown) == {"r3", "x1", "x2"}
    assert shown["r3"].before == ""
    assert shown["r3"].after == "When amount is at least 200: hand over to a person.\nPlace: 1 of 3"
    assert shown["x2"].after == "Question: I want my money back for order 2\nAnswer: Gladly.\nLabel: refund"
    assert shown["x1"].after == ""


def test_a_limit_that_moves_by_one_in_a_million_is_shown() -> None:
    limits = [rule("r1", when=(Condition(field="amount", op="at_most", value=value),)) for value in (1234567, 1234568)]
    (shown,) = changes(bundle(rules=limits[:1]), bundle(rules=limits[1:]))
    assert (shown.before.split(":")[0], shown.after.split(":")[0]) == (
        "When amount is at most 1234567",
        "When amount is at most 1234568",
    )


def test_a_moved_rule_is_the_only_one_shown_as_moved() -> None:
    base = bundle(rules=tuple(rule(f"r{number}") for number in range(1, 6)))
    candidate = apply(base, SetRule(rule=rule("r5"), before="r1"))
    assert [change.element_id for change in changes(base, candidate)] == ["r5"]


def test_a_reversed_list_is_shown() -> None:
    base = bundle(examples=(example(1), example(2), example(3)))
    turned = apply(base, ChangeExamples(add=(example(3), example(2)), positions=(0, 1)))
    assert [change.element_id for change in changes(base, turned)]
    assert all(change.before != change.after for change in changes(base, turned))


def test_taught_cases_are_those_the_change_is_about() -> None:
    base = bundle(examples=(example(1, label="card"),))
    by = footprint_of([ChangeExamples(add=(example(2),), remove=("x1",))], base)
    assert by.labels == {"refund", "card"}
    assert is_taught(case(1, expected="refund"), by=by)
    assert is_taught(case(2, expected="card"), by=by)
    assert not is_taught(case(3, expected="parcel"), by=by)
    covered = footprint_of([SetRule(rule=rule(label="other"))], base)
    assert is_taught(case(4, question="Refund, please!"), by=covered)
    assert not is_taught(case(5, question="Refunding is slow"), by=covered)
    assert is_taught(case(6), by=footprint_of([EditInstructions(new="Be kind.")], base))


def test_a_masked_value_is_never_taught_and_stays_only_in_what_customers_asked() -> None:
    with pytest.raises(OperationRefused, match="⟨PHONE_1⟩"):
        check("Call ⟨PHONE_1⟩.", field="example.answer", cap=100)
    check("Is ⟨PHONE_1⟩ yours?", field="example.question", cap=100)
