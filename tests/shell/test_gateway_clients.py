"""The real clients of OpenAI and Anthropic behind the gateway: nothing but their base URL differs."""

import asyncio
import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import anthropic
import openai
import pytest

from loop.errors import StoreUnavailable
from loop.records import Approach, Article, Bundle, Condition, Example, Experiment, Rule
from loop.records.trials import Arm
from loop.serve.acting import HAND_OVER
from storage.database import Database
from tests import builders
from tests.shell.gateway_site import GatewaySite, run
from tests.shell.provider import NO_IDEA, Said, Seen, follow, serve, weather

TOOL = {
    "name": "weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
ANTHROPIC_TOOL = {"name": "weather", "description": "The weather in a city.", "input_schema": TOOL["parameters"]}

_NUMBERS = count(1)


def say(call: Seen) -> Said:
    """Tools where they are offered; else what the system prompt says is right."""
    return weather(call) if call.asked.tools else follow(call)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewaySite]:
    """One gateway for all tests."""
    url = f"sqlite:///{tmp_path_factory.mktemp('gateway') / 'ratchet.db'}"
    with serve(say) as provider, run(url, provider) as running:
        yield running


@pytest.fixture
def site(server: GatewaySite) -> GatewaySite:
    """The gateway with an agent whose version is empty."""
    return with_version(server, builders.bundle())


def with_version(server: GatewaySite, bundle: Bundle) -> GatewaySite:
    """The gateway with an agent that has this version."""
    server.provider.calls.clear()
    return server.with_agent(builders.agent(f"desk-{next(_NUMBERS)}"), bundle=bundle)


def client(site: GatewaySite, *segments: str) -> openai.OpenAI:
    return openai.OpenAI(api_key="sk-own", base_url=site.base(*segments) + "/v1", max_retries=0)


def claude(site: GatewaySite, *segments: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="sk-ant-own", base_url=site.base(*segments), max_retries=0)


def user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def test_openai_chat_with_tools_plain_and_streamed_is_one_turn_each(site: GatewaySite) -> None:
    tools: Any = [{"type": "function", "function": TOOL}]
    with client(site) as ai:
        messages = user("Weather in Rome?")
        first = ai.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
        (call,) = first.choices[0].message.tool_calls or []
        messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
        last = ai.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
        assert last.choices[0].message.content == "It is sunny."

        again = user("Weather in Oslo?")
        with ai.chat.completions.stream(model="gpt-4o", messages=again, tools=tools) as stream:
            message = stream.get_final_completion().choices[0].message
        (streamed,) = message.tool_calls or []
        assert json.loads(streamed.function.arguments) == {"city": "Rome"}
        asked = {
            "id": streamed.id,
            "type": "function",
            "function": {"name": "weather", "arguments": streamed.function.arguments},
        }
        again += [
            {"role": "assistant", "tool_calls": [asked]},
            {"role": "tool", "tool_call_id": streamed.id, "content": "wet"},
        ]
        pieces = ai.chat.completions.create(model="gpt-4o", messages=again, tools=tools, stream=True)
        assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) == "It is wet."
    rome, oslo = site.kept(2)
    assert [(one.question, one.answer) for one in (rome, oslo)] == [
        ("Weather in Rome?", "It is sunny."), ("Weather in Oslo?", "It is wet."),
    ]  # fmt: skip
    assert rome.id == last.id, "feedback finds it by the name the client saw"
    for one in (rome, oslo):
        assert [(step.kind, step.name) for step in one.steps] == [("model", "gpt-4o"), ("tool", "weather")]
    assert [one.steps[1].output for one in (rome, oslo)] == ["sunny", "wet"]


def test_openai_responses_and_embeddings_are_recorded(site: GatewaySite) -> None:
    tools: Any = [{"type": "function", **TOOL}]
    with client(site, "e", "t1") as ai:
        first = ai.responses.create(model="gpt-5", input="Weather in Rome?", tools=tools)
        (call,) = first.output
        assert call.type == "function_call"
        result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        last = ai.responses.create(model="gpt-5", input=[result], previous_response_id=first.id, tools=tools)
        assert last.output_text == "It is sunny."
        with ai.responses.stream(model="gpt-5", input="Hello?") as stream:
            assert stream.get_final_response().output_text == NO_IDEA
        assert ai.embeddings.create(model="embed", input="late parcel", encoding_format="float").data[0].embedding
    weather_, hello, lookup = site.kept(3)
    assert (weather_.question, weather_.answer, weather_.steps[1].output) == (
        "Weather in Rome?", "It is sunny.", "sunny",
    )  # fmt: skip
    assert (hello.question, hello.answer) == ("Hello?", NO_IDEA)
    assert (lookup.question, lookup.method) == ("late parcel", "embedding")
    assert {one.episode_id for one in (weather_, hello, lookup)} == {"t1"}


