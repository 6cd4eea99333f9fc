"""Which turn of which conversation a call belongs to: calls of one turn become one interaction.

A call that ends with the model calling its tools waits here for the call that brings their results; what that one
carries is the same turn, further on, and takes its place. One that nobody goes on from is handed out as it stands.
Where the provider keeps the history, its ids are what conversations are told by. Bounded; not safe between threads.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from loop.collect.chat.turns import Call
from loop.records import Interaction, Step, derived_id

PATIENCE = timedelta(seconds=120)
"""How long a turn waits for the results of its tools."""
WAITING_MAX = 2_000
"""Turns that wait; the oldest is handed out as it stands when there are more."""
KNOWN_MAX = 20_000
"""Responses whose conversation is remembered."""


@dataclass(frozen=True, slots=True)
class _Place:
    episode: str
    position: int
    """Of the turn the response belongs to."""
    is_open: bool


class Conversations:
    """The turns that are not over, and where the last responses stood."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, tuple[Interaction, tuple[str, ...], datetime]] = OrderedDict()
        self._held: dict[str, str] = {}
        self._known: OrderedDict[str, _Place] = OrderedDict()

    def admit(self, call: Call, *, now: datetime) -> list[Interaction]:
        """The interactions that are complete with this call, oldest first."""
        ready = self.overdue(now)
        made = self._placed(call)
        for key in call.goes_on_from:
            if (name := self._held.get(key)) is not None:
                made = _merged(self._waiting[name][0], made)
                self._forget(name)
        if not call.waits_as:
            return [*ready, made]
        if made.id in self._waiting:
            self._forget(made.id)
        self._waiting[made.id] = (made, call.waits_as, now + PATIENCE)
        self._held |= dict.fromkeys(call.waits_as, made.id)
        while len(self._waiting) > WAITING_MAX:
            ready.append(self._forget(next(iter(self._waiting))))
        return ready

    def overdue(self, now: datetime) -> list[Interaction]:
        """Turns whose tools never answered, as they stand."""
        late = [name for name, _ in takewhile(lambda one: one[1][2] <= now, self._waiting.items())]
        return [self._forget(name) for name in late]

    def close(self) -> list[Interaction]:
        """All that wait, as they stand."""
        return [self._forget(name) for name in list(self._waiting)]

    def _placed(self, call: Call) -> Interaction:
        """The interaction with its conversation and its place in it, where only the provider keeps the history."""
        made = call.interaction
        if call.continues:
            before = self._known.get(call.continues)
            episode = made.episode_id or (before.episode if before else derived_id("e", "response", call.continues))
            position = made.position
            if before is not None:
                position = before.position + (0 if before.is_open and not made.question else 1)
            made = made.model_copy(update={"episode_id": episode, "position": position})
        if call.answers_as:
            self._known[call.answers_as] = _Place(made.episode_id, made.position, is_open=bool(call.waits_as))
            self._known.move_to_end(call.answers_as)
            if len(self._known) > KNOWN_MAX:
                self._known.popitem(last=False)
        return made

    def _forget(self, name: str) -> Interaction:
        interaction, keys, _ = self._waiting.pop(name)
        for key in keys:
            if self._held.get(key) == name:
                del self._held[key]
        return interaction


def _merged(before: Interaction, now: Interaction) -> Interaction:
    """The same turn, further on: what was timed stays timed, and what only the earlier call knew is kept."""
    # Without a question the client sent the results of the tools and nothing else.
    steps = _timed(before.steps, now.steps) if now.question else _answered(before.steps, now.steps)
    return now.model_copy(
        update={
            "at": before.at,
            "question": now.question or before.question,
            "context": before.context | now.context,
            "customer": now.customer or before.customer,
            "uses": tuple(dict.fromkeys((*before.uses, *now.uses))),
            "attributes": before.attributes | now.attributes,
            "steps": steps,
        }
    )


def _timed(before: Sequence[Step], now: Sequence[Step]) -> tuple[Step, ...]:
    """The steps with the names and times an earlier call knew."""
    kept = list(now)
    for at, (earlier, later) in enumerate(zip(before, now, strict=False)):
        if earlier.kind == later.kind and later.milliseconds is None and earlier.milliseconds is not None:
            name = later.name or earlier.name
            kept[at] = later.model_copy(update={"milliseconds": earlier.milliseconds, "name": name})
    return tuple(kept)


def _answered(before: Sequence[Step], now: Sequence[Step]) -> tuple[Step, ...]:
    """The earlier steps with the results that came now, and then what was done since."""
    results = {_call_id(step): step for step in now if step.kind == "tool" and _call_id(step) and not step.name}
    kept = []
    for step in before:
        found = results.pop(_call_id(step), None) if step.kind == "tool" else None
        if found is not None:
            attributes = step.attributes | found.attributes
            step = step.model_copy(
                update={"output": found.output, "is_error": found.is_error, "attributes": attributes}
            )
        kept.append(step)
    merged = {id(step) for step in now if step.kind == "tool" and not step.name and _call_id(step) not in results}
    return (*kept, *(step for step in now if id(step) not in merged))


def _call_id(step: Step) -> str:
    """The id of the tool call, from the call or from its result."""
    for part in ("call", "result"):
        found = step.attributes.get(part)
        if isinstance(found, dict):
            given = found.get("id") or (found.get("rest") or {}).get("tool_call_id")
            if isinstance(given, str) and given:
                return given
    return ""
