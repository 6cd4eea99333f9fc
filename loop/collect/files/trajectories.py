"""Agent runs (trajectories): one episode per row, read into interactions with steps, without loss.

Every user message begins an interaction. Its answer is the assistant's reply that ends the turn; what
lies between becomes steps: a `model` step per assistant message with tool calls, a `tool` step per
call with its result, a `message` step for anything else. Messages and calls come in any shape that messages.py knows.

What no field of a record holds is kept beside it, so that the messages can be put together again:
`rest` is a message without its text, `whole` is a message as it was.
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from loop.collect.build import RowDefaults, RowRecords, feedback_from_row
from loop.collect.files.fields import Cells, Field, Unusable
from loop.collect.files.messages import Message, ToolCall, calls_in, messages_in, returned_to, starts_turn
from loop.collect.identity import stable_id
from loop.records import FeedbackKind, Interaction, Step, derived_id

CHAT = "chat"
"""The attribute that holds the rest of the messages of an interaction: `preamble`, `user`, `answer`."""


class Trajectories:
    """One run of an agent per row: messages, and how it ended.

    The reward becomes an OUTCOME on the last interaction in which the agent did something. Messages
    before the first user message, the system prompt among them, and the columns no field reads are
    kept in the attributes of the first interaction. Runs of one task by one customer share the
    customer, so that a split by customer keeps them together.
    """

    says = "chat messages with tool calls and a reward, one run per row (messages, reward)"
    author = "outcome"
    fields = (
        Field("messages", "the list of chat messages", is_needed=True),
        Field("reward", "how it ended, on the scale"),
        Field("id", "the id of the run"),
        Field("customer", "whom the run was for"),
        Field("comment", "why it ended so"),
        Field("author", "who judged how it ended"),
        Field("topic", "slice for reports"),
        Field("version", "number of the version that answered"),
        Field("at", "when it began"),
    )

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """Raises Unusable."""
        messages = messages_in(cells.raw("messages"))
        rest = cells.rest()
        external = cells.name_of("id")
        customer = cells.text("customer").strip()
        at = cells.moment("at")
        episode = (
            stable_id("e", defaults.agent, external)
            if external
            else derived_id("e", defaults.agent, messages, customer, rest)
        )
        preamble, turns = turns_of(messages)
        if not turns:
            raise Unusable("missing", "The run has no user message.")
        interactions = []
        for position, turn in enumerate(turns):
            drafted = fields_of_turn(turn, preamble=preamble if position == 0 else [])
            update: dict[str, Any] = {
                "id": derived_id("i", defaults.agent, episode, position),
                "agent": defaults.agent,
                "episode_id": episode,
                "customer": customer,
                "position": position,
                "at": at or defaults.at,
                "topic": cells.text("topic").strip(),
                "version": cells.whole("version"),
                "source": defaults.source,
            }
            if position == 0 and rest:
                update["attributes"] = {**drafted["attributes"], "row": rest}
            interactions.append(Interaction(**{**drafted, **update}))
        reward, comment = cells.rating("reward"), cells.text("comment")
        if reward is None:
            return RowRecords(tuple(interactions))
        acted = [made for made in interactions if made.answer or made.steps] or interactions
        outcome = feedback_from_row(
            defaults,
            interaction_id=acted[-1].id,
            kind=FeedbackKind.OUTCOME,
            author=cells.text("author").strip(),
            at=at,
            value=reward,
            text=comment,
        )
        return RowRecords(tuple(interactions), (outcome,))


def turns_of(messages: list[Message]) -> tuple[list[Message], list[list[Message]]]:
    """What comes before the first user message, and the turns that begin with one."""
    starts = [index for index, message in enumerate(messages) if starts_turn(message)]
    if not starts:
        return messages, []
    ends = [*starts[1:], len(messages)]
    turns = [messages[start:end] for start, end in zip(starts, ends, strict=True)]
    return messages[: starts[0]], turns


def fields_of_turn(turn: list[Message], *, preamble: list[Message]) -> dict[str, Any]:
    """Question, answer, steps and attributes of one turn."""
    question, user = _kept(turn[0])
    kept: dict[str, Any] = {}
    if preamble:
        kept["preamble"] = preamble
    if user != {"rest": {"role": "user"}}:
        kept["user"] = user
    body, answer = turn[1:], ""
    if body and body[-1]["role"] == "assistant" and not body[-1].get("tool_calls") and not calls_in(body[-1]):
        answer, reply = _kept(body.pop())
        if not answer or reply != {"rest": {"role": "assistant"}}:
            kept["answer"] = reply
    return {
        "question": question,
        "answer": answer,
        "steps": tuple(_steps(body)),
        "attributes": {CHAT: kept} if kept else {},
    }


def _steps(body: list[Message]) -> Iterator[Step]:
    index = 0
    while index < len(body):
        message = body[index]
        index += 1
        calls = calls_in(message)
        if not calls:
            yield _other(message)
            continue
        results = list(takewhile(returned_to, body[index:]))
        index += len(results)
        yield from _model_and_tools(message, calls, results)


def _model_and_tools(message: Message, calls: list[ToolCall], results: list[Message]) -> Iterator[Step]:
    """One assistant message with its calls, each paired with its result wherever it stands in the run of results."""
    without_calls = {name: item for name, item in message.items() if name != "tool_calls"}
    text, kept = _kept(without_calls)
    if not isinstance(message.get("tool_calls"), list):  # the calls stand elsewhere in the message
        kept = {"whole": message}
    yield Step(kind="model", output=text, attributes={**kept, "calls": len(calls)})
    free = list(range(len(results)))
    for call in calls:
        found = next((at for at in free if results[at].get("tool_call_id") == call.id), None)
        attributes: dict[str, Any] = {"call": call.kept}
        output = ""
        if found is not None:
            free.remove(found)
            output, attributes["result"] = _kept(results[found])
            attributes["turn"] = found
        yield Step(kind="tool", name=call.name, input=call.arguments, output=output, attributes=attributes)
    for at in free:
        output, kept = _kept(results[at])
        yield Step(kind="tool", name=_name(results[at]), output=output, attributes={"result": kept, "turn": at})


def _other(message: Message) -> Step:
    """A message that is neither a tool call nor paired with one."""
    text, kept = _kept(message)
    role = message["role"]
    if role in ("tool", "function"):
        return Step(kind="tool", name=_name(message), output=text, attributes={"result": kept})
    if role == "assistant":
        return Step(kind="message", name=role, output=text, attributes=kept)
    return Step(kind="message", name=role, input=text, attributes=kept)


def _name(message: Message) -> str:
    name = message.get("name")
    return name if isinstance(name, str) else ""


def _kept(message: Message) -> tuple[str, dict[str, Any]]:
    """The text of a message, and what is needed to make the message of it again."""
    content = message.get("content")
    if isinstance(content, str):
        return content, {"rest": {name: item for name, item in message.items() if name != "content"}}
    return _text_of_parts(content), {"whole": message}


def _text_of_parts(content: object) -> str:
    parts = content if isinstance(content, list) else []
    texts = [part.get("text", part.get("content")) for part in parts if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))
