"""Many rows in one statement, where a row for each would cost a journey to the database.

PostgreSQL takes them as one JSON document: three times as fast as statement after statement, and unlike COPY it can
update, and leave out what is there. SQLite, which is no journey away, takes them one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import JSON, Table, Update, bindparam, cast, column, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.selectable import TableValuedAlias

__all__ = ["Row", "insert_missing", "insert_rows", "table_of", "update_rows"]

Row = dict[str, Any]
"""Values by column; the rows of one call have the same columns."""


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table behind a model."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def insert_rows(session: Session, model: type[DeclarativeBase], rows: Sequence[Row]) -> None:
    """Adds ``rows``. Raises ``IntegrityError`` when one breaks a rule, and adds none."""
    if not rows:
        return
    if _takes_documents(session):
        session.connection().execute(_insertion(model, tuple(rows[0])), {"rows": _dump(rows)})
    else:
        session.connection().execute(insert(table_of(model)), list(rows))


def insert_missing(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Row], unique: Sequence[str]
) -> None:
    """Adds those of ``rows`` whose columns ``unique`` are not there yet."""
    if not rows:
        return
    if _takes_documents(session):
        statement = _insertion(model, tuple(rows[0])).on_conflict_do_nothing(index_elements=unique)
        session.connection().execute(statement, {"rows": _dump(rows)})
    else:
        one = sqlite.insert(table_of(model)).on_conflict_do_nothing(index_elements=unique)
        session.connection().execute(one, list(rows))


def update_rows(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Row], key: Sequence[str] = ("id",)
) -> None:
    """Sets the columns of each row where its columns ``key`` say."""
    if not rows:
        return
    table = table_of(model)
    names = list(rows[0])
    if _takes_documents(session):
        session.connection().execute(_change(model, tuple(names), tuple(key)), {"rows": _dump(rows)})
    else:
        one = update(table).where(*(table.c[name] == bindparam(f"key_{name}") for name in key))
        renamed = {name: f"key_{name}" if name in key else name for name in names}
        session.connection().execute(
            one, [{renamed[name]: value for name, value in row.items()} for row in rows]
        )


def _takes_documents(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


@cache
def _insertion(model: type[DeclarativeBase], names: tuple[str, ...]) -> postgresql.Insert:
    table = table_of(model)
    return postgresql.insert(table).from_select(names, select(*_document(table, names).c))


@cache
def _change(model: type[DeclarativeBase], names: tuple[str, ...], key: tuple[str, ...]) -> Update:
    table = table_of(model)
    given = _document(table, names)
    values = {name: given.c[name] for name in names if name not in key}
    return update(table).values(values).where(*(table.c[name] == given.c[name] for name in key))


def _document(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """The parameter ``rows`` as a table with the types of ``table``."""
    columns = [column(name, table.c[name].type) for name in names]
    document = func.json_to_recordset(cast(bindparam("rows", type_=postgresql.TEXT), JSON))
    return document.table_valued(*columns, name="given").render_derived(with_types=True)


def _dump(rows: Sequence[Row]) -> str:
    return json.dumps(rows, default=_text, ensure_ascii=False)


def _text(value: object) -> str:
    if isinstance(value, date):  # and moments
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} in a row")
