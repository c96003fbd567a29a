"""Two long streams, joined part by part: memory stays bounded at any length, and no order is asked for."""

from __future__ import annotations

import pickle
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Generic, TypeVar

__all__ = ["Spill"]

T = TypeVar("T")
PARTS = 64
PAGE = 512
"""Rows written at once."""


class Spill(Generic[T]):
    """Rows by their key, in as many private temporary files as there are parts: the same key, the same part."""

    def __init__(self, rows: Iterable[tuple[str, T]]) -> None:
        self._open = ExitStack()
        self._files: dict[int, IO[bytes]] = {}
        waiting: dict[int, list[T]] = defaultdict(list)
        for key, row in rows:
            part = waiting[hash(key) % PARTS]
            part.append(row)
            if len(part) == PAGE:
                self._write(hash(key) % PARTS, part)
                part.clear()
        for number, part in waiting.items():
            self._write(number, part)

    def part(self, number: int) -> Iterator[T]:
        """The rows of one part."""
        file = self._files.get(number)
        if file is None:
            return
        file.seek(0)
        while True:
            try:
                yield from pickle.load(file)  # noqa: S301 - written by this very process, in a file of its own
            except EOFError:
                return

    def _write(self, number: int, rows: list[T]) -> None:
        if number not in self._files:
            self._files[number] = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        pickle.dump(rows, self._files[number], pickle.HIGHEST_PROTOCOL)

    def close(self) -> None:
        """Forgets everything."""
        self._open.close()
