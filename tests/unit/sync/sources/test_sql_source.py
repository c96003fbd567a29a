"""Queries as sources: on a real PostgreSQL and on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, create_engine, event, text

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.settings import SourceSettings
from sync.sources import sql
from sync.sources.base import SourceError
from sync.sources.sql import SqlSource, build
from sync.sources.sql_values import joined, texts
from tests.support.postgres import PostgresServer
from tests.support.reading import Found, read_all

TABLE = """CREATE TABLE enrolment (cod_etu INTEGER, lib_nom_pat_ind TEXT, lib_nom_usu_ind TEXT, lib_pr1_ind TEXT,
 date_nai_ind DATE, mail_perso TEXT, num_tel_port TEXT, cod_anu NUMERIC(6, 2), cod_etp TEXT, eta_iae TEXT,
 cod_nne_ind TEXT, cod_cle_nne_ind TEXT, changed_at {moment}, visits INTEGER DEFAULT 0, number INTEGER)"""
QUERY = "SELECT * FROM enrolment"
START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


class Register:
    """A table of enrolments somebody else writes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = create_engine(url)
        moment = "TEXT" if self.engine.dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
        self.do(TABLE.format(moment=moment))

    def do(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def enrol(
        self, number: int, *, last: str = "Martin", at: datetime | None = START, year: Any = 2026
    ) -> None:
        moment: Any = at
        if self.engine.dialect.name == "sqlite":
            moment = at.strftime("%Y-%m-%d %H:%M:%S") if at else None
        self.do(
            "INSERT INTO enrolment (cod_etu, lib_nom_pat_ind, lib_pr1_ind, date_nai_ind, cod_anu, cod_etp, eta_iae,"
            " changed_at, number) VALUES (:key, :last, 'Zoé', '2007-05-14', :year, 'L1', 'E', :at, :key)",
            key=number, last=last, year=year, at=moment,
        )  # fmt: skip

    def source(self, **options: Any) -> SqlSource:
        chosen = {"url": self.url, "query": QUERY} | options
        source = build(SourceSettings(name="apogee", kind="sql", options=chosen), "")
        source._clock = lambda: START + timedelta(days=1)
        return source

    def read(self, since: str | None = None, **options: Any) -> Found:
        return read_all(self.source(**options), since)


@pytest.fixture(params=["sqlite", "postgresql"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'register.db'}"
        (tmp_path / "register.db").touch()
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.database(f"register_{uuid4().hex[:12]}")
    found = Register(url)
    yield found
    found.engine.dispose()


def test_a_row_says_everything(register: Register) -> None:
    register.enrol(22600001, last="NÚÑEZ")
    record = register.read().only
    assert (record.key, record.shown_last_name, record.year) == ("22600001", "Núñez", 2026)
    assert (record.birth_date, record.status) == (date(2007, 5, 14), "valid")
    assert record.record_key == "22600001:2026:L1"


def test_what_is_no_column_of_the_mapping_may_change(register: Register) -> None:
    register.enrol(1)
    before = register.read().hashes
    register.do("UPDATE enrolment SET visits = 7")
    assert register.read().hashes == before
    register.do("UPDATE enrolment SET lib_nom_pat_ind = 'Durand'")
    assert register.read().hashes != before


def test_a_bad_row_is_told_with_its_key(register: Register) -> None:
    register.enrol(1)
    register.enrol(2, year=1)
    found = register.read()
    assert found.keys == ["1"]
    (rejected,) = found.rejected
    assert (rejected.place.file, rejected.place.line, rejected.column) == ("apogee", 2, "COD_ANU")
    assert rejected.problem.endswith("is no university year (COD_ETU 2, COD_ANU 1, COD_ETP L1)")


def test_only_what_changed_is_read(register: Register) -> None:
    register.enrol(1, at=START)
    register.enrol(2, at=START + timedelta(hours=1))
    whole = register.read(watermark="changed_at")
    assert (whole.keys, whole.total) == (["1", "2"], None)
    register.enrol(3, at=START + timedelta(hours=2))
    later = register.read(whole.mark, watermark="changed_at", overlap="PT0S")
    assert (later.keys, later.total) == (["2", "3"], 3)
    assert register.read(later.mark, watermark="changed_at", overlap="PT0S").keys == ["3"]
    assert register.read(later.mark, watermark="changed_at", overlap="PT90M").keys == ["2", "3"]


def test_rows_without_watermark_are_always_read(register: Register) -> None:
    register.enrol(1)
    mark = register.read(watermark="changed_at").mark
    register.enrol(2, at=None)
    register.enrol(3, at=START - timedelta(days=3))
    assert register.read(mark, watermark="changed_at", overlap="PT0S").keys == ["1", "2"]


def test_a_watermark_from_the_future_hides_nothing(register: Register) -> None:
    register.enrol(1, at=START + timedelta(days=400))
    mark = register.read(watermark="changed_at").mark
    register.enrol(2, at=START + timedelta(days=1, minutes=1))
    assert "2" in register.read(mark, watermark="changed_at").keys


def test_a_watermark_may_be_a_number(register: Register) -> None:
    for number in (10, 2000, 3000):
        register.enrol(number)
    mark = register.read(watermark="number").mark
    assert register.read(mark, watermark="number").keys == ["2000", "3000"]
    assert register.read(mark, watermark="number", overlap_numbers=0).keys == ["3000"]


def test_nothing_changed_keeps_the_mark(register: Register) -> None:
    register.enrol(1)
    mark = register.read(watermark="changed_at").mark
    register.do("DELETE FROM enrolment")
    empty = register.read(mark, watermark="changed_at")
    assert (empty.mark, empty.total, empty.hashes) == (mark, 0, [])


def test_a_mark_of_another_query_is_worth_nothing(register: Register) -> None:
    register.enrol(1, at=START - timedelta(days=30))
    register.enrol(2)
    mark = register.read(watermark="changed_at", query=f"{QUERY} WHERE cod_etu > 1").mark
    assert register.read(mark, watermark="changed_at").keys == ["1", "2"]


def test_rows_there_are_may_be_asked_otherwise(register: Register) -> None:
    register.enrol(1)
    mark = register.read(watermark="changed_at").mark
    assert register.read(mark, watermark="changed_at", count_query="SELECT 42").total == 42


def test_a_reading_writes_nothing(register: Register) -> None:
    register.enrol(1)
    query = "DELETE FROM enrolment RETURNING *"
    if register.engine.dialect.name == "postgresql":
        register.do(f"CREATE FUNCTION erase() RETURNS SETOF enrolment LANGUAGE sql AS '{query}'")
        query = "SELECT * FROM erase()"
    with pytest.raises(SourceError, match=r"read-?only"):
        register.read(query=query)
    assert register.read().keys == ["1"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"query": "SELECT cod_etu FROM enrolment"}, "The query lacks"),
        ({"query": "SELECT * FROM nowhere"}, "nowhere"),
        ({"query": "SELEC"}, "SELEC"),
        ({"watermark": "lib_pr1_ind"}, "neither moments nor numbers"),
        ({"watermark": "absent"}, "no column « absent »"),
        ({"url": "nonsense"}, "none that SQLAlchemy knows"),
        ({"url": "nosuch://host/database"}, "none that SQLAlchemy knows"),
        ({"url": "oracle+oracledb://user:secret@host/x"}, "driver for this database is not installed"),
        ({"url": "sqlite:////nowhere/register.db"}, "no database /nowhere/register.db"),
        ({"url": None, "url_file": "/nowhere/url"}, "/nowhere/url cannot be read"),
    ],
)
def test_what_cannot_be_used_is_told(register: Register, options: dict[str, Any], problem: str) -> None:
    register.enrol(1)
    with pytest.raises(SourceError, match=problem) as caught:
        register.read(**options)
    assert caught.value.remedy
    assert "secret" not in str(caught.value)


