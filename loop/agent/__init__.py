"""Compose a version into an answer: the built-in agent, or a model that is told what the version holds."""

from loop.agent.local import LocalAgent
from loop.agent.obey import Instructions, read_instructions

__all__ = ["Instructions", "LocalAgent", "read_instructions"]
