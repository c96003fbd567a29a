"""Somebody with a row in every table there is, every text of which bears a mark."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, String, Table
from sqlalchemy.orm import Session

from kc_bridge.store import activation, decisions, models, sync
from kc_bridge.store.base import Base

__all__ = ["BORN", "KEY", "fill", "tables_of_a_person", "value"]

assert {activation, decisions, models, sync}  # whose tables these are

KEY = "guests:G7"
BORN = date(1999, 9, 9)
LINKED = {"journey_id": "journey", "check_id": "address_check"}
"""Columns that point at another of the person's rows."""


def value(table: Table, column: Column[Any], person: str) -> Any:
    special: dict[str, Any] = {
        "person.id": person,
        "person.key": KEY,
        "person.birth_date": BORN,
        "person.keycloak_id": None,
        "person_key.key": "rh:MARK7",
        "sameness.left_key": "rh:MARK7",
        "guest.number": "G7",
        "guest.birth_date": BORN,
        "audit.details": {"step": "charter", "reason": "MARK", "login": "MARK", "why": "ended"},
        "audit.action": "account.disable",
        "audit.actor": "an operator",
        "affiliation.source": "rh",
        "affiliation.population": "staff",
        "person.population": "staff",
        "person.language": "fr",
    }
    name = f"{table.name}.{column.name}"
    if name in special:
        return special[name]
    if column.name == "person_id":
        return person
    if column.name in LINKED:
        return f"{LINKED[column.name]}-id"
    if column.primary_key and isinstance(column.type, String):
        return f"{table.name}-id" if column.name == "id" else f"MARK {name}"
    return of_type(column, name)


def of_type(column: Column[Any], name: str) -> Any:
    kind = getattr(column.type, "impl", column.type).python_type
    values: dict[type, Any] = {
        bool: True,
        int: None if column.primary_key else 7,
        datetime: datetime(2026, 9, 7, tzinfo=UTC),
        date: date(2028, 1, 1),
        object: {"typed": "MARK"},
    }
    if kind is str:
        return f"MARK {name}"[: getattr(column.type, "length", None) or 255]
    return values[kind]


def tables_of_a_person() -> list[Table]:
    mine = {"person", "guest", "sameness"}
    tied = {"person_id", *LINKED}
    tables = Base.metadata.sorted_tables
    return [table for table in tables if table.name in mine or tied & {*table.columns.keys()}]


def fill(session: Session, person: str) -> None:
    """Adds the rows of the person of that id."""
    for table in tables_of_a_person():
        row = {column.name: value(table, column, person) for column in table.columns}
        session.execute(table.insert().values({k: v for k, v in row.items() if v is not None or k != "id"}))
