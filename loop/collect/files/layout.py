"""How the bytes of a file are to be read: encoding, separator, lines before the header; and a stream of UTF-8 of it."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, Literal, TypeAlias, get_args

from loop.records import Record

Encoding: TypeAlias = Literal[
    "utf-8", "utf-16-le", "utf-16-be", "cp1252", "cp1250", "iso-8859-15", "cp850", "mac-roman"
]  # fmt: skip
"""Encodings that are read. In those with one byte a character, a line that is valid UTF-8 is read as that."""

ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
_CHUNK = 1 << 16
_LINE = 1 << 20
_WIDE = ("utf-16-le", "utf-16-be")


class Layout(Record):
    """How a file is to be read."""

    encoding: Encoding = "utf-8"
    delimiter: str = ""
    """Between two cells: comma, semicolon, tab or bar; empty: found out from the header."""
    skip: int = 0
    """Lines before the header, such as a title or `sep=;`."""
    is_cr: bool = False
    """Whether lines end with CR alone, as old Macs write them."""

    @property
    def said(self) -> str:
        """In words."""
        marks = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar"}
        parted = f", cells parted by {marks.get(self.delimiter, self.delimiter)}" if self.delimiter else ""
        skipped = f", {self.skip} lines before the header" if self.skip else ""
        return f"{self.encoding.upper()}{parted}{skipped}{', lines ending in CR' if self.is_cr else ''}"


def utf8(stream: BinaryIO, layout: Layout) -> BinaryIO:
    """The stream, at its start, as UTF-8 with lines ending in LF; the stream itself where it is that already.

    Bytes that are not of the encoding come out as bytes that are not UTF-8, so that their row is refused, by its line.
    """
    stream.seek(0)
    if layout.encoding == "utf-8" and not layout.is_cr:
        if stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        return stream
    pieces = _wide(stream, layout.encoding) if layout.encoding in _WIDE else _narrow(stream, layout)
    return io.BufferedReader(_Pieces(_with_lf(pieces) if layout.is_cr else pieces), _CHUNK)


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _wide(stream: BinaryIO, encoding: str) -> Iterator[bytes]:
    """UTF-16. Half a surrogate pair passes through and is no UTF-8; so is what is left of a character at the end."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    is_first = True
    while chunk := stream.read(_CHUNK):
        text = decoder.decode(chunk)
        if is_first:
            text, is_first = text.removeprefix("\ufeff"), False
        yield text.encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        yield b"\xff"


def _narrow(stream: BinaryIO, layout: Layout) -> Iterator[bytes]:
    """One byte a character, line by line; a line of UTF-8 among them stays as it is."""
    is_first = True
    while line := stream.readline(_LINE):
        if is_first:
            line, is_first = line.removeprefix(codecs.BOM_UTF8), False
        if line.isascii() or _is_utf8(line):
            yield line
        else:
            yield line.decode(layout.encoding, "surrogateescape").encode("utf-8", "surrogateescape")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _with_lf(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece.replace(b"\r", b"\n")
