"""Physical lines of a binary stream in bounded memory, counted as they go by."""

from typing import BinaryIO

from loop.collect.files.rows import ROW_MAX

_BOM = b"\xef\xbb\xbf"


class Lines:
    """Reads line by line and says how far it is. A line longer than ROW_MAX is cut, the rest skipped."""

    def __init__(self, stream: BinaryIO) -> None:
        """`stream`: binary, buffered, at its start."""
        self._stream = stream
        self.number = 0
        """Lines read so far; after `take` the 1-based number of that line."""
        self.position = 0
        """Bytes read so far."""
        self.cut_size = 0
        """Full size in bytes of the last line when it was cut, else 0."""
        self.cut_quotes = 0
        """Double quotes in the last line when it was cut: an odd number opens or closes a quoted cell."""

    def take(self) -> bytes | None:
        """The next line with its line end, without a byte order mark; None at the end."""
        line = self._stream.readline(ROW_MAX)
        if not line:
            return None
        self.number += 1
        self.position += len(line)
        self.cut_size = 0
        if len(line) >= ROW_MAX and not line.endswith(b"\n"):
            self._skip_rest(line)
        if self.number == 1 and line.startswith(_BOM):
            return line[len(_BOM) :]
        return line

    def _skip_rest(self, line: bytes) -> None:
        size, quotes = len(line), line.count(b'"')
        while more := self._stream.readline(1 << 20):
            size += len(more)
            quotes += more.count(b'"')
            self.position += len(more)
            if more.endswith(b"\n"):
                break
        if size > len(line):
            self.cut_size, self.cut_quotes = size, quotes
