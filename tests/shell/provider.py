"""A real HTTP server that stands in for OpenAI and Anthropic, on this machine, with scripted answers.

def say(call): return Said("Hello.")
with serve(say) as provider:
    ...  # provider.base_url, provider.calls

It learns nothing and knows nothing: `follow` answers as a model would that believes its system prompt.
"""

import asyncio
import gzip
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from loop.collect import chat

NO_IDEA = "I am not sure about that."


@dataclass(frozen=True)
class Said:
    """An answer: words in pieces, or a tool to call."""

    text: str = ""
    tool: str = ""
    arguments: str = "{}"


@dataclass(frozen=True)
class Sent:
    """Anything else, byte for byte. `cuts`: the connection closes after the body, before it is whole."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cuts: bool = False


@dataclass(frozen=True)
class Seen:
    """A call as the provider saw it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, read."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def asked(self) -> chat.ChatRequest:
        """The messages, read as Ratchet reads them."""
        dialect = chat.dialect_of(self.target.partition("?")[0])
        assert dialect is not None
        return dialect.asked(self.json)

    @property
    def system(self) -> str:
        """What the system prompt says in all."""
        return "\n\n".join(one["content"] for one in self.asked.messages if one["role"] in ("system", "developer"))

    @property
    def question(self) -> str:
        """What was asked last."""
        found = chat.question_of(self.asked)
        return found.text if found else ""


Say = Callable[[Seen], Said | Sent]


@dataclass
class Provider:
    """A running server."""

    base_url: str
    """Without `/v1`."""
    calls: list[Seen] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    """Set when a caller went away before its stream was over."""
    go_on: threading.Event = field(default_factory=threading.Event)
    """A stream sends its first words, and the rest when this is set."""


def follow(call: Seen) -> Said:
    """The right answer the system prompt shows for this very question; else nothing that helps."""
    pairs = re.findall(
        r"<<question \w+>>\n(.*?)\n<<end \w+>>\n<<right answer \w+>>\n(.*?)\n<<end", call.system, re.DOTALL
    )
    known = {question.strip().casefold(): answer for question, answer in pairs}
    return Said(known.get(call.question.strip().casefold(), NO_IDEA))


def copy_nearest(call: Seen) -> Said:
    """The first right answer the system prompt shows; else nothing that helps."""
    shown = re.search(r"<<right answer \w+>>\n(.*?)\n<<end", call.system, re.DOTALL)
    return Said(shown[1] if shown else NO_IDEA)


def weather(call: Seen) -> Said:
    """Calls the tool that is offered, then says what it said."""
    last = call.asked.messages[-1]
    if last["role"] == "tool":
        return Said(f"It is {last['content']}.")
    return Said(tool="weather", arguments='{"city":"Rome"}') if call.asked.tools else Said("I cannot look.")


@contextmanager
def serve(say: Say, *, holds: bool = False) -> Iterator[Provider]:
    """Serve every path on a free port. `holds`: streams wait for `go_on` after their first words."""
    state = Provider(base_url="")
    if not holds:
        state.go_on.set()

    async def answer(request: Request) -> Response:
        raw, query = request.scope["raw_path"].decode(), request.scope["query_string"].decode()
        seen = Seen(request.method, raw + (f"?{query}" if query else ""), dict(request.headers), await request.body())
        state.calls.append(seen)
        said = say(seen)
        if isinstance(said, Sent):
            return _sent(said)
        made = _reply(seen, said, number=len(state.calls))
        if not seen.asked.is_streamed:
            body = json.dumps(made, indent=1).encode()
            if "gzip" in seen.headers.get("accept-encoding", ""):
                packed = {"content-encoding": "gzip", "content-type": "application/json"}
                return Response(gzip.compress(body, mtime=0), headers=packed)
            return Response(body, media_type="application/json")
        return StreamingResponse(_held(_streamed(seen, made), state, request), media_type="text/event-stream")

    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    app = Starlette(routes=[Route("/{rest:path}", answer, methods=methods)])
    with listen(app) as port:
        state.base_url = f"http://127.0.0.1:{port}"
        yield state
        state.go_on.set()


