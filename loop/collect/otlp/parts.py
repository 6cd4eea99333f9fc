"""Parts: what one span or log event says in our words, as they wait for the rest of their trace.

A trace arrives in pieces, children before their parents, an evaluation before what it evaluates. Parts are kept until
the trace is told whole, so they are plain JSON, and masked before they are kept.
"""

from typing import Any, Literal, TypeAlias

from pydantic import Field

from loop.records import derived_id
from loop.records.identity import Record
from loop.text.redaction import Masker

Kind: TypeAlias = Literal["agent", "model", "tool", "retrieval", "check", "bare"]
"""`agent`: something that asks models and tools. `bare`: says only to whom the trace belongs."""


RESPONSE_MAX = 200
"""Characters of a provider's id of an answer that are looked at; they are shorter."""


class Call(Record):
    """A tool call that a model asked for."""

    id: str = ""
    """As the model named it; empty when it did not."""
    name: str = ""
    arguments: str = ""
    """JSON, as text."""


class Part(Record):
    """One operation of a trace."""

    trace: str
    """32 hexadecimal characters; the id of the interaction."""
    span: str
    """16 hexadecimal characters."""
    parent: str = ""
    """16 hexadecimal characters; empty at the root."""
    origin: str = "span"
    """`span`, or what else told of this span: then what it says fills the gaps."""
    kind: Kind
    name: str = ""
    began: int
    """Nanoseconds since 1970, UTC."""
    ended: int
    asked: str = ""
    """The last thing a person said to it; empty when it does not say."""
    answered: str = ""
    """What it said to a person; empty when it only called tools."""
    given: str = ""
    """What it was given, as text, for a step: the arguments of a tool, the query of a retrieval."""
    preamble: tuple[dict[str, Any], ...] = ()
    """The messages before the one that asks, the system prompt among them."""
    calls: tuple[Call, ...] = ()
    """Tool calls it asks for."""
    made: tuple[Call, ...] = ()
    """Tool calls made for the same question before, as its messages tell; they may stand in another trace."""
    results: dict[str, str] = Field(default_factory=dict)
    """By id of the call, what the tools gave back, as the model was told."""
    is_error: bool = False
    episode: str = ""
    """The conversation or session; empty when it does not say."""
    customer: str = ""
    """Who asked; empty when it does not say."""
    response: str = ""
    """The id the provider gave the answer; an evaluation may name it instead of the span."""
    version: int | None = None
    """Of ours; None when it does not say."""
    bundle_digest: str = ""
    attributes: dict[str, Any] = Field(default_factory=dict)
    """What no field holds: provider, model, tokens, finish reason, prompt name and version, scores."""

    @property
    def key(self) -> str:
        """Unique within the trace; a part that is told again has the same."""
        return self.span if self.origin == "span" else f"{self.span}:{self.origin}"


class Judgement(Record):
    """One evaluation or annotation: somebody or something judged a span, a trace or a session."""

    trace: str = ""
    """The trace it is about, or in which it was made; empty when it says only `response` or `session`."""
    span: str = ""
    response: str = ""
    """The answer it is about, by the provider's id; where it is known, it says more than the trace."""
    session: str = ""
    """The conversation it is about; then it is about nothing else."""
    name: str
    """The criterion, such as `thumbs` or `correctness`."""
    score: float | None = None
    label: str = ""
    explanation: str = ""
    annotator: str = ""
    """HUMAN, LLM, CODE, another word, or empty when it does not say."""
    identifier: str = ""
    """Given by who judged: the same name, target and identifier is the same judgement."""
    author: str = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    at: int
    """Nanoseconds since 1970, UTC."""

    @property
    def id(self) -> str:
        """From what it is about, who judged and what they said: told twice, in two forms or two exports, it is one."""
        about = (self.trace, self.span, self.response, self.session, self.name, self.author, self.identifier)
        return derived_id("f", *about, self.score, self.label, self.explanation, self.at)


def mask_part(part: Part, masker: Masker) -> Part:
    """Without secrets and personal data. Who asked becomes a pseudonym when the trace is told."""
    return part.model_copy(
        update={
            "name": masker.mask(part.name),
            "asked": masker.mask(part.asked),
            "answered": masker.mask(part.answered),
            "given": masker.mask(part.given),
            "preamble": tuple(masker.walk(message) for message in part.preamble),
            "calls": tuple(_masked_call(call, masker) for call in part.calls),
            "made": tuple(_masked_call(call, masker) for call in part.made),
            "results": {name: masker.mask(text) for name, text in part.results.items()},
            "attributes": masker.walk(part.attributes),
        }
    )


def _masked_call(call: Call, masker: Masker) -> Call:
    return call.model_copy(update={"name": masker.mask(call.name), "arguments": masker.mask(call.arguments)})
