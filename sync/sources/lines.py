"""Physical lines of a stream of bytes, a chunk at a time: memory stays bounded whatever the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["MAX_LINE", "AllButLast", "physical_lines"]

MAX_LINE = 64 * 1024
"""Longest line that can be a row, in bytes."""


def physical_lines(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines that end in each chunk, without their ends (LF, CRLF or CR).

    Of a line that goes on for more than :data:`MAX_LINE` a beginning is given at once, too long to be taken for a row;
    the rest of it is dropped.
    """
    rest = b""
    dropping = False
    for chunk in chunks:
        data = rest + chunk
        lines = data.splitlines()
        # A CR may be the first half of a CRLF.
        end = b"\r" if data.endswith(b"\r") else b""
        open_line = lines.pop() if data and not data.endswith(b"\n") else b""
        if dropping and lines:
            dropping = False
            del lines[0]
        if dropping or len(open_line) > MAX_LINE:
            if not dropping:
                lines.append(open_line[: MAX_LINE + 1])
                dropping = True
            open_line = b""
        rest = open_line + end
        if lines:
            yield lines
    if rest and not dropping:
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
