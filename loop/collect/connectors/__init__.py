"""Pull connectors: what other tools keep of an agent (traces, annotations) → interactions and feedback. Pure.

wire.py      requests, replies and their values    phoenix.py    Arize Phoenix: OTLP spans, annotations
trees.py     spans of any tool → parts             mlflow.py     MLflow: traces, assessments
rounds.py    windows, cursors, pages               langfuse.py   Langfuse: traces, observations, scores
                                                   langsmith.py  LangSmith: runs, feedback

A connector asks through a function it is handed (`loop.outbound.sources` makes the real one), so that everything here
can be tried without a server. Imported where it is needed, since reading protobuf takes time to load.
"""

from collections.abc import Callable, Mapping

from loop.collect.connectors.langfuse import Langfuse
from loop.collect.connectors.langsmith import LangSmith
from loop.collect.connectors.mlflow import MLflow
from loop.collect.connectors.phoenix import Phoenix
from loop.collect.connectors.rounds import OVERLAP, Connector, Page, Source, pages
from loop.collect.connectors.wire import Ask, Request, Unreadable

CONNECTORS: Mapping[str, Callable[[str, Ask], Connector]] = {
    "langfuse": Langfuse,
    "langsmith": LangSmith,
    "mlflow": MLflow,
    "phoenix": Phoenix,
}
"""By kind: made from the project's name and the function that asks."""

__all__ = ["CONNECTORS", "OVERLAP", "Ask", "Connector", "Page", "Request", "Source", "Unreadable", "pages"]
