"""Charge the looks that earlier releases took to the agent's budget of error, from the reports they left."""

from itertools import groupby

import sqlalchemy as sa

from loop.stats.budget import Look, left

_report = sa.table(
    "report",
    *(sa.column(name) for name in ("agent", "id", "verdict", "at", "looks", "look", "p", "level", "moved")),
    sa.column("body", sa.JSON),
)
_UNKNOWN = Look(p=0.5, is_proved=False)
"""A look of which only the number is known: it cost."""


def charge_looks(connection: sa.Connection) -> None:
    """Number the looks of each agent in the order they were taken, at the level the budget would have allowed.

    What was proved at a looser level refills nothing.
    """
    columns = (_report.c.agent, _report.c.id, _report.c.verdict, _report.c.looks, _report.c.body)
    query = sa.select(*columns).order_by(_report.c.agent, _report.c.at, _report.c.id)
    for agent, rows in groupby(connection.execute(query).all(), key=lambda row: row.agent):
        looks: list[Look] = []
        for row in rows:
            sealed = row.body["sealed"]
            moved = sealed["tally"].get("fixed", 0) + sealed["tally"].get("broken", 0)
            values: dict[str, object] = {"moved": moved}
            if row.looks and sealed["p_better"] is not None:
                looks += [_UNKNOWN] * (row.looks - 1)
                p, level = sealed["p_better"], left(looks).level
                looks.append(Look(p=p, is_proved=row.verdict == "proved" and p <= level))
                values |= {"look": len(looks), "p": p, "level": level}
            connection.execute(
                sa.update(_report).where(_report.c.agent == agent, _report.c.id == row.id).values(**values)
            )
