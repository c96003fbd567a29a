"""Many rows in one statement, where a row for each would cost a journey to the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session

__all__ = ["insert_missing", "insert_rows", "table_of"]

Rows = Sequence[dict[str, Any]]


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table behind a model."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def insert_rows(session: Session, model: type[DeclarativeBase], rows: Rows) -> None:
    """Adds ``rows``, which all have the same columns. Raises ``IntegrityError`` when one breaks a rule, and adds none."""
    if rows:
        session.connection().execute(insert(table_of(model)), list(rows))


def insert_missing(session: Session, model: type[DeclarativeBase], rows: Rows, unique: Sequence[str]) -> None:
    """Adds those of ``rows`` whose columns ``unique`` are not there yet."""
    if rows:
        dialect = session.get_bind().dialect.name
        statement = (sqlite if dialect == "sqlite" else postgresql).insert(table_of(model))
        session.connection().execute(statement.on_conflict_do_nothing(index_elements=unique), list(rows))
