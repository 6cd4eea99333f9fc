"""Instruction detection at the door: what in an interaction gives orders to the system is named beside it, in words.

Nothing is refused or taken out: what happened is kept as it happened. The note is made anew at every door, whatever
the source says, and holds no piece of the text but a few words.
"""

from collections.abc import Iterator, Sequence

from loop.records import Interaction
from loop.text.instructing import find_instructing

ORDERS = "instructs"
"""The attribute that says it: a list of sentences, such as `The question asks for a password (rule asks_secret).`"""
_WRITTEN_ELSEWHERE = frozenset({"tool", "retrieval", "message"})
"""Steps whose output the agent did not write."""
_MOST = 5
"""Sentences kept; what is more of the same says nothing new."""


def with_orders(interaction: Interaction) -> Interaction:
    """The interaction with a note of what in it gives orders; without one when nothing does."""
    found = list(dict.fromkeys(_orders(interaction)))[:_MOST]
    if not found and ORDERS not in interaction.attributes:
        return interaction
    rest = {name: value for name, value in interaction.attributes.items() if name != ORDERS}
    return interaction.model_copy(update={"attributes": rest | ({ORDERS: found} if found else {})})


def orders_in(interaction: Interaction) -> Sequence[str]:
    """What the note says; empty without one."""
    found = interaction.attributes.get(ORDERS)
    return [str(one) for one in found] if isinstance(found, list) else []


def _orders(interaction: Interaction) -> Iterator[str]:
    for place, text in _places(interaction):
        if text and (found := find_instructing(text)) is not None:
            yield f"{place} {found.words}."


def _places(interaction: Interaction) -> Iterator[tuple[str, str]]:
    yield "The question", interaction.question
    for name, value in interaction.context.items():
        if isinstance(value, str):
            yield f"The fact {name[:40]}", value
    for step in interaction.steps:
        if step.kind in _WRITTEN_ELSEWHERE:
            what = "A message" if step.kind == "message" else f"What the tool {step.name[:40] or step.kind} gave back"
            yield what, step.output
