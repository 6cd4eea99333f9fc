"""The card says the matter in the customer's terms, what clashes with it, and what is wrong whatever the test says."""

import itertools

import pytest

from loop.change.alarms import alarms
from loop.change.clash import clashes
from loop.change.matter import matter_of
from loop.change.operations import apply_all
from loop.change.sections.row import shorten
from loop.evaluate.reasons import sealed_power
from loop.evaluate.tallies import Tallies, weigh
from loop.evaluate.verdict import judge
from loop.policy import recommend
from loop.records import (
    Article,
    Bundle,
    ChangeExamples,
    Condition,
    EditInstructions,
    Example,
    Limits,
    Operation,
    RetireArticle,
    Rule,
    SetRule,
    Stakes,
    StakesLevel,
    Tally,
    UpsertArticle,
    Verdict,
)
from tests import builders

OLD = "Refunds take 10 to 14 business days."
NEW = "Refunds take 5 business days."


def learned(answer: str, *, n: int = 3, question: str = "Where is my refund, number {}?") -> ChangeExamples:
    return ChangeExamples(
        add=tuple(Example(id=f"x{i}", question=question.format(i), answer=answer, label="refund") for i in range(n))
    )


def matter(base: Bundle, *operations: Operation) -> str:
    return matter_of(operations, base=base, candidate=apply_all(base, operations))


# the matter ------------------------------------------------------------------------------------
def test_a_title_says_what_customers_are_told_and_no_longer_told() -> None:
    base = Bundle(instructions=f"Be polite.\n{OLD}")
    learn = learned(f"Thank you for asking! {NEW} Have a nice day.")
    said, instead = "Say “Refunds take 5 business days”", "not 10 to 14 business days (in 4 of 4 texts)"
    assert matter(base, learn, EditInstructions(old=OLD, new=NEW)) == f"{said}, {instead}"


def test_what_stands_on_is_not_said_to_be_gone() -> None:
    """The title says what the clash below it says."""
    base = Bundle(instructions=f"Be polite.\n{OLD}")
    assert matter(base, learned(NEW)) == "Say “Refunds take 5 business days” (in 3 of 3 texts)"
    assert clashes(base, apply_all(base, [learned(NEW)]))


def test_a_title_says_how_many_of_the_taught_texts_it_quotes() -> None:
    other = [learned(f"We ship on day {n}.", n=1, question=f"When {n}?").add[0] for n in range(9)]
    many = [one.model_copy(update={"id": f"o{n}"}) for n, one in enumerate(other)]
    said = matter(Bundle(), ChangeExamples(add=(*learned(NEW).add, *many)))
    assert said == "Say “Refunds take 5 business days” (in 3 of 12 texts)"


def test_a_title_that_does_not_fit_is_cut_between_words_and_the_sentence_is_not() -> None:
    long = "If nothing shows within 21 days, our sprout guarantee sends you a new capsule with the next parcel."
    change = learned(long)
    cut = matter_of([change], base=Bundle(), candidate=apply_all(Bundle(), [change]), tail=", unlearn 7")
    assert len(cut) <= 80
    assert cut.endswith("…” (in 3 of 3 texts), unlearn 7")
    assert cut.partition("“")[2].partition("…")[0] in long
    assert long[len(cut.partition("“")[2].partition("…")[0])] == " "
    whole = matter_of([change], base=Bundle(), candidate=apply_all(Bundle(), [change]), most=300)
    assert whole == f"Say “{long.rstrip('.')}” (in 3 of 3 texts)"
    assert shorten("one two three four five", 13) == "one two…"
    assert shorten("x" * 50, 13) == "x" * 12 + "…"


def test_the_sentence_with_the_facts_goes_before_small_talk_and_before_what_few_say() -> None:
    one, two = (
        learned(f"Hello! {NEW}", n=2).add,
        learned("We ship on Mondays.", n=1, question="When do you ship {}?").add,
    )
    both = ChangeExamples(add=(*one, two[0].model_copy(update={"id": "y"})))
    assert "Refunds take 5 business days" in matter(Bundle(), both)


