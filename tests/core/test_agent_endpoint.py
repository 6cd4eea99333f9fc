"""A version answered by the operator's own agent: what it is asked, how its reply is read, what is no answer."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from loop.agent import EndpointAgent, LocalAgent, answerer_for
from loop.agent.endpoint import read_answer
from loop.agent.side_by_side import ask_each
from loop.errors import ModelFailed
from loop.records import AgentKind, Answer, Bundle, Condition, ModelChoice, Question, Rule

YOURS = Bundle(instructions="Be brief.", model=ModelChoice(name="yours"))
DIGEST = YOURS.digest


class Called:
    """An endpoint that says what it is told to, and remembers what it was asked."""

    concurrency = 4

    def __init__(self, reply: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        self._reply = reply
        self._lock = threading.Lock()
        self.requests: list[Mapping[str, Any]] = []
        self.bundles: list[Mapping[str, Any]] = []

    def call(self, request: Mapping[str, Any], *, bundle: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            self.requests.append(request)
            self.bundles.append(bundle)
        return self._reply(request)


def echo(request: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"answer": f"You said {request['question']}.", "version": request["version"]["digest"]}


def test_every_question_is_put_to_the_agent_with_its_context_and_the_version_to_use() -> None:
    rule = Rule(id="r", when=(Condition(field="question", op="contains", value="hello"),), answer="Ours.")
    bundle = YOURS.model_copy(update={"rules": (rule,)})
    endpoint = Called(echo)
    questions = [Question(text="hello", context={"plan": "pro"}), Question(text="bye")]
    first, second = EndpointAgent(bundle, endpoint).answer(questions)
    assert [first.text, second.text] == ["You said hello.", "You said bye."]
    assert {first.method, second.method} == {"yours"}
    asked = next(one for one in endpoint.requests if one["question"] == "hello")
    assert asked == {
        "question": "hello",
        "context": {"plan": "pro"},
        "version": {"digest": bundle.digest},
        "is_trial": True,
    }
    assert Bundle.model_validate(endpoint.bundles[0]) == bundle


def test_what_the_agent_says_is_read_whole() -> None:
    told = {"answer": "Two years.", "label": "warranty", "article_id": "lamp", "confidence": 0.7, "uses": ["lamp"]}
    answer = read_answer({**told, "version": DIGEST, "trace": {"own": "field"}}, digest=DIGEST)
    assert answer == Answer(
        text="Two years.", label="warranty", article_id="lamp", method="yours", confidence=0.7, uses=("lamp",)
    )
    assert read_answer({"version": DIGEST, "label": "refund"}, digest=DIGEST).text == "refund"
    assert read_answer({"version": DIGEST, "handover": True, "answer": "x"}, digest=DIGEST).method == "handover"


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ({"answer": "x"}, "which version"),
        ({"answer": "x", "version": 7}, "which version"),
        ({"answer": "x", "version": "0" * 64}, "another version"),
        ({"version": DIGEST}, "no answer"),
        ({"version": DIGEST, "answer": "  "}, "no answer"),
        ({"version": DIGEST, "answer": ["x"]}, "`answer`"),
        ({"version": DIGEST, "answer": "x", "confidence": 3}, "`confidence`"),
        ({}, "which version"),
    ],
)
def test_a_reply_that_is_no_answer_of_this_version_is_a_failure_that_says_why(reply: dict[str, Any], why: str) -> None:
    answer = read_answer(reply, digest=DIGEST)
    assert answer.method == "failed"
    assert why in answer.failure


@pytest.mark.parametrize("text", ["a\x00b", "half \ud83d"])
def test_what_no_database_keeps_is_a_failure_and_not_a_defect(text: str) -> None:
    endpoint = Called(lambda request: {"answer": text, "version": DIGEST})
    (answer,) = EndpointAgent(YOURS, endpoint).answer([Question(text="q")])
    assert (answer.method, answer.text) == ("failed", "")


def test_an_agent_that_never_answers_is_given_up_after_eight_calls() -> None:
    def refuse(request: Mapping[str, Any]) -> Mapping[str, Any]:
        raise ModelFailed("Your agent cannot be reached.")

    endpoint = Called(refuse)
    with pytest.raises(ModelFailed, match="reached"):
        EndpointAgent(YOURS, endpoint).answer([Question(text=str(n)) for n in range(500)])
    assert len(endpoint.requests) <= 8 + 2 * endpoint.concurrency


def test_no_question_is_put_without_a_permit() -> None:
    endpoint = Called(echo)
    permits = iter([True, True, False])
    answers = list(
        EndpointAgent(YOURS, endpoint).answer_each(
            [Question(text=str(n)) for n in range(9)], permit=lambda: next(permits)
        )
    )
    assert sorted(place for place, _ in answers) == [0, 1]
    assert len(endpoint.requests) == 2


def test_calls_run_side_by_side_up_to_the_limit_and_a_defect_is_raised_as_it_is() -> None:
    together = threading.Barrier(4, timeout=20)

    def wait(_: int) -> Answer:
        together.wait()
        return Answer(method="yours", text="x")

    assert len(list(ask_each(enumerate(range(8)), wait, concurrency=4))) == 8

    def broken(_: int) -> Answer:
        raise KeyError("a defect")

    with pytest.raises(KeyError):
        list(ask_each(enumerate(range(8)), broken, concurrency=4))


def test_the_kind_follows_from_the_version() -> None:
    assert isinstance(answerer_for(Bundle(), model=None, concurrency=1, boundary="b"), LocalAgent)
    with pytest.raises(ModelFailed, match="endpoint"):
        answerer_for(YOURS, model=None, concurrency=1, boundary="b")
    made = answerer_for(YOURS, model=None, concurrency=1, boundary="b", endpoint=Called(echo))
    assert isinstance(made, EndpointAgent)
    kinds = [ModelChoice(name=name).kind for name in ("local", "yours", "openai/small")]
    assert kinds == [AgentKind.BUILT_IN, AgentKind.YOURS, AgentKind.MODEL]
