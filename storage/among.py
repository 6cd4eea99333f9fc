"""A column among many keys: one bound list instead of one parameter per key.

A statement with a thousand parameters is spelled, bound and planned anew for every length; this one is the same
whatever the keys, and takes any number of them. SQLite reads the list as a JSON array, PostgreSQL as an array.
"""

import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class _Keys(TypeDecorator[Any]):
    """A bound list of keys."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, of: type[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "sqlite":
            return sa.Text()
        return postgresql.ARRAY(sa.BigInteger if self.of is int else sa.Text)

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return json.dumps(value) if dialect.name == "sqlite" else value


class _Among(FunctionElement[bool]):
    """`column` in a bound list."""

    name = "among"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002
        """A condition already: SQLAlchemy would write `… = 1` for SQLite, which no index answers."""
        return self


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: Any, **options: Any) -> str:
    column, keys = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608 - both are placeholders or columns


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: Any, **options: Any) -> str:
    column, keys = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY ({keys})"


def among_bound(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """Whether the text column is one of the keys bound to a name, for a statement that is spelled once."""
    return _Among(column, sa.bindparam(name, type_=_Keys(str)))


def bound_keys(keys: Collection[str], dialect: sa.Dialect) -> Any:
    """Texts as the driver takes them for such a name."""
    return _Keys(str).process_bind_param(list(dict.fromkeys(keys)), dialect)


def among(column: sa.ColumnElement[Any], keys: Collection[str | int]) -> sa.ColumnElement[bool]:
    """Whether the column is one of the keys; of none, when there are none. Texts or whole numbers."""
    some = list(dict.fromkeys(keys))
    kind = int if some and isinstance(some[0], int) else str
    return _Among(column, sa.bindparam(None, some, type_=_Keys(kind)))
