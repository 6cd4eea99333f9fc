"""Finds out how a file is written: its encoding by what its bytes can be, its separator by what parts rows evenly."""

import codecs
import csv
from collections import Counter
from typing import BinaryIO, NamedTuple

from loop.collect.files.delimited import DELIMITERS
from loop.collect.files.formats import head_of
from loop.collect.files.layout import Encoding, Layout, utf8

_CHUNK = 1 << 20
_SAMPLE = 1 << 18
_LINES = 60
_PREAMBLE = 10
"""Lines before the header, at most."""

_TYPICAL = frozenset("äöüßéèêëàâçîïôûùœæáíóúñìòãõÄÖÜÉÈÀÇÁÍÓÚÑÃÕâê€£°«»„“”’‘–—…")
"""Letters and marks of English, German, French, Spanish, Italian, Dutch and Portuguese beyond ASCII."""
_NARROW: tuple[Encoding, ...] = ("cp1252", "cp850", "mac-roman", "cp1250")
"""In this order where two read the same."""


class Bytes(NamedTuple):
    """How the bytes of a file are to be read."""

    layout: Layout
    utf8_lines: int = 0
    """Lines that are UTF-8 with letters beyond ASCII, in a file that is mostly something else."""
    foreign_lines: int = 0
    """Lines that are not UTF-8, in a file that is."""


def encoding_of(stream: BinaryIO) -> Bytes:
    """The encoding of a whole file. Raises InvalidInput where it is no file of bytes."""
    head = head_of(stream)
    if wide := _wide(head):
        return Bytes(Layout(encoding=wide))
    is_cr = head.count(b"\r") > head.count(b"\n") * 2 and b"\r\n" not in head
    if _is_utf8(stream):
        return Bytes(Layout(is_cr=is_cr))
    good, bad, sample = _count_lines(stream)
    if bad <= good:
        return Bytes(Layout(is_cr=is_cr), foreign_lines=bad)
    return Bytes(Layout(encoding=_narrow(sample), is_cr=is_cr), utf8_lines=good)


def _wide(head: bytes) -> Encoding | None:
    """UTF-16, by its mark or by where its zeros are."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    pairs = len(head) // 2
    even, odd = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if pairs >= 4 and max(even, odd) > 0.4 * pairs and min(even, odd) < 0.05 * pairs and not head.startswith(b"PAR1"):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _is_utf8(stream: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    stream.seek(0)
    try:
        while chunk := stream.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        stream.seek(0)
    return True


def _count_lines(stream: BinaryIO) -> tuple[int, int, bytes]:
    """Lines beyond ASCII that are UTF-8, and that are not, with some of those."""
    good = bad = 0
    sample = bytearray()
    while line := stream.readline(_CHUNK):
        if line.isascii():
            continue
        try:
            line.decode()
            good += 1
        except UnicodeDecodeError:
            bad += 1
            if len(sample) < _SAMPLE:
                sample += line
    stream.seek(0)
    return good, bad, bytes(sample)


def _narrow(sample: bytes) -> Encoding:
    """The encoding in which the bytes beyond ASCII are letters and marks of our languages, inside of words."""
    return max(_NARROW, key=lambda encoding: (_likeness(sample, encoding), -_NARROW.index(encoding)))


def _likeness(sample: bytes, encoding: Encoding) -> float:
    text = sample.decode(encoding, "replace")
    beyond = [(at, letter) for at, letter in enumerate(text) if not letter.isascii()][:5000]
    typical = sum(letter in _TYPICAL for _, letter in beyond)
    lone = sum(letter == "\ufffd" or not letter.isprintable() for _, letter in beyond)
    # A capital in the middle of a word is what the wrong table makes of a small letter.
    wrong = sum(letter.isupper() and at > 0 and text[at - 1].islower() for at, letter in beyond)
    return (typical - 3 * lone - 2 * wrong) / max(1, len(beyond))


def separator_of(stream: BinaryIO, layout: Layout) -> Layout:
    """The layout with the separator that parts most lines into the same number of cells, and where the header is."""
    lines = _first_lines(stream, layout)
    skip = 0
    if lines and lines[0].strip().casefold().startswith("sep=") and len(lines[0].strip()) == 5:
        mark = lines[0].strip()[-1]
        if mark in DELIMITERS:
            return layout.model_copy(update={"delimiter": mark, "skip": 1})
        skip = 1
    best, width, evenness = max(
        ((mark, *_evenness(lines[skip:], mark)) for mark in DELIMITERS), key=lambda one: (one[2], one[1])
    )
    if width < 2 or evenness == 0:
        return layout.model_copy(update={"skip": skip})
    while skip < min(_PREAMBLE, len(lines)) and _cells(lines[skip], best) != width:
        skip += 1
    is_found = skip < min(_PREAMBLE, len(lines))
    return layout.model_copy(update={"delimiter": best, "skip": skip if is_found else 0})


def _first_lines(stream: BinaryIO, layout: Layout) -> list[str]:
    text = utf8(stream, layout)
    head = text.read(_SAMPLE)
    stream.seek(0)
    lines = head.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    return [line.rstrip("\r") for line in (lines[:-1] if len(head) >= _SAMPLE else lines)][:_LINES]


def _evenness(lines: list[str], mark: str) -> tuple[int, float]:
    """The number of cells that most records have, and what share of them has it; 0 where it is one cell."""
    widths = Counter(width for record in _records(lines, mark) if (width := len(record)))
    if not widths:
        return 0, 0.0
    width, often = max(((width, often) for width, often in widths.items()), key=lambda one: (one[1], one[0]))
    return width, often / widths.total() if width > 1 else 0.0


def _records(lines: list[str], mark: str) -> list[list[str]]:
    try:
        return list(csv.reader((line + "\n" for line in lines), delimiter=mark))
    except csv.Error:
        return []


def _cells(line: str, mark: str) -> int:
    """Cells of one line. One with an open quote is no title: it counts as whatever it has."""
    records = _records([line], mark)
    return len(records[0]) if records else 0
