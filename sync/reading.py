"""Reading one source: what changed since it was last read, at the cost of what changed."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field

from sync.people import Read
from sync.sources.base import Place, Rejected, Source

__all__ = ["Reading", "read"]


@dataclass
class Reading:
    """What one read of a source found."""

    source: str
    rows: int = 0
    unchanged: dict[str, Place] = field(default_factory=dict)
    """Hash of every row read before as it is now."""
    changed: list[Read] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def read(source: Source, known_hashes: Set[str], on_row: Callable[[], None] = lambda: None) -> Reading:
    """Parses the rows whose hash is not known. Raises :class:`sync.sources.base.SourceError`."""
    reading = Reading(source.name)
    seen: dict[str, Place] = {}
    for row in source.rows():
        reading.rows += 1
        on_row()
        if isinstance(row, Rejected):
            reading.rejected.append(row)
        elif row.hash in seen:
            reading.rejected.append(
                Rejected(
                    row.place, None, f"repeats line {seen[row.hash].line}", "Remove one of the two lines."
                )
            )
        elif row.hash in known_hashes:
            seen[row.hash] = reading.unchanged[row.hash] = row.place
        else:
            seen[row.hash] = row.place
            result = row.parse()
            if isinstance(result, list):
                reading.rejected += result
            else:
                reading.changed.append(Read(source.name, row.place, row.hash, result))
    return reading