@contextmanager
def listen(app: Any) -> Iterator[int]:
    """Run an ASGI application on a free port of this machine, in a thread that ends with it."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, lifespan="auto", timeout_graceful_shutdown=2, ws="none"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            for _ in range(3_000):
                if server.started or not thread.is_alive():
                    break
                threading.Event().wait(0.01)
            assert server.started, "the server did not start"
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)


def _sent(said: Sent) -> Response:
    if not said.cuts:
        return Response(said.body, status_code=said.status, headers=dict(said.headers))

    async def pieces() -> AsyncIterator[bytes]:
        yield said.body
        raise ConnectionResetError("scripted")

    return StreamingResponse(pieces(), status_code=said.status, headers=dict(said.headers))


async def _held(pieces: Sequence[bytes], state: Provider, request: Request) -> AsyncIterator[bytes]:
    """The first half at once, the rest when it may."""
    half = max(1, len(pieces) // 2)
    for piece in pieces[:half]:
        yield piece
    try:
        while not state.go_on.is_set():
            if await request.is_disconnected():
                state.left.set()
                return
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        state.left.set()
        raise
    for piece in pieces[half:]:
        yield piece


def _reply(seen: Seen, said: Said, *, number: int) -> dict[str, Any]:
    """As the provider would give it, with an id of its own."""
    end = seen.target.partition("?")[0].removeprefix("/v1/")
    if end == "embeddings":
        vectors = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
        return {"object": "list", "data": vectors, "model": "embed", "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    dialect = chat.SPOKEN[end]
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    reply = dialect.reply(said.text, request=seen.json, id=f"{number:024x}", at=moment)
    if not said.tool:
        return reply
    match end:
        case "chat/completions":
            call = {"id": f"call_{number}", "type": "function"}
            call["function"] = {"name": said.tool, "arguments": said.arguments}  # type: ignore[assignment]
            reply["choices"][0] |= {"finish_reason": "tool_calls"}
            reply["choices"][0]["message"] |= {"content": None, "tool_calls": [call]}
        case "messages":
            use = {"type": "tool_use", "id": f"toolu_{number}", "name": said.tool, "input": json.loads(said.arguments)}
            reply |= {"content": [use], "stop_reason": "tool_use"}
        case _:
            item = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "status": "completed"}
            reply["output"] = [item | {"name": said.tool, "arguments": said.arguments}]
    return reply


def _streamed(seen: Seen, reply: dict[str, Any]) -> list[bytes]:
    """The pieces of a stream: words one by one, or the parts of a tool call."""
    end = seen.target.partition("?")[0].removeprefix("/v1/")
    if end == "chat/completions":
        message = reply["choices"][0]["message"]
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        if message.get("tool_calls"):
            (call,) = message["tool_calls"]
            function = call["function"]
            deltas.append({"tool_calls": [{**call, "index": 0, "function": {**function, "arguments": ""}}]})
            deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": one}}]} for one in function["arguments"]]
        else:
            deltas += [{"content": word} for word in re.findall(r"\S+\s*", message["content"])]
        head = {key: reply[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
        chunks = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        last = {"index": 0, "delta": {}, "finish_reason": reply["choices"][0]["finish_reason"]}
        bodies = [json.dumps(one) for one in [*chunks, {**head, "choices": [last]}]]
        return [f"data: {body}\n\n".encode() for body in [*bodies, "[DONE]"]]
    if end == "messages" and reply["content"][0]["type"] == "tool_use":
        (use,) = reply["content"]
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": {**reply, "content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": {**use, "input": {}}},
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": one}}
                for one in json.dumps(use["input"])
            ),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "tool_use", "stop_sequence": None},
                "usage": {"output_tokens": 9},
            },
            {"type": "message_stop"},
        ]
        return [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events]
    return chat.SPOKEN[end].streamed(reply, request=seen.json)
