"""The LiteLLM callback hears of every call of the real LiteLLM: plain, async, streamed, failed, with tools."""

import asyncio
import gc
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loop.sdk import Limits, Ratchet
from loop.sdk_litellm import callback, record
from tests.shell.sdk_server import Answer, SdkServer, Sent, sdk_server

pytestmark = pytest.mark.filterwarnings("ignore")
"""LiteLLM's own warnings."""


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Event loops that LiteLLM leaves open are collected here, where what they say of it is ignored."""
    yield
    gc.collect()


ASKED: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Where is my parcel 4711?"},
]
CALL = {"id": "call_1", "type": "function", "function": {"name": "track", "arguments": '{"parcel": 4711}'}}
TOOLS = [{"type": "function", "function": {"name": "track", "parameters": {"type": "object", "properties": {}}}}]


def provider(sent: Sent) -> Answer:
    """A stand-in for OpenAI."""
    asked = json.loads(sent.body)
    if asked["model"] == "broken":
        return Answer(400, {"error": {"message": "scripted", "type": "invalid_request_error"}})
    if sent.path.endswith("/embeddings"):
        return Answer(
            200,
            {
                "object": "list",
                "model": "small",
                "data": [{"index": 0, "object": "embedding", "embedding": [0.5]}],
                "usage": {"prompt_tokens": 1, "total_tokens": 1},
            },
        )
    wants_tool = bool(asked.get("tools")) and asked["messages"][-1]["role"] != "tool"
    message = {"role": "assistant", "content": None if wants_tool else "It arrives on Friday."}
    message |= {"tool_calls": [CALL]} if wants_tool else {}
    made = {"id": f"chatcmpl-{sent.headers['x-number']}", "created": 1, "model": "small"}
    if asked.get("stream"):
        pieces = [{"delta": {"role": "assistant", "content": piece}} for piece in ("It arrives", " on Friday.")]
        chunks = [
            made | {"object": "chat.completion.chunk", "choices": [{"index": 0, "finish_reason": None, **one}]}
            for one in [*pieces, {"delta": {}, "finish_reason": "stop"}]
        ]
        lines = [f"data: {json.dumps(one)}\n\n" for one in chunks]
        return Answer(200, "".join([*lines, "data: [DONE]\n\n"]).encode(), {"Content-Type": "text/event-stream"})
    choice = {"index": 0, "finish_reason": "tool_calls" if wants_tool else "stop", "message": message}
    usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    return Answer(200, made | {"object": "chat.completion", "choices": [choice], "usage": usage})


class World:
    """LiteLLM with the callback, a provider that answers, and what Ratchet was sent."""

    def __init__(self, litellm: Any, ratchet: Ratchet, server: SdkServer, url: str) -> None:
        self.litellm, self.ratchet, self.server, self._url = litellm, ratchet, server, url

    def ask(self, ask: Callable[..., Any], number: int, *, model: str = "small", **more: Any) -> Any:
        """`ask`: a function of LiteLLM; `number` names the response."""
        known = {"api_base": f"{self._url}/v1", "api_key": "none", "num_retries": 0, "max_retries": 0}
        fields = {"messages": ASKED, "extra_headers": {"x-number": str(number)}} | known | more
        return ask(model=f"openai/{model}", **fields)

    def recorded(self, count: int) -> list[dict[str, Any]]:
        """LiteLLM calls back from threads of its own."""
        for _ in range(600):
            threading.Event().wait(0.05)
            self.ratchet.flush()
            if len(self.server.records("interactions")) >= count:
                break
        return self.server.records("interactions")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    # The product's own model calls, of which another test of this process may have made one, switch this on.
    monkeypatch.setattr(litellm, "turn_off_message_logging", False)
    with sdk_server() as server, sdk_server(provider) as model:
        limits = Limits(spool=tmp_path, every=0.02)
        ratchet = Ratchet(server.url, agent="shop", limits=limits)
        for name in ("input_callback", "success_callback", "failure_callback", "_async_success_callback"):
            monkeypatch.setattr(litellm, name, [])
        monkeypatch.setattr(litellm, "_async_failure_callback", [])
        monkeypatch.setattr(litellm, "callbacks", [callback(ratchet)])
        yield World(litellm, ratchet, server, model.url)
        ratchet.close()


def test_a_plain_call_is_an_interaction_with_the_id_of_its_response(world: World) -> None:
    reply = world.ask(world.litellm.completion, 1, user="anna", metadata={"session_id": "talk 9"})
    (made,) = world.recorded(1)
    assert (made["id"], made["question"], made["answer"]) == (reply.id, ASKED[1]["content"], "It arrives on Friday.")
    assert made["attributes"]["chat"]["preamble"] == ASKED[:1]
    assert made["attributes"]["prompt_tokens"] == 5
    assert [step["kind"] for step in made["steps"]] == ["model"]


def test_a_streamed_call_is_recorded_whole_at_its_end(world: World) -> None:
    said = "".join(
        piece.choices[0].delta.content or "" for piece in world.ask(world.litellm.completion, 2, stream=True)
    )
    (made,) = world.recorded(1)
    assert made["answer"] == said == "It arrives on Friday."


def test_async_calls_plain_and_streamed_are_recorded_once(world: World) -> None:
    async def run() -> None:
        await world.ask(world.litellm.acompletion, 3)
        async for _ in await world.ask(world.litellm.acompletion, 4, stream=True):
            pass
        for _ in range(100):  # LiteLLM calls back from a task of this loop
            await asyncio.sleep(0.05)
            if len(world.server.records("interactions")) == 2:
                break

    asyncio.run(run())
    made = world.recorded(2)
    assert sorted(one["id"] for one in made) == ["chatcmpl-3", "chatcmpl-4"]
    assert {one["answer"] for one in made} == {"It arrives on Friday."}


def test_a_failed_call_is_recorded_as_failed_and_still_raises(world: World) -> None:
    with pytest.raises(world.litellm.BadRequestError):
        world.ask(world.litellm.completion, 5, model="broken")
    (made,) = world.recorded(1)
    assert (made["method"], made["answer"], made["question"]) == ("failed", "", ASKED[1]["content"])
    assert "scripted" in made["attributes"]["failure"]


def test_tools_are_steps_of_the_answer_and_no_interaction_of_their_own(world: World) -> None:
    first = world.ask(world.litellm.completion, 6, tools=TOOLS)
    asks = first.choices[0].message.model_dump(exclude_none=True)
    gave = {"role": "tool", "tool_call_id": "call_1", "content": "Friday"}
    world.ask(world.litellm.completion, 7, tools=TOOLS, messages=[*ASKED, asks, gave])
    (made,) = world.recorded(1)
    assert made["id"] == "chatcmpl-7"
    tool, model = made["steps"]
    assert (tool["name"], json.loads(tool["input"]), tool["output"]) == ("track", {"parcel": 4711}, "Friday")
    assert model["kind"] == "model"


def test_embeddings_are_no_interactions(world: World) -> None:
    embed = {"input": ["parcel"], "messages": None}
    world.ask(lambda messages, **fields: world.litellm.embedding(**fields), 8, **embed)
    world.ask(world.litellm.completion, 9)
    assert [one["id"] for one in world.recorded(1)] == ["chatcmpl-9"]


@pytest.mark.parametrize(
    "payload", [None, 7, {}, {"call_type": "completion"}, {"call_type": "completion", "messages": 7, "response": 7}]
)
def test_no_payload_breaks_a_call(world: World, payload: object) -> None:
    record(world.ratchet, {"standard_logging_object": payload})
    assert world.ratchet.flush()


def test_importing_it_loads_no_litellm_and_the_proxy_finds_its_instance() -> None:
    script = (
        "import sys, loop.sdk_litellm as it; assert 'litellm' not in sys.modules; one = it.proxy_handler_instance; "
        "print(type(one).__mro__[1].__name__, one is it.proxy_handler_instance)"
    )
    known = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "PATH": ""}
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=known, timeout=300)
    assert ran.stdout.split() == ["CustomLogger", "True"], ran.stderr
