"""Typed changes fit exactly, are taken back exactly, and are refused in words when they do not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.change import texts
from loop.change.operations import apply, apply_all, changes, inverse, is_taught, touched
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
    SetApproach,
    SetModel,
    SetRule,
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


OPERATIONS: dict[str, st.SearchStrategy[Operation]] = {
    "instructions": st.builds(
        EditInstructions, old=st.text(alphabet="ab\n", max_size=4), new=st.text(alphabet="ab\n", max_size=6)
    ),
    "examples": example_changes(),
    "set rule": st.builds(SetRule, rule=RULES, before=st.none() | IDS),
    "retire rule": st.builds(RetireRule, rule_id=IDS),
    "upsert article": st.builds(UpsertArticle, article=ARTICLES, before=st.none() | IDS),
    "retire article": st.builds(RetireArticle, article_id=IDS),
    "set approach": st.builds(SetApproach, approach=APPROACHES, before=st.none() | IDS),
    "retire approach": st.builds(RetireApproach, approach_id=IDS),
    "model": st.builds(SetModel, model=st.builds(ModelChoice, name=WORDS)),
}


@pytest.mark.parametrize("kind", OPERATIONS)
@given(data=st.data())
def test_a_change_taken_back_leaves_the_bundle_exactly_as_it_was(kind: str, data: st.DataObject) -> None:
    base = data.draw(BUNDLES)
    operation = data.draw(OPERATIONS[kind])
    try:
        candidate = apply(base, operation)
    except OperationRefused:
        return
    assert candidate != base
    assert apply_all(candidate, inverse(base, operation)) == base
    shown = changes(base, candidate)
    assert shown
    assert all(change.before != change.after for change in shown)
    assert changes(candidate, base) != ()


@pytest.mark.parametrize("kind", OPERATIONS)
def test_the_property_is_not_vacuous(kind: str) -> None:
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


@pytest.mark.parametrize(
    "text",
    [
        "password: hunter2hunter2",
        "-----BEGIN RSA PRIVATE KEY-----",
        "postgres://me:topsecret@db/x",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a1" * 15,
    ],
)
def test_what_looks_like_a_secret_is_found(text: str) -> None:
    assert texts.secrets(text)


@pytest.mark.parametrize(
    "text",
    ["I forgot my password, what now?", "The secret is patience.", "api key: ⟨SECRET_1⟩", "task-force-of-the-year"],
)
def test_ordinary_sentences_are_no_secrets(text: str) -> None:
    assert not texts.secrets(text)


def test_an_emoji_is_not_hidden_text_but_what_hides_behind_it_is() -> None:
    assert texts.hidden("I ❤️ it 👩‍💻") == ()
    assert texts.hidden("I ❤️\ufe01\ufe02 it") == ("U+FE0F", "U+FE01", "U+FE02")
    assert texts.hidden("ev\u202eil") == ("U+202E",)
    assert texts.visible(" ev\u202eil\u200b ") == "evil"


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
    by = touched([ChangeExamples(add=(example(2),), remove=("x1",))], base)
    assert by.labels == {"refund", "card"}
    assert is_taught(case(1, expected="refund"), by=by)
    assert is_taught(case(2, expected="card"), by=by)
    assert not is_taught(case(3, expected="parcel"), by=by)
    covered = touched([SetRule(rule=rule(label="other"))], base)
    assert is_taught(case(4, question="Refund, please!"), by=covered)
    assert not is_taught(case(5, question="Refunding is slow"), by=covered)
    assert is_taught(case(6), by=touched([EditInstructions(new="Be kind.")], base))
