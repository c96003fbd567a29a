"""What every source offers, and what can be wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Protocol

from xxhash import xxh3_64_intdigest

from kc_bridge.domain import plugins
from kc_bridge.domain.errors import BridgeError
from sync.normalise.text import shown
from sync.rules import RULES_VERSION
from sync.sources.record import Record

__all__ = ["Block", "Place", "Rejected", "Row", "Source", "SourceError", "row_hashes", "seed"]


@dataclass
class SourceError(BridgeError):
    """The source as a whole cannot be used; nothing of it is."""

    source: str
    problem: str
    remedy: str

    def __post_init__(self) -> None:
        self.problem = shown(self.problem)

    def __str__(self) -> str:
        return f"Source « {self.source} »: {self.problem}\n  → {self.remedy}"


@dataclass(frozen=True, order=True)
class Place:
    """Where a row is: a file and its line, a query and the number of the row, an entry of a directory."""

    file: str
    line: int


@dataclass(frozen=True, order=True)
class Rejected:
    """A row that cannot be used: quarantined, the run goes on."""

    place: Place
    column: str | None
    problem: str
    remedy: str

    def __post_init__(self) -> None:
        # It quotes what the row says, which databases and terminals may not take.
        object.__setattr__(self, "problem", shown(self.problem))


@dataclass(frozen=True)
class Row:
    """One raw row, as its source read it."""

    place: Place
    raw: Any


@dataclass(slots=True)
class Block:
    """Consecutive rows, of which only the hashes are known: an unchanged row is never parsed."""

    rows: Sequence[Any]
    """What :meth:`Source.parse` understands, in the order they were read."""
    hashes: Sequence[int]
    """One for each row: :func:`row_hashes`."""
    place: Callable[[int], Place]
    """Where the row of that index is."""
    rejected: list[Rejected] = field(default_factory=list)
    """What was met between these rows and is none."""
    mark: str | None = None
    """On the last block: how far the source was read, for sources that can be asked what changed since."""
    total: int | None = None
    """On the last block: rows the source holds, when not all of them were read."""


class Source(Protocol):
    """Yields the rows of one source, in no particular order, as often as asked."""

    name: str
    populations: frozenset[str]

    def read(self, since: str | None = None) -> Iterator[Block]:
        """Every row, or at least those that changed after the mark ``since``, for sources that know.

        Holds one block in memory at a time. Raises :class:`SourceError` when the source as a whole cannot be used.
        """
        ...

    def parse(self, row: Row) -> Record | list[Rejected]:
        """Normalises and validates one row of the last read, or says every problem it has."""
        ...


def seed(*parts: str) -> int:
    """64 bits that stand for ``parts`` and for the version of the rules, those of plug-ins included: everything beside
    the row that decides what becomes of it."""
    rules = (RULES_VERSION, plugins.fingerprint(plugins.RULES))
    content = "\0".join((*filter(None, rules), *parts, "")).encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:8])


def row_hashes(seed: int, rows: Iterable[bytes]) -> list[int]:
    """A signed number of 64 bits for each row (docs/adr/0033): what databases keep, ten times faster than SHA-256."""
    return [value - (1 << 63) for value in map(xxh3_64_intdigest, rows, repeat(seed))]
