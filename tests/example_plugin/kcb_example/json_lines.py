"""Enrolments as JSON, one object a line, whose names are those of kc-bridge's own records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice

from pydantic import ValidationError

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.settings import SourceSettings
from sync.sources.base import Block, Place, Rejected, Row, Source, SourceError, row_hashes, seed
from sync.sources.record import Record, explain

BLOCK = 5_000
"""Lines kept in memory at a time."""


class JsonLines:
    """One file of such lines."""

    def __init__(self, source: SourceSettings, context: str) -> None:
        assert source.path is not None
        self.name, self.path = source.name, source.path
        self.populations = frozenset(source.populations)
        self._seed = seed(source.name, ",".join(sorted(source.populations)), context)

    def read(self, since: str | None = None) -> Iterator[Block]:
        try:
            with self.path.open("rb") as file:
                first = 1
                while lines := [line.strip() for line in islice(file, BLOCK)]:
                    yield Block(lines, row_hashes(self._seed, lines), self._places(first))
                    first += len(lines)
        except OSError as error:
            raise SourceError(self.name, f"cannot be read ({error})", f"Check {self.path}.") from None

    def parse(self, row: Row) -> Record | list[Rejected]:
        try:
            record = Record.model_validate(json.loads(row.raw))
        except ValidationError as error:
            return [Rejected(row.place, ".".join(map(str, e["loc"])), *explain(e)) for e in error.errors()]
        except ValueError as error:  # no JSON, or no UTF-8
            return [Rejected(row.place, None, f"is no JSON ({error})", "Export it again.")]
        if record.population not in self.populations:
            problem = f"is of population « {record.population} », which « {self.name} » has no authority over"
            return [Rejected(row.place, "population", problem, "Add it to the source's populations.")]
        return record

    def _places(self, first: int) -> Callable[[int], Place]:
        return lambda index: Place(self.path.name, first + index)


def build(source: SourceSettings, context: str) -> Source:
    """The source of one ``[[sources]]`` block of this kind."""
    if source.path is None:
        raise ConfigurationError(f"Source « {source.name} » has no file.", "Set its path.")
    return JsonLines(source, context)
