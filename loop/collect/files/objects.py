"""JSON objects: one per line, or the elements of one long list; each is read on its own."""

import json
import math
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

from loop.collect.files.rows import CELL_MAX, ROW_MAX, Code, Lines, Row, RowError, not_utf8, too_large

_DEPTH_MAX = 64
_INTEGER_MAX = 2**63
_CHUNK = 1 << 16
_TOKEN = re.compile(rb'\\.|[{}\[\]",\n]', re.DOTALL)


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


_KEY = rb'"(?:[^"\\]|\\.)*"\s*:\s*'
_SCALAR = rb'(?:null|true|false|-?[\d.eE+-]+|"(?:[^"\\]|\\.)*")'
_WRAPPED = re.compile(rb"\s*\{\s*(?:" + _KEY + _SCALAR + rb'\s*,\s*)*"([^"\\]*)"\s*:\s*\[(?=\s*[{\]])', re.DOTALL)
_OF_A_ROW = frozenset(
    {b"messages", b"conversations", b"conversation", b"turns", b"dialog", b"history", b"steps", b"events", b"spans"}
    | {b"trajectory", b"choices", b"ratings", b"comments", b"observations"}
)
"""Lists that one row holds: an object that begins with such a list is a row, and no file of rows."""


def wrapped_at(head: bytes) -> int:
    """Where the list begins in a file that is one object around it, as `{"tickets": [{…}, …]}`; −1: it is no such file.

    `head`: its first bytes. Texts and numbers may stand before the list. Several objects, one a line, are none.
    """
    found = _WRAPPED.match(head)
    if found is None or found[1].lower() in _OF_A_ROW:
        return -1
    line, _, rest = head.lstrip().partition(b"\n")
    if line.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{"):
        return -1
    return found.end() - 1


class ListObjects:
    """A JSON list of objects, read element by element. A broken element does not stop the rest.

    The standard decoder reads each element. It does not say where a broken or oversized one ends, so the
    elements are told apart here: by quotes, brackets and commas, and by nothing else.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """`stream`: binary, at its start; the first character that is not blank is `[`, or `{` around the list."""
        head = stream.read(_CHUNK)
        begins = max(0, wrapped_at(head))
        self._stream = stream
        self._head = head[begins:]
        self._is_wrapped = begins > 0
        self.number = 1 + head[:begins].count(b"\n")
        """1-based line reached."""
        self.position = begins
        """Bytes read so far."""

    def __iter__(self) -> Iterator[Row | RowError]:
        """Elements in file order."""
        element = _Element(self.number)
        depth, in_string = 0, False
        for chunk in self._chunks():
            kept = 0
            for token in _TOKEN.finditer(chunk):
                mark = token.group()[-1:]
                if mark == b"\n":
                    self.number += 1
                elif len(token.group()) == 2:  # an escape
                    continue
                elif mark == b'"':
                    in_string = not in_string
                elif not in_string:
                    depth += (mark in b"[{") - (mark in b"]}")
                    if depth == 0 or (depth == 1 and mark in b"[,"):
                        element.add(chunk[kept : token.start()])
                        yield from element.rows()
                        element, kept = _Element(self.number), token.end()
                    if depth == 0:
                        reason = self._after(chunk[kept:])
                        if mark == b"}" or reason:
                            reason = reason or "There is text after the end of the list."
                            yield RowError(self.number, "broken_json", reason)
                        return
            element.add(chunk[kept:])
        yield RowError(element.begins, "broken_json", "The list is not closed; its last element could not be read.")

    def _after(self, rest: bytes) -> str:
        """What is wrong with what follows the list; empty for nothing."""
        if not self._is_wrapped:
            return "There is text after the end of the list." if (rest + self._stream.read(_CHUNK)).strip() else ""
        last, has_more = rest.strip()[-1:], b"{" in rest
        while chunk := self._stream.read(_CHUNK):
            last, has_more = chunk.strip()[-1:] or last, has_more or b"{" in chunk
        if last != b"}":
            return "The object around the list is not closed."
        return "There is more than one list in the file; only the first was read." if has_more else ""

    def _chunks(self) -> Iterator[bytes]:
        """The file in pieces that part no escape."""
        for chunk in chain([self._head], iter(lambda: self._stream.read(_CHUNK), b"")):
            if (len(chunk) - len(chunk.rstrip(b"\\"))) % 2:
                chunk += self._stream.read(1)
            self.position += len(chunk)
            yield chunk


class _Element:
    """The bytes of one element of a list, and no more of them than may be read."""

    def __init__(self, begins: int) -> None:
        """`begins`: the 1-based line where it may begin; blank lines may come first."""
        self.begins = begins
        self._size = 0
        self._held = bytearray()

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= ROW_MAX + _CHUNK:
            self._held += piece

    def rows(self) -> Iterator[Row | RowError]:
        """The one row it is; none where there is nothing between two commas."""
        body = self._held.lstrip()
        line = self.begins + self._held[: len(self._held) - len(body)].count(b"\n")
        if self._size > ROW_MAX:
            yield too_large(line, self._size, limit=ROW_MAX, what="The element")
        elif body := body.rstrip():
            yield parse(bytes(body), line)


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
    has_odd_text = "\\u" in text or len(body) > CELL_MAX
    if has_odd_text or (text.count("{") + text.count("[") > _DEPTH_MAX and _is_deep(value, _DEPTH_MAX)):
        try:
            check(value)
        except _Refused as refused:
            return RowError(line, refused.code, refused.reason)
    return Row(line, value)


def value_of(text: str) -> Any:
    """What JSON text in a cell says, where it is an object or a list that may be kept; else the text."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        value = _DECODER.decode(text)
        check(value)
    except (ValueError, RecursionError):
        return text
    return value


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


def _is_deep(value: Any, levels: int) -> bool:
    """Whether containers are nested more than so many levels. A batch has many brackets and few levels."""
    items = value.values() if type(value) is dict else value
    return levels == 0 or any(type(one) in _CONTAINERS and _is_deep(one, levels - 1) for one in items)


class _Refused(ValueError):
    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


_CONTAINERS = frozenset({dict, list})
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