def test_anthropic_with_tools_plain_and_streamed_is_one_turn_each(site: GatewaySite) -> None:
    tools: Any = [ANTHROPIC_TOOL]
    with claude(site) as ai:
        given: Any = {"model": "claude", "max_tokens": 99, "system": "Be kind.", "tools": tools}
        messages = user("Weather in Rome?")
        for number in range(2):
            if number:
                messages = user("Weather in Oslo?")
                with ai.messages.stream(messages=messages, **given) as stream:
                    first = stream.get_final_message()
            else:
                first = ai.messages.create(messages=messages, **given)
            (use,) = first.content
            assert use.type == "tool_use"
            assert use.input == {"city": "Rome"}
            result = {"type": "tool_result", "tool_use_id": use.id, "content": "sunny"}
            messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
            last = ai.messages.create(messages=messages, **given)
            assert last.content[0].text == "It is sunny."  # type: ignore[union-attr]
    assert [(one.question, one.answer, len(one.steps)) for one in site.kept(2)] == [
        ("Weather in Rome?", "It is sunny.", 2), ("Weather in Oslo?", "It is sunny.", 2),
    ]  # fmt: skip
    assert all(call.headers["authorization"] == "Bearer sk-ant-own" for call in site.provider.calls)


def test_the_async_clients_stream_side_by_side(site: GatewaySite) -> None:
    async def ask(number: int) -> str:
        base = site.base("e", f"t{number}")
        if number % 2:
            async with openai.AsyncOpenAI(api_key="sk-own", base_url=base + "/v1", max_retries=0) as ai:
                pieces = await ai.chat.completions.create(model="m", messages=user(f"Question {number}?"), stream=True)
                return "".join([one.choices[0].delta.content or "" async for one in pieces if one.choices])
        async with (
            anthropic.AsyncAnthropic(api_key="k", base_url=base, max_retries=0) as ai,
            ai.messages.stream(model="m", max_tokens=9, messages=user(f"Question {number}?")) as stream,
        ):
            return await stream.get_final_text()

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(ask(number) for number in range(8)))

    assert asyncio.run(all_of_them()) == [NO_IDEA] * 8
    assert {(one.question, one.episode_id) for one in site.kept(8)} == {
        (f"Question {number}?", f"t{number}") for number in range(8)
    }


def test_a_client_reads_our_errors_as_its_own(site: GatewaySite) -> None:
    bad = site.url + "/k/rk_000000000000_" + "a" * 43
    with (
        openai.OpenAI(api_key="x", base_url=bad + "/v1", max_retries=0) as ai,
        pytest.raises(openai.AuthenticationError, match="ratchet keys create"),
    ):
        ai.models.list()
    with (
        anthropic.Anthropic(api_key="x", base_url=bad, max_retries=0) as ai,
        pytest.raises(anthropic.AuthenticationError, match="ratchet keys create"),
    ):
        ai.messages.create(model="m", max_tokens=1, messages=user("Hi"))


VERSION = Bundle(
    instructions="Sign off with: The shop",
    rules=(
        Rule(
            id="r1", when=(Condition(field="question", op="contains", value="opening hours"),), answer="Nine to five."
        ),
        Rule(id="r2", when=(Condition(field="question", op="contains", value="lawyer"),), hand_over=True),
    ),
    examples=(
        Example(id="x1", question="How long does a refund take?", answer="Three days."),
        Example(id="x2", question="Is the kettle blue?", answer="Blue and green."),
    ),
    articles=(Article(id="a1", title="Parcels", body="Parcels come by bike."),),
    approaches=(Approach(id="p1", issue="late parcels", name="bike", instruction="Offer a bike.", is_enabled=True),),
)


def test_the_live_version_is_in_the_request_and_named_on_the_record(server: GatewaySite) -> None:
    site = with_version(server, VERSION)
    own = [{"role": "system", "content": "You are Kim."}, {"role": "user", "content": "How long does a refund take?"}]
    with client(site, "e", "t1") as ai:
        reply = ai.chat.completions.create(model="gpt-4o", messages=own, temperature=0.9, extra_body={"odd": 1})  # type: ignore[arg-type]
    assert reply.choices[0].message.content == "Three days."
    (call,) = site.provider.calls
    sent = call.json
    assert (sent["model"], sent["temperature"], sent["odd"]) == ("gpt-4o", 0.9, 1)
    assert [one["role"] for one in sent["messages"]] == ["system", "system", "user"]
    assert (sent["messages"][0], sent["messages"][2]) == (own[0], own[1])
    for said in ("Sign off with: The shop", "Nine to five.", "Offer a bike.", "Parcels come by bike.", "Three days."):
        assert said in sent["messages"][1]["content"]
    (made,) = site.kept(1)
    assert (made.version, made.bundle_digest, made.probability) == (0, VERSION.digest, 1.0)
    assert made.uses == ("x1", "a1")
    assert made.attributes["chat"]["preamble"] == [own[0]], "what is recorded is what the client asked"


