"""Finds the pictures in a stream of JPEGs by their own structure, whatever is written between them. No IO."""

import re
from dataclasses import dataclass, field

MAX_JPEG_BYTES = 16 << 20
"""What goes on for longer than this without an end is no picture."""

_START = b"\xff\xd8\xff"
_MARKER_IN_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker within entropy-coded data: neither a stuffed 0xFF, nor a restart, nor filling."""
_END, _SCAN = 0xD9, 0xDA
_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Start of frame: holds height and width."""
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jpeg:
    """One whole JPEG and its size in pixels."""

    data: bytes = field(repr=False)
    width: int
    height: int


class JpegSplitter:
    """Takes bytes as they come and gives each JPEG as soon as its last byte is there.

    Cameras get the rest of multipart wrong in every way: boundaries that differ from the announced one, lengths that
    are missing or false, parts without headers. A JPEG says itself where it ends, so nothing else is asked. What is
    cut off or damaged is passed over; `broken` counts it.
    """

    def __init__(self) -> None:
        self.broken = 0
        self._buffer = bytearray()
        self._at: int | None = None
        """Where to go on within the picture that the buffer begins with; None while between pictures."""
        self._in_data = False
        self._size: tuple[int, int] | None = None

    def feed(self, data: bytes) -> list[Jpeg]:
        """The pictures that `data` completes."""
        self._buffer += data
        found: list[Jpeg] = []
        while True:
            if self._at is None and not self._begin():
                return found
            if (end := self._walk()) is None:
                if self._at is not None:  # else it was broken: look for the next
                    return found
                continue
            if self._size is not None:
                width, height = self._size
                found.append(Jpeg(data=bytes(self._buffer[:end]), width=width, height=height))
            else:
                self.broken += 1
            del self._buffer[:end]
            self._at = None

    def _begin(self) -> bool:
        """Throw away what is no picture; whether one begins."""
        start = self._buffer.find(_START)
        if start < 0:
            del self._buffer[: max(0, len(self._buffer) - len(_START) + 1)]
            return False
        del self._buffer[:start]
        self._at, self._in_data, self._size = 2, False, None
        return True

    def _walk(self) -> int | None:
        """Go on from marker to marker; the end of the picture, None if it is not there (or never will be)."""
        while (at := self._next_marker()) is not None:
            marker = self._buffer[at + 1]
            if marker == _END:
                return at + 2
            if marker == 0xFF or marker in _BARE:
                self._at = at + (1 if marker == 0xFF else 2)
            elif marker in (0x00, 0xD8):  # another picture begins: the end of this one got lost
                return self._give_up(at)
            elif not self._segment(marker, at):
                return None
        return None

    def _next_marker(self) -> int | None:
        """Where the next marker stands; None if it is not there yet, or this makes no sense."""
        at = self._at
        if at is None:
            return None
        if len(self._buffer) > MAX_JPEG_BYTES:
            return self._give_up(at)
        if self._in_data:
            match = _MARKER_IN_DATA.search(self._buffer, at)
            if match is None:
                self._at = max(at, len(self._buffer) - 1)
                return None
            at = self._at = match.start()
            self._in_data = False
        if len(self._buffer) < at + 2:
            return None
        return at if self._buffer[at] == 0xFF else self._give_up(at)

    def _segment(self, marker: int, at: int) -> bool:
        """Go over one segment; False if it is not all there, or makes no sense."""
        length = int.from_bytes(self._buffer[at + 2 : at + 4], "big")
        if len(self._buffer) < at + max(4, 2 + length):
            return False
        if marker in _SIZES:
            if length < 8:
                self._give_up(at)
                return False
            height, width = (int.from_bytes(self._buffer[at + place : at + place + 2], "big") for place in (5, 7))
            self._size = (width, height) if width and height else None
        self._at, self._in_data = at + 2 + max(length, 2), marker == _SCAN
        return True

    def _give_up(self, at: int) -> int | None:
        """This is no picture: look for the next behind its beginning. Always None."""
        self.broken += 1
        del self._buffer[: max(at, len(_START))]
        self._at = None
        return None
