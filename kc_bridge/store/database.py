"""Opening the database: engine, sessions, and the refusal to work on an old schema."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from kc_bridge.domain.errors import ConfigurationError

__all__ = ["SessionFactory", "check_schema", "head", "open_engine", "session_factory", "upgrade"]

SessionFactory = sessionmaker[Session]

PROCESS = secrets.token_hex(4)
MIGRATIONS = Path(__file__).parent / "migrations"


VANISHED = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""How long libpq believes in a PostgreSQL whose machine is gone without a word: about a minute, not the hours of TCP. Seconds;
the last in milliseconds."""


def open_engine(url: str) -> Engine:
    """An engine for ``url``; on SQLite with WAL, foreign keys and transactions that take the write lock at once."""
    if not url.startswith("sqlite"):
        # Errors must not quote people; the name tells administrators, and a sync that takes over, whose connection it is.
        known = {"application_name": _application_name(), **VANISHED} if url.startswith("postgresql") else {}
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=known)
    engine = create_engine(url, connect_args={"timeout": 15}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A deferred transaction that reads, then writes, fails with « database is locked » at once when another
        # has written in between: waiting at the start is the only way SQLite can honour its timeout.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _application_name() -> str:
    """Of this very process, among all processes of all machines; PostgreSQL keeps 63 bytes."""
    host = socket.gethostname().encode("ascii", "replace").decode()
    return f"kc-bridge {host[:32]}:{os.getpid()}:{PROCESS}"


def session_factory(engine: Engine) -> SessionFactory:
    """Sessions whose objects stay readable after commit."""
    return sessionmaker(engine, expire_on_commit=False)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def head() -> str:
    """The schema version this code works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def upgrade(engine: Engine) -> None:
    """Brings the schema to :func:`head`."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_schema(engine: Engine) -> None:
    """Raises :class:`ConfigurationError` unless the schema is exactly the one this code works with."""
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        raise ConfigurationError(
            f"The database cannot be opened: {error.orig}",
            "Check database_url, and that the server or folder is there.",
        ) from None
    if current != head():
        raise ConfigurationError(
            f"The database schema is at « {current or 'nothing'} », this version needs « {head()} ».",
            "Run: kcb db upgrade",
        )
