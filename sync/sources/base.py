"""What every source offers, and what can be wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from kc_bridge.domain import plugins
from kc_bridge.domain.errors import BridgeError
from sync.rules import RULES_VERSION
from sync.sources.record import Record

__all__ = ["Place", "Rejected", "Row", "Source", "SourceError"]


@dataclass
class SourceError(BridgeError):
    """The source as a whole cannot be used; nothing of it is."""

    source: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"Source « {self.source} »: {self.problem}\n  → {self.remedy}"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a row is."""

    file: str
    line: int


@dataclass(frozen=True, slots=True, order=True)
class Rejected:
    """A row that cannot be used: quarantined, the run goes on."""

    place: Place
    column: str | None
    problem: str
    remedy: str


@dataclass(frozen=True)
class Row:
    """One raw row. ``hash`` is cheap, ``parse`` is not: an unchanged row is never parsed."""

    place: Place
    raw: str
    source: Source

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the row, the mapping and the rules version."""
        hasher = self.source.hasher.copy()
        hasher.update(self.raw.encode("utf-8", "surrogatepass"))
        return hasher.hexdigest()

    def parse(self) -> Record | list[Rejected]:
        """The validated record, or every problem of the row."""
        return self.source.parse(self)


class Source(Protocol):
    """Yields the rows of one source, in no particular order, as often as asked."""

    name: str
    populations: frozenset[str]
    hasher: hashlib._Hash
    """Fed with everything beside the row that decides what becomes of it."""

    def rows(self) -> Iterator[Row | Rejected]:
        """Raises :class:`SourceError` when the source as a whole cannot be used."""
        ...

    def parse(self, row: Row) -> Record | list[Rejected]:
        """Normalises and validates one row."""
        ...


def hasher(*parts: str) -> hashlib._Hash:
    """A SHA-256 begun with the version of the rules, those of plug-ins included, and ``parts``."""
    rules = (RULES_VERSION, plugins.fingerprint(plugins.RULES))
    return hashlib.sha256("\0".join((*filter(None, rules), *parts, "")).encode())
