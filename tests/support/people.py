"""A bridge's database and settings with people in it, for tests that need no page of it."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from kc_bridge.settings import Settings
from kc_bridge.store.database import SessionFactory, open_engine, session_factory
from kc_bridge.store.models import OutboxMessage, Person
from tests.support.quick import empty_database

__all__ = ["Bridge", "enrolled"]


def enrolled(now: datetime, **fields: Any) -> Person:
    """Somebody enrolled and not activated, in no database yet."""
    name = f"camille-{secrets.token_hex(4)}"
    usual: dict[str, Any] = {
        "key": f"test:{name}",
        "uid": name,
        "keycloak_id": secrets.token_hex(16),
        "login": f"{name}@etu.univ.test",
        "mail": f"{name}@etu.univ.test",
        "first_name": "Camille",
        "last_name": "O'Connor",
        "personal_mail": f"{name}@perso.example",
        "population": "student",
        "created_at": now,
        "updated_at": now,
    }
    return Person(**(usual | fields))


class Bridge:
    """On an empty SQLite file, where the settings say."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        Path(settings.database_url.removeprefix("sqlite:///")).write_bytes(empty_database())
        self.sessions: SessionFactory = session_factory(open_engine(settings.database_url))

    def person(self, now: datetime, **fields: Any) -> Person:
        """See :func:`enrolled`."""
        person = enrolled(now, **fields)
        with self.sessions.begin() as db:
            db.add(person)
        return person

    def messages(self) -> list[tuple[str, str | None]]:
        """State and last error of every message, in the order they were queued."""
        with self.sessions() as db:
            rows = db.execute(
                select(OutboxMessage.state, OutboxMessage.last_error).order_by(OutboxMessage.id)
            )
            return [(state, error) for state, error in rows]
