"""What every work of the bench stands on: one Keycloak on a PostgreSQL of its own, as a university runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kc_bridge.devserver import KeycloakServer, free_port
from tests.support.keycloak import RunningKeycloak
from tests.support.postgres import PostgresServer

__all__ = ["Servers", "servers"]

HOME = Path(".test/bench-keycloak")
"""Stays: a server built for PostgreSQL takes Keycloak a minute."""
HEAP = "-Xms512m -Xmx1g"
JDBC = os.environ.get("KCB_BENCH_JDBC", "?reWriteBatchedInserts=true")
"""Properties of Keycloak's connections: those of docker-compose.keycloak.yml."""


@dataclass(frozen=True)
class Servers:
    """Both, answering."""

    keycloak: RunningKeycloak
    postgres: PostgresServer


@contextmanager
def servers() -> Iterator[Servers]:
    """Starts them, and ends them. PostgreSQL does not wait for the disk (``fsync=off``), whoever writes."""
    os.environ.setdefault("KEYCLOAK_HEAP", HEAP)
    postgres = PostgresServer()
    postgres.start()
    try:
        postgres.database("keycloak")
        database = {
            "KC_DB": "postgres",
            "KC_DB_URL": f"jdbc:postgresql://127.0.0.1:{postgres.port}/keycloak{JDBC}",
            "KC_DB_USERNAME": "kcb",
            "KC_DB_PASSWORD": "",
            "KC_DB_POOL_MAX_SIZE": "30",
        }
        server = KeycloakServer(HOME, free_port(), free_port(), database=database)
        try:
            server.prepare()
            server.start()
            server.wait_ready()
            yield Servers(RunningKeycloak.of(server), postgres)
        finally:
            server.stop()
    finally:
        postgres.stop()
