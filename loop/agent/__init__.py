"""Compose a version into an answer: the built-in agent, or a model that is told what the version holds.

local.py       the built-in agent          model.py        a version answered by a language model
head.py        which class, and why        prompt.py       a version and a question as chat messages, and back
guide.py       what a version puts into the requests of an agent that answers elsewhere
draft.py       what both do around it      directives.py   the instruction lines that are obeyed to the letter
"""

from loop.agent.directives import Instructions, read_instructions
from loop.agent.guide import Guidance, Guide
from loop.agent.local import LocalAgent
from loop.agent.model import ModelAgent
from loop.errors import ModelFailed
from loop.ports import Answerer, Model
from loop.records import Bundle

__all__ = ["Guidance", "Guide", "Instructions", "LocalAgent", "ModelAgent", "answerer_for", "read_instructions"]


def answerer_for(bundle: Bundle, *, model: Model | None, concurrency: int, boundary: str) -> Answerer:
    """The bundle, ready to answer: by the built-in agent or by the model it names.

    `boundary` is unguessable text that separates data from instructions in a model's messages.
    Raises ModelFailed when the bundle names a model and none is given.
    """
    if bundle.model.is_local:
        return LocalAgent(bundle)
    if model is None:
        raise ModelFailed("This version is answered by a language model.", remedy="Configure RATCHET_MODEL.")
    return ModelAgent(bundle, model, concurrency=concurrency, boundary=boundary)
