"""What a source holds, without a database and without Keycloak: for whoever writes a mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sync.sources.base import Rejected, Row, Source

__all__ = ["Check", "check"]


@dataclass
class Check:
    """Counts only: a million rows cost no more memory than ten."""

    source: str
    rows: int = 0
    records: int = 0
    kinds: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(population, year, status) → records."""
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(column, remedy) → rows."""
    examples: dict[tuple[str, str], Rejected] = field(default_factory=dict)
    """The first of each."""
    filled: Counter[str] = field(default_factory=Counter)
    """Field of the record → in how many it says something."""

    def reject(self, rejected: Rejected) -> None:
        kind = (rejected.column or "", rejected.remedy)
        self.faults[kind] += 1
        self.examples.setdefault(kind, rejected)


def check(source: Source, on_rows: Callable[[int], None] = lambda _rows: None) -> Check:
    """Reads and parses everything. Raises :class:`sync.sources.base.SourceError`."""
    found = Check(source.name)
    for block in source.read():
        found.rows += len(block.rows) + len(block.rejected)
        for rejected in block.rejected:
            found.reject(rejected)
        for index, raw in enumerate(block.rows):
            result = source.parse(Row(block.place(index), raw))
            if isinstance(result, list):
                for rejected in result:
                    found.reject(rejected)
                continue
            found.records += 1
            found.kinds[result.population, str(result.year or ""), result.status] += 1
            found.filled.update(name for name, value in result if value)
        on_rows(len(block.rows))
    return found
