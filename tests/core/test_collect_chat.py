"""Calls of chat APIs as interactions: whole, in place, and whatever strangers send."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from loop.collect import chat, sanitize
from loop.collect.chat.reading import BODY_MAX, TEXT_MAX
from loop.collect.chat.turns import STEPS_MAX
from loop.records import Interaction
from tests.builders import NOON

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {}}}
ID = "chatcmpl-" + "a1" * 12


def exchange(request: object, response: object, *, path: str = "/v1/chat/completions", **fields: Any) -> chat.Exchange:
    """One call. Bytes stand for themselves, anything else is sent as JSON."""
    body, answer = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in (request, response))
    is_stream = isinstance(response, bytes)
    filled = {
        "id": "call-1",
        "agent": "desk",
        "path": path,
        "request": body,
        "response": answer,
        "response_type": "text/event-stream; charset=utf-8" if is_stream else "application/json",
        "at": NOON,
        "milliseconds": 12.0,
    }
    return chat.Exchange(**filled | fields)  # type: ignore[arg-type]


def read(request: object, response: object, **fields: Any) -> chat.Call:
    one = exchange(request, response, **fields)
    dialect = chat.dialect_of(one.path)
    assert dialect is not None
    return chat.read_call(one, dialect=dialect)


def recorded(*calls: chat.Call) -> list[Interaction]:
    """What is kept of calls that came one after the other."""
    conversations = chat.Conversations()
    kept = [one for call in calls for one in conversations.admit(call, now=NOON)]
    kept += conversations.close()
    fit = sanitize(kept)
    assert not fit.refused
    return list(fit.interactions)


def sse(*events: object, named: bool = False) -> bytes:
    lines = []
    for event in events:
        name = f"event: {event['type']}\n" if named and isinstance(event, dict) else ""
        lines.append(f"{name}data: {event if isinstance(event, str) else json.dumps(event)}\n\n")
    return "".join(lines).encode()


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def completion(text: str | None, *, calls: list[dict[str, Any]] | None = None, given: str = ID) -> dict[str, Any]:
    message = {"role": "assistant", "content": text} | ({"tool_calls": calls} if calls else {})
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    return {"id": given, "model": "gpt-4o", "choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}


def called(name: str, arguments: str, *, given: str = "t1") -> dict[str, Any]:
    return {"id": given, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_a_completion_is_an_interaction_with_what_the_call_says() -> None:
    request = {
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": "Be kind."}, user("Where is my parcel?")],
        "user": "kim",
        "metadata": {"plan": "gold", "tries": 2, "deep": {"no": 1}},
        "temperature": 0.3,
        "tools": [WEATHER],
    }
    (made,) = recorded(read(request, completion("On its way."), upstream="openai"))
    assert (made.id, made.agent, made.customer, made.position) == (ID, "desk", "kim", 0)
    assert (made.question, made.answer, made.method) == ("Where is my parcel?", "On its way.", "model")
    assert made.context == {"plan": "gold", "tries": 2}
    assert made.attributes["chat"]["preamble"] == [{"role": "system", "content": "Be kind."}]
    told = made.attributes["call"]
    assert (told["api"], told["model"], told["upstream"], told["finish"]) == (
        "chat.completions", "gpt-4o", "openai", "stop",
    )  # fmt: skip
    assert (told["usage"], told["settings"], told["tools"]) == (
        {"prompt_tokens": 9, "completion_tokens": 2}, {"temperature": 0.3}, ["weather"],
    )  # fmt: skip


def test_what_a_stream_said_is_what_the_plain_answer_would_have_said() -> None:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {"id": ID, "model": "gpt-4o", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    def piece(index: int, **fields: Any) -> dict[str, Any]:
        return chunk({"tool_calls": [{"index": index, **fields}]})

    streamed = sse(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "One mo"}),
        chunk({"content": "ment."}),
        piece(0, id="t1", type="function", function={"name": "weather", "arguments": ""}),
        piece(1, id="t2", type="function", function={"name": "clock", "arguments": '{"zone":'}),
        piece(0, function={"arguments": '{"city":"Rome"}'}),
        piece(1, function={"arguments": '"UTC"}'}),
        chunk({}, "tool_calls"),
        {"id": ID, "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}},
        "[DONE]",
    )
    plain = completion(
        "One moment.", calls=[called("weather", '{"city":"Rome"}'), called("clock", '{"zone":"UTC"}', given="t2")]
    )
    request = {"messages": [user("Weather?")]}
    assert recorded(read(request, streamed)) == recorded(read(request, plain))


def test_the_calls_of_one_turn_become_one_interaction_with_its_steps() -> None:
    asked = [user("Weather in Rome?")]
    reply = completion(None, calls=[called("weather", '{"city":"Rome"}')], given="chatcmpl-" + "b2" * 12)
    first = read({"messages": asked}, reply, id="call-1", milliseconds=40.0)
    history = [*asked, reply["choices"][0]["message"], {"role": "tool", "tool_call_id": "t1", "content": "sunny"}]
    second = read({"messages": history}, completion("It is sunny."), id="call-2")
    (made,) = recorded(first, second)
    assert (made.id, made.question, made.answer) == (ID, "Weather in Rome?", "It is sunny.")
    model, tool = made.steps
    assert (model.kind, model.name, model.milliseconds) == ("model", "gpt-4o", 40.0)
    assert (tool.kind, tool.name, tool.input, tool.output) == ("tool", "weather", '{"city":"Rome"}', "sunny")


def test_a_turn_whose_tools_never_answer_is_kept_as_it_stands() -> None:
    conversations = chat.Conversations()
    call = read({"messages": [user("Weather?")]}, completion(None, calls=[called("weather", "{}")]))
    assert conversations.admit(call, now=NOON) == []
    assert conversations.overdue(NOON + timedelta(seconds=119)) == []
    (made,) = conversations.overdue(NOON + timedelta(seconds=120))
    assert (made.question, made.answer, [step.kind for step in made.steps]) == ("Weather?", "", ["model", "tool"])
    assert conversations.close() == []


def test_a_conversation_is_told_by_its_history_across_processes() -> None:
    first = read({"messages": [user("Hello")]}, completion("Hi, what is it?"), id="call-1")
    history = [user("Hello"), {"role": "assistant", "content": "Hi, what is it?"}, user("My parcel is late")]
    second = read({"messages": history}, completion("Let me look.", given="chatcmpl-" + "c3" * 12), id="call-2")
    other = read({"messages": [user("Hello")]}, completion("Hi!", given="chatcmpl-" + "d4" * 12), id="call-3")
    one, two, three = recorded(first)[0], recorded(second)[0], recorded(other)[0]
    assert one.episode_id == two.episode_id != three.episode_id
    assert (one.position, two.position) == (0, 1)
    assert "preamble" not in two.attributes.get("chat", {})


def test_an_episode_the_client_names_is_the_episode() -> None:
    (made,) = recorded(read({"messages": [user("Hello")]}, completion("Hi"), episode="ticket-17"))
    assert made.episode_id == "ticket-17"


def test_how_a_conversation_began_stays_the_same_as_it_goes_on() -> None:
    dialect = chat.spoken_of("/v1/chat/completions")
    assert dialect is not None
    later = [user("Hello"), {"role": "assistant", "content": "Hi"}, user("My parcel is late")]
    began = [chat.opening_of(dialect.asked({"messages": messages})) for messages in ([user("Hello")], later)]
    assert began[0] == began[1] != chat.opening_of(dialect.asked({"messages": [user("Good day")]}))
    assert chat.opening_of(dialect.asked({"messages": [user("Hello")], "user": "kim"})) != began[0]


def test_ids_that_are_somebody_elses_too_name_no_interaction() -> None:
    made = [
        recorded(read({"messages": [user("Hello")]}, completion("Hi", given="chatcmpl-417"), id=call))[0].id
        for call in ("call-1", "call-2")
    ]
    assert made[0] != made[1]
    assert "chatcmpl-417" not in made


def test_pictures_are_named_and_their_bytes_are_not_kept() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 5000}}
    request = {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}]}
    (made,) = recorded(read(request, completion("A kettle.")))
    assert made.question == "What is this?\n[image_url]"
    assert "AAAA" not in made.model_dump_json()


ANTHROPIC = "/v1/messages"
MESSAGE_ID = "msg_" + "e5" * 12


def message(*blocks: dict[str, Any], stop: str = "end_turn", given: str = MESSAGE_ID) -> dict[str, Any]:
    return {
        "id": given,
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": list(blocks),
        "stop_reason": stop,
        "usage": {"input_tokens": 5, "output_tokens": 7},
    }


def test_an_anthropic_turn_with_tools_is_one_interaction() -> None:
    use = {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Rome"}}
    reply = message({"type": "text", "text": "One moment."}, use, stop="tool_use", given="msg_" + "f6" * 12)
    asked = [user("Weather in Rome?")]
    system = [{"type": "text", "text": "Be kind."}]
    metadata = {"user_id": "kim"}
    first = read({"system": system, "messages": asked, "metadata": metadata}, reply, path=ANTHROPIC)
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "no such city", "is_error": True}
    remark = {"type": "text", "text": "Remember to be brief."}
    history = [
        *asked,
        {"role": "assistant", "content": reply["content"]},
        {"role": "user", "content": [result, remark]},
    ]
    last = message({"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "I do not know."})
    second = read({"system": system, "messages": history, "metadata": metadata}, last, path=ANTHROPIC, id="call-2")
    (made,) = recorded(first, second)
    assert (made.id, made.question, made.answer, made.customer) == (
        MESSAGE_ID, "Weather in Rome?", "I do not know.", "kim",
    )  # fmt: skip
    model, tool, note = made.steps
    assert (model.output, tool.name, tool.output, tool.is_error) == ("One moment.", "weather", "no such city", True)
    assert (note.kind, note.input) == ("message", "Remember to be brief.")
    assert made.attributes["chat"]["preamble"] == [{"role": "system", "content": "Be kind."}]


def test_an_anthropic_stream_is_what_the_plain_answer_would_have_been() -> None:
    start = message(stop="end_turn") | {"stop_reason": None, "usage": {"input_tokens": 5, "output_tokens": 1}}
    text = {"type": "text", "text": "Hello."}
    use = {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Rome"}}
    streamed = sse(
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {**use, "input": {}}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"city": '}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '"Rome"}'}},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
        named=True,
    )
    request = {"messages": [user("Weather?")]}
    plain = read(request, message(text, use, stop="tool_use"), path=ANTHROPIC)
    assert recorded(read(request, streamed, path=ANTHROPIC)) == recorded(plain)
    assert read(request, streamed, path=ANTHROPIC).waits_as == plain.waits_as


def test_what_a_provider_ran_itself_is_a_step_too() -> None:
    search = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "Rome"}}
    found = {
        "type": "web_search_tool_result",
        "tool_use_id": "s1",
        "content": [{"type": "web_search_result", "url": "u"}],
    }
    (made,) = recorded(
        read({"messages": [user("Rome?")]}, message(search, found, {"type": "text", "text": "A city."}), path=ANTHROPIC)
    )
    assert made.answer == "A city."
    assert [(step.kind, step.name) for step in made.steps] == [("model", ""), ("tool", "web_search")]


RESPONSES = "/v1/responses"


def response(*items: dict[str, Any], given: str) -> dict[str, Any]:
    return {"id": given, "object": "response", "model": "gpt-5", "status": "completed", "output": list(items)}


def output(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def test_a_turn_whose_history_the_provider_keeps_is_one_interaction_in_its_place() -> None:
    one, two, three = (f"resp_{number * 24}" for number in ("1", "2", "3"))
    call = {"type": "function_call", "call_id": "t1", "name": "weather", "arguments": '{"city":"Rome"}'}
    first = read({"input": "Weather in Rome?", "instructions": "Be kind."}, response(call, given=one), path=RESPONSES)
    result = {"type": "function_call_output", "call_id": "t1", "output": "sunny"}
    second = read(
        {"input": [result], "previous_response_id": one}, response(output("Sunny."), given=two), path=RESPONSES
    )
    third = read(
        {"input": "And in Oslo?", "previous_response_id": two}, response(output("Rain."), given=three), path=RESPONSES
    )
    rome, oslo = recorded(first, second, third)
    assert (rome.question, rome.answer, oslo.question, oslo.answer) == (
        "Weather in Rome?", "Sunny.", "And in Oslo?", "Rain.",
    )  # fmt: skip
    assert [(step.kind, step.name, step.output) for step in rome.steps] == [
        ("model", "gpt-5", ""), ("tool", "weather", "sunny"),
    ]  # fmt: skip
    assert (rome.episode_id, rome.position, oslo.position) == (oslo.episode_id, 0, 1)


def test_a_conversation_of_the_providers_is_the_episode() -> None:
    request = {"input": "Hello", "conversation": {"id": "conv_1"}}
    made = recorded(
        read(request, response(output("Hi"), given="resp_" + "4" * 24), path=RESPONSES),
        read(request, response(output("Hi"), given="resp_" + "5" * 24), path=RESPONSES),
    )
    assert [(one.episode_id, one.position) for one in made] == [("conv_1", 0), ("conv_1", 1)]


def test_a_response_stream_is_what_it_ends_with_or_what_came_of_it() -> None:
    whole = response(output("Hello."), given="resp_" + "6" * 24)
    begun = {"type": "response.created", "response": whole | {"output": [], "status": "in_progress"}}
    added = {"type": "response.output_item.added", "output_index": 0, "item": output("") | {"content": []}}
    delta = {"type": "response.output_text.delta", "output_index": 0, "delta": "Hel"}
    request = {"input": "Hi"}
    ended = read(request, sse(begun, added, delta, {"type": "response.completed", "response": whole}), path=RESPONSES)
    assert recorded(ended) == recorded(read(request, whole, path=RESPONSES))
    (cut,) = recorded(read(request, sse(begun, added, delta), path=RESPONSES, cut="client"))
    assert (cut.answer, cut.attributes["call"]["cut"]) == ("Hel", "client")


def test_an_embedding_is_a_search_without_an_answer() -> None:
    vectors = {"data": [{"embedding": [0.1] * 8}], "model": "embed", "usage": {"prompt_tokens": 3}}
    (made,) = recorded(read({"input": ["late parcel", "refund"], "model": "embed"}, vectors, path="/v1/embeddings"))
    assert (made.question, made.answer, made.method) == ("late parcel", "", "embedding")
    assert [(step.kind, step.attributes["texts"]) for step in made.steps] == [("retrieval", 2)]
    assert "0.1" not in made.model_dump_json()


def test_a_failed_call_is_a_failed_interaction_that_does_not_quote_the_provider() -> None:
    error = {"error": {"type": "rate_limit_error", "message": "key sk-secret is out of quota"}}
    (made,) = recorded(read({"messages": [user("Hello")], "model": "gpt"}, error, status=429))
    assert (made.method, made.answer, made.steps[-1].is_error, made.steps[-1].output) == (
        "failed", "", True, "rate_limit_error",
    )  # fmt: skip
    assert "quota" not in made.model_dump_json()
    (lost,) = recorded(read({"messages": [user("Hello")]}, b"", status=0, cut="provider"))
    assert (lost.method, lost.steps[-1].output) == ("failed", "provider")


def test_the_version_that_answered_and_its_chance_are_on_the_interaction() -> None:
    taken = chat.VersionAssignment(
        version=3, bundle_digest="a" * 64, experiment_id="x", arm="candidate", probability=0.25, uses=("ex1",)
    )
    (made,) = recorded(read({"messages": [user("Hello")]}, completion("Hi"), assigned=taken))
    assert (made.version, made.bundle_digest, made.experiment_id, made.arm, made.probability, made.uses) == (
        3, "a" * 64, "x", "candidate", 0.25, ("ex1",),
    )  # fmt: skip


def test_packed_bodies_are_read_and_a_bomb_is_not() -> None:
    request, answer = json.dumps({"messages": [user("Hello")]}).encode(), json.dumps(completion("Hi")).encode()
    packed = exchange(gzip.compress(request), gzip.compress(answer), request_encoding="gzip", response_encoding="gzip",
                      response_type="application/json")  # fmt: skip
    dialect = chat.dialect_of(packed.path)
    assert dialect is not None
    assert recorded(chat.read_call(packed, dialect=dialect))[0].answer == "Hi"
    bomb = exchange(gzip.compress(b" " * (BODY_MAX * 4)), b"", request_encoding="gzip")
    with pytest.raises(chat.Unreadable, match="too_large"):
        chat.read_call(bomb, dialect=dialect)


DEEP = b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
SURROGATE = b'{"messages":[{"role":"user","content":"a\\ud800b\\u0000c"}]}'

UNREADABLE = [
    (b"", "broken_json"),
    (b"\xff\xfe", "broken_json"),
    (b"[1]", "not_object"),
    (b'"x"', "not_object"),
    (DEEP, "broken_json"),
    (b'{"a":' * 200 + b"1" + b"}" * 200, "depth"),
    (b" " * (BODY_MAX + 1), "too_large"),
    (b"{}", "no_messages"),
    (b'{"messages": 7, "input": {"a": 1}}', "no_messages"),
    (b'{"messages": [1, null, "x", []], "input": [3]}', "no_messages"),
]


@pytest.mark.parametrize(("body", "code"), UNREADABLE)
@pytest.mark.parametrize("path", ["chat/completions", "messages", "responses", "embeddings"])
def test_a_body_that_says_nothing_is_told_by_a_code(path: str, body: bytes, code: str) -> None:
    with pytest.raises(chat.Unreadable, match=code):
        read(body, {}, path=f"/v1/{path}")


ODD: list[Any] = [None, True, 7, -1, 1e308, "", "x", [], {}, [[]], [{}], {"a": {}}, ["x"], 10**30, "\ud800", "\0"]


@pytest.mark.parametrize("path", ["chat/completions", "messages", "responses", "embeddings"])
def test_shapes_nobody_promised_are_kept_or_refused_and_never_break(path: str) -> None:
    fields = {
        "chat/completions": ("content", "tool_calls", "function_call", "role", "tool_call_id"),
        "messages": ("content", "role"),
        "responses": ("content", "type", "role", "arguments", "output", "call_id"),
        "embeddings": ("input",),
    }[path]
    top = ("model", "user", "metadata", "tools", "system", "instructions", "stream", "conversation", "temperature",
           "previous_response_id", "safety_identifier")  # fmt: skip
    kept = 0
    for odd in ODD:
        turns = [{"role": role, "content": "x"} | {field: odd} for field in fields for role in ("user", "assistant")]
        for name in top:
            request = {"messages": turns, "input": odd if path == "embeddings" else turns, name: odd}
            answers = (
                {"choices": [{"message": odd, "index": odd}], "content": odd, "output": odd, "id": odd, "usage": odd},
                {"choices": odd, "error": odd, "content": [odd], "output": [odd], "model": odd},
                sse({"type": odd, "index": odd, "output_index": odd, "choices": [{"index": odd, "delta": odd}],
                     "message": odd, "response": odd, "item": odd, "delta": odd},
                    {"type": "message_start", "message": odd},
                    {"type": "content_block_start", "index": 0, "content_block": odd},
                    {"type": "content_block_delta", "index": 0, "delta": odd}, "[DONE]", "not json"),
            )  # fmt: skip
            for answer in answers:
                try:
                    kept += len(recorded(read(request, answer, path=f"/v1/{path}")))
                except chat.Unreadable:
                    continue
    assert kept


def test_a_path_is_read_by_its_end_and_nothing_else_is_taken_for_a_chat() -> None:
    known = ("/v1/chat/completions", "/chat/completions/", "/openai/deployments/x/chat/completions", "/v1/responses",
             "/v1/messages", "/v1/embeddings")  # fmt: skip
    assert [getattr(chat.dialect_of(path), "name", None) for path in known] == [
        "chat.completions", "chat.completions", "chat.completions", "responses", "anthropic.messages", "embeddings",
    ]  # fmt: skip
    others = ("/v1/threads/t1/messages", "/v1/messages/count_tokens", "/v1/responses/resp_1/cancel", "/v1/models", "/")
    assert [chat.dialect_of(path) for path in others] == [None] * len(others)
    assert chat.spoken_of("/v1/embeddings") is None


def test_no_text_is_kept_beyond_its_limit_and_no_character_a_database_refuses() -> None:
    (made,) = recorded(read(SURROGATE, completion("x" * (TEXT_MAX + 50))))
    assert (made.question, len(made.answer)) == ("a?bc", TEXT_MAX + 1)


def test_a_turn_of_a_thousand_steps_keeps_its_ends() -> None:
    history: list[dict[str, Any]] = [user("Go")]
    for number in range(900):
        history.append({"role": "assistant", "content": "", "tool_calls": [called("look", "{}", given=f"t{number}")]})
        history.append({"role": "tool", "tool_call_id": f"t{number}", "content": f"found {number}"})
    (made,) = recorded(read({"messages": history}, completion("Done.")))
    assert (made.answer, len(made.steps), made.steps[1].output, made.steps[-1].output) == (
        "Done.", STEPS_MAX, "found 0", "found 899",
    )  # fmt: skip
