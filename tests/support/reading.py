"""Reading a source without the engine: every row parsed, or every row that is not known."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from sync.sources.base import Place, Rejected, Row, Source
from sync.sources.record import Record

__all__ = ["Found", "read_all"]


@dataclass
class Found:
    """What one read of a source gave."""

    records: dict[Place, Record] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    hashes: list[int] = field(default_factory=list)
    mark: str | None = None
    total: int | None = None
    largest_block: int = 0

    @property
    def only(self) -> Record:
        assert self.rejected == []
        (record,) = self.records.values()
        return record

    @property
    def keys(self) -> list[str]:
        return sorted(record.key for record in self.records.values())

    @property
    def lines(self) -> list[int]:
        return [place.line for place in self.records]


def read_all(source: Source, since: str | None = None, known: Set[int] = frozenset()) -> Found:
    found = Found()
    for block in source.read(since):
        assert len(block.rows) == len(block.hashes)
        found.rejected += block.rejected
        found.hashes += block.hashes
        found.mark, found.total = (
            block.mark or found.mark,
            block.total if block.total is not None else found.total,
        )
        found.largest_block = max(found.largest_block, len(block.rows))
        for index, row in enumerate(block.rows):
            if block.hashes[index] not in known:
                result = source.parse(Row(block.place(index), row))
                if isinstance(result, list):
                    found.rejected += result
                else:
                    found.records[block.place(index)] = result
    return found
