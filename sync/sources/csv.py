"""Delimited text files, as registers export them: separator and encoding are found out, every problem has its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sync.sources.base import Block, Place, Rejected, Row, SourceError, row_hashes, seed
from sync.sources.columns import Columns
from sync.sources.encoding import detect, is_bytewise, recode, without_bom
from sync.sources.lines import MAX_LINE, physical_lines
from sync.sources.mapping import Mapping
from sync.sources.record import Record

__all__ = ["CsvSource"]

SEPARATORS = ";\t,|"
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of one file are to be understood."""

    encoding: str
    separator: str
    columns: Columns

    def split(self, line: bytes) -> list[str]:
        """Raises :class:`csv.Error` for an unbalanced quote."""
        text = line.decode(self.encoding, "surrogateescape")
        if '"' not in text:
            return text.split(self.separator)
        return next(csv.reader([text], delimiter=self.separator, strict=True))


class CsvSource:
    """One CSV file. A physical line is a row (docs/adr/0027): quoted cells may hold separators, but no line break, so
    a stray quote spoils its own line only and never swallows the people after it."""

    def __init__(
        self, name: str, path: Path, mapping: Mapping, populations: list[str], context: str = ""
    ) -> None:
        self.name = name
        self.path = path
        self.mapping = mapping
        self.populations = frozenset(populations)
        self._context = (name, mapping.model_dump_json(), ",".join(sorted(populations)), context)
        self._layouts: dict[str, Layout] = {}

    def read(self, since: str | None = None) -> Iterator[Block]:  # noqa: ARG002 - always whole
        """See :meth:`sync.sources.base.Source.read`; a file is always read whole."""
        try:
            yield from self._read(self.path)
        except OSError as error:
            raise self._unusable(
                f"cannot be read ({error.strerror})", f"Check that {self.path} exists and may be read."
            ) from None

    def parse(self, row: Row) -> Record | list[Rejected]:
        """See :meth:`sync.sources.base.Source.parse`."""
        layout = self._layouts[row.place.file]
        try:
            cells = layout.split(row.raw)
        except csv.Error:
            return [Rejected(row.place, None, "has an unbalanced quote", "Double the quote, or remove it.")]
        if len(cells) != len(layout.columns.names):
            return [
                Rejected(
                    row.place,
                    None,
                    f"has {len(cells)} columns, the header has {len(layout.columns.names)}",
                    "Quote cells that hold the separator; if it is the last line, the file is truncated: export it again.",
                )
            ]
        return layout.columns.record(row.place, cells)

    def _read(self, path: Path) -> Iterator[Block]:
        name = path.name
        encoding = detect(_chunks(path))
        chunks = _chunks(path)
        if not is_bytewise(encoding):
            chunks, encoding = recode(chunks, encoding), "utf-8"
        layout = None
        start = 0
        number = 1
        for lines in physical_lines(chunks):
            if layout is None:
                layout = self._layouts[name] = self._layout(without_bom(lines[0]), encoding)
                start = seed(*self._context, layout.encoding, layout.separator, *layout.columns.names)
                lines, number = lines[1:], 2
            if lines:
                yield self._block(name, number, lines, start)
            number += len(lines)
        if layout is None:
            raise self._unusable("is empty", "Export it again: not even a header was found.")

    def _block(self, name: str, first: int, lines: list[bytes], start: int) -> Block:
        numbers: list[int] | range = range(first, first + len(lines))
        rejected = []
        if b"" in lines or max(map(len, lines)) > MAX_LINE:
            rejected = [
                Rejected(
                    Place(name, number),
                    None,
                    f"is longer than {MAX_LINE} bytes",
                    "Export again: this is not a row.",
                )
                for number, line in zip(numbers, lines, strict=True)
                if len(line) > MAX_LINE
            ]
            kept = [
                (number, line)
                for number, line in zip(numbers, lines, strict=True)
                if 0 < len(line) <= MAX_LINE
            ]
            numbers = [number for number, _ in kept]
            lines = [line for _, line in kept]
        return Block(lines, row_hashes(start, lines), lambda i: Place(name, numbers[i]), rejected)

    def _layout(self, line: bytes, encoding: str) -> Layout:
        if len(line) > MAX_LINE:
            raise self._unusable(f"begins with more than {MAX_LINE} bytes in one line", "Export it again.")
        if not line.strip():
            raise self._unusable("is empty", "Export it again: not even a header was found.")
        text = line.decode(encoding, "surrogateescape")
        separator = max(SEPARATORS, key=text.count)
        try:
            names = [cell.strip() for cell in next(csv.reader([text], delimiter=separator, strict=True))]
        except csv.Error:
            raise self._unusable("has a header with an unbalanced quote", "Export it again.") from None
        columns = Columns(self.name, self.mapping, names, self.populations)
        if fault := columns.fault():
            raise self._unusable(fault, "Correct the export, or the mapping named in the settings.")
        return Layout(encoding, separator, columns)

    def _unusable(self, what: str, remedy: str) -> SourceError:
        return SourceError(self.name, f"{self.path.name} {what}.", remedy)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
