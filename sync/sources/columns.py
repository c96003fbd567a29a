"""The columns of a table: how its rows become records, and what is wrong with those that do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Positions
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from sync.sources.base import Place, Rejected
from sync.sources.mapping import Mapping
from sync.sources.record import Record, explain

__all__ = ["Columns"]


class Columns:
    """One header, in the light of a mapping."""

    def __init__(
        self, source: str, mapping: Mapping, names: Sequence[str], populations: frozenset[str]
    ) -> None:
        self.source = source
        self.mapping = mapping
        self.names = [self._as_mapped(name, names) for name in names]
        self.populations = populations
        at = {name: index for index, name in enumerate(self.names)}
        self._fields = [(field, _positions(at, columns)) for field, columns in mapping.fields.items()]
        self._identifiers = [(kind, _positions(at, columns)) for kind, columns in mapping.identifiers.items()]
        self._record_key = [at[name] for name in mapping.record_key if name in at]

    @property
    def known(self) -> int:
        """How many of the mapping's columns there are."""
        return len(set(self.mapping.columns).intersection(self.names))

    def fault(self) -> str | None:
        """Why nothing can be read under this header."""
        repeated = sorted(name for name, times in Counter(self.names).items() if name and times > 1)
        missing = self.mapping.missing(self.names)
        if not missing and not repeated:
            return None
        what = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(repeated)[:300]} more than once"
        return f"{what}; its columns are {', '.join(self.names)[:300]}"

    def record(self, place: Place, cells: Sequence[str]) -> Record | list[Rejected]:
        """As many cells as there are names. See :meth:`sync.sources.base.Source.parse`."""
        try:
            record = Record.model_validate(self.raw(cells))
        except ValidationError as error:
            return [
                Rejected(place, self.mapping.column_of(e["loc"]), *explain(e))
                for e in error.errors(include_url=False)
            ]
        if record.population not in self.populations:
            return [
                Rejected(
                    place,
                    self.mapping.column_of(("population",)),
                    f"is of population « {record.population} », which source « {self.source} » has no authority over",
                    "Add it to the source's populations in the settings, or remove the row.",
                )
            ]
        return record

    def raw(self, cells: Sequence[str]) -> dict[str, Any]:
        """The fields of the record to be, without the empty ones."""
        raw: dict[str, Any] = dict(self.mapping.constants)
        for field, positions in self._fields:
            if value := _joined(cells, positions):
                raw[field] = value
        for field, translation in self.mapping.values.items():
            value = raw.pop(field, "").strip()
            if value := translation.get(value, value):
                raw[field] = value
        numbers = ((kind, _joined(cells, positions)) for kind, positions in self._identifiers)
        raw["identifiers"] = {kind: value for kind, value in numbers if value.strip()}
        raw["record_key"] = ":".join([cells[position].strip() for position in self._record_key])
        return raw

    def _as_mapped(self, name: str, names: Sequence[str]) -> str:
        """The mapping's spelling: databases and some exports do not keep capitals."""
        if name in self.mapping.columns:
            return name
        alike = [column for column in self.mapping.columns if column.lower() == name.lower()]
        return alike[0] if alike and alike[0] not in names else name


def _positions(at: Positions[str, int], columns: str | list[str]) -> list[int]:
    names = [columns] if isinstance(columns, str) else columns
    return [at[name] for name in names if name in at]


def _joined(cells: Sequence[str], positions: list[int]) -> str:
    if len(positions) == 1:
        return cells[positions[0]]
    return "".join([cells[position] for position in positions])
