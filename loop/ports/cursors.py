"""How far each connector has read each agent's traces."""

from typing import Literal, Protocol

from loop.records.identity import Moment, Record


class Cursor(Record):
    """Where a pull goes on. Times are those of traces and judgements, in UTC."""

    since: Moment
    """Everything before was read."""
    is_first: bool = True
    """Nothing was read yet: `since` is where the operator had it begin."""
    until: Moment | None = None
    """Where the round that is going on ends; None: none is."""
    stream: Literal["", "started", "judged"] = ""
    """The list it stands in; empty: at the beginning."""
    token: str = ""
    """The page, as the other tool names it; empty: the first."""


class Cursors(Protocol):
    """Of all agents of a database."""

    def read(self, agent: str, connector: str) -> Cursor | None:
        """None: nothing was pulled yet."""
        ...

    def keep(self, agent: str, connector: str, cursor: Cursor, *, now: Moment) -> None:
        """Replace it. Raises NotFound when the agent is gone."""
        ...

    def forget(self, agent: str, connector: str) -> None:
        """Begin again at the next pull; nothing is doubled by it."""
        ...
