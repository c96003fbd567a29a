"""Enrolments as JSON, one object a line, whose names are those of kc-bridge's own records."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import ValidationError

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.settings import SourceSettings
from sync.sources.base import Place, Rejected, Row, Source, SourceError, hasher
from sync.sources.record import Record, explain


class JsonLines:
    """One file of such lines."""

    def __init__(self, source: SourceSettings, context: str) -> None:
        assert source.path is not None
        self.name, self.path = source.name, source.path
        self.populations = frozenset(source.populations)
        self.hasher = hasher(source.name, *source.populations, context)

    def rows(self) -> Iterator[Row | Rejected]:
        try:
            with self.path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    yield Row(Place(self.path.name, number), line.strip(), self)
        except (OSError, UnicodeError) as error:
            raise SourceError(self.name, f"cannot be read ({error})", f"Check {self.path}.") from None

    def parse(self, row: Row) -> Record | list[Rejected]:
        try:
            return Record.model_validate(json.loads(row.raw))
        except json.JSONDecodeError as error:
            return [Rejected(row.place, None, f"is no JSON ({error.msg})", "Export it again.")]
        except ValidationError as error:
            return [Rejected(row.place, ".".join(map(str, e["loc"])), *explain(e)) for e in error.errors()]


def build(source: SourceSettings, context: str) -> Source:
    """The source of one ``[[sources]]`` block of this kind."""
    if source.path is None:
        raise ConfigurationError(f"Source « {source.name} » has no file.", "Set its path.")
    return JsonLines(source, context)
