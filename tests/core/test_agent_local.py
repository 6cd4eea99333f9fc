"""The built-in agent: what it answers from, in which order, and that nothing else matters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.agent import LocalAgent, answerer_for
from loop.agent.head import Head
from loop.errors import ModelFailed
from loop.records import Answer, Article, Bundle, Condition, Example, ModelChoice, Question, Rule
from loop.text.search import Search
from loop.text.spelling import normalise
from loop.text.vectors import cosines, learn

REFUND = ("I want my money back", "please refund my order", "give me a refund for this", "money back for my order")
PARCEL = ("where is my parcel", "my package has not arrived", "track the delivery of my parcel", "is my parcel lost")
LOGIN = ("I cannot log in", "my password does not work", "locked out of my account", "log in fails every time")
CLASSES = {"refund": REFUND, "parcel": PARCEL, "login": LOGIN}


def examples(**replies: str) -> tuple[Example, ...]:
    return tuple(
        Example(id=f"{label}{number}", question=question, label=label, answer=replies.get(label, ""))
        for label, questions in CLASSES.items()
        for number, question in enumerate(questions)
    )


ARTICLES = (
    Article(id="opening", title="Opening hours", body="We are open from nine to five on working days."),
    Article(id="warranty", title="Warranty of a lamp", body="Every lamp has two years of warranty."),
)


def ask(bundle: Bundle, text: str, **context: str | float | bool) -> Answer:
    (answer,) = LocalAgent(bundle).answer([Question(text=text, context=dict(context))])
    return answer


def rule(rule_id: str = "r1", **fields: object) -> Rule:
    when = fields.pop("when", (Condition(field="question", op="contains", value="refund"),))
    return Rule.model_validate({"id": rule_id, "when": when, "answer": "By rule."} | fields)


# order of the steps ----------------------------------------------------------------------------------


def test_an_empty_version_hands_over_every_question() -> None:
    answers = LocalAgent(Bundle()).answer([Question(text=text) for text in ("hello", "", "?!", "refund")])
    assert [answer.method for answer in answers] == ["handover"] * 4
    assert all(not answer.uses and answer.confidence == 0 for answer in answers)


def test_no_questions_make_no_answers() -> None:
    assert LocalAgent(Bundle(examples=examples())).answer([]) == []


def test_a_rule_comes_before_a_case_in_the_same_words() -> None:
    answer = ask(Bundle(rules=(rule(),), examples=examples()), "please refund my order")
    assert (answer.method, answer.text, answer.uses, answer.confidence) == ("rule", "By rule.", ("r1",), 1.0)


def test_the_first_rule_that_applies_decides() -> None:
    rules = (rule("no", when=(Condition(field="plan", op="equals", value="gold"),)), rule("a"), rule("b"))
    assert ask(Bundle(rules=rules), "refund me").uses == ("a",)
    assert ask(Bundle(rules=rules), "refund me", plan="Gold").uses == ("no",)


def test_a_rule_may_hand_over() -> None:
    answer = ask(Bundle(rules=(rule(hand_over=True, answer=""),), examples=examples()), "refund")
    assert (answer.method, answer.uses, answer.text) == ("handover", ("r1",), "")


def test_a_rule_may_answer_with_an_article() -> None:
    answer = ask(Bundle(rules=(rule(answer="", article_id="opening"),), articles=ARTICLES), "refund")
    assert (answer.text, answer.article_id, answer.uses) == (ARTICLES[0].body, "opening", ("r1", "opening"))


def test_a_known_case_is_found_whatever_its_spelling() -> None:
    answer = ask(Bundle(examples=examples(refund="We pay you back.")), "  Please, REFUND my order!! ")
    assert (answer.method, answer.label, answer.text, answer.uses) == (
        "case",
        "refund",
        "We pay you back.",
        ("refund1",),
    )


def test_a_case_with_another_number_is_not_the_same_case() -> None:
    long = "can I return the blue lamp that I bought in your shop in town within {} days of buying it"
    bundle = Bundle(
        examples=(
            Example(id="a", question=long.format(14), answer="Yes."),
            Example(id="b", question="where is my parcel", answer="On its way."),
        )
    )
    assert ask(bundle, long.format(14).replace("blue ", "")).method == "case"
    assert ask(bundle, long.format(90)).method != "case"


def test_the_head_answers_what_was_asked_in_other_words() -> None:
    bundle = Bundle(examples=examples(parcel="It is on its way."))
    answer = ask(bundle, "the parcel I ordered is not here, where is it")
    assert (answer.method, answer.label, answer.text) == ("head", "parcel", "It is on its way.")
    assert answer.uses[0].startswith("parcel")
    assert 0 < answer.confidence < 1


def test_a_label_without_a_reply_is_the_reply() -> None:
    answer = ask(Bundle(examples=examples()), "refund for my order please now")
    assert (answer.label, answer.text) == ("refund", "refund")


def test_a_reply_is_taken_from_the_nearest_example_of_the_class_that_has_one() -> None:
    known = (*examples(), Example(id="worded", question="pay me back", label="refund", answer="Paid back in a week."))
    answer = ask(Bundle(examples=known), "give me a refund for this order")
    assert answer.text == "Paid back in a week."
    assert answer.uses[-1] == "worded"
    assert len(answer.uses) == 2


def test_an_article_named_like_the_label_is_the_reply() -> None:
    bundle = Bundle(examples=examples(), articles=(Article(id="refund", title="Refunds", body="It takes a week."),))
    answer = ask(bundle, "refund of an order of mine")
    assert (answer.label, answer.article_id, answer.text) == ("refund", "refund", "It takes a week.")
    assert answer.uses[-1] == "refund"


def test_articles_alone_are_searched() -> None:
    answer = ask(Bundle(articles=ARTICLES), "how long is the warranty of the lamp")
    assert (answer.method, answer.article_id, answer.uses) == ("article", "warranty", ("warranty",))
    assert answer.text == ARTICLES[1].body


def test_an_article_nobody_asked_for_yet_stays_reachable_beside_examples() -> None:
    answer = ask(Bundle(examples=examples(), articles=ARTICLES), "warranty of a lamp")
    assert answer.article_id == "warranty"


def test_a_solved_question_leads_to_its_article() -> None:
    solved = ARTICLES[1].model_copy(update={"questions": ("it broke after a year, who pays?",)})
    answer = ask(Bundle(articles=(ARTICLES[0], solved)), "It broke after a year: who pays")
    assert (answer.method, answer.article_id) == ("case", "warranty")
    beside = ask(Bundle(articles=(ARTICLES[0], solved), examples=examples()), "it broke, a year after, who pays then")
    assert beside.article_id is None, "other words are no known question"


def test_what_nothing_is_close_to_is_handed_over() -> None:
    assert ask(Bundle(examples=examples(), articles=ARTICLES), "xylophone quartz").method == "handover"


@pytest.mark.parametrize("label", ["hand over", "hand_over", "Hand-Over", "handover"])
def test_an_example_may_teach_to_hand_over(label: str) -> None:
    bundle = Bundle(examples=(*examples(), Example(id="h", question="my lawyer will write to you", label=label)))
    for text in ("my lawyer will write to you", "my lawyer writes to you soon"):
        answer = ask(bundle, text)
        assert (answer.method, answer.uses, answer.label) == ("handover", ("h",), None)


def test_an_example_without_label_and_answer_teaches_nothing() -> None:
    assert ask(Bundle(examples=(Example(id="x", question="refund me"),)), "refund me").method == "handover"


# laws ------------------------------------------------------------------------------------------------

words = st.sampled_from(
    ["refund", "money", "parcel", "late", "log", "in", "account", "lamp", "lost", "order", "not", "7"]
)
texts = st.lists(words, min_size=1, max_size=6).map(" ".join)


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    asked = draw(st.lists(texts, min_size=1, max_size=12, unique=True))
    made = tuple(
        Example(
            id=f"x{number}",
            question=question,
            label=draw(st.sampled_from(["refund", "parcel", "login", None])),
            answer=draw(st.sampled_from(["Yes.", "No.", "Please wait."])),
        )
        for number, question in enumerate(asked)
    )
    return Bundle(examples=made, articles=draw(st.sampled_from([(), ARTICLES])))


@given(bundle=bundles())
@settings(deadline=None, max_examples=60)
def test_a_question_asked_again_gets_its_known_good_answer(bundle: Bundle) -> None:
    answers = LocalAgent(bundle).answer([Question(text=example.question) for example in bundle.examples])
    for example, answer in zip(bundle.examples, answers, strict=True):
        assert (answer.method, answer.uses, answer.confidence) == ("case", (example.id,), 1.0)
        assert (answer.text, answer.label) == (example.answer, example.label)


@given(bundle=bundles(), asked=st.lists(texts, max_size=8), order=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_an_answer_depends_on_nothing_but_version_and_question(bundle: Bundle, asked: list[str], order: object) -> None:
    questions = [Question(text=text) for text in asked]
    answers = LocalAgent(bundle).answer(questions)
    mixed = list(range(len(asked)))
    order.shuffle(mixed)  # type: ignore[attr-defined]
    again = LocalAgent(bundle.model_copy(update={"examples": bundle.examples[::-1], "articles": bundle.articles[::-1]}))
    assert again.answer([questions[place] for place in mixed]) == [answers[place] for place in mixed]
    assert [LocalAgent(bundle).answer([question])[0] for question in questions] == answers


@given(bundle=bundles(), asked=texts)
@settings(deadline=None, max_examples=60)
def test_an_answer_uses_only_what_the_version_holds(bundle: Bundle, asked: str) -> None:
    answer = ask(bundle, asked)
    held = {example.id for example in bundle.examples} | {article.id for article in bundle.articles}
    assert set(answer.uses) <= held
    assert not set(ask(bundle.model_copy(update={"examples": ()}), asked).uses) - {one.id for one in ARTICLES}


@given(text=st.text(max_size=60))
@settings(deadline=None, max_examples=100)
def test_any_text_gets_an_answer(text: str) -> None:
    bundle = Bundle(examples=examples(), articles=ARTICLES)
    assert ask(bundle, text).method != "failed"


# rules -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "op", "value", "applies"),
    [
        ("question", "contains", "the lamp", True),
        ("question", "contains", "The  Lamp", True),
        ("question", "contains", "lam", False),
        ("question", "contains", "c++", True),
        ("question", "contains", "", False),
        ("question", "equals", "does THE lamp run c++?", True),
        ("question", "at_least", 1, False),
        ("plan", "equals", "gold", True),
        ("plan", "equals", "go", False),
        ("amount", "at_least", 20, True),
        ("amount", "at_least", "20", True),
        ("amount", "at_least", 20.5, False),
        ("amount", "at_most", 20, True),
        ("amount", "equals", "20.0", True),
        ("amount", "at_most", "much", False),
        ("is_new", "at_least", 1, False),
        ("is_new", "equals", "true", True),
        ("missing", "equals", "", False),
        ("missing", "at_most", 1e9, False),
    ],
)
def test_a_condition_holds_exactly_when_it_says_so(field: str, op: str, value: str | float, applies: bool) -> None:
    made = rule(when=(Condition.model_validate({"field": field, "op": op, "value": value}),))
    answer = ask(Bundle(rules=(made,)), "Does the  lamp run C++?", plan="Gold", amount=20, is_new=True)
    assert (answer.method == "rule") is applies


# parts -----------------------------------------------------------------------------------------------


def test_equal_texts_have_likeness_one_and_strange_words_lower_it() -> None:
    learned = learn([normalise(text) for text in REFUND])
    asked = learned.vectoriser.embed([REFUND[0].lower(), REFUND[0].lower() + " zqx vbn"])
    (same,), (strange,) = cosines(asked, learned.vectors[:1])
    assert same == pytest.approx(1, abs=1e-5)
    assert 0.3 < strange < 0.9


def test_spelling_mistakes_are_forgiven() -> None:
    (prediction,) = Head(examples()).predict([normalise("were is my parsel")])
    assert prediction.example.label == "parcel"


def test_with_too_many_profiles_to_sharpen_the_nearest_still_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loop.text.classifier.SHARPENED_MAX", 0)
    (prediction,) = Head(examples()).predict([normalise("my parcel has not arrived, where is it")])
    assert prediction.example.label == "parcel"


def test_the_more_of_a_question_an_article_covers_the_closer_it_is() -> None:
    (hits,) = Search(ARTICLES).find([normalise("warranty of a lamp in years")], limit=5)
    assert hits[0].article.id == "warranty"
    assert all(0 < hit.score <= 1 for hit in hits)


def test_a_version_for_a_model_needs_one() -> None:
    bundle = Bundle(model=ModelChoice(name="openai/small"))
    with pytest.raises(ModelFailed):
        answerer_for(bundle, model=None, concurrency=1, boundary="b")
    assert isinstance(answerer_for(Bundle(), model=None, concurrency=1, boundary="b"), LocalAgent)
