"""One answer that two doors told of is one interaction, the same whoever told it first."""

from itertools import permutations

from loop.records import Interaction, Step
from loop.records.joining import ANSWER, join_interactions, mark_of, trace_of
from tests import builders

R1, R2 = "chatcmpl-1a2b3c4d5e6f7a8b", "chatcmpl-2a2b3c4d5e6f7a8b"
TRACE = "ab" * 16


def call(name: str = R1, **more: object) -> Interaction:
    """What the gateway told."""
    return builders.interaction(1).model_copy(
        update={
            "id": name,
            "source": "gateway:shop",
            "version": 3,
            "probability": 0.5,
            "arm": "b",
            "episode_id": "talk",
        }
        | {
            "attributes": {"call": {"api": "chat.completions"}, "mine": 1},
            "question": "Verbatim?",
            "answer": "Yes.",
            "customer": "",
        }
        | more
    )


def trace(response: str = R1, **more: object) -> Interaction:
    """What the trace told."""
    steps = (Step(kind="tool", name="track", output="Friday"), Step(kind="model", name="m"))
    return builders.interaction(2).model_copy(
        update={"id": TRACE, "source": "otlp:shop", "steps": steps, "customer": "anna", "episode_id": "session"}
        | {"attributes": {ANSWER: mark_of(response)}, "question": "Traced?", "answer": "Traced.", "version": None}
        | more
    )


def test_words_and_version_are_the_calls_and_the_steps_are_the_traces() -> None:
    made = join_interactions(call(), trace())
    assert (made.id, made.question, made.answer, made.source) == (R1, "Verbatim?", "Yes.", "gateway:shop")
    assert (made.version, made.arm, made.probability, made.episode_id) == (3, "b", 0.5, "talk")
    assert [step.name for step in made.steps] == ["track", "m"]
    assert (made.customer, trace_of(made)) == ("anna", TRACE)
    assert made.at == min(call().at, trace().at)
    assert made.attributes["call"] == {"api": "chat.completions"}
    assert made.attributes["mine"] == 1


def test_whoever_told_first_only_the_name_differs() -> None:
    one, other = join_interactions(call(), trace()), join_interactions(trace(), call())
    assert (one.id, other.id) == (R1, TRACE)
    assert one.model_copy(update={"id": ""}) == other.model_copy(update={"id": ""})


def test_a_trace_that_grows_keeps_what_the_call_told() -> None:
    grown = trace(steps=(Step(kind="check", name="late"),))
    for order in permutations([call(), trace()]):
        made = join_interactions(join_interactions(*order), grown)
        assert [step.name for step in made.steps] == ["late"]
        assert (made.question, made.version, made.source) == ("Verbatim?", 3, "gateway:shop")


def test_a_call_told_again_keeps_what_the_trace_told() -> None:
    made = join_interactions(
        join_interactions(call(), trace()), call(answer="Yes, indeed.", attributes={"call": {"api": "later"}})
    )
    assert (made.answer, made.attributes["call"], trace_of(made)) == ("Yes, indeed.", {"api": "later"}, TRACE)
    assert [step.name for step in made.steps] == ["track", "m"]


def test_a_call_that_is_no_longer_the_answer_gives_way_to_the_trace() -> None:
    made = join_interactions(join_interactions(trace(R1), call(R1)), trace(R2, answer="The last word."))
    assert (made.question, made.answer, made.version) == ("Traced?", "The last word.", 3)
    assert join_interactions(made, call(R2, answer="Verbatim, the last.")).answer == "Verbatim, the last."


def test_what_one_of_them_was_not_told_the_other_fills() -> None:
    hidden = trace(question="", answer="", steps=())
    assert join_interactions(call(steps=(Step(kind="model"),)), hidden).steps == (Step(kind="model"),)
    assert join_interactions(call(answer="", method="failed"), trace(method="model")).answer == "Traced."
    assert join_interactions(call(answer="", method="failed"), trace(method="model")).method == "model"
    assert join_interactions(call(version=None, bundle_digest=None), trace(version=7)).version == 7
    assert join_interactions(call(customer="own"), trace()).customer == "own"
    assert join_interactions(call(context={"a": 1}), trace(context={"a": 2, "b": 3})).context == {"a": 1, "b": 3}


def test_the_mark_of_an_answer_is_nothing_a_redaction_hides() -> None:
    assert mark_of("") == ""
    assert mark_of(R1).startswith("answer_")
    assert mark_of(R1) != mark_of(R2)
