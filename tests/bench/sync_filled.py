"""A bridge's database as after a first load, written straight into PostgreSQL: for works in which Keycloak has no part and
a first load of so many would take longer than the work itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Engine

from kc_bridge.domain.profile import load_profile
from kc_bridge.settings import Settings
from sync.sources.base import Row
from sync.sources.build import build_sources
from sync.sources.record import Record

__all__ = ["fill"]

TABLES = {
    "person": "id, key, uid, keycloak_id, login, mail, first_name, last_name, personal_mail, language, population, state, "
    "account_end, next_transition_on, generation, digest, created_at, updated_at",
    "affiliation": 'person_id, population, source, source_key, year, programme, start, "end", status, row_hash',
    "identifier": "person_id, kind, value",
}


def fill(settings: Settings, database: Engine) -> int:
    """Everybody of the settings' sources, enrolled, told to Keycloak, not activated; how many they are."""
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    count = 0
    with psycopg.connect(url) as connection:
        for page in _pages(settings):
            for table, columns in TABLES.items():
                with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in page[table]:
                        copy.write_row(row)
            count += len(page["person"])
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")  # as autovacuum leaves it a minute later
    return count


def _pages(settings: Settings) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    now = datetime.now(UTC) - timedelta(days=1)
    number = 0
    for source in build_sources(settings, load_profile(settings.profile)):
        for block in source.read(None):
            page: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
            for position, row_hash in enumerate(block.hashes):
                record = source.parse(Row(block.place(position), block.rows[position]))
                assert isinstance(record, Record), record
                number += 1
                _add(page, source.name, record, row_hash, number, now)
            yield page


def _add(
    page: dict[str, list[tuple[Any, ...]]],
    source: str,
    record: Record,
    row_hash: int,
    number: int,
    now: datetime,
) -> None:
    person, uid = str(uuid.uuid4()), f"{record.key}.{number}"
    mail = f"{uid}@etu.univ-demo.fr"
    end = record.end or date((record.year or now.year) + 1, 12, 31)
    page["person"].append(
        (
            person, f"{source}:{record.key}", uid, str(uuid.uuid4()), mail, mail, record.shown_first_name,
            record.shown_last_name, record.personal_mail, "fr", record.population, "SupannCree", end,
            end + timedelta(days=1), 1, "0" * 64, now, now,
        )
    )  # fmt: skip
    page["affiliation"].append(
        (
            person, record.population, source, record.record_key, record.year, record.programme, record.start, end,
            record.status, row_hash,
        )
    )  # fmt: skip
    page["identifier"] += [(person, kind, value) for kind, value in record.identifiers.items()]
