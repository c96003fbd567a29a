"""Physical lines of a stream of bytes, a chunk at a time: memory stays bounded whatever the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["MAX_LINE", "AllButLast", "physical_lines"]

MAX_LINE = 64 * 1024
"""Longest line that can be a row, in bytes."""


def physical_lines(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines that end in each chunk, without their ends (LF, CRLF or CR).

    Of a line that goes through several chunks only the beginning is kept, which is longer than :data:`MAX_LINE`: too
    long to be taken for a row, and no longer than a chunk and that.
    """
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        lines = data.splitlines()
        rest = b""
        if data and not data.endswith(b"\n"):
            # A CR may be the first half of a CRLF.
            rest = lines.pop()[: MAX_LINE + 1] + (b"\r" if data.endswith(b"\r") else b"")
        if lines:
            yield lines
    if rest:
        yield rest.splitlines()


class AllButLast:
    """The same lines, each chunk with the number of its first, but for the last line that is not blank: :attr:`last`,
    once they have all been read."""

    def __init__(self, chunks: Iterable[tuple[int, list[bytes]]]) -> None:
        self._chunks = chunks
        self.last: bytes | None = None

    def __iter__(self) -> Iterator[tuple[int, list[bytes]]]:
        number = 0
        for first, lines in self._chunks:
            end = len(lines)
            while end and not lines[end - 1].strip():
                end -= 1
            if end:
                if self.last is not None:
                    yield number, [self.last]
                self.last, number = lines[end - 1], first + end - 1
                yield first, lines[: end - 1]