def test_a_database_that_is_down_keeps_its_password(postgres: PostgresServer) -> None:
    address = f"postgresql+psycopg://nobody:canary-password@127.0.0.1:{postgres.port}/nowhere"
    source = build(SourceSettings(name="apogee", options={"url": address, "query": QUERY}), "")
    with pytest.raises(SourceError, match="nobody") as caught:
        read_all(source)
    assert "canary" not in f"{caught.value!r} {caught.value}"


def test_an_answer_has_its_time(postgres: PostgresServer) -> None:
    address = postgres.database(f"slow_{uuid4().hex[:12]}")
    source = build(
        SourceSettings(
            name="a", options={"url": address, "query": "SELECT pg_sleep(60)", "timeout": "PT0.05S"}
        ),
        "",
    )
    with pytest.raises(SourceError, match="timeout"):
        read_all(source)


def test_address_and_query_come_from_files(register: Register, tmp_path: Path) -> None:
    register.enrol(1)
    (tmp_path / "url").write_text(register.url + "\n")
    (tmp_path / "students.sql").write_text(QUERY + " ;\n")
    source = register.source(
        url=None, query=None, url_file=str(tmp_path / "url"), query_file=str(tmp_path / "students.sql")
    )
    assert [place.file for place in read_all(source).records] == ["students.sql"]


