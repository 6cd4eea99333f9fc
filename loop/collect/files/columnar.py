"""Parquet: rows in bounded memory, with values turned into what JSON can say."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from loop.collect.files.objects import check
from loop.collect.files.rows import Row, RowError
from loop.errors import InvalidInput

_GROUP_MAX = 512 * 1024 * 1024
"""Unpacked bytes one row group may have: a small file must not fill the memory."""


class ColumnarRows:
    """The rows of a Parquet file. The schema is read when this is made."""

    def __init__(self, stream: BinaryIO) -> None:
        """`stream`: binary and seekable. Raises InvalidInput when it is not readable as Parquet."""
        import pyarrow
        import pyarrow.parquet

        self._size = stream.seek(0, 2)
        stream.seek(0)
        self._broken = (pyarrow.ArrowException, OSError, ValueError, OverflowError, NotImplementedError, KeyError)
        try:
            self._file = pyarrow.parquet.ParquetFile(stream)
            self.columns = tuple(str(name) for name in self._file.schema_arrow.names)
            metadata = self._file.metadata
            sizes = [metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups)]
        except self._broken:
            raise _unreadable() from None
        if len(set(self.columns)) < len(self.columns):
            raise InvalidInput("Two columns of the file have the same name.", remedy="Rename one of them.")
        if max(sizes, default=0) > _GROUP_MAX:
            raise InvalidInput(
                f"A row group unpacks to {max(sizes):,} bytes; at most {_GROUP_MAX:,} are read.",
                remedy="Write the file with smaller row groups.",
            )
        self._rows = int(metadata.num_rows)
        self.number = 0
        """Rows read so far."""

    @property
    def position(self) -> int:
        """Bytes read so far, in proportion to the rows."""
        return self._size * self.number // max(self._rows, 1)

    def __iter__(self) -> Iterator[Row | RowError]:
        """Rows in file order. Raises InvalidInput when the file breaks off."""
        batches = self._file.iter_batches(batch_size=256, use_threads=False)
        while True:
            try:
                batch = next(batches, None)
                columns = {} if batch is None else {name: _values(batch, name) for name in self.columns}
            except self._broken:
                raise _unreadable() from None
            if batch is None:
                return
            for index in range(batch.num_rows):
                self.number += 1
                yield _row(self.number, {name: values[index] for name, values in columns.items()})


def _values(batch: Any, name: str) -> list[Any]:
    values: list[Any] = batch.column(name).to_pylist()
    return values


def _row(number: int, fields: dict[str, Any]) -> Row | RowError:
    try:
        plain = {name: _plain(value) for name, value in fields.items()}
        check(plain)
    except UnicodeDecodeError:
        return RowError(number, "not_utf8", "A cell of bytes is not valid UTF-8 text.")
    except TypeError as unknown:
        return RowError(number, "value_type", f"A cell is of the type {unknown}, which has no plain form.")
    except ValueError as refused:
        return RowError(number, getattr(refused, "code", "value_type"), getattr(refused, "reason", "A cell is broken."))
    return Row(number, plain)


def _plain(value: object) -> Any:
    match value:
        case int() if not -(2**63) <= value < 2**63:
            raise TypeError("64-bit integer without sign")
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return value.isoformat(timespec="microseconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
        case bytes():
            return value.decode()
        case dict():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            raise TypeError(type(value).__name__)


def _unreadable() -> InvalidInput:
    return InvalidInput("The file cannot be read as Parquet: it is damaged or incomplete.", remedy="Write it again.")
