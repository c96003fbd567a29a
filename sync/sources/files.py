"""Files as bytes, unpacked on the way, within bounds."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from glob import has_magic
from os import fstat
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, cast

from sync.normalise.text import shown

__all__ = ["Bounds", "ByteFile", "Unreadable", "found"]

CHUNK = 1 << 20
XZ_MEMORY = 80 << 20
"""The strongest level of xz asks for 65 MB; a file that asks for more was not made by an export."""
LONGEST_NAME = 500
HARMLESS = 64 << 20
"""Bytes any file may unpack to, however small it is: short files of much the same lines shrink most."""


@dataclass
class Unreadable(Exception):
    """What is wrong with a file, and what to do about it."""

    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a file may unpack to."""

    size: int
    """Bytes."""
    ratio: int
    """Times its own size."""


class _Xz:
    """An xz stream of one or several members, with a bound on the memory it may ask for, which the standard reader
    has not."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = lzma.LZMADecompressor(memlimit=XZ_MEMORY)

    def read(self, size: int) -> bytes:
        while True:
            if self._decoder.eof:
                rest = self._decoder.unused_data.lstrip(b"\0") or self._file.read(CHUNK)
                if not rest:
                    return b""
                self._decoder = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
            else:
                rest = self._file.read(CHUNK) if self._decoder.needs_input else b""
                if self._decoder.needs_input and not rest:
                    raise EOFError
            if data := self._decoder.decompress(rest, size):
                return data


KINDS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": _Xz,
}
"""How a packed file begins, whatever it is called."""
OTHERS = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"%PDF": "a PDF",
}


class ByteFile:
    """One file, open, whose content can be read several times: it stays the same one when another takes its name."""

    def __init__(self, path: Path, bounds: Bounds) -> None:
        self.path = path
        self._bounds = bounds
        self._file = path.open("rb")
        self._before = self._state()

    def __enter__(self) -> ByteFile:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()

    def chunks(self) -> Iterator[bytes]:
        """The content from its beginning. Raises :class:`Unreadable`, and :class:`OSError` of the file itself."""
        self._file.seek(0)
        start = self._file.read(8)
        self._file.seek(0)
        for beginning, what in OTHERS.items():
            if start.startswith(beginning):
                raise Unreadable(f"is {what}", "Export it as CSV; it may be packed by gzip, bzip2 or xz.")
        for beginning, opener in KINDS.items():
            if start.startswith(beginning):
                yield from self._unpacked(opener(self._file))
                return
        while chunk := self._file.read(CHUNK):
            yield chunk

    def check_complete(self) -> None:
        """Raises :class:`Unreadable` when the file was written to since it was opened."""
        if self._state() != self._before:
            raise Unreadable(
                "changed while it was read",
                "Let the export write under another name, and rename the file when it is done.",
            )

    def _unpacked(self, file: IO[bytes] | _Xz) -> Iterator[bytes]:
        limit = min(self._bounds.size, max(HARMLESS, self._bounds.ratio * self._before[0]))
        size = 0
        while chunk := self._read(file):
            size += len(chunk)
            if size > limit:
                raise Unreadable(
                    f"unpacks to more than {limit >> 20} MB, from {self._before[0]} bytes",
                    "Export again: rows do not shrink that much. If they do, set max_ratio or max_size in the source's"
                    " options.",
                )
            yield chunk

    def _read(self, file: IO[bytes] | _Xz) -> bytes:
        try:
            return cast(bytes, file.read(CHUNK))
        except EOFError:
            raise Unreadable("is cut: its packing has no end", "Export it again.") from None
        except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, ValueError) as error:
            raise Unreadable(f"cannot be unpacked ({error})", "Export it again.") from None
        except OSError as error:
            if error.errno is not None:
                raise
            raise Unreadable(f"cannot be unpacked ({error})", "Export it again.") from None

    def _state(self) -> tuple[int, int]:
        status = fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns


def found(pattern: Path, newest_only: bool = False) -> dict[str, Path]:
    """Files by the name people are told, in the order of those; a path that exists is no pattern.

    Raises :class:`Unreadable` when there is none.
    """
    if pattern.exists() or not has_magic(str(pattern)):
        return {_told(Path(pattern.name)): pattern}
    root = next(folder for folder in pattern.parents if not has_magic(str(folder)))
    files = sorted(path for path in root.glob(str(pattern.relative_to(root))) if path.is_file())
    if not files:
        raise Unreadable("fits no file", f"Check that {pattern} is where the export goes.")
    if newest_only:
        files = [max(files, key=lambda path: (path.stat().st_mtime_ns, path))]
    return {_told(path.relative_to(root)): path for path in files}


def _told(path: Path) -> str:
    """As it may be shown and kept: names of files are bytes."""
    name = shown(str(path))
    return name if len(name) <= LONGEST_NAME else "…" + name[-LONGEST_NAME:]
