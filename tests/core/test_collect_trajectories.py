"""Trajectories: a run becomes an episode one can read, and nothing of its messages is lost."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, takewhile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.collect import Batch, Options, read_batches, sanitize
from loop.collect.files.trajectories import CHAT
from loop.records import FeedbackKind, Interaction, Step
from tests.builders import NOON

Message = dict[str, Any]


def call(number: int, **extra: Any) -> Message:
    return {
        "id": f"c{number}",
        "type": "function",
        "function": {"name": "look", "arguments": json.dumps({"n": number})},
        **extra,
    }


def result(number: int, **extra: Any) -> Message:
    return {"role": "tool", "tool_call_id": f"c{number}", "name": "look", "content": f"found {number}", **extra}


def take(row: dict[str, Any]) -> Batch:
    content = json.dumps(row).encode() + b"\n"
    (batch,) = read_batches(
        io.BytesIO(content),
        name="runs.jsonl",
        importer="trajectories",
        agent="desk",
        now=NOON,
        options=Options(default_at=NOON),
    )
    return batch


RUN: list[Message] = [
    {"role": "system", "content": "You are a clerk."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "How can I help?"},
    {"role": "user", "content": "Find one and two"},
    {"role": "assistant", "content": None, "tool_calls": [call(1), call(2)]},
    result(2),
    result(1),
    {"role": "assistant", "content": "Let me see.", "tool_calls": [call(3)]},
    result(3),
    {"role": "assistant", "content": "Here they are."},
    {"role": "user", "content": "###STOP###"},
]


def test_a_run_becomes_an_interaction_per_user_message_with_its_steps() -> None:
    batch = take({"messages": RUN, "reward": 1.0, "user_id": "u1", "task_id": 4})
    first, second, third = batch.interactions
    assert [made.position for made in batch.interactions] == [0, 1, 2]
    assert len({made.episode_id for made in batch.interactions}) == 1
    assert [(made.question, made.answer) for made in batch.interactions] == [
        ("Hello", "How can I help?"),
        ("Find one and two", "Here they are."),
        ("###STOP###", ""),
    ]
    assert [(step.kind, step.name, step.input, step.output) for step in second.steps] == [
        ("model", "", "", ""),
        ("tool", "look", '{"n": 1}', "found 1"),
        ("tool", "look", '{"n": 2}', "found 2"),
        ("model", "", "", "Let me see."),
        ("tool", "look", '{"n": 3}', "found 3"),
    ]
    assert first.attributes == {"chat": {"preamble": RUN[:1]}, "row": {"task_id": 4}}
    assert third.steps == ()


def test_the_reward_is_an_outcome_on_the_last_interaction_in_which_the_agent_acted() -> None:
    batch = take({"messages": RUN, "reward": 0})
    (outcome,) = batch.feedback
    assert (outcome.kind, outcome.value, outcome.interaction_id) == (
        FeedbackKind.OUTCOME,
        0.0,
        batch.interactions[1].id,
    )
    assert take({"messages": RUN, "reward": None}).feedback == ()


def test_runs_that_differ_only_in_their_trial_are_different_episodes() -> None:
    episodes = {take({"messages": RUN, "trial": trial}).interactions[0].episode_id for trial in (0, 1, 1)}
    assert len(episodes) == 2


def test_redaction_reaches_every_message_and_keeps_one_numbering_per_interaction() -> None:
    messages = [
        {"role": "user", "content": "I am a@b.example"},
        {"role": "assistant", "content": None, "tool_calls": [call(1)]},
        result(1, content='{"email": "a@b.example", "other": "c@d.example"}'),
        {"role": "assistant", "content": "Hello a@b.example"},
    ]
    (made,) = sanitize(take({"messages": messages, "contact": "a@b.example"}).interactions).interactions
    assert "b.example" not in made.model_dump_json()
    assert made.answer == "Hello ⟨EMAIL_1⟩"
    assert made.steps[1].output == '{"email": "⟨EMAIL_1⟩", "other": "⟨EMAIL_2⟩"}'
    assert made.attributes["redaction"] == {"EMAIL": 5}


@pytest.mark.parametrize(
    "messages",
    [
        "text",
        [],
        [{"content": "no role"}],
        ["text"],
        [{"role": "assistant", "content": "no user"}],
        {"role": "user"},
    ],
)
def test_what_is_no_run_is_refused_with_its_line(messages: Any) -> None:
    good = {"messages": RUN}
    content = "\n".join(json.dumps(row) for row in (good, {"messages": messages})).encode()
    (batch,) = read_batches(io.BytesIO(content), name="r.jsonl", importer="trajectories", agent="desk", now=NOON)
    assert [error.line for error in batch.rejected] == [2]


def rebuilt(interactions: Sequence[Interaction]) -> list[Message]:
    """The chat messages of one episode, put together from what its interactions keep."""
    messages: list[Message] = []
    for made in interactions:
        kept = made.attributes.get(CHAT, {})
        messages += kept.get("preamble", [])
        messages.append(_message(made.question, kept.get("user", {"rest": {"role": "user"}})))
        messages += _messages_of_steps(made.steps)
        if made.answer or "answer" in kept:
            messages.append(_message(made.answer, kept.get("answer", {"rest": {"role": "assistant"}})))
    return messages


def _message(text: str, kept: Mapping[str, Any]) -> Message:
    if "whole" in kept:
        return dict(kept["whole"])
    return {**kept["rest"], "content": text}


def _messages_of_steps(steps: Sequence[Step]) -> Iterator[Message]:
    index = 0
    while index < len(steps):
        step = steps[index]
        index += 1
        if "calls" in step.attributes:
            tools = steps[index : index + step.attributes["calls"]]
            index += len(tools)
            orphans = list(
                takewhile(lambda later: "turn" in later.attributes and "call" not in later.attributes, steps[index:])
            )
            index += len(orphans)
            yield {**_message(step.output, step.attributes), "tool_calls": [_call(tool) for tool in tools]}
            answered = [tool for tool in [*tools, *orphans] if "result" in tool.attributes]
            answered.sort(key=lambda tool: tool.attributes["turn"])
            yield from (_message(tool.output, tool.attributes["result"]) for tool in answered)
        elif step.kind == "tool":
            yield _message(step.output, step.attributes["result"])
        else:
            yield _message(step.output or step.input, step.attributes)


def _call(tool: Step) -> Message:
    call: Message = tool.attributes["call"]
    if "whole" in call:
        return dict(call["whole"])
    return {**call, "function": {**call["function"], "name": tool.name, "arguments": tool.input}}


plain_text = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
contents = (
    st.none() | plain_text | st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": plain_text}), max_size=2)
)
extras = st.dictionaries(st.sampled_from(["name", "refusal", "annotations"]), st.none() | plain_text, max_size=2)
odd_calls = st.sampled_from([None, [], "x", [{"id": "c1"}], [{"function": {"name": "f", "arguments": {"a": 1}}}]])


@st.composite
def plain_message(draw: st.DrawFn) -> list[Message]:
    message = {
        "role": draw(st.sampled_from(["user", "assistant", "system", "developer", "function", "tool"])),
        **draw(extras),
    }
    if draw(st.booleans()):
        message["content"] = draw(contents)
    if draw(st.integers(0, 9)) == 0:
        message["tool_calls"] = draw(odd_calls)
    return [message]


@st.composite
def tool_turn(draw: st.DrawFn) -> list[Message]:
    numbers = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    answered = draw(st.permutations(draw(st.lists(st.integers(1, 5), max_size=5))))
    message = {
        "role": "assistant",
        **draw(extras),
        "tool_calls": [call(n, **({"index": 0} if n == 2 else {})) for n in numbers],
    }
    if draw(st.booleans()):
        message["content"] = draw(contents)
    return [message, *(result(n, **({"content": draw(contents)} if n == 3 else {})) for n in answered)]


@settings(deadline=None)
@given(st.lists(plain_message() | tool_turn(), max_size=8).map(lambda parts: list(chain(*parts))))
def test_any_chat_with_a_user_message_is_rebuilt_exactly(messages: list[Message]) -> None:
    messages = [*messages[:2], {"role": "user", "content": "Hello"}, *messages[2:]]
    assert rebuilt(take({"messages": messages}).interactions) == messages
