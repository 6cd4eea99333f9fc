"""A turn of drafting: corrections become a few typed proposals that fit, that are new, and that teach no test case."""

import random
from dataclasses import replace
from typing import Any

import pytest

from loop.agent.local import LocalAgent
from loop.change.matching import covers
from loop.change.operations import apply_all
from loop.change.proposal import Idea, draft
from loop.change.repetition import is_more_of_the_same
from loop.evaluate import grade
from loop.heldout import HeldOut, group_of
from loop.records import (
    Article,
    Bundle,
    ChangeExamples,
    Condition,
    EvalCase,
    Example,
    FeedbackItem,
    FeedbackKind,
    FeedbackState,
    Grading,
    Issue,
    IssueSide,
    Limits,
    ProposalItem,
    ProposalState,
    Question,
    Rule,
    Split,
    Stakes,
    StakesLevel,
    Verdict,
    Version,
)
from loop.update import PROPOSERS, UpdateWork, step
from loop.update.explanations import LOOKED_AT
from loop.update.history import standing
from loop.update.proposers.examples import ExampleProposer
from tests import builders
from tests.asking import ask_local
from tests.builders import NOON, agent, at, case, example, feedback, interaction

TOPICS = {
    "refund": ("money back", "refund", "reimburse", "return payment"),
    "parcel": ("parcel", "delivery", "tracking", "shipment"),
    "card": ("card", "pin code", "contactless", "chip"),
    "account": ("login", "account", "profile", "username"),
}
FRAMES = ("{} from {}", "my {} since {}", "the {} after {}", "{} of {} please")
DAYS = ("monday", "tuesday", "may", "june", "yesterday", "last week", "christmas", "easter")


def version(bundle: Bundle, number: int = 0) -> Version:
    return Version(agent="desk", number=number, digest=bundle.digest, parent=None, proposal_id=None, created_at=NOON)


