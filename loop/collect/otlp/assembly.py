"""Assembly: the parts of one trace, in whatever order they came, → one interaction. Pure, so that order cannot matter.

One trace is one request to the agent and its answer; traces of one conversation share its id. Question and answer are
those of the outermost agent span that tells both; else of the last model call that answered in words. Everything that
happened on the way is a step. The interaction has the trace's id, so feedback may name it before it is here; where
another door told of the same answer, that one's id (`loop.records.joining`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from loop.collect.otlp.judgements import moment
from loop.collect.otlp.parts import Call, Part
from loop.records import Interaction, Step
from loop.records.joining import ANSWER, mark_of

STEPS_MAX = 400
"""Steps kept of one interaction: the first ones."""


def assemble(parts: Iterable[Part], *, agent: str, source: str) -> Interaction | None:
    """The interaction of a trace; None while nobody in it has answered anything, or failed to.

    `parts`: all that is known of one trace; the same part may be there more than once.
    """
    ordered = _in_order(parts)
    talks = [part for part in ordered if part.kind in ("agent", "model") and (part.asked or part.answered)]
    if not talks:
        return None
    asking, answering = _conversation(ordered, talks)
    if answering.calls and not answering.answered and not answering.is_error:
        return None  # it waits for its tools: the answer comes later, or in a trace of its own that tells of the calls
    steps = list(_steps(ordered, outermost=asking if asking.kind == "agent" else None))
    attributes: dict[str, Any] = {}
    if answering.preamble or asking.preamble:
        preamble = max(asking.preamble, answering.preamble, key=len)
        attributes["chat"] = {"preamble": list(preamble)}
    if len(steps) > STEPS_MAX:
        attributes["steps left out"] = len(steps) - STEPS_MAX
    responses = sorted({part.response for part in ordered if part.response})
    if responses:
        attributes["responses"] = responses[:STEPS_MAX]
    if mark := mark_of(_response(ordered, answering)):
        attributes[ANSWER] = mark
    failed = answering if answering.is_error else None
    if failed is not None:
        attributes["failure"] = str(failed.attributes.get("failure") or "error")
    return Interaction(
        id=ordered[0].trace,
        agent=agent,
        episode_id=_said(ordered, "episode"),
        customer=_said(ordered, "customer"),
        at=moment(min(part.began for part in talks)),
        question=asking.asked,
        answer=answering.answered,
        method="failed" if failed is not None and not answering.answered else "model",
        version=_version(ordered, agent),
        bundle_digest=_said(ordered, "bundle_digest") or None,
        steps=tuple(steps[:STEPS_MAX]),
        source=source,
        attributes=attributes,
    )


def _in_order(parts: Iterable[Part]) -> list[Part]:
    """By when they began, each span once: what an event tells of a span fills what the span leaves out."""
    spans: dict[str, list[Part]] = {}
    for part in sorted(parts, key=lambda one: (one.origin != "span", one.key)):
        spans.setdefault(part.span if part.origin in ("span", "event") else part.key, []).append(part)
    whole = [_filled(group) for group in spans.values()]
    return sorted(whole, key=lambda part: (part.began, -part.ended, part.key))


def _filled(group: Sequence[Part]) -> Part:
    first, *more = group
    for other in more:
        empty = {
            name: value
            for name, value in other
            if value and not getattr(first, name) and name not in ("origin", "began", "ended", "kind", "name")
        }
        if first.kind == "bare":
            empty |= {"kind": other.kind, "name": other.name}
        first = first.model_copy(update=empty)
    return first


def _conversation(ordered: Sequence[Part], talks: Sequence[Part]) -> tuple[Part, Part]:
    """Who holds the question and who the answer."""
    known = {part.span: part for part in ordered}
    agents = [part for part in talks if part.kind == "agent" and not _inside_agent(part, known)]
    models = [part for part in talks if part.kind == "model"]
    in_words = sorted((part for part in models if part.answered), key=lambda part: (part.ended, part.key))
    both = [part for part in agents if part.asked and part.answered]
    if both:
        return both[0], both[-1]
    asking = next((part for part in agents if part.asked), None)
    answering = next((part for part in reversed(agents) if part.answered), None)
    if answering is None:
        answering = in_words[-1] if in_words else (models or list(talks))[-1]
    if asking is None:
        # The call that answered knows best what was asked: an earlier one may have been about something else.
        asking = answering if answering.asked else next((part for part in talks if part.asked), talks[0])
    return asking, answering


def _response(ordered: Sequence[Part], answering: Part) -> str:
    """The provider's id of the answer; where an agent's span tells the answer, that of the last call."""
    if answering.response or answering.kind != "agent":
        return answering.response
    named = sorted((part for part in ordered if part.response), key=lambda part: (part.ended, part.key))
    return named[-1].response if named else ""


def _inside_agent(part: Part, known: dict[str, Part]) -> bool:
    """Whether an agent span that talks is above it."""
    seen = {part.span}
    parent = part.parent
    while parent in known and parent not in seen:
        above = known[parent]
        if above.kind == "agent" and (above.asked or above.answered):
            return True
        seen.add(parent)
        parent = above.parent
    return False


def _steps(ordered: Sequence[Part], *, outermost: Part | None) -> Iterator[Step]:
    """What happened, in order. A tool call that no span tells of is told by the messages around it."""
    traced = {str(part.attributes.get("call", "")) for part in ordered if part.kind == "tool"} - {""}
    named = {part.name for part in ordered if part.kind == "tool"}
    results = {name: text for part in ordered for name, text in part.results.items()}
    asked_for = {call.id for part in ordered for call in part.calls}
    for part in ordered:
        match part.kind:
            case "bare":
                pass
            case "agent":
                if part is not outermost and (part.asked or part.answered):
                    yield _step("message", part, given=part.asked)
            case "model":
                before = [call for call in part.made if call.id not in asked_for]
                asked_for |= {call.id for call in before}
                untold = [call for call in before if call.id not in traced and call.name not in named]
                yield from (_called(call, results) for call in untold)
                yield _step("model", part, given=part.asked)
                untold = [call for call in part.calls if call.id not in traced and call.name not in named]
                yield from (_called(call, results) for call in untold)
            case "tool" | "retrieval" | "check":
                yield _step(part.kind, part, given=part.given)


def _step(kind: Any, part: Part, *, given: str) -> Step:
    attributes = dict(part.attributes)
    if part.calls:
        attributes["calls"] = len(part.calls)
    return Step(
        kind=kind,
        name=part.name,
        input=given,
        output=part.answered,
        is_error=part.is_error,
        milliseconds=(part.ended - part.began) / 1e6 if part.ended > part.began else None,
        attributes=attributes | {"span": part.span},
    )


def _called(call: Call, results: dict[str, str]) -> Step:
    return Step(
        kind="tool",
        name=call.name,
        input=call.arguments,
        output=results.get(call.id, ""),
        attributes={"call": call.id} if call.id else {},
    )


def _said(ordered: Sequence[Part], name: str) -> str:
    """The first that says it, the outermost span first; so what arrives later in the middle changes nothing."""
    roots = [part for part in ordered if not part.parent]
    return next((str(value) for part in (*roots, *ordered) if (value := getattr(part, name))), "")


def _version(ordered: Sequence[Part], agent: str) -> int | None:
    """Ours, as a span says it: by name, or as the version of a prompt that is called after the agent."""
    for part in ordered:
        if part.version is not None:
            return part.version
        if part.attributes.get("gen_ai.prompt.name") == agent:
            said = str(part.attributes.get("gen_ai.prompt.version", ""))
            if said.isascii() and said.isdigit() and len(said) < 10:
                return int(said)
    return None
