"""An agent behind the gateway that is traced as well: each answer is one interaction, whoever told it first."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openinference.instrumentation.openai import OpenAIInstrumentor as OpenInference
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor as OpenLLMetry
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from loop.ports.deliveries import Capture
from loop.records import Example, FeedbackState
from storage.inspection.walk import inspect
from tests import builders
from tests.otlp_bodies import TRACE, event, genai, logs, span, traces
from tests.serving import Client
from tests.shell.gateway_site import GatewaySite, run, until
from tests.shell.provider import Said, serve, weather

QUESTION = "Where is my parcel?"


@pytest.fixture
def site(database_url: str) -> Iterator[GatewaySite]:
    bundle = builders.bundle(examples=(Example(id="x1", question=QUESTION, answer="On its way."),))
    with serve(lambda _: Said("It comes.")) as provider, run(database_url, provider, bundle=bundle) as running:
        yield running


@pytest.fixture
def client(site: GatewaySite) -> Client:
    return Client(int(site.url.rpartition(":")[2]), site.key)


def call(site: GatewaySite, client: Client, *, count: int = 1) -> str:
    """Through the gateway; the provider's id of the answer, once so many interactions are kept."""
    body = {"model": "m", "messages": [{"role": "user", "content": QUESTION}]}
    reply = client.post(f"/k/{site.key}/v1/chat/completions", body)
    assert reply.status == 200, reply.body
    if count:
        site.kept(count)
    return str(reply.json["id"])


def spans(response: str, *, earlier: str = "") -> list[dict[str, Any]]:
    """An agent's span, a tool, perhaps a call before, and the call that answered."""
    said = json.dumps([{"role": "user", "parts": [{"type": "text", "content": QUESTION}]}])
    made = [
        span(1, {"gen_ai.operation.name": "invoke_agent", "user.id": "anna"}),
        span(2, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "track"}, parent=1),
        span(4, genai(**{"gen_ai.response.id": response, "gen_ai.input.messages": said}), parent=1),
    ]
    if earlier:
        made.insert(1, span(3, genai(**{"gen_ai.response.id": earlier}), parent=1))
    return made


def trace(client: Client, response: str, **more: str) -> None:
    assert client.post("/v1/traces", traces(spans(response, **more))).status == 200


def told(site: GatewaySite) -> list[str]:
    """What feedback is about."""
    return [one.feedback.interaction_id for one in site.store.feedback(list(FeedbackState))]


def is_sound(site: GatewaySite) -> bool:
    """Whether the totals of what arrived are those of what is there."""
    with site.database.engine.connect() as connection:
        return inspect(connection, site.agent, parts=["arrivals"]).is_sound


def captures(site: GatewaySite) -> dict[str, Capture]:
    return {one.door: one for one in site.store.captures()}


@pytest.mark.parametrize("is_gateway_first", [True, False])
def test_one_answer_is_one_interaction_whichever_door_comes_first(
    site: GatewaySite, client: Client, is_gateway_first: bool
) -> None:
    if is_gateway_first:
        response = call(site, client)
        trace(client, response)
        (made,) = site.all()
        assert made.id == response
    else:
        response = "chatcmpl-" + f"{1:024x}"
        trace(client, response)
        assert call(site, client) == response
        made = until(lambda: next((one for one in site.all() if one.version == 0), None))
        assert [one.id for one in site.all()] == [TRACE]
    assert (made.question, made.answer, made.version, made.probability) == (QUESTION, "It comes.", 0, 1)
    assert made.uses == ("x1",)
    assert [step.name for step in made.steps if step.kind == "tool"] == ["track"]
    assert made.source.startswith("gateway:")
    for _ in range(2):  # an export more, and one that is sent again
        trace(client, response)
    assert len(site.all()) == 1


def test_another_step_of_the_trace_stays_the_interaction_it_was(site: GatewaySite, client: Client) -> None:
    first, second = call(site, client), call(site, client, count=2)
    trace(client, second, earlier=first)
    assert {one.id for one in site.all()} == {first, second}
    made = next(one for one in site.all() if one.id == second)
    assert [step.name for step in made.steps if step.kind == "tool"] == ["track"]


