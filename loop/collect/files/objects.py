"""JSON objects: one per line, or the elements of one long list; each is read on its own."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from loop.collect.files.lines import Lines
from loop.collect.files.rows import CELL_MAX, ROW_MAX, Code, Row, RowError, not_utf8, too_large

_DEPTH_MAX = 64
_INTEGER_MAX = 2**63
_CHUNK = 1 << 16
_TOKEN = re.compile(rb'\\.|[{}\[\]",\n]', re.DOTALL)
_ESCAPE = re.compile(rb'\\.|["\n]', re.DOTALL)


class LineObjects:
    """JSON Lines: one object per line. Blank lines are skipped."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Row | RowError]:
        """Objects in file order."""
        while (line := self._lines.take()) is not None:
            if self._lines.cut_size:
                yield too_large(self._lines.number, self._lines.cut_size, limit=ROW_MAX, what="The line")
            elif body := line.strip():
                yield parse(body, self._lines.number)


class ListObjects:
    """A JSON list of objects, read element by element. A broken element does not stop the rest."""

    def __init__(self, stream: BinaryIO) -> None:
        """`stream`: binary, at its start; the first character that is not blank is `[`."""
        self._stream = stream
        self.number = 1
        """1-based line reached."""
        self.position = 0
        """Bytes read so far."""

    def __iter__(self) -> Iterator[Row | RowError]:
        """Elements in file order."""
        element = bytearray()
        size = depth = 0
        begins = 1
        in_string = is_closed = is_over = False
        carry = b""
        while chunk := self._stream.read(_CHUNK):
            self.position += len(chunk)
            chunk, carry = _whole_escapes(carry + chunk)
            at = kept = 0
            while found := (_ESCAPE if in_string else _TOKEN).search(chunk, at):
                at = found.end()
                token = found.group()
                if token.endswith(b"\n"):
                    self.number += 1
                elif token == b'"':
                    in_string = not in_string
                elif in_string or token[0] == 0x5C:
                    continue
                elif token in b"{[":
                    depth += 1
                    if depth == 1:
                        element, size, kept, begins = bytearray(), 0, at, self.number
                elif token == b"," and depth == 1:
                    size += at - 1 - kept
                    element += chunk[kept : at - 1]
                    yield from _element(element, size, begins)
                    element, size, kept, begins = bytearray(), 0, at, self.number
                elif token in b"}]":
                    depth -= 1
                    if depth == 0:
                        size += at - 1 - kept
                        element += chunk[kept : at - 1]
                        yield from _element(element, size, begins)
                        element, size, kept, begins = bytearray(), 0, at, self.number
                        is_closed, is_over = token == b"]", True
                        break
            size += len(chunk) - kept
            if size <= ROW_MAX + _CHUNK:
                element += chunk[kept:]
            if is_over:
                break
        rest = (bytes(element) + carry + self._stream.read(_CHUNK)).strip()
        if is_closed and rest:
            yield RowError(begins, "broken_json", "There is text after the end of the list.")
        elif not is_closed:
            yield RowError(begins, "broken_json", "The list is not closed; its last element could not be read.")


def parse(body: bytes, line: int) -> Row | RowError:
    """One JSON object. Refuses what JSON or a database cannot hold: NaN, infinities, NUL, lone surrogates,
    integers beyond 64 bits, names given twice, strings above CELL_MAX, nesting above 64."""
    try:
        text = body.decode()
        value = _DECODER.decode(text)
    except UnicodeDecodeError:
        return not_utf8(line)
    except _Refused as refused:
        return RowError(line, refused.code, refused.reason)
    except RecursionError:
        return RowError(line, "depth", _TOO_DEEP)
    except ValueError:
        return RowError(line, "broken_json", "The row is not valid JSON.")
    if not isinstance(value, dict):
        return RowError(line, "not_object", "The row is JSON, but not an object with named fields.")
    # Without escapes, long strings or many brackets nothing below can be wrong: the walk is for the rest.
    if "\\u" in text or len(body) > CELL_MAX or text.count("{") + text.count("[") > _DEPTH_MAX:
        try:
            check(value)
        except _Refused as refused:
            return RowError(line, refused.code, refused.reason)
    return Row(line, value)


def check(value: object, *, depth: int = 0) -> None:
    """Walk a value read from a file. Raises ValueError (with `code` and `reason`) at what cannot be kept."""
    match value:
        case str():
            if "\0" in value:
                raise _Refused("nul", "The row contains a NUL character.")
            try:
                size = len(value) if value.isascii() else len(value.encode())
            except UnicodeEncodeError:
                raise _Refused("surrogate", "The row contains half of a surrogate pair.") from None
            if size > CELL_MAX:
                raise _Refused("too_large", too_large(0, size).reason)
        case float() if not math.isfinite(value):
            raise _Refused("number", _NOT_FINITE)
        case dict() | list() | tuple() if depth >= _DEPTH_MAX:
            raise _Refused("depth", _TOO_DEEP)
        case dict():
            for name, item in value.items():
                check(name, depth=depth + 1)
                check(item, depth=depth + 1)
        case list() | tuple():
            for item in value:
                check(item, depth=depth + 1)
        case _:
            pass


class _Refused(ValueError):
    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


_TOO_DEEP = f"The row is nested more than {_DEPTH_MAX} levels deep."
_NOT_FINITE = "The row contains NaN, an infinity, or a number too large to hold."


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isfinite(number):
        return number
    raise _Refused("number", _NOT_FINITE)


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -_INTEGER_MAX <= (number := int(digits)) < _INTEGER_MAX:
        raise _Refused("number", _NOT_FINITE)
    return number


def _no_constant(_: str) -> float:
    raise _Refused("number", _NOT_FINITE)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise _Refused("duplicate_name", "The row gives one field twice.")
    return fields


_DECODER = json.JSONDecoder(
    object_pairs_hook=_named_once, parse_float=_finite, parse_int=_integer, parse_constant=_no_constant
)


def _element(element: bytearray, size: int, begins: int) -> Iterator[Row | RowError]:
    body = bytes(element.lstrip())
    line = begins + element[: len(element) - len(body)].count(b"\n")
    body = body.rstrip()
    if size > ROW_MAX:
        yield too_large(line, size, limit=ROW_MAX, what="The element")
    elif body:
        yield parse(body, line)


def _whole_escapes(chunk: bytes) -> tuple[bytes, bytes]:
    """The chunk without a trailing backslash that may belong to the next one, and that backslash."""
    trailing = len(chunk) - len(chunk.rstrip(b"\\"))
    return (chunk[:-1], chunk[-1:]) if trailing % 2 else (chunk, b"")
