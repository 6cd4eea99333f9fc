"""Compose a version into an answer: the built-in agent, a model told what it holds, or the operator's own agent.

local.py       the built-in agent          model.py        a version answered by a language model
head.py        which class, and why        prompt.py       a version and a question as chat messages, and back
guide.py       what a version puts into the requests of an agent that answers elsewhere
draft.py       what both do around it      directives.py   the instruction lines that are obeyed to the letter
endpoint.py    the operator's own agent    side_by_side.py questions put side by side, answers as they come
"""

from loop.agent.directives import Instructions, read_instructions
from loop.agent.endpoint import EndpointAgent
from loop.agent.guide import Guidance, Guide
from loop.agent.local import LocalAgent
from loop.agent.model import ModelAgent
from loop.errors import ModelFailed
from loop.ports import Answerer, Endpoint, Model
from loop.records import AgentKind, Bundle

__all__ = [
    "EndpointAgent",
    "Guidance",
    "Guide",
    "Instructions",
    "LocalAgent",
    "ModelAgent",
    "answerer_for",
    "read_instructions",
]


def answerer_for(
    bundle: Bundle, *, model: Model | None, concurrency: int, boundary: str, endpoint: Endpoint | None = None
) -> Answerer:
    """The bundle, ready to answer: by the built-in agent, by the model it names, or by the operator's own agent.

    `boundary` is unguessable text that separates data from instructions in a model's messages.
    Raises ModelFailed when the bundle names a model, or the operator's agent, and none is given.
    """
    match bundle.model.kind:
        case AgentKind.BUILT_IN:
            return LocalAgent(bundle)
        case AgentKind.YOURS:
            if endpoint is None:
                raise ModelFailed(
                    "This version is answered by your own agent, and no endpoint of it is set.",
                    remedy="Set it: ratchet agent endpoint SLUG URL",
                )
            return EndpointAgent(bundle, endpoint)
        case AgentKind.MODEL:
            if model is None:
                raise ModelFailed("This version is answered by a language model.", remedy="Configure RATCHET_MODEL.")
            return ModelAgent(bundle, model, concurrency=concurrency, boundary=boundary)