@pytest.mark.parametrize("is_said_first", [True, False])
@pytest.mark.parametrize("name", ["answer", "earlier", "trace"])
def test_feedback_finds_a_traced_interaction_by_any_of_its_names(
    site: GatewaySite, client: Client, name: str, is_said_first: bool
) -> None:
    response, earlier = "chatcmpl-" + "7a" * 12, "chatcmpl-" + "8b" * 12
    target = {"answer": response, "earlier": earlier, "trace": TRACE}[name]
    thumb = {"id": "f1", "interaction_id": target, "kind": "thumbs", "value": 0.0, "author": "anna"}
    thumb["at"] = builders.at(1).isoformat()
    if is_said_first:
        assert client.feedback(thumb).status == 201
        assert captures(site)["api:shop"].orphans == 1
        trace(client, response, earlier=earlier)
    else:
        trace(client, response, earlier=earlier)
        assert client.feedback(thumb).status == 201
    assert told(site) == [TRACE]
    assert captures(site)["api:shop"].orphans == 0
    assert captures(site)["otlp:shop"].with_outcome == 1
    assert client.feedback(thumb).status in (200, 201)
    assert told(site) == [TRACE], "the same again is the same"
    assert is_sound(site)


def test_feedback_on_a_trace_finds_the_interaction_the_gateway_told(site: GatewaySite, client: Client) -> None:
    response = call(site, client)
    trace(client, response)
    client.feedback({"interaction_id": TRACE, "kind": "thumbs", "value": 0.0, "author": "anna"})
    client.post("/v1/logs", logs([event(THUMB, name="gen_ai.evaluation.result", number=4)]))
    assert told(site) == [response, response]


THUMB = {"gen_ai.evaluation.name": "thumbs", "gen_ai.evaluation.score.value": 1.0, "user.id": "berta"}


def test_later_words_of_one_person_replace_earlier_ones_whatever_they_called_it(
    site: GatewaySite, client: Client
) -> None:
    response = "chatcmpl-" + "7a" * 12
    for number, target in enumerate((response, TRACE)):
        at = builders.at(number).isoformat()
        thumb = {"interaction_id": target, "kind": "thumbs", "value": float(number), "author": "anna", "at": at}
        assert client.feedback(thumb).status == 201
    trace(client, response)
    found = site.store.feedback(list(FeedbackState))
    assert sorted((one.feedback.value, one.state.value) for one in found) == [(0.0, "superseded"), (1.0, "new")]
    assert {one.feedback.interaction_id for one in found} == {TRACE}


def test_a_trace_counts_once_in_capture_health_however_often_it_comes(site: GatewaySite, client: Client) -> None:
    for one in spans("chatcmpl-" + "7a" * 12):
        assert client.post("/v1/traces", traces([one])).status == 200
    trace(client, "chatcmpl-" + "7a" * 12)
    health = captures(site)["otlp:shop"]
    assert (health.calls, health.stored) == (1, 1)
    response = call(site, client, count=2)
    for _ in range(2):
        body = traces([{**one, "traceId": "cd" * 16} for one in spans(response)])
        assert client.post("/v1/traces", body).status == 200
    health = captures(site)["otlp:shop"]
    assert (health.calls, health.stored) == (2, 2), "a trace of what the gateway saw counts once, too"
    assert captures(site)["gateway:shop"].calls == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("instrumentation", [OpenInference, OpenLLMetry])
def test_an_instrumented_client_behind_the_gateway_is_recorded_once(database_url: str, instrumentation: Any) -> None:
    with serve(weather) as provider, run(database_url, provider) as site:
        traced = TracerProvider()
        exporter = OTLPSpanExporter(f"{site.url}/v1/traces", headers={"Authorization": f"Bearer {site.key}"})
        traced.add_span_processor(SimpleSpanProcessor(exporter))
        instrument = instrumentation()
        instrument.instrument(tracer_provider=traced)
        try:
            with openai.OpenAI(base_url=f"{site.base()}/v1", api_key="sk-own") as agent:
                talk: list[Any] = [{"role": "user", "content": "How is it in Rome?"}]
                tools: list[Any] = [{"type": "function", "function": {"name": "weather", "parameters": {}}}]
                asks = agent.chat.completions.create(model="m", messages=talk, tools=tools).choices[0].message
                assert asks.tool_calls
                talk += [asks.model_dump(exclude_none=True)]
                talk += [{"role": "tool", "tool_call_id": asks.tool_calls[0].id, "content": "sunny"}]
                answer = agent.chat.completions.create(model="m", messages=talk, tools=tools)
        finally:
            instrument.uninstrument()
            traced.shutdown()
        until(lambda: [one for one in site.all() if one.version == 0 and one.attributes.get("trace")])
        (made,) = site.all()
        assert (made.question, made.answer) == ("How is it in Rome?", "It is sunny.")
        assert answer.choices[0].message.content == made.answer
        assert "weather" in [step.name for step in made.steps]