def test_one_block_of_rows_is_in_memory_at_a_time(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "ROWS", 10)
    for number in range(1, 36):
        register.enrol(number)
    fetched: list[str] = []

    def note(cursor: Any) -> None:
        fetched.append(type(cursor).__name__)

    blocks = register.source().read()
    assert [len(block.rows) for block in blocks] == [10, 10, 10, 5, 0]
    if register.engine.dialect.name == "postgresql":
        engine = sql.SqlSource._engine(register.source(), register.url)
        event.listen(engine, "after_cursor_execute", lambda *args: note(args[1]))
        with engine.connect() as connection:
            list(register.source()._read(sql._prepared(connection, register.source()._options), QUERY, None))
        assert fetched[-1] == "ServerCursor"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("  x ", "  x "),
        (7, "7"),
        (7.0, "7"),
        (0.1, "0.1"),
        (Decimal("2026.00"), "2026"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1.50"), "1.5"),
        (Decimal("NaN"), "NaN"),
        (True, "true"),
        (date(2026, 9, 1), "2026-09-01"),
        (datetime(2026, 9, 1), "2026-09-01"),
        (datetime(2026, 9, 1, 14, 3), "2026-09-01T14:03:00"),
        (datetime(2026, 8, 31, 22, tzinfo=UTC), "2026-09-01"),
        (datetime(2026, 9, 1, 3, tzinfo=timezone(timedelta(hours=3))), "2026-09-01T02:00:00+02:00"),
        (b"Z\xc3\xa9", "Zé"),
        ({"b": 1, "a": [date(2026, 9, 1)]}, '{"a": ["2026-09-01"], "b": 1}'),
    ],
)
def test_values_have_one_text(value: Any, expected: str) -> None:
    assert texts(ZoneInfo("Europe/Paris"))([value]) == (expected,)


def test_other_cells_are_hashed_otherwise() -> None:
    rows = [("a", "b", ""), ("a", "", "b"), ("a\x1fb", "", ""), ("", "a\x1fb", ""), ("ab", "", "")]
    assert len({joined(row) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"url": "x", "url_file": "y", "query": QUERY}, "one of url and url_file"),
        ({"url": "x"}, "one of query and query_file"),
        ({"url": "x", "query": QUERY, "timezone": "Paris"}, "Paris"),
        ({"url": "x", "query": QUERY, "waterMark": "c"}, "watermark"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigurationError, match=word):
        build(SourceSettings(name="apogee", kind="sql", options=options), "")
