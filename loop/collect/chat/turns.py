"""A call → an interaction: the last turn of the conversation it carries, with what the model and its tools did in it.

A client sends the whole history with every call, so one question whose answer took three calls is seen three times,
each time with more. Every call is read into the turn as it stands then; `conversations` keeps the last of them.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from loop.collect.chat.events import read_events
from loop.collect.chat.exchange import ChatAnswer, ChatRequest, Dialect, Exchange, Message, Unreadable
from loop.collect.chat.reading import decode_body, read_object
from loop.collect.files.trajectories import fields_of_turn
from loop.records import Interaction, Question, Step, derived_id

CALL = "call"
"""The attribute that says how it was called: API, model, status, tokens, milliseconds."""
STEPS_MAX = 400
"""Steps kept of one turn: the first and the last ones where there were more."""
STEP_TEXT_MAX = 20_000
"""Characters kept of what went into a step or came out of it."""

_SYSTEM = ("system", "developer")
_OWN_ID = 16
"""Letters and digits after its prefix that make a provider's id nobody else's; some servers draw below 1,000."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, read."""

    interaction: Interaction
    """The turn as it stands now. The episode is empty where only the provider knows the conversation."""
    goes_on_from: tuple[str, ...] = ()
    """Keys under which earlier calls of the same turn may wait."""
    waits_as: tuple[str, ...] = ()
    """Keys under which this one waits for the results of its tools; empty: the turn is over."""
    continues: str = ""
    """Id of the response the provider goes on from."""
    answers_as: str = ""
    """Id by which a later call may go on from this one."""


def read_call(exchange: Exchange, *, dialect: Dialect) -> Call:
    """One call as the turn it belongs to. Raises Unreadable, with a code, for one that says nothing."""
    asked = dialect.asked(read_object(decode_body(exchange.request, exchange.request_encoding)))
    said = _answer(exchange, dialect)
    if not asked.messages:
        raise Unreadable("no_messages")
    if dialect.name == "embeddings":
        return Call(_looked_up(exchange, asked, said))
    return _turn(exchange, asked, said, api=dialect.name)


def question_of(asked: ChatRequest) -> Question | None:
    """What a person asked last, whatever tools did since; None where nobody asked anything."""
    text = next((one["content"] for one in reversed(asked.messages) if one["role"] == "user"), "")
    return Question(text=text, context=asked.context) if text.strip() else None


def may_be_settled(asked: ChatRequest) -> bool:
    """Whether a plain text of ours can stand for the answer: a person has just asked, and nobody builds upon it."""
    is_asked = bool(asked.messages) and asked.messages[-1]["role"] == "user"
    return is_asked and not asked.is_formed and not asked.is_stored


def opening_of(asked: ChatRequest) -> str:
    """What a conversation keeps from its first call to its last: how it began. Empty where nobody spoke yet.

    Two that begin with the same words share it, unless they name their customers.
    """
    history = _history(asked.messages)
    first = next((at for at, one in enumerate(history) if one["role"] == "user"), None)
    return "" if first is None else derived_id("opening", asked.customer, _chain(history[: first + 1])[-1])


def _turn(exchange: Exchange, asked: ChatRequest, said: ChatAnswer, *, api: str) -> Call:
    history = _history(asked.messages)
    spoken = [*history, *said.messages]
    keys = _chain(spoken)
    users = [at for at, one in enumerate(history) if one["role"] == "user"]
    begins = users[-1] if users else 0
    turn = spoken[begins:] if users else [{"role": "user", "content": ""}, *spoken]
    position = max(len(users) - 1, 0)
    preamble = [one for one in asked.messages if one["role"] in _SYSTEM]
    fields = fields_of_turn(turn, preamble=preamble if position == 0 else [])
    replies = [at for at, one in enumerate(spoken) if one["role"] == "assistant"]
    is_open = bool(said.messages) and bool(said.messages[-1].get("tool_calls"))
    customer = exchange.customer or asked.customer
    known = asked.continues or asked.conversation
    opened = keys[replies[0] if replies else -1]
    episode = exchange.episode or asked.conversation or ("" if known else derived_id("e", "chat", customer, opened))
    taken = exchange.assigned
    failed = not said.messages
    interaction = Interaction(
        id=said.id if _is_own(said.id) else derived_id("i", exchange.id),
        agent=exchange.agent,
        episode_id=episode,
        customer=customer,
        position=position,
        at=exchange.at,
        question=fields["question"],
        context=asked.context,
        answer=fields["answer"],
        method="failed" if failed else taken.method,
        uses=taken.uses,
        version=taken.version,
        bundle_digest=taken.bundle_digest,
        experiment_id=taken.experiment_id,
        arm=taken.arm,
        probability=taken.probability,
        steps=_steps(fields["steps"], exchange, said, model=said.model or asked.model),
        source=exchange.source,
        attributes=_bounded(fields["attributes"]) | {CALL: _told(exchange, asked, said, api=api)},
    )
    return Call(
        interaction,
        goes_on_from=_continued(asked.continues, [keys[at] for at in replies if begins <= at < len(history)]),
        waits_as=_continued(said.id, [keys[-1]]) if is_open else (),
        continues=known,
        answers_as=(asked.conversation or said.id) if api == "responses" else "",
    )


