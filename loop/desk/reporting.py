"""Handing out how the agent is doing: one printable page, or its numbers."""

from collections.abc import Callable, Mapping

from loop import improvement
from loop.errors import Conflict, InvalidInput
from loop.ports import Parts
from loop.records import Agent
from loop.records.improvement import Improvement


def improvement_page(parts: Parts) -> Improvement:
    """As the last turn computed it. Raises Conflict before the first turn."""
    told = improvement.stored_page(parts.store)
    if told is None:
        raise Conflict(
            "Nothing was computed yet.", remedy=f"Run a turn: ratchet turn --agent {parts.store.agent.slug}."
        )
    return told


def improvement_report(told: Improvement, *, agent: Agent, how: str) -> str:
    """The page in a format of `REPORTS`. Raises InvalidInput for another one."""
    make = REPORTS.get(how)
    if make is None:
        raise InvalidInput("There is no such format.", field="format", remedy=f"Use one of: {', '.join(REPORTS)}.")
    return make(told, agent)


REPORTS: Mapping[str, Callable[[Improvement, Agent], str]] = {
    "html": lambda told, agent: improvement.as_html(told, name=agent.name),
    "csv": lambda told, _: improvement.as_csv(told),
    "jsonl": lambda told, _: improvement.as_jsonl(told),
}
"""By format: a page to print, a spreadsheet without formulas, rows as they are."""
