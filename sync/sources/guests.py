"""Guests kept in the bridge itself: a source like the others, read from our own table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from kc_bridge.store.database import SessionFactory
from kc_bridge.store.sync import Guest
from sync.sources.base import Block, Place, Rejected, Row, SourceError, row_hashes, seed
from sync.sources.record import Record, explain

__all__ = ["NAME", "GuestSource", "record_of"]

NAME = "guests"
"""Of the source; no other may have it."""
PAGE = 1000
COLUMNS = (
    "number",
    "first_name",
    "last_name",
    "birth_date",
    "personal_mail",
    "phone",
    "reason",
    "start",
    "end",
    "status",
    "status_on",
)


class GuestSource:
    """Every guest there ever was and who is not erased yet: whose stay is over is told by its end."""

    name = NAME
    populations = frozenset({"guest"})

    def __init__(self, sessions: SessionFactory, context: str = "") -> None:
        self._sessions = sessions
        self._seed = seed(NAME, context)

    def read(self, since: str | None = None) -> Iterator[Block]:  # noqa: ARG002
        """See :meth:`sync.sources.base.Source.read`."""
        try:
            yield from self._pages()
        except SQLAlchemyError:
            raise SourceError(
                NAME, "cannot be read.", "See whether the bridge's own database is up."
            ) from None

    def _pages(self) -> Iterator[Block]:
        after = 0
        while True:
            with self._sessions() as db:
                page = select(Guest).where(Guest.id > after).order_by(Guest.id).limit(PAGE)
                guests = db.scalars(page).all()
            if not guests:
                return
            rows = [_row(guest) for guest in guests]
            ids = [guest.id for guest in guests]
            yield Block(rows, row_hashes(self._seed, rows), lambda i, ids=ids: Place(NAME, ids[i]))  # type: ignore[misc]
            after = ids[-1]

    def parse(self, row: Row) -> Record | list[Rejected]:
        """See :meth:`sync.sources.base.Source.parse`."""
        fields = json.loads(row.raw)
        try:
            return record_of(fields)
        except ValidationError as error:
            return [
                Rejected(row.place, column_of(e["loc"]), *explain(e)) for e in error.errors(include_url=False)
            ]


def record_of(fields: dict[str, Any]) -> Record:
    """The record of a guest's columns; raises pydantic's ``ValidationError``."""
    known = {
        "key": fields["number"],
        "record_key": fields["number"],
        "population": "guest",
        "usual_name": fields["last_name"],
    }
    same = (
        "first_name",
        "birth_date",
        "personal_mail",
        "phone",
        "reason",
        "start",
        "end",
        "status",
        "status_on",
    )
    return Record.model_validate(known | {name: fields[name] for name in same})


def column_of(location: tuple[Any, ...]) -> str | None:
    """The column of ours behind the place pydantic names."""
    name = str(location[0]) if location else None
    return {"key": "number", "usual_name": "last_name"}.get(name, name) if name else None


def _row(guest: Guest) -> bytes:
    values = {name: getattr(guest, name) for name in COLUMNS}
    return json.dumps(values, default=_iso, ensure_ascii=False).encode()


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} in a guest's row")
