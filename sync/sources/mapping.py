"""Which column means what: a TOML file per register, shipped ones beside this module."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kc_bridge.domain.toml_model import load_toml
from sync.sources.record import Record

__all__ = ["Mapping", "load_mapping"]

Columns = str | list[str]
"""One column, or several whose values are joined."""
LONGEST_COLUMN = 128
"""Characters the quarantine keeps of a column's name."""
FIELDS = frozenset(Record.model_fields) - {"record_key", "identifiers"}


class Mapping(BaseModel):
    """How the rows of one register become records."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    record_key: list[str] = Field(min_length=1)
    """Columns that together name a record for ever."""
    fields: dict[str, Columns]
    """Field of :class:`sync.sources.record.Record` → column."""
    identifiers: dict[str, Columns] = {}
    """Kind of number → column."""
    constants: dict[str, str] = {}
    """Fields with the same value on every row."""
    values: dict[str, dict[str, str]] = {}
    """Field → value in the register → our value. A value it does not name passes unchanged."""
    optional: list[str] = []
    """Columns the file may lack."""

    @model_validator(mode="after")
    def _of_records(self) -> Self:
        """A field nobody reads would make every row wrong: it is one mistake, of this file."""
        named = {*self.fields, *self.constants, *self.values}
        if unknown := sorted(named - FIELDS):
            raise ValueError(
                f"{', '.join(unknown)}: no field of a record; there are {', '.join(sorted(FIELDS))}"
            )
        if unmade := sorted(set(self.values) - {*self.fields, *self.constants}):
            raise ValueError(f"values.{unmade[0]} translates a field that no column or constant fills")
        if twice := sorted(set(self.fields) & set(self.constants)):
            raise ValueError(f"{twice[0]} is both a column's and a constant's")
        return self

    @cached_property
    def columns(self) -> list[str]:
        """Every column named, without repetition."""
        groups: list[Columns] = [*self.fields.values(), *self.identifiers.values(), self.record_key]
        return list(
            dict.fromkeys(name for group in groups for name in ([group] if isinstance(group, str) else group))
        )

    def missing(self, header: list[str]) -> list[str]:
        """Columns a file with that header lacks."""
        return [name for name in self.columns if name not in header and name not in self.optional]

    def column_of(self, location: tuple[Any, ...]) -> str | None:
        """The column behind the place pydantic names in an error."""
        field = location[0] if location else None
        if field == "identifiers" and len(location) > 1:
            columns: Columns | None = self.identifiers.get(str(location[1]))
        elif field == "identifiers":
            columns = self.identifiers.get("ine")
        elif field == "record_key":
            columns = self.record_key
        else:
            columns = self.fields.get(str(field))
        told = "+".join(columns) if isinstance(columns, list) else columns
        return told[:LONGEST_COLUMN] if told else None


def load_mapping(name: str) -> Mapping:
    """A shipped mapping by name, or a TOML file by path; :class:`ConfigurationError` says what is wrong with it."""
    return load_toml(Mapping, name, "sync.sources.mappings", "mapping", "apogee, pegase, staff")