def taught(n: int, *, answer: str = "", label: str = "") -> tuple[Example, ...]:
    """So many examples of nothing special, with ids and questions of their own."""
    return tuple(
        Example(id=f"q{i}", question=f"Question {i}?", answer=answer or f"Please open page {i}.", label=label)
        for i in range(n)
    )


def test_a_title_quotes_what_is_new_and_not_what_is_live_already() -> None:
    base = Bundle(examples=learned(NEW).add)
    again = [one.model_copy(update={"id": f"again-{one.id}"}) for one in learned(NEW, question="And {}?").add]
    more = learned("We ship on Mondays.", n=1, question="When do you ship {}?").add[0].model_copy(update={"id": "new"})
    said = matter(base, ChangeExamples(add=(*again, more)))
    assert said == "Say “We ship on Mondays” (in 1 of 4 texts)"


def test_where_nothing_new_is_said_the_title_counts_the_questions_and_their_labels() -> None:
    base = Bundle(examples=learned(NEW, n=1).add)
    more = taught(30, answer=NEW, label="refund")
    said = matter(base, ChangeExamples(add=more))
    assert said == "Answer 30 more questions with live answers: refund 30"
    with_more = matter_of(
        [change := ChangeExamples(add=more)], base=base, candidate=apply_all(base, [change]), tail=", unlearn 2"
    )
    assert with_more == "Answer 30 more questions with live answers, unlearn 2: refund 30"
    unlabelled = tuple(one.model_copy(update={"label": ""}) for one in more)
    assert matter(base, ChangeExamples(add=unlabelled)) == "Answer 30 more questions with live answers"


def test_where_hardly_a_text_says_anything_new_the_title_counts_the_questions_and_quotes_the_newest() -> None:
    old = learned("Refunds take 4 weeks.", n=1).add[0]
    base = Bundle(examples=(old, Example(id="live", question="How?", answer=NEW)))
    more = (*taught(30, answer=NEW), Example(id="new", question="When do you ship?", answer="We ship on Mondays."))
    anew = old.model_copy(update={"answer": NEW})
    said = matter(base, ChangeExamples(add=(*more, anew)))
    assert said == "Answer 31 more questions and 1 anew, newly: “We ship on Mondays”"


def test_the_end_of_a_title_is_never_cut() -> None:
    change = learned("Refunds of orders with the planter take 5 business days, counted from the scan at the door.")
    candidate = apply_all(Bundle(), [change])
    said = matter_of([change], base=Bundle(), candidate=candidate, tail=", unlearn 12")
    assert said.endswith("…” (in 3 of 3 texts), unlearn 12")
    assert len(said) <= 80


def test_the_form_of_a_line_is_not_quoted_as_if_it_were_said() -> None:
    said = matter(Bundle(instructions=OLD), EditInstructions(old=OLD, new=f"Always include: {NEW}"))
    assert said == "Always say “Refunds take 5 business days”, not 10 to 14 business days"


def test_the_heading_of_an_article_is_no_sentence_to_a_customer() -> None:
    base = Bundle(instructions=OLD)
    said = matter(base, UpsertArticle(article=Article(id="a", title="Refunds take 5 days now", body=f"Hello. {NEW}")))
    assert said == "Say “Refunds take 5 business days”"


def test_braces_in_what_is_said_are_words() -> None:
    assert matter(Bundle(), learned("Refunds take {5} days.", n=2)) == "Say “Refunds take {5} days” (in 2 of 2 texts)"


def test_labels_are_counted_where_only_labels_are_taught() -> None:
    added = [builders.example(n) for n in range(3)] + [builders.example(9, label="invoice", question="My bill?")]
    assert matter(Bundle(), ChangeExamples(add=tuple(added))) == "Label 3 questions “refund”, 1 question “invoice”"


