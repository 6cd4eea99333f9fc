"""Joining: one interaction of what two doors told of it. Pure, and the order in which they told it does not matter.

An agent that is gatewayed and traced tells each answer twice: the gateway with the bytes that were said and the
version behind them, the trace with what happened around the call. Both are one interaction where the provider's id of
the trace's answer is that of the call. A call that is another step of the trace stays an interaction of its own.
"""

from loop.records.events import Interaction
from loop.records.identity import derived_id

TRACED = "otlp:"
"""What the source of an interaction that a trace told of begins with."""
ANSWER = "answer"
"""The attribute of a trace's interaction that marks the provider's id of its answer."""
TRACE = "trace"
"""The attribute of a joined interaction that says which trace told of it."""
CALL = "call"
"""The attribute that says how the provider was called; only a door the call went through knows."""
_CALLED = "called"
"""The attribute of a joined interaction that marks the provider's id of the call."""


def mark_of(response: str) -> str:
    """A provider's id of an answer as a digest: no redaction takes it for a secret. Empty for an empty one."""
    return derived_id("answer", response) if response else ""


def is_of_trace(one: Interaction) -> bool:
    """Whether a trace told it, and nobody else so far."""
    return one.source.startswith(TRACED)


def trace_of(one: Interaction) -> str:
    """The trace that told of it; empty: none did."""
    return one.id if is_of_trace(one) else str(one.attributes.get(TRACE, ""))


def join_interactions(stored: Interaction, arriving: Interaction) -> Interaction:
    """What is stored, with what arrives of the same answer. One of the two is, or holds, what a trace told.

    Who was asked what, what was answered and by which version is the call's to say; the steps are the trace's.
    """
    called, traced = (stored, arriving) if is_of_trace(arriving) else (arriving, stored)
    mark = str(called.attributes.get(_CALLED) or mark_of(called.id))
    told = called if mark == traced.attributes.get(ANSWER) else traced
    version = called if called.version is not None else traced
    marks = {TRACE: trace_of(traced), _CALLED: mark, ANSWER: traced.attributes.get(ANSWER, "")}
    call = {CALL: called.attributes[CALL]} if CALL in called.attributes else {}
    return called.model_copy(
        update={
            "id": stored.id,
            "customer": called.customer or traced.customer,
            "at": min(called.at, traced.at),
            "question": told.question or traced.question,
            "answer": told.answer or traced.answer,
            "context": traced.context | called.context,
            "method": told.method if told.answer or not traced.answer else traced.method,
            "version": version.version,
            "bundle_digest": version.bundle_digest,
            "steps": traced.steps or called.steps,
            "attributes": called.attributes | traced.attributes | call | marks,
        }
    )