def test_anthropic_and_responses_get_the_version_too(server: GatewaySite) -> None:
    site = with_version(server, VERSION)
    with claude(site) as ai:
        said = ai.messages.create(model="m", max_tokens=9, system="You are Kim.", messages=user("Is the kettle blue?"))
        assert said.content[0].text == "Blue and green."  # type: ignore[union-attr]
    with client(site) as openai_:
        assert openai_.responses.create(model="m", input="Is the kettle blue?").output_text == "Blue and green."
    assert site.provider.calls[0].json["system"][0] == {"type": "text", "text": "You are Kim."}
    assert site.provider.calls[0].json["messages"] == user("Is the kettle blue?")


def test_what_a_rule_lays_down_is_answered_without_asking_anybody(server: GatewaySite) -> None:
    site = with_version(server, VERSION)
    question, right = "What are your opening hours?", "Nine to five.\n\nThe shop"
    with client(site) as ai, claude(site) as ai2:
        plain = ai.chat.completions.create(model="m", messages=user(question))
        assert plain.choices[0].message.content == right
        pieces = ai.chat.completions.create(model="m", messages=user(question), stream=True)
        assert "".join(one.choices[0].delta.content or "" for one in pieces) == right
        assert ai.responses.create(model="m", input=question, store=False).output_text == right
        with ai.responses.stream(model="m", input=question, store=False) as stream:
            assert stream.get_final_response().output_text == right
        message = ai2.messages.create(model="m", max_tokens=9, messages=user(question))
        assert message.content[0].text == right  # type: ignore[union-attr]
        with ai2.messages.stream(model="m", max_tokens=9, messages=user(question)) as claude_stream:
            assert claude_stream.get_final_text() == right
        handed = ai.chat.completions.create(model="m", messages=user("I will call my lawyer"))
        assert handed.choices[0].message.content == HAND_OVER
    assert site.provider.calls == []
    made = site.kept(7)
    assert [(one.method, one.uses, one.answer) for one in made[:6]] == [("rule", ("r1",), right)] * 6
    assert (made[6].method, made[6].uses) == ("handover", ("r2",))


def test_a_rule_does_not_answer_where_text_alone_will_not_do(server: GatewaySite) -> None:
    site = with_version(server, VERSION)
    question = user("What are your opening hours?")
    with client(site) as ai:
        ai.chat.completions.create(model="m", messages=question, response_format={"type": "json_object"})
        ai.responses.create(model="m", input="What are your opening hours?")
        ai.chat.completions.create(
            model="m",
            messages=[
                *question,
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                },
                {"role": "tool", "tool_call_id": "c", "content": "9"},
            ],
        )
    assert len(site.provider.calls) == 3
    assert all("Nine to five." in call.system for call in site.provider.calls)


def test_an_experiment_shares_the_traffic_by_episode_and_logs_the_chance(
    server: GatewaySite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = with_version(server, builders.bundle())
    arms = (Arm(name="base", number=0, share=0.75), Arm(name="candidate", number=0, share=0.25))
    running = Experiment(id="x1", agent=site.agent, kind="live", proposal_id="p1", arms=arms, started_at=builders.NOON)
    monkeypatch.setattr("loop.serve.live.running_experiment", lambda database, agent: running)
    for number in range(2):
        for episode in range(12):
            with client(site, "e", f"t{episode}") as ai:
                ai.chat.completions.create(model="m", messages=user(f"Question {number}?"))
    made = site.kept(24)
    by_episode = {
        one.episode_id: {(two.arm, two.probability) for two in made if two.episode_id == one.episode_id} for one in made
    }
    assert all(len(found) == 1 for found in by_episode.values()), "an episode stays with its arm"
    assert {found for some in by_episode.values() for found in some} == {("base", 0.75), ("candidate", 0.25)}
    assert {one.experiment_id for one in made} == {"x1"}


def test_while_the_database_is_away_the_last_version_goes_on_answering(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_given: object, **_named: object) -> Any:
        raise StoreUnavailable("The database cannot be reached.")

    with serve(say) as provider, run(sqlite_url, provider, bundle=VERSION) as site, client(site) as ai:
        ask: Any = {"model": "m", "messages": user("Is the kettle blue?")}
        assert ai.chat.completions.create(**ask).choices[0].message.content == "Blue and green."
        site.kept(1)
        with monkeypatch.context() as patch:
            patch.setattr("loop.serve.live.FRESH_SECONDS", 0.0)
            patch.setattr("loop.serve.auth.KNOWN_SECONDS", 0.0)
            for name in ("store", "find_key", "agents"):
                patch.setattr(Database, name, away)
            patch.setattr("storage.store.AgentStore.deliver", away)
            assert ai.chat.completions.create(**ask).choices[0].message.content == "Blue and green."
        assert len(site.kept(2)) == 2, "what went by meanwhile is kept once it is back"