def _looked_up(exchange: Exchange, asked: ChatRequest, said: ChatAnswer) -> Interaction:
    """A search's question, and that it was looked up: a step without an answer."""
    customer = exchange.customer or asked.customer
    first = asked.messages[0]["content"]
    step = Step(
        kind="retrieval",
        name=said.model or asked.model,
        is_error=bool(said.error) or not 200 <= exchange.status < 300,
        output=said.error,
        milliseconds=exchange.milliseconds,
        attributes={"texts": len(asked.messages)},
    )
    return Interaction(
        id=derived_id("i", exchange.id),
        agent=exchange.agent,
        episode_id=exchange.episode,
        customer=customer,
        at=exchange.at,
        question=first[:STEP_TEXT_MAX],
        method="embedding",
        steps=(step,),
        source=exchange.source,
        attributes={CALL: _told(exchange, asked, said, api="embeddings")},
    )


def _answer(exchange: Exchange, dialect: Dialect) -> ChatAnswer:
    """What came back, as far as it can be read: an answer that is no JSON is a failed one, never a lost call."""
    if not exchange.response:
        return ChatAnswer(messages=[], error=exchange.cut or "no_answer")
    try:
        body = decode_body(exchange.response, exchange.response_encoding)
        if exchange.response_type.startswith("text/event-stream"):
            return dialect.said(dialect.joined(read_events(body)))
        return dialect.said(read_object(body))
    except Unreadable as unreadable:
        return ChatAnswer(messages=[], error=unreadable.reason)


def _history(messages: Sequence[Message]) -> list[Message]:
    """Without the system prompt; where there is nothing else, its last message is what is asked."""
    said = [one for one in messages if one["role"] not in _SYSTEM]
    return said or [{"role": "user", "content": one["content"]} for one in messages[-1:]]


def _chain(messages: Sequence[Message]) -> list[str]:
    """A key for every message: a hash of it and of all before it. Equal where a client sends again what was said."""
    keys, state = [], b""
    for one in messages:
        calls = [call["id"] or call["function"] for call in one.get("tool_calls", ())]
        said = json.dumps([one["role"], one["content"].strip(), calls, one.get("tool_call_id", "")], sort_keys=True)
        state = blake2b(state + said.encode(), digest_size=16).digest()
        keys.append(state.hex())
    return keys


def _continued(response: str, keys: list[str]) -> tuple[str, ...]:
    return (*([f"response:{response}"] if response else ()), *keys)


def _is_own(given: str) -> bool:
    return sum(map(str.isalnum, re.split("[-_]", given, maxsplit=1)[-1])) >= _OWN_ID


def _steps(made: Sequence[Step], exchange: Exchange, said: ChatAnswer, *, model: str) -> tuple[Step, ...]:
    """What was done, with the model's name and time where this call did it, and what failed marked so."""
    steps = [_marked(step) for step in made]
    if not said.messages:
        error = said.error or f"status {exchange.status}"
        steps.append(Step(kind="model", name=model, output=error, is_error=True, milliseconds=exchange.milliseconds))
    elif said.messages[-1].get("tool_calls"):
        last = max(at for at, step in enumerate(steps) if step.kind == "model")
        steps[last] = steps[last].model_copy(update={"name": model, "milliseconds": exchange.milliseconds})
    if len(steps) > STEPS_MAX:
        steps = [*steps[: STEPS_MAX // 2], *steps[-STEPS_MAX // 2 :]]
    return tuple(steps)


def _marked(step: Step) -> Step:
    result = step.attributes.get("result")
    rest = result.get("rest") if isinstance(result, dict) else None
    update: dict[str, Any] = {"is_error": True} if isinstance(rest, dict) and rest.get("is_error") is True else {}
    for name in ("input", "output"):
        if len(text := getattr(step, name)) > STEP_TEXT_MAX:
            update[name] = text[:STEP_TEXT_MAX] + "…"
    return step.model_copy(update=update) if update else step


def _bounded(attributes: dict[str, Any]) -> dict[str, Any]:
    """The system prompt cut to what is worth keeping with every conversation."""
    chat = attributes.get("chat", {})
    if "preamble" not in chat:
        return attributes
    preamble = [{**one, "content": one["content"][:STEP_TEXT_MAX]} for one in chat["preamble"]]
    return {**attributes, "chat": {**chat, "preamble": preamble}}


def _told(exchange: Exchange, asked: ChatRequest, said: ChatAnswer, *, api: str) -> dict[str, Any]:
    """How it was called; empty things are left out."""
    told = {
        "api": api,
        "upstream": exchange.upstream,
        "model": said.model or asked.model,
        "status": exchange.status,
        "is_streamed": asked.is_streamed,
        "finish": said.finish,
        "error": said.error,
        "cut": exchange.cut,
        "usage": dict(said.usage),
        "settings": dict(asked.settings),
        "tools": list(asked.tools),
        "milliseconds": exchange.milliseconds,
        "first_byte_ms": exchange.first_byte_ms,
        "trace": exchange.trace,
        "obeyed": list(exchange.assigned.obeyed),
    }
    return {name: value for name, value in told.items() if value not in ("", None, [], {}, False)}