def test_an_instruction_is_no_sentence_to_a_customer_unless_it_turns_one_round() -> None:
    assert matter(Bundle(instructions="Be kind."), EditInstructions(new="Always ask for the order number.")) == ""
    assert "not 10 to 14" in matter(Bundle(instructions=OLD), EditInstructions(old=OLD, new=NEW))


def test_a_rule_keeps_the_words_that_tell_when_it_holds() -> None:
    rule = Rule(id="r", when=(Condition(field="order_value", op="at_least", value=60),), answer=NEW)
    assert matter(Bundle(), SetRule(rule=rule)) == ""


# clashes ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("section", "bundle"),
    [
        ("instructions", Bundle(instructions=OLD)),
        (
            "rules",
            Bundle(rules=(Rule(id="e", when=(Condition(field="question", op="contains", value="x"),), answer=OLD),)),
        ),
        ("examples", Bundle(examples=(Example(id="e", question="Another question?", answer=OLD),))),
        ("articles", Bundle(articles=(Article(id="e", title="Money back", body=f"We are glad you asked.\n{OLD}"),))),
    ],
)
def test_what_still_says_the_opposite_is_named_wherever_it_stands(section: str, bundle: Bundle) -> None:
    (found,) = clashes(bundle, apply_all(bundle, [learned(NEW)]))
    assert (found.section, found.says, found.against) == (section, OLD, NEW)
    assert found.difference == "5 business days instead of 10 to 14 business days"


def test_what_the_change_itself_takes_away_or_what_agrees_does_not_clash() -> None:
    base = Bundle(instructions=OLD, articles=(Article(id="e", title="Money back", body=OLD),))
    both = [EditInstructions(old=OLD, new=NEW), RetireArticle(article_id="e")]
    assert clashes(base, apply_all(base, both)) == ()
    same = Bundle(instructions=NEW)
    assert clashes(same, apply_all(same, [learned(NEW)])) == ()
    other = Bundle(instructions="Parcels arrive within 14 days of the order.")
    assert clashes(other, apply_all(other, [learned(NEW)])) == ()


def test_two_new_sentences_of_one_change_that_contradict_each_other_are_not_its_clash_with_what_is_live() -> None:
    base = Bundle(instructions="Be kind.")
    more = Article(id="n", title="Money back", body=OLD)
    assert clashes(base, apply_all(base, [learned(NEW), UpsertArticle(article=more)])) == ()


def test_a_clash_with_an_instruction_comes_before_one_with_an_example() -> None:
    base = Bundle(instructions=OLD, examples=(Example(id="e", question="Another?", answer=OLD),))
    assert [one.section for one in clashes(base, apply_all(base, [learned(NEW)]))] == ["instructions", "examples"]


@pytest.mark.parametrize(
    ("live", "new", "difference"),
    [
        ("Never say: free of charge", "We replace the driver free of charge.", "it forbids “free of charge”"),
        ("Sage nie: kostenlos", "Wir tauschen das Netzteil kostenlos aus.", "it forbids “kostenlos”"),
        ("Returns of opened seeds are free.", "Returns of opened seeds are not free.", "only one of them says “not”"),
        (
            "Geöffnete Samen können zurückgegeben werden.",
            "Geöffnete Samen können nicht zurückgegeben werden.",
            "only one of them says “nicht”",
        ),
        (
            "Refunds take 10 to 14 business days.",
            "Your refund takes 5 business days after the return is scanned at our warehouse.",
            "5 business days instead of 10 to 14 business days",
        ),
        ("The guarantee lasts 24 months.", "The guarantee lasts 12 months.", "12 months instead of 24 months"),
    ],
)
def test_two_sentences_that_cannot_both_hold_clash_and_the_reason_is_plain(
    live: str, new: str, difference: str
) -> None:
    base = Bundle(instructions=live)
    (found,) = clashes(base, apply_all(base, [learned(new)]))
    assert (found.says, found.difference) == (live, difference)


