"""Prepared look-ups: some columns of an agent's rows by keys, the text of the query spelled once per kind of database.

Building the same small query for every transaction costs more than asking it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from storage.among import among_bound, bound_keys


@dataclass(frozen=True)
class _Spelled:
    """A query as the driver takes it."""

    text: str
    order: tuple[str, ...]
    """Names of the parameters in their order; empty where the driver takes names."""
    readers: Mapping[int, Callable[[Any], Any]]
    """By place in a row, what makes the stored value ours."""


class Lookup:
    """SELECT columns WHERE agent = … AND `by` is one of some keys AND `where`."""

    def __init__(
        self,
        *columns: sa.Column[Any],
        by: sa.Column[Any],
        also: sa.Column[Any] | None = None,
        where: sa.ColumnElement[bool] | None = None,
    ) -> None:
        """`by`: a text column of the same table, with an index. `also`: a second one, whose index is not to be used.

        `where`: what else holds of the rows; it binds no value. One column alone is read without repetitions.
        """
        query = sa.select(*columns).where(by.table.c.agent == sa.bindparam("agent"), among_bound(by, "keys"))
        if also is not None:
            query = query.where(among_bound(sa.func.coalesce(also, sa.literal_column("''")), "others"))
        if where is not None:
            query = query.where(where)
        self._query = query.distinct() if len(columns) == 1 else query
        self._columns = columns
        self._spelled: dict[str, _Spelled] = {}

    def rows(
        self, connection: sa.Connection, agent: str, keys: Collection[str], *, others: Collection[str] = ()
    ) -> Sequence[tuple[Any, ...]]:
        """In no order; none for no keys, and then nothing is asked. `others`: keys of the column `also`."""
        if not keys:
            return []
        dialect = connection.dialect
        spelled = self._spelled.get(dialect.name)
        if spelled is None:
            spelled = self._spelled[dialect.name] = self._spell(dialect)
        values = {"agent": agent, "keys": bound_keys(keys, dialect)}
        if others:
            values["others"] = bound_keys(others, dialect)
        bound: Any = tuple(values[name] for name in spelled.order) if spelled.order else values
        with connection.exec_driver_sql(spelled.text, bound) as result:
            found = result.cursor.fetchall()  # as the driver gives them: nobody reads by name
        if not spelled.readers:
            return found
        ours = [spelled.readers.get(place, _as_it_is) for place in range(len(self._columns))]
        return [tuple(read(value) for read, value in zip(ours, row, strict=True)) for row in found]

    def _spell(self, dialect: sa.Dialect) -> _Spelled:
        compiled = self._query.compile(dialect=dialect)
        readers = {
            place: reader
            for place, column in enumerate(self._columns)
            if (reader := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        }
        return _Spelled(str(compiled), tuple(compiled.positiontup or ()), readers)


def _as_it_is(value: Any) -> Any:
    return value
