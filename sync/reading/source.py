"""Reading one source: what changed since it was last read, at the cost of what changed."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sync.people.model import Read
from sync.planning.staging import Staging
from sync.sources.base import Block, Place, Rejected, Row, Source

__all__ = ["KnownRows", "Reading", "read"]


class KnownRows:
    """Hashes of the rows of one source as they were last accepted, and which of them this read has seen.

    A sorted array of 8 bytes each beside one set: 1,000,000 rows take about 75 MB while they are read.
    """

    def __init__(self, pages: Iterable[Sequence[int]] = ()) -> None:
        """``pages``: in rising order."""
        self._unseen: set[int] = set()
        self._all = array("q")
        for page in pages:
            self._unseen.update(page)
            self._all.extend(page)

    def __len__(self) -> int:
        return len(self._all)

    def take(self, hashes: Iterable[int]) -> list[int]:
        """Marks those as seen; the positions of those that are new, or are seen again."""
        unseen = self._unseen
        before = len(unseen)
        news = []
        if not unseen.issuperset(hashes):  # most blocks have nothing new, which takes no loop of ours to see
            news = [position for position, one in enumerate(hashes) if one not in unseen]
        unseen.difference_update(hashes)
        found = before - len(unseen)
        if found + len(news) != _length(hashes):
            return sorted({*news, *_repeated(hashes)})
        return news

    def __contains__(self, row_hash: int) -> bool:
        at = bisect_left(self._all, row_hash)
        return at < len(self._all) and self._all[at] == row_hash

    def present(self, row_hash: int) -> bool:
        """Whether this read saw the row as it was before."""
        return row_hash not in self._unseen and row_hash in self


def _length(hashes: Iterable[int]) -> int:
    return len(hashes)  # type: ignore[arg-type]


def _repeated(hashes: Iterable[int]) -> Iterator[int]:
    """Positions of those that were there earlier."""
    seen: set[int] = set()
    for position, one in enumerate(hashes):
        if one in seen:
            yield position
        seen.add(one)


@dataclass
class Reading:
    """What one read of a source found."""

    source: str
    known: KnownRows
    whole: bool
    """False when only what changed was asked for."""
    rows: int = 0
    """Rows the source holds."""
    counted: bool = True
    """False when ``rows`` are those that changed alone: such a source cannot say how many it holds without being read."""
    changed: int = 0
    mark: str | None = None


def read(
    source: Source,
    known: KnownRows,
    staging: Staging,
    since: str | None = None,
    on_rows: Callable[[int], None] = lambda _rows: None,
) -> Reading:
    """Stages the rows whose hash is not known. Raises :class:`sync.sources.base.SourceError`."""
    reading = Reading(source.name, known, whole=since is None)
    total: int | None = None
    for block in source.read(since):
        reading.rows += len(block.hashes)
        reading.mark = block.mark or reading.mark
        total = block.total if block.total is not None else total
        if block.rejected:
            reading.rows += len({rejected.place for rejected in block.rejected})
            staging.reject(source.name, block.rejected)
        news = known.take(block.hashes)
        if news:
            reading.changed += _stage(source, known, staging, block, news)
        on_rows(len(block.hashes))
    if total is not None:
        reading.rows = total
    reading.counted = reading.whole or total is not None
    return reading


def _stage(source: Source, known: KnownRows, staging: Staging, block: Block, positions: list[int]) -> int:
    reads: list[Read] = []
    rejected: list[Rejected] = []
    again: list[tuple[int, Place]] = []
    for position in positions:
        row_hash, place = block.hashes[position], block.place(position)
        if row_hash in known:
            again.append((row_hash, place))
            continue
        result = source.parse(Row(place, block.rows[position]))
        if isinstance(result, list):
            rejected += result
        else:
            reads.append(Read(source.name, place, row_hash, result, f"{source.name}:{result.key}"))
    staging.add(reads)
    staging.reject(source.name, rejected)
    staging.seen_again(source.name, again)
    return len(reads)