@pytest.mark.parametrize(
    ("live", "new"),
    [
        ("From a basket of €60 it is free.", "Your basket is above €60, so standard delivery is free for you."),
        ("Your basket is above €60, so delivery is free for you.", "It is €4.90 for standard delivery."),
        ("Update 4.2 runs the Column's pump too fast at night.", "Humming pump after update 4.2"),
        (
            "Never promise a date that is not in the handbook.",
            "If nothing has arrived 3 working days after the promised date, we send everything again at no cost.",
        ),
        (
            "Then the sprout guarantee sends you a new capsule free of charge.",
            "If nothing shows within 21 days, our sprout guarantee sends you a new capsule free of charge.",
        ),
        (
            "Unplug the lamp for 60 seconds, then hold the leaf button until it blinks.",
            "Switch that band on in your router, hold the leaf button for 8 seconds "
            "and add the garden again in the Whistle app.",
        ),
        (
            "After that the customer refuses the parcel and the refund follows when it is back.",
            "Later, simply refuse the parcel at the door and we refund you as soon as it is back.",
        ),
    ],
)
def test_what_can_both_hold_raises_no_clash(live: str, new: str) -> None:
    base = Bundle(instructions=live)
    assert clashes(base, apply_all(base, [learned(new)])) == ()


def test_a_sentence_that_many_examples_say_is_one_clash() -> None:
    many = tuple(Example(id=f"e{n}", question=f"Another {n}?", answer=f"{OLD} Yours, {n}.") for n in range(5))
    base = Bundle(examples=many)
    (found,) = clashes(base, apply_all(base, [learned(NEW)]))
    assert found.says == OLD


# alarms ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("piece", ["[NAME]", "{{ order_id }}", "<EMAIL_1>", "[Your Company]", "XXXX", "${date}"])
def test_what_nobody_filled_in_raises_an_alarm(piece: str) -> None:
    (found,) = alarms(Bundle(), apply_all(Bundle(), [learned(f"Call {piece} and ask for help.", n=1)]))
    assert (found.kind, found.section, found.element_id) == ("placeholder", "examples", "x0")
    assert piece in found.words


def test_what_is_masked_secret_or_hidden_raises_an_alarm_even_where_no_operation_brings_it() -> None:
    """A bundle that was imported whole passed no operation."""
    said = {
        "placeholder": "Call ⟨PHONE_1⟩ now.",
        "secret": "Use the key sk-proj-a1B2c3D4e5F6g7H8i9J0k1 for it.",
        "invisible": "Call\u200b us\u202e now.",
    }
    for kind, answer in said.items():
        candidate = Bundle(examples=(Example(id="x", question="How?", answer=answer),))
        assert [one.kind for one in alarms(Bundle(), candidate)] == [kind]


def test_an_answer_in_another_language_than_the_question_raises_an_alarm() -> None:
    english = "Please wait for it, and we will tell you when the money is on the way to you."
    german = "Bitte warten Sie noch ein wenig, wir sagen Ihnen dann, wann das Geld bei Ihnen ist."
    asked = "Wo ist denn mein Geld, und wann kommt es bei mir an, Nummer {}?"
    (found,) = alarms(Bundle(), apply_all(Bundle(), [learned(english, n=1, question=asked)]))
    assert (found.kind, found.words) == ("language", "Is in English, where German is spoken.")
    assert alarms(Bundle(), apply_all(Bundle(), [learned(german, n=1, question=asked)])) == ()
    base = Bundle(instructions="You are kind to the people who write to us, and you do not promise what is not there.")
    assert [one.kind for one in alarms(base, apply_all(base, [EditInstructions(new=german)]))] == ["language"]


def test_what_was_there_before_raises_no_alarm_again() -> None:
    base = Bundle(examples=(Example(id="x", question="How?", answer="Call [NAME]."),))
    assert alarms(base, apply_all(base, [EditInstructions(new="Be kind.")])) == ()


