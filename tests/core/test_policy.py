"""Stakes are computed from the change, and nothing but low stakes with proof goes without a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop import policy
from loop.change.diff import changes
from loop.change.operations import apply
from loop.change.proposal import Idea, draft
from loop.change.stakes import Support, assess_stakes
from loop.policy import decide, recommend
from loop.records import (
    Article,
    Bundle,
    ChangeExamples,
    Condition,
    EditInstructions,
    Mode,
    ModelChoice,
    Operation,
    Proposal,
    Report,
    RetireArticle,
    RetireRule,
    Rule,
    SetModel,
    SetRule,
    SliceResult,
    Stakes,
    StakesLevel,
    Tally,
    UpsertArticle,
    Verdict,
)
from tests import builders
from tests.builders import NOON, agent, example, feedback
from tests.core.test_update import version

LOW, MEDIUM, HIGH = StakesLevel.LOW, StakesLevel.MEDIUM, StakesLevel.HIGH
MANY = Support(authors={f"a{number}": 1 for number in range(5)})
HAND_OVER = Rule(id="h", when=(Condition(field="question", op="contains", value="lawyer"),), hand_over=True)
BASE = Bundle(
    instructions="Be kind.",
    rules=(HAND_OVER,),
    examples=(example(1),),
    articles=(Article(id="k", title="Parcels", body="Parcels take a week."),),
)


def stakes(
    operation: Operation, *, support: Support | None = MANY, quotes: dict[str, tuple[str, str]] | None = None
) -> Stakes:
    shown = changes(BASE, apply(BASE, operation))
    return assess_stakes([operation], shown, base=BASE, support=support, quotes=quotes or {})


def body(text: str) -> UpsertArticle:
    return UpsertArticle(article=Article(id="new", title="New", body=text))


SAID = "Parcels that are late go back to the sender when nobody comes for them."


@pytest.mark.parametrize(
    ("operation", "level", "word"),
    [
        (ChangeExamples(add=(example(2),)), LOW, None),
        (body("Parcels take a week."), LOW, None),
        (ChangeExamples(remove=("x1",)), MEDIUM, "Retires"),
        (RetireArticle(article_id="k"), MEDIUM, "Retires"),
        (UpsertArticle(article=Article(id="k", title="Parcels", body="Parcels take a day.")), MEDIUM, "in use"),
        (SetRule(rule=HAND_OVER.model_copy(update={"id": "r", "hand_over": False, "label": "x"})), MEDIUM, "rule"),
        (SetRule(rule=HAND_OVER.model_copy(update={"hand_over": False, "label": "x"})), HIGH, "takes over"),
        (RetireRule(rule_id="h"), HIGH, "hands over"),
        (EditInstructions(new="Use short sentences."), HIGH, "instructions"),
        (SetModel(model=ModelChoice(name="other")), HIGH, "model"),
        (body("We refund everything."), HIGH, "money"),
        (body("This is legal advice."), HIGH, "legal"),
        (body("Tell us your password."), HIGH, "safety"),
        (body("Look at https://parcels.example/track."), HIGH, "web address"),
        (body("Write to me@parcels.example."), HIGH, "e-mail"),
        (body("Call +44 20 7946 0018."), HIGH, "phone"),
    ],
)
def test_stakes_come_from_what_changes(operation: Operation, level: StakesLevel, word: str | None) -> None:
    found = stakes(operation)
    assert found.level is level
    assert any(word in reason for reason in found.reasons) if word else found.reasons == ()


def test_money_in_a_question_is_not_money_in_an_answer() -> None:
    assert stakes(ChangeExamples(add=(example(2, question="Where is my refund?", label="parcel"),))).level is LOW


def test_what_stood_there_before_is_not_said_anew_but_a_removed_warning_counts() -> None:
    base = Bundle(
        instructions="Never refund without a receipt.",
        examples=(example(1, answer="We refund you."),),
        articles=(Article(id="k", title="Parcels", body="We refund late parcels.\nThey take a week."),),
    )

    def topics(operation: Operation) -> list[str]:
        shown = changes(base, apply(base, operation))
        found = assess_stakes([operation], shown, base=base, support=MANY, quotes={})
        return [reason for reason in found.reasons if "money" in reason]

    assert topics(EditInstructions(old="Never refund without a receipt.", new="Be kind."))
    kept = Article(id="k", title="Parcels", body="We refund late parcels.\nThey take a day.")
    assert not topics(UpsertArticle(article=kept))
    assert topics(UpsertArticle(article=kept.model_copy(update={"id": "other"})))
    assert not topics(ChangeExamples(add=(example(1, answer="We refund you.", label="parcel"),)))
    assert topics(ChangeExamples(add=(example(2, answer="We refund you."),)))


def test_a_bundle_of_many_examples_is_large() -> None:
    many = ChangeExamples(add=tuple(example(number) for number in range(200)))
    assert any(reason.startswith("Large: changes 200") for reason in stakes(many).reasons)


def test_too_few_people_make_any_machine_change_high_stakes_whatever_their_number_of_rows() -> None:
    flood = Support(authors={"one": 1000, "two": 500})
    found = stakes(ChangeExamples(add=(example(2),)), support=flood)
    assert found.level is HIGH
    assert stakes(ChangeExamples(add=(example(2),)), support=None).level is LOW


def test_concentrated_support_is_said() -> None:
    found = stakes(ChangeExamples(add=(example(2),)), support=Support(authors={"one": 40, "two": 1, "three": 1}))
    assert found.level is MEDIUM
    assert "Concentrated" in found.reasons[0]


def test_text_copied_from_one_person_is_high_stakes_and_from_many_is_not() -> None:
    one = {"f1": ("ann", SAID)}
    many = {f"f{number}": (f"a{number}", SAID) for number in range(3)}
    assert stakes(body(SAID), quotes=one).level is HIGH
    assert "f1" in stakes(body(SAID), quotes=one).reasons[0]
    assert stakes(body(SAID), quotes=many).level is LOW
    assert stakes(body(SAID), quotes={"f1": ("ann", SAID[:39])}).level is LOW


def test_many_copied_texts_are_one_reason() -> None:
    texts = [f"{number} {SAID[::-1] if number % 2 else SAID} {number * 7}" * 2 for number in range(1, 3)]
    answers = ChangeExamples(add=tuple(example(number + 1, answer=text) for number, text in enumerate(texts, start=1)))
    found = stakes(answers, quotes={f"f{number}": (f"a{number}", text) for number, text in enumerate(texts)})
    assert [one for one in found.reasons if "word for word" in one] == [
        "Copies text word for word from 2 items of feedback."
    ]


def made(operation: Operation, **fields: object) -> Proposal:
    cited = [feedback(number) for number in range(5)]
    idea = Idea(operations=(operation,), rationale="", evidence=tuple(one.id for one in cited), proposer="examples")
    proposal = draft(idea, agent=agent(), base=version(BASE), bundle=BASE, cited=cited, at=NOON)
    return proposal.model_copy(update=fields)


def report(proposal: Proposal, verdict: Verdict = Verdict.PROVED, **fields: object) -> Report:
    better = builders.evidence(tally=Tally(both_right=90, fixed=8, both_wrong=2), low=0.03, high=0.1, p_better=0.01)
    return builders.report(proposal, **{"verdict": verdict, "dev": better, "sealed": better} | fields)


PROPOSAL = made(ChangeExamples(add=(example(2),)))


@pytest.mark.parametrize("mode", [Mode.SIMPLE, Mode.ORCHESTRATE])
def test_low_stakes_with_proof_ship_by_themselves(mode: Mode) -> None:
    assert PROPOSAL.stakes.level is LOW
    assert not decide(mode, proposal=PROPOSAL, report=report(PROPOSAL)).needs_person


OTHER = made(ChangeExamples(add=(example(3),)))
HARMED = SliceResult(
    name="parcel", split="sealed", evidence=report(PROPOSAL).sealed, p_harm_adjusted=0.01, is_harmed=True
)


@pytest.mark.parametrize(
    ("mode", "proposal", "found"),
    [
        (Mode.MANUAL, PROPOSAL, report(PROPOSAL)),
        (Mode.SIMPLE, PROPOSAL, None),
        (Mode.SIMPLE, PROPOSAL, report(OTHER)),
        (Mode.SIMPLE, PROPOSAL, report(PROPOSAL, candidate_digest="something else")),
        (Mode.SIMPLE, PROPOSAL, report(PROPOSAL, slices=(HARMED,))),
        (Mode.SIMPLE, made(ChangeExamples(add=(example(2),)), proposer="person"), report(PROPOSAL)),
        (Mode.SIMPLE, made(ChangeExamples(add=(example(2),)), authors=("rita",)), report(PROPOSAL)),
        *((Mode.SIMPLE, PROPOSAL, report(PROPOSAL, verdict)) for verdict in Verdict if verdict is not Verdict.PROVED),
    ],
)
def test_everything_else_waits_for_a_person_and_says_why(mode: Mode, proposal: Proposal, found: Report | None) -> None:
    ruling = decide(mode, proposal=proposal, report=found)
    assert ruling.needs_person
    assert ruling.reason


WRONG: dict[str, tuple[Mode, Proposal, Report | None]] = {
    "_goes_unattended": (Mode.MANUAL, PROPOSAL, report(PROPOSAL)),
    "_is_drafted_by_loop": (Mode.SIMPLE, PROPOSAL.model_copy(update={"authors": ("rita",)}), report(PROPOSAL)),
    "_is_low_stakes": (
        Mode.SIMPLE,
        PROPOSAL.model_copy(update={"stakes": Stakes(level=MEDIUM, reasons=())}),
        report(PROPOSAL),
    ),
    "_is_tested": (Mode.SIMPLE, PROPOSAL, None),
    "_is_test_of_this": (Mode.SIMPLE, PROPOSAL, report(PROPOSAL, base_digest="something else")),
    "_is_proved": (Mode.SIMPLE, PROPOSAL, report(PROPOSAL, Verdict.PROMISING)),
    "_harms_no_slice": (Mode.SIMPLE, PROPOSAL, report(PROPOSAL, slices=(HARMED,))),
}
"""By condition: what it alone stands against."""


def test_every_condition_has_its_counterexample() -> None:
    assert [condition.__name__ for condition in policy.CONDITIONS] == list(WRONG)


@pytest.mark.parametrize("name", WRONG)
def test_each_condition_is_needed_and_none_is_said_twice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mode, proposal, found = WRONG[name]
    assert decide(mode, proposal=proposal, report=found).needs_person
    others = tuple(one for one in policy.CONDITIONS if one.__name__ != name)
    monkeypatch.setattr(policy, "CONDITIONS", others)
    assert not decide(mode, proposal=proposal, report=found).needs_person


@given(
    mode=st.sampled_from(Mode),
    level=st.sampled_from(StakesLevel),
    verdict=st.sampled_from(Verdict),
    order=st.permutations(policy.CONDITIONS),
)
def test_no_order_of_the_conditions_lets_anything_through(
    mode: Mode, level: StakesLevel, verdict: Verdict, order: list[policy.Condition]
) -> None:
    proposal = PROPOSAL.model_copy(update={"stakes": Stakes(level=level, reasons=())})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policy, "CONDITIONS", tuple(order))
        ruling = decide(mode, proposal=proposal, report=report(proposal, verdict))
    assert ruling.needs_person == ((level, verdict) != (LOW, Verdict.PROVED) or mode is Mode.MANUAL)


@pytest.mark.parametrize(
    ("verdict", "verb"),
    [
        (Verdict.PROVED, "approve"),
        (Verdict.PROMISING, "wait"),
        (Verdict.NO_EFFECT, "reject"),
        (Verdict.HARMFUL, "reject"),
        (Verdict.NOT_ENOUGH_DATA, "wait"),
    ],
)
def test_the_recommendation_follows_the_verdict_with_its_counts(verdict: Verdict, verb: str) -> None:
    found = recommend(report(PROPOSAL, verdict), stakes=PROPOSAL.stakes)
    assert found.verb == verb
    # What is harmful may have fixed more than it broke: the harm is said, not the sum.
    assert ("fixed 8 and broke 0" in found.reason) == (verdict is not Verdict.HARMFUL)


def test_a_proved_change_that_harms_a_slice_is_not_recommended() -> None:
    assert recommend(report(PROPOSAL, slices=(HARMED,)), stakes=PROPOSAL.stakes).verb == "wait"
    assert recommend(None, stakes=PROPOSAL.stakes).verb == "wait"
