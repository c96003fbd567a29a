"""Physical lines of a stream of bytes, a chunk at a time: memory stays bounded whatever the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["MAX_LINE", "physical_lines"]

MAX_LINE = 64 * 1024
"""Longest line that can be a row, in bytes."""


def physical_lines(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines that end in each chunk, without their ends (LF, CRLF or CR).

    Of a line longer than :data:`MAX_LINE` only the beginning is kept, still too long to be taken for a row.
    """
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        lines = data.splitlines()
        rest = b""
        if not data.endswith(b"\n"):
            # A CR may be the first half of a CRLF.
            rest = lines.pop()[: MAX_LINE + 1] + (b"\r" if data.endswith(b"\r") else b"")
        if lines:
            yield _cut(lines)
    if rest:
        yield _cut(rest.splitlines())


def _cut(lines: list[bytes]) -> list[bytes]:
    return [line[: MAX_LINE + 1] for line in lines] if max(map(len, lines)) > MAX_LINE else lines