# the verdict -----------------------------------------------------------------------------------
_GRID = [
    Tallies(dev=dev, sealed=Tally(both_right=n - fixed - broken, fixed=fixed, broken=broken), level=level)
    for n, fixed, broken, level in itertools.product(
        (40, 120, 300, 1_000, 4_000), (0, 1, 3, 8, 20), (0, 1, 3, 8, 20), (0.05, 0.01)
    )
    if fixed + broken <= n
    for dev in (Tally(both_right=90, fixed=8, broken=2), Tally(both_right=98, fixed=1, broken=1))
]


def test_a_verdict_never_contradicts_the_interval_beside_it() -> None:
    found = set()
    for tallies in _GRID:
        made = judge(tallies, limits=Limits())
        low, high, effect = made.sealed.low, made.sealed.high, made.sealed.tally.effect
        found.add(made.verdict)
        assert low is not None
        assert high is not None
        assert effect is not None
        match made.verdict:
            case Verdict.NO_EFFECT:
                assert low <= 0 or high < Limits().min_gain, tallies.sealed
                assert high < 0.02, tallies.sealed
            case Verdict.PROVED:
                assert low > 0, tallies.sealed
                assert effect >= Limits().min_gain - 1e-9
            case Verdict.HARMFUL:
                assert high < 0, tallies.sealed
            case Verdict.PROMISING:
                assert effect > 0, tallies.sealed
            case _:
                pass
    assert {Verdict.NO_EFFECT, Verdict.PROVED, Verdict.HARMFUL, Verdict.PROMISING} <= found


@pytest.mark.parametrize(("fixed", "verdict"), [(24, Verdict.PROMISING), (12, Verdict.NO_EFFECT)])
def test_a_small_gain_that_is_there_has_no_effect_only_where_none_worth_shipping_is_left(
    fixed: int, verdict: Verdict
) -> None:
    """Of 3,000 cases 24 fixed may be a gain worth shipping, a point or more; 12 fixed cannot be."""
    dev, sealed = Tally(both_right=990, fixed=9, broken=1), Tally(both_right=3_000 - fixed, fixed=fixed)
    evidence = weigh(sealed)
    assert evidence.low is not None
    assert evidence.high is not None
    assert 0 < evidence.low < evidence.high < 0.02
    assert (evidence.high >= Limits().min_gain) == (verdict is Verdict.PROMISING)
    assert judge(Tallies(dev=dev, sealed=sealed), limits=Limits()).verdict is verdict


def test_no_effect_is_not_said_beside_a_doubt_about_the_power() -> None:
    from loop.evaluate import budget_left
    from loop.evaluate.planning import plan
    from loop.records import Ledger

    of = builders.proposal()
    left = budget_left(Ledger(), limits=Limits())
    planned = plan(Tally(both_right=99, fixed=1), sealed_n=300, level=left.level, limits=Limits())
    for verdict in (Verdict.NO_EFFECT, Verdict.PROMISING):
        told = " ".join(sealed_power(builders.report(of, verdict=verdict, level=0.01), planned, left=left))
        assert ("prove a gain of" in told) is (verdict is Verdict.PROMISING)


def test_what_harms_some_while_it_helps_others_is_recommended_against_by_naming_whom_it_harms() -> None:
    report = builders.report(
        builders.proposal(),
        verdict=Verdict.HARMFUL,
        sealed=builders.evidence(fixed=5, broken=0),
        sealed_reasons=("Topic “fees” got worse: 0 fixed, 12 broken of 40.", "Fixes 30 and breaks 12."),
    )
    advice = recommend(report, stakes=Stakes(level=StakesLevel.LOW, reasons=()))
    assert (advice.verb, advice.reason) == ("reject", "Harmful. Topic “fees” got worse: 0 fixed, 12 broken of 40.")
