"""The rows a run read as they were before: counted, not kept; looked up again when a message must say where one is."""

from __future__ import annotations

from collections.abc import Mapping

from sync.planning.staging import Staging
from sync.reading.source import Reading
from sync.sources.base import Place, Source

__all__ = ["UnchangedRows"]


class UnchangedRows:
    """Meets :class:`sync.reading.believing.Unchanged`. The first question for a place reads that source once more."""

    def __init__(
        self, readings: Mapping[str, Reading], sources: Mapping[str, Source], staging: Staging
    ) -> None:
        self._readings = readings
        self._sources = sources
        self._staging = staging
        self._located: set[str] = set()

    def present(self, source: str, row_hash: int) -> bool:
        """Whether this run read the row unchanged."""
        return source in self._readings and self._readings[source].known.present(row_hash)

    def place(self, source: str, row_hash: int) -> Place | None:
        """Where it is; None when the source has moved on."""
        self.locate(source)
        return self._staging.located(source, row_hash)

    def locate(self, source: str) -> None:
        """Finds out where the rows of a source are, once a run."""
        if source in self._located or source not in self._sources:
            return
        self._located.add(source)
        for block in self._sources[source].read():
            places = ((row_hash, block.place(n)) for n, row_hash in enumerate(block.hashes))
            self._staging.locate(source, places)