def question(label: str, number: int) -> str:
    words = TOPICS[label]
    return FRAMES[number % 4].format(words[number // 4 % 4], DAYS[number // 16 % 8]) + (
        " again" if number >= 128 else ""
    )


def issue(issue_id: str, feedback_ids: list[str], **fields: Any) -> Issue:
    filled = {
        "id": issue_id,
        "agent": "desk",
        "kind": "label",
        "title": issue_id,
        "sides": (IssueSide(correction=issue_id, sources=4, feedback_ids=tuple(feedback_ids)),),
        "support": 4,
        "is_supported": True,
        "interaction_ids": (),
        "first_at": NOON,
        "last_at": NOON,
    }
    return Issue(**filled | fields)


def work(
    *, each: int = 20, bundle: Bundle | None = None, wrong: int = 0, authors: int = 8, **fields: Any
) -> UpdateWork:
    """`each` label corrections per topic with their log cases; the first `wrong` of each are mislabelled by one."""
    bundle = bundle or Bundle()
    labels = list(TOPICS)
    items, interactions, cases = {}, {}, []
    behind: dict[str, list[str]] = {label: [] for label in labels}
    number = 0
    for place, label in enumerate(labels):
        for turn in range(each):
            number += 1
            said = labels[(place + 1) % len(labels)] if turn < wrong else label
            asked = interaction(number, question=question(label, turn), label=None, answer="")
            given = feedback(number, label=said, author=f"a{number % authors}")
            interactions[asked.id] = asked
            items[given.id] = FeedbackItem(feedback=given, state=FeedbackState.VALID)
            behind[said].append(given.id)
            cases.append(
                case(
                    number,
                    split=Split.LOG,
                    question=asked.question,
                    expected=label,
                    feedback_id=given.id,
                    interaction_id=asked.id,
                )
            )
    filled: dict[str, Any] = {
        "agent": agent(),
        "held_out": HeldOut.of(()),
        "base": version(bundle),
        "bundle": bundle,
        "issues": [issue(label, ids) for label, ids in behind.items()],
        "items": items,
        "interactions": interactions,
        "cases": cases,
        "earlier": (),
        "reasons": {},
        "ask": ask_local,
        "grade": grade,
        "model": None,
        "boundary": "b7",
        "now": NOON,
    }
    return UpdateWork(**filled | fields)


def held_out(bundle: Bundle) -> float:
    asked = [(question(label, number), label) for label in TOPICS for number in range(70, 128)]
    answers = LocalAgent(bundle).answer([Question(text=text) for text, _ in asked])
    return sum(answer.label == label for answer, (_, label) in zip(answers, asked, strict=True)) / len(asked)


def bundle_of(found: UpdateWork) -> Idea:
    """The whole bundle; what is more of the same by itself comes after it."""
    return ExampleProposer().propose(found).ideas[0]


def added(idea: Idea) -> tuple[Example, ...]:
    (operation,) = idea.operations
    assert isinstance(operation, ChangeExamples)
    return operation.add


def item(idea: Idea, found: UpdateWork, state: ProposalState) -> ProposalItem:
    proposal = draft(idea, agent=found.agent, base=found.base, bundle=found.bundle, cited=(), at=NOON)
    return ProposalItem(proposal=proposal, state=state)


def test_from_an_empty_agent_one_turn_of_corrections_teaches_what_was_not_shown() -> None:
    found = work()
    outcome = step(found)
    learned = next(one for one in outcome.proposals if one.proposer == "examples")
    assert held_out(found.bundle) == 0
    assert held_out(apply_all(found.bundle, learned.operations)) > 0.9
    assert learned.stakes.level is StakesLevel.LOW
    assert set(learned.evidence) <= set(found.items)
    assert set(learned.expected_fixes) <= {one.id for one in found.cases}
    assert learned.expected_fixes
    assert learned.rationale
    assert learned.changes


def test_every_turn_says_what_it_considered_and_why_there_is_no_more() -> None:
    fruitful, idle = step(work()), step(work(each=0))
    assert fruitful.proposals
    assert fruitful.told[0].startswith("Considered: ")
    assert "80 known-good answers for a bundle of examples" in fruitful.told[0]
    assert not [line for line in fruitful.told if line.startswith("Examples: ")], "what has an idea needs no excuse"
    assert idle.told == ("There was nothing to consider.",)
    searching = work(bundle=Bundle(articles=(Article(id="refund", title="Refund", body="Money back."),)))
    assert any(line.startswith("Search: 20 questions say") for line in step(searching).held_back)


def test_every_machine_proposer_says_what_it_weighs() -> None:
    assert set(LOOKED_AT) == set(PROPOSERS)
    assert not [line for line in LOOKED_AT.values() if "{n}" not in line]


def test_the_same_work_gives_the_same_proposals() -> None:
    assert step(work()) == step(work())


def test_a_bundle_is_never_larger_than_the_limit_and_prefers_what_mends_most() -> None:
    small = work(agent=agent(limits=Limits(bundle_max=8)))
    idea = bundle_of(small)
    assert len(added(idea)) == 8
    assert {one.label for one in added(idea)} == set(TOPICS)


def test_a_bundle_has_more_room_where_there_are_more_classes() -> None:
    many = [case(number, split=Split.LOG, expected=f"label {number % 40}") for number in range(80)]
    assert [replace(work(), cases=some).bundle_max for some in ((), many)] == [120, 320]


def test_corrections_that_contradict_the_trusted_cases_stay_out() -> None:
    poisoned = work(wrong=3)
    said = {key: one.feedback.label for key, one in poisoned.items.items()}
    bad = {one.feedback_id for one in poisoned.cases if said[one.feedback_id or ""] != one.expected}
    taken = {one.feedback_id for one in added(bundle_of(poisoned))}
    assert len(bad) == 12
    assert len(taken) > 30
    assert not taken & bad


def test_no_author_fills_a_bundle_unless_trusted() -> None:
    loud = work()
    items = {
        key: one.model_copy(update={"feedback": one.feedback.model_copy(update={"author": "loud"})})
        if int(key[1:]) % 2
        else one
        for key, one in loud.items.items()
    }
    taken = added(bundle_of(replace(loud, items=items)))
    by_loud = sum(items[one.feedback_id or ""].feedback.author == "loud" for one in taken)
    assert 0 < by_loud <= 0.3 * len(taken)
    trusting = added(bundle_of(replace(loud, items=items, agent=agent(trusted_authors=("loud",)))))
    assert sum(items[one.feedback_id or ""].feedback.author == "loud" for one in trusting) > by_loud


@pytest.mark.parametrize(
    "how",
    ["same question", "same feedback", "same interaction", "same group", "not supported", "conflict", "not teaching"],
)
def test_what_is_kept_for_testing_or_disputed_is_never_taught(how: str) -> None:
    found = work()
    kept = found.cases[0]
    match how:
        case "same question":
            held_out = [case(999, question=f"{kept.question.upper()}?!", group="somebody else")]
            found = replace(found, held_out=HeldOut.of(held_out))
        case "same feedback":
            found = replace(found, held_out=HeldOut.of([case(999, feedback_id="f1", group="somebody else")]))
        case "same interaction":
            held_out = [case(999, interaction_id=kept.interaction_id, group="somebody else")]
            found = replace(found, held_out=HeldOut.of(held_out))
        case "same group":
            asked = found.interactions[kept.interaction_id or ""]
            found = replace(found, held_out=HeldOut.of([case(999, split=Split.DEV, group=group_of(asked))]))
        case "not supported" | "conflict":
            change = {"is_supported": False} if how == "not supported" else {"conflict": "two sides"}
            found = replace(found, issues=[found.issues[0].model_copy(update=change), *found.issues[1:]])
        case _:
            old = found.items["f1"]
            held = old.model_copy(update={"state": FeedbackState.HELD})
            found = replace(found, items={**found.items, "f1": held})
    assert "f1" not in {one.feedback_id for one in added(bundle_of(found))}


def test_a_corrected_example_is_replaced_and_not_doubled() -> None:
    asked = question("card", 0)
    old = Bundle(examples=(Example(id="old", question=asked, label="account"),))
    idea = bundle_of(work(bundle=old))
    same = [one for one in apply_all(old, idea.operations).examples if one.question == asked]
    assert [(one.id, one.label) for one in same] == [("old", "card")]


@pytest.mark.parametrize(
    "state", [ProposalState.REJECTED, ProposalState.UNDONE, ProposalState.SET_ASIDE, ProposalState.WAITING]
)
def test_nothing_is_proposed_twice_without_new_evidence(state: ProposalState) -> None:
    found = work()
    before = item(bundle_of(found), found, state)
    outcome = step(replace(found, earlier=[before]))
    assert all(one.proposer != "examples" for one in outcome.proposals)
    assert outcome.held_back


def test_a_bundle_that_was_not_proved_grows_and_replaces_the_smaller_one() -> None:
    first = work(each=6)
    waiting = item(bundle_of(first), first, ProposalState.WAITING)
    tested = waiting.model_copy(update={"report": builders.report(waiting.proposal)})
    grown = next(one for one in step(work(each=20, earlier=[tested])).proposals if one.proposer == "examples")
    assert set(waiting.proposal.evidence) < set(grown.evidence) or len(grown.evidence) > len(waiting.proposal.evidence)
    assert grown.replaces == waiting.proposal.id


def taught_base(*labels: str, each: int = 3) -> Bundle:
    """A base with some examples of each of these labels."""
    return Bundle(
        examples=tuple(
            example(100 * place + number, question=f"{question(label, 100 + number)} {number}", label=label)
            for place, label in enumerate(labels)
            for number in range(each)
        )
    )


def proved_before(found: UpdateWork) -> ProposalItem:
    """A bundle of examples that was proved and is live."""
    first = replace(found, bundle=Bundle(), base=version(Bundle()))
    live = item(bundle_of(first), first, ProposalState.LIVE)
    return live.model_copy(update={"report": builders.report(live.proposal, verdict=Verdict.PROVED)})


def after_a_proof(*labels: str, **fields: Any) -> UpdateWork:
    """Corrections of every topic, on a base in which these labels were proved."""
    found = work(bundle=taught_base(*labels), **fields)
    return replace(found, earlier=[proved_before(work(each=3))])


MOST = ("refund", "parcel", "card")
"""Most of the topics: what is more of these may go ahead of the rest."""


def test_what_is_more_of_the_same_is_proposed_by_itself_beside_a_bundle_that_teaches_something_new() -> None:
    whole, more = ExampleProposer().propose(after_a_proof(*MOST)).ideas
    assert {one.label for one in added(whole)} > set(MOST)
    assert {one.label for one in added(more)} == set(MOST)
    assert set(added(more)) < set(added(whole))


def test_a_class_nothing_teaches_yet_rides_with_more_of_the_same_once_held_out_cases_ask_for_it() -> None:
    """By itself a rare class could never be proved: too few cases are about it."""
    found = after_a_proof(*MOST)
    rare = [key for key, one in found.items.items() if one.feedback.label == "account"][::2]
    issues = [issue("account", rare) if one.id == "account" else one for one in found.issues]
    (only,) = ExampleProposer().propose(replace(found, issues=issues, examined=frozenset({"account"}))).ideas
    assert {one.label for one in added(only)} == set(TOPICS)
    whole, more = ExampleProposer().propose(replace(found, issues=issues, examined=frozenset({"parcel"}))).ideas
    assert "account" in {one.label for one in added(whole)} - {one.label for one in added(more)}


def test_more_of_the_same_does_not_go_ahead_while_much_is_not_taught_at_all() -> None:
    """It would grow what is taught, and what is new would seem to harm it ever after."""
    (only,) = ExampleProposer().propose(after_a_proof("refund", "card")).ideas
    assert {one.label for one in added(only)} == set(TOPICS)


def test_more_of_the_same_is_proposed_once_where_nothing_is_new() -> None:
    (only,) = ExampleProposer().propose(after_a_proof(*TOPICS)).ideas
    assert {one.label for one in added(only)} == set(TOPICS)


def test_nothing_is_more_of_the_same_before_anything_was_proved() -> None:
    (only,) = ExampleProposer().propose(work(bundle=taught_base(*MOST))).ideas
    assert {one.label for one in added(only)} == set(TOPICS)


def test_more_of_the_same_replaces_nothing_and_unlearns_a_few_on_the_way() -> None:
    """What replaces, or unlearns much, is something else and has to be proved."""
    found = after_a_proof(*MOST)
    replaced = Example(id="old", question=question("card", 0), label="refund")
    tainted = found.bundle.examples[0].model_copy(update={"feedback_id": "f9999"})
    base = Bundle(examples=(tainted, *found.bundle.examples[1:], replaced))
    whole, more = (
        ExampleProposer().propose(replace(found, bundle=base, base=version(base), tainted=frozenset({"f9999"}))).ideas
    )
    assert more.operations[0].remove == (tainted.id,)
    assert is_more_of_the_same(more.operations, base=base, proved=base)
    assert "old" not in {one.id for one in added(more)}
    assert whole.operations[0].remove == (tainted.id,)
    assert "old" in {one.id for one in added(whole)}


def test_a_bundle_and_its_part_that_is_more_of_the_same_do_not_hold_each_other_up() -> None:
    found = after_a_proof(*MOST)
    whole, more = ExampleProposer().propose(found).ideas
    for alone, held in ((whole, more), (more, whole)):
        waiting = item(alone, found, ProposalState.WAITING)
        waiting = waiting.model_copy(update={"report": builders.report(waiting.proposal)})
        again = replace(found, earlier=[*found.earlier, waiting])
        assert standing(alone, work=again).objection
        assert not standing(held, work=again).objection


def test_a_few_more_of_the_same_wait_until_they_are_worth_a_look() -> None:
    assert ExampleProposer().propose(after_a_proof(*TOPICS, each=2)).ideas
    large = taught_base(*TOPICS, each=100)
    few = replace(after_a_proof(*TOPICS, each=2), bundle=large, base=version(large))
    assert ExampleProposer().propose(few).ideas == ()


def test_known_cases_that_say_something_else_stop_an_author_unless_reliable() -> None:
    found = work(each=40, wrong=8, agent=agent(limits=Limits(bundle_max=200)))
    reliable = replace(found, reliable=frozenset(f"a{number}" for number in range(8)))
    stopped, taught = (len(added(bundle_of(one))) for one in (found, reliable))
    assert stopped <= 4 * 32
    assert taught > 4 * 32


def test_a_few_accounts_that_say_the_same_wrong_thing_do_not_bear_each_other_out() -> None:
    """What they said makes log cases too; once reliable people made enough, these alone weigh a candidate."""
    found = work(each=40, wrong=8, agent=agent(limits=Limits(bundle_max=200)))
    items, cases = dict(found.items), []
    for one in found.cases:
        given = items[one.feedback_id or ""]
        is_planted = given.feedback.label != one.expected
        author = f"visitor-{len(cases) % 3}" if is_planted else f"a{len(cases) % 8}"
        said = given.feedback.model_copy(update={"author": author})
        items[said.id] = given.model_copy(update={"feedback": said})
        cases.append(one.model_copy(update={"author": author, "expected": said.label}))
    planted = {key for key, one in items.items() if one.feedback.author.startswith("visitor")}
    attacked = replace(found, items=items, cases=cases)
    reliable = replace(attacked, reliable=frozenset(f"a{number}" for number in range(8)))
    believed, weighed = (planted & {one.feedback_id for one in added(bundle_of(some))} for some in (attacked, reliable))
    assert len(planted) == 32
    assert len(believed) > 4
    assert not weighed
    few = replace(reliable, cases=cases[:60])
    assert len(few.survey.witnesses) == 60, "with too few by reliable people, everybody's count"


def test_a_planted_rule_is_found_and_noise_makes_none() -> None:
    chance = random.Random(3)

    def cases(*, is_planted: bool) -> list[EvalCase]:
        made = []
        for number in range(200):
            amount = chance.randrange(400)
            label = "senior" if (amount >= 200 if is_planted else chance.random() < 0.1) else "junior"
            made.append(
                case(
                    number,
                    split=Split.LOG,
                    question=f"{chance.choice(DAYS)} order {number}",
                    context={"amount": amount},
                    expected=label,
                    feedback_id=f"f{number}",
                    interaction_id=f"i{number}",
                )
            )
        return made

    def ideas(cases: list[EvalCase]) -> list[Rule]:
        base = Bundle(
            rules=(Rule(id="all", when=(Condition(field="amount", op="at_least", value=0),), label="junior"),)
        )
        given = {
            one.feedback_id or "": FeedbackItem(
                feedback=feedback(place, label=one.expected, author=f"a{place % 7}"), state=FeedbackState.VALID
            )
            for place, one in enumerate(cases)
        }
        asked = {
            one.interaction_id or "": interaction(place, question=one.question, context=one.context)
            for place, one in enumerate(cases)
        }
        found = work(
            bundle=base, cases=cases, items=given, interactions=asked, issues=[issue("all", list(given), kind="label")]
        )
        return [op.rule for idea in PROPOSERS["rules"].propose(found).ideas for op in idea.operations]  # type: ignore[union-attr]

    (planted,) = ideas(cases(is_planted=True))
    (condition,) = planted.when
    assert (condition.field, condition.op, planted.label) == ("amount", "at_least", "senior")
    assert 195 <= float(condition.value) <= 215
    assert ideas(cases(is_planted=False)) == []


CONDITIONS = [
    Condition(field="question", op="contains", value="money  back"),
    Condition(field="question", op="contains", value="(eu)"),
    Condition(field="question", op="equals", value=" Money BACK, please "),
    Condition(field="plan", op="equals", value="pro"),
    Condition(field="plan", op="contains", value="p.o"),
    Condition(field="amount", op="equals", value="12"),
    Condition(field="amount", op="at_least", value=12),
    Condition(field="amount", op="at_most", value=11.5),
    Condition(field="missing", op="at_most", value=11.5),
]
ASKED = [
    Question(text="Money\nback, please", context={"plan": "PRO", "amount": 12}),
    Question(text="moneyback (EU) please", context={"plan": "professional", "amount": "11"}),
    Question(text="", context={"plan": None, "amount": True}),
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_a_rule_covers_for_the_proposer_exactly_what_it_covers_for_the_agent(condition: Condition) -> None:
    for asked in ASKED:
        rule = Rule(id="r", when=(condition,), label="x")
        (answer,) = LocalAgent(Bundle(rules=(rule,))).answer([asked])
        assert covers(rule, question=asked.text, context=asked.context) is (answer.method == "rule")


def test_a_draft_gets_its_identity_from_its_content() -> None:
    idea = Idea(operations=(ChangeExamples(add=(example(1),)),), rationale="Because.")
    made = [
        draft(idea, agent=agent(), base=version(Bundle(), number), bundle=Bundle(), cited=(), at=at(number))
        for number in (0, 0, 1)
    ]
    assert made[0].id == made[1].id != made[2].id
    assert made[0].title == "Label 1 question “refund”"
    assert made[0].stakes == Stakes(level=StakesLevel.LOW, reasons=())
    assert made[0].candidate_digest == apply_all(Bundle(), idea.operations).digest


def test_text_cases_are_learned_from_edits_word_for_word() -> None:
    items, interactions, cases = {}, {}, []
    for number, label in enumerate(list(TOPICS) * 5):
        asked = interaction(number, question=question(label, number), label=label, answer="I do not know.")
        better = feedback(
            number, kind=FeedbackKind.EDIT, label=None, text=f"This is how {label} works.", author=f"a{number % 6}"
        )
        items[better.id] = FeedbackItem(feedback=better, state=FeedbackState.VALID)
        interactions[asked.id] = asked
        cases.append(case(number, split=Split.LOG, question=asked.question, grading=Grading.TEXT, expected=better.text))
    found = work(items=items, interactions=interactions, cases=cases, issues=[issue("all", list(items), kind="answer")])
    taken = added(bundle_of(found))
    assert taken
    assert all(one.answer == f"This is how {one.label} works." for one in taken)
