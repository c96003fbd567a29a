"""``[sources.options]`` of the kind ``sql``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

__all__ = ["SqlOptions"]


class SqlOptions(BaseModel):
    """Which database is asked what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr | None = None
    """SQLAlchemy address of the database; with a password in it, better in ``url_file``."""
    url_file: Path | None = None
    """File whose first line is that address, readable by kc-bridge alone."""
    query: str | None = None
    """One SELECT whose columns the mapping names; more columns do no harm."""
    query_file: Path | None = None
    """File with that SELECT."""
    watermark: str | None = None
    """Column of the query that grows whenever a row changes: the moment of its last change, or a number. With it only
    what changed since the last run is read, and everything once in ``full_every``."""
    overlap: timedelta = Field(timedelta(minutes=5), ge=timedelta())
    """How much of what was read before is read again: a transaction may commit after one that began later."""
    overlap_numbers: int = Field(1000, ge=0)
    """The same for a watermark that is a number."""
    count_query: str | None = None
    """SELECT of how many rows there are, asked when only what changed is read; else the query's rows are counted."""
    full_every: timedelta = Field(timedelta(days=1), gt=timedelta())
    """How often everything is read, and not only what has changed since."""
    timeout: timedelta = Field(timedelta(minutes=10), ge=timedelta(milliseconds=1))
    """How long the database may work on one answer (PostgreSQL, MySQL, MariaDB)."""
    timezone: str = "Europe/Paris"
    """Zone in which the database's moments are days."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"« {value} » is no time zone") from None
        return value

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.url is None) == (self.url_file is None):
            raise ValueError("one of url and url_file is needed")
        if (self.query is None) == (self.query_file is None):
            raise ValueError("one of query and query_file is needed")
        return self
