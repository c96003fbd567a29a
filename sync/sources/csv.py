"""Delimited text files, as registers export them: separator and encoding are found out, every problem has its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.settings import SourceSettings
from sync.sources.base import Block, Place, Rejected, Row, SourceError, row_hashes, seed
from sync.sources.columns import Columns
from sync.sources.csv_options import CsvOptions
from sync.sources.encoding import detect, is_bytewise, recode, without_bom
from sync.sources.files import Bounds, ByteFile, Unreadable, found
from sync.sources.layout import Layout, find_layout
from sync.sources.lines import MAX_LINE, AllButLast, physical_lines
from sync.sources.mapping import Mapping, load_mapping
from sync.sources.options import options_of
from sync.sources.record import Record

__all__ = ["CsvSource", "build"]

DEFAULTS = CsvOptions()


class CsvSource:
    """One CSV file, or all that fit a pattern. A physical line is a row (docs/adr/0027): quoted cells may hold
    separators, but no line break, so a stray quote spoils its own line only and never swallows the people after it."""

    def __init__(
        self,
        name: str,
        path: Path,
        mapping: Mapping,
        populations: list[str],
        context: str = "",
        options: CsvOptions = DEFAULTS,
    ) -> None:
        self.name = name
        self.path = path
        self.mapping = mapping
        self.populations = frozenset(populations)
        self._options = options
        self._context = (name, mapping.model_dump_json(), ",".join(sorted(populations)), context)
        self._layouts: dict[str, Layout] = {}

    def read(self, since: str | None = None) -> Iterator[Block]:  # noqa: ARG002 - always whole
        """See :meth:`sync.sources.base.Source.read`; files are always read whole."""
        name = self.path.name
        try:
            for name, path in found(self.path, self._options.newest_only).items():
                yield from self._read(name, path)
        except Unreadable as error:
            raise SourceError(self.name, f"{name} {error.problem}.", error.remedy) from None
        except OSError as error:
            raise SourceError(
                self.name,
                f"{name} cannot be read ({error.strerror}).",
                f"Check that {self.path} exists and may be read.",
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

    def _read(self, name: str, path: Path) -> Iterator[Block]:
        options = self._options
        with ByteFile(path, Bounds(options.max_size, options.max_ratio)) as file:
            encoding = options.encoding or detect(file.chunks())
            chunks = _ending(file.chunks()) if options.final_newline else file.chunks()
            if not is_bytewise(encoding):
                chunks, encoding = recode(chunks, encoding), "utf-8"
            lines = physical_lines(chunks)
            first = next(lines, [b""])
            first[0] = without_bom(first[0])
            layout = self._layouts[name] = find_layout(first, encoding, options, self._columns)
            rows: Iterator[tuple[int, list[bytes]]] | AllButLast = _numbered(
                first, lines, layout.lines_before
            )
            if options.end_marker is not None:
                rows = AllButLast(rows)
            count = 0
            start = seed(*self._context, *layout.fingerprint)
            for number, some in rows:
                block = _block(name, number, some, layout, start)
                count += len(block.rows) + len(block.rejected)
                yield block
            if isinstance(rows, AllButLast):
                _check_end(rows.last, count, layout, options.end_marker or "")
            file.check_complete()

    def _columns(self, names: list[str]) -> Columns:
        return Columns(self.name, self.mapping, names, self.populations)


def _ending(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks. Raises :class:`Unreadable` when the last line has no end."""
    end = b""
    for chunk in chunks:
        yield chunk
        end = (end + chunk)[-4:]
    if not end.rstrip(b"\0").endswith((b"\n", b"\r")):  # of a wide encoding, the end may have zeros after it
        raise Unreadable("ends within a line", "The export was cut: wait for it to end, or export again.")


def _numbered(
    first: list[bytes], others: Iterator[list[bytes]], skipped: int
) -> Iterator[tuple[int, list[bytes]]]:
    yield skipped + 1, first[skipped:]
    number = len(first) + 1
    for lines in others:
        yield number, lines
        number += len(lines)


def _block(name: str, first: int, lines: list[bytes], layout: Layout, start: int) -> Block:
    """The rows among those lines, and those too long for one."""
    numbers: list[int] | range = range(first, first + len(lines))
    rejected = []
    if lines and max(map(len, lines)) > MAX_LINE:
        remedy = "Export again: this is not a row."
        rejected = [
            Rejected(Place(name, number), None, f"is longer than {MAX_LINE} bytes", remedy)
            for number, line in zip(numbers, lines, strict=True)
            if len(line) > MAX_LINE
        ]
    # A line shorter than its separators and one character may be blank: most files have none, and are not searched.
    if rejected or (lines and min(map(len, lines)) < len(layout.columns.names)):
        blank = layout.blank
        kept = [i for i, line in enumerate(lines) if line and len(line) <= MAX_LINE and line.strip(blank)]
        numbers, lines = [first + i for i in kept], [lines[i] for i in kept]
    return Block(lines, row_hashes(start, lines), lambda i: Place(name, numbers[i]), rejected)


def _check_end(last: bytes | None, rows: int, layout: Layout, marker: str) -> None:
    text = (last or b"").decode(layout.encoding, "surrogateescape").strip()
    match = re.fullmatch(marker, text)
    if match is None:
        raise Unreadable(
            f"does not end with its end marker, but with « {text[:60]} »",
            "The export was cut: wait for it to end, or export again.",
        )
    told = match.groupdict().get("rows")
    if told is not None and told.strip() != str(rows):
        raise Unreadable(f"has {rows} rows, its end marker says {told}", "Export it again.")


def build(source: SourceSettings, context: str) -> CsvSource:
    """The source of one ``[[sources]]`` block of the kind ``csv``."""
    if source.path is None:
        raise ConfigurationError(f"Source « {source.name} » has no file.", "Set its path.")
    return CsvSource(
        source.name,
        source.path,
        load_mapping(source.mapping),
        source.populations,
        context,
        options_of(source, CsvOptions),
    )
