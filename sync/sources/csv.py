"""Delimited text files, as registers export them: separator and encoding are found out, every problem has its line."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from pydantic import ValidationError

from sync.sources.base import Place, Rejected, Row, SourceError, hasher
from sync.sources.mapping import Mapping
from sync.sources.record import Record, explain

__all__ = ["CsvSource"]

DELIMITERS = ";\t,|"
CHUNK = 1 << 20
MAX_LINE = 64 * 1024
"""Longest line accepted, in characters: memory stays bounded whatever the file."""

UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


class CsvSource:
    """One CSV file. A physical line is a row: quoted cells may hold separators, but no line break, so a stray
    quote spoils its own line only and never swallows the people after it."""

    def __init__(
        self, name: str, path: Path, mapping: Mapping, populations: list[str], context: str = ""
    ) -> None:
        self.name = name
        self.path = path
        self.mapping = mapping
        self.populations = frozenset(populations)
        self._header: list[str] = []
        self._delimiter = ";"
        self._hash_context = (name, mapping.model_dump_json(), ",".join(sorted(populations)), context)
        self.hasher = hasher(*self._hash_context)

    def rows(self) -> Iterator[Row | Rejected]:
        """See :meth:`sync.sources.base.Source.rows`."""
        try:
            with self.path.open(encoding=_encoding(self.path), errors="surrogateescape", newline="") as file:
                lines = _bounded_lines(file)
                self._read_header(next(lines, (0, "")))
                for number, line in lines:
                    place = Place(self.path.name, number)
                    if line is None:
                        yield Rejected(
                            place,
                            None,
                            f"is longer than {MAX_LINE} characters",
                            "Export again: this is not a row.",
                        )
                    elif text := line.rstrip("\r\n"):
                        yield Row(place, text, self)
        except UnicodeError as error:
            raise self._unusable(f"is not text ({error})", "Export it again, in UTF-8.") from None
        except OSError as error:
            raise self._unusable(
                f"cannot be read ({error.strerror})", f"Check that {self.path} exists and may be read."
            ) from None

    def parse(self, row: Row) -> Record | list[Rejected]:
        """See :meth:`sync.sources.base.Source.parse`."""
        try:
            cells = self._split(row.raw)
        except csv.Error:
            return [Rejected(row.place, None, "has an unbalanced quote", "Double the quote, or remove it.")]
        if len(cells) != len(self._header):
            return [
                Rejected(
                    row.place,
                    None,
                    f"has {len(cells)} columns, the header has {len(self._header)}",
                    "Quote cells that hold the separator; if it is the last line, the file is truncated: export it again.",
                )
            ]
        raw = self.mapping.apply(dict(zip(self._header, cells, strict=True)))
        try:
            record = Record.model_validate({k: v for k, v in raw.items() if v != ""})
        except ValidationError as error:
            return [
                Rejected(row.place, self.mapping.column_of(e["loc"]), *explain(e))
                for e in error.errors(include_url=False)
            ]
        if record.population not in self.populations:
            return [
                Rejected(
                    row.place,
                    self.mapping.column_of(("population",)),
                    f"is of population « {record.population} », which source « {self.name} » has no authority over",
                    "Add it to the source's populations in the settings, or remove the row.",
                )
            ]
        return record

    def _read_header(self, first: tuple[int, str | None]) -> None:
        line = first[1]
        if line is None:
            raise self._unusable(
                f"begins with more than {MAX_LINE} characters in one line", "Export it again."
            )
        if not line.strip():
            raise self._unusable("is empty", "Export it again: not even a header was found.")
        line = line.rstrip("\r\n")
        self._delimiter = max(DELIMITERS, key=line.count)
        try:
            self._header = [cell.strip() for cell in self._split(line)]
        except csv.Error:
            raise self._unusable("has a header with an unbalanced quote", "Export it again.") from None
        repeated = sorted({name for name in self._header if name and self._header.count(name) > 1})
        missing = self.mapping.missing(self._header)
        if missing or repeated:
            what = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(repeated)} more than once"
            raise self._unusable(
                f"{what}; its columns are {', '.join(self._header)[:300]}",
                "Correct the export, or the mapping named in the settings.",
            )
        # A file whose columns moved has other rows, even where the text of a line is the same.
        self.hasher = hasher(*self._hash_context, self._delimiter, *self._header)

    def _split(self, line: str) -> list[str]:
        if '"' not in line:
            return line.split(self._delimiter)
        return next(csv.reader([line], delimiter=self._delimiter, strict=True))

    def _unusable(self, what: str, remedy: str) -> SourceError:
        return SourceError(self.name, f"{self.path.name} {what}.", remedy)


def _encoding(path: Path) -> str:
    """UTF-16 by its mark, UTF-8 or else CP1252 as Windows exports are.

    The whole file is looked at: the first accent may be on the last line. A few bytes that are no UTF-8 (a cut last
    line, a cell pasted from elsewhere) spoil their own row, never the accents of everybody else.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        if file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return "utf-16"
        file.seek(0)
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            file.seek(0)
            return _utf8_or_cp1252(file)
    return "utf-8-sig"


def _utf8_or_cp1252(file: BinaryIO) -> str:
    good = other = 0
    while chunk := file.read(CHUNK):
        in_sequences = sum(len(sequence) for sequence in UTF8_SEQUENCE.findall(chunk))
        good += in_sequences
        other += sum(byte > 127 for byte in chunk) - in_sequences
    return "utf-8-sig" if good > other else "cp1252"


def _bounded_lines(file: TextIO) -> Iterator[tuple[int, str | None]]:
    """(number, line) pairs; None for a line longer than :data:`MAX_LINE`, of which the rest is skipped unread."""
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        if len(line) < MAX_LINE or line.endswith(("\n", "\r")):
            yield number, line
            continue
        while line and not line.endswith(("\n", "\r")):
            line = file.readline(MAX_LINE)
        yield number, None
