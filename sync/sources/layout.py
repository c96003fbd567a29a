"""How the lines of one CSV file are to be understood: encoding, separator, quotes, names of the columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass

from sync.sources.columns import Columns
from sync.sources.csv_options import CsvOptions
from sync.sources.files import Unreadable
from sync.sources.lines import MAX_LINE

__all__ = ["Layout", "find_layout"]

SEPARATORS = ";\t,|"
EXCEL_HINT = re.compile(rb"sep=(.)")
"""A first line that Excel writes and reads, and that is no header."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Of one file."""

    encoding: str
    separator: str
    quote: str
    columns: Columns
    lines_before: int
    """Lines that are no rows: the header, if there is one."""

    def split(self, line: bytes) -> list[str]:
        """The cells of a row. Raises :class:`csv.Error` for an unbalanced quote."""
        # What is not of the encoding becomes lone surrogates, which no name may hold: it spoils its own cell only.
        return _split(line.decode(self.encoding, "surrogateescape"), self.separator, self.quote)

    @property
    def fingerprint(self) -> tuple[str, ...]:
        """What else than its bytes decides what a row says."""
        return (self.encoding, self.separator, self.quote, *self.columns.names)

    @property
    def blank(self) -> bytes:
        """Bytes of which a line is made that says nothing."""
        return self.separator.encode(self.encoding) + b" "


def find_layout(
    lines: list[bytes], encoding: str, options: CsvOptions, columns: Callable[[list[str]], Columns]
) -> Layout:
    """From the first lines of a file. Raises :class:`Unreadable` when it is no file of rows under these columns."""
    before = 0
    separators = options.separator or SEPARATORS
    if options.header is None and len(lines) > 1 and (hint := EXCEL_HINT.fullmatch(lines[0].strip())):
        separators = options.separator or hint[1].decode("latin-1")
        before = 1
    text = _text(lines[before], encoding)
    split = {one: names for one in separators if (names := _names(text, one, options.quote))}
    if not split:
        raise Unreadable("begins with an unbalanced quote", "Export it again.")
    if options.header:
        wanted = len(options.header)
        separator = min(split, key=lambda one: abs(len(split[one]) - wanted))
        found = columns(options.header)
    else:
        # The separator under which most columns are known, not the most frequent: labels have commas.
        separator = max(split, key=lambda one: (columns(split[one]).known, text.count(one)))
        found = columns(split[separator])
        before += 1
    if fault := found.fault():
        raise Unreadable(fault, "Correct the export, or the mapping named in the settings.")
    return Layout(encoding, separator, options.quote, found, before)


def _names(text: str, separator: str, quote: str) -> list[str]:
    """The cells of the first line; none when they have an unbalanced quote."""
    try:
        return [cell.strip() for cell in _split(text, separator, quote)]
    except csv.Error:
        return []


def _text(line: bytes, encoding: str) -> str:
    if len(line) > MAX_LINE:
        raise Unreadable(f"begins with more than {MAX_LINE} bytes in one line", "Export it again.")
    text = line.decode(encoding, "surrogateescape")
    if not text.strip():
        raise Unreadable("is empty", "Export it again: not even a header was found.")
    return text


def _split(text: str, separator: str, quote: str) -> list[str]:
    if not quote or quote not in text:
        return text.split(separator)
    return next(csv.reader([text], delimiter=separator, quotechar=quote, strict=True))
