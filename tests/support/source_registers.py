"""The registers of our own kinds of sources, for the shared contract test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, delete, text, update

from kc_bridge.settings import SourceSettings
from kc_bridge.store.database import open_engine, session_factory
from kc_bridge.store.sync import Guest
from sync.sources import ldap, sql
from sync.sources.base import Place, Source
from sync.sources.guests import GuestSource
from tests.support.exports import STUDENTS, student
from tests.support.file_registers import CsvRegister, Fixed, PlugInRegister, other_mapping
from tests.support.plug_in import installed
from tests.support.quick import empty_database
from tests.support.reading import read_all
from tests.support.source_contract import Register, Somebody
from tests.support.supann_directory import SupannDirectory

__all__ = ["REGISTERS"]


class SqlRegister(Fixed):
    """A table."""

    grows = True
    many = 5_000

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, url
        self._moment = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
        columns = [f"{name.lower()} TEXT" for name in STUDENTS.split(";")]
        self._do(f"CREATE TABLE enrolment ({', '.join(columns)}, changed_at TIMESTAMP WITH TIME ZONE)")

    def _do(self, statement: str, rows: Any = None) -> None:
        engine = create_engine(self._url)
        with engine.begin() as connection:
            connection.execute(text(statement), rows)
        engine.dispose()

    def _now(self) -> datetime:
        self._moment += timedelta(hours=1)
        return self._moment

    def write(self, people: Sequence[Somebody]) -> None:
        self._do("DELETE FROM enrolment")
        names = [name.lower() for name in STUDENTS.split(";")]
        at = self._now()
        rows = [
            dict(zip(names, student(one.number, last=one.last).split(";"), strict=True)) | {"at": at}
            for one in people
        ]
        self._do(f"INSERT INTO enrolment VALUES ({', '.join(f':{name}' for name in names)}, :at)", rows)

    def change(self, somebody: Somebody) -> None:
        self._do(
            "UPDATE enrolment SET lib_nom_pat_ind = :last, changed_at = :at WHERE cod_etu = :number",
            {"last": somebody.last, "at": self._now(), "number": str(somebody.number)},
        )

    def source(self, *, context: str = "", another_meaning: bool = False, foreign: bool = False) -> Source:
        settings = SourceSettings(
            name="register",
            mapping=other_mapping(self._folder) if another_meaning else "apogee",
            populations=["staff"] if foreign else ["student"],
            options={"url": self._url, "query": "SELECT * FROM enrolment", "watermark": "changed_at"},
        )
        return sql.build(settings, context)

    def take_away(self) -> None:
        self._do("DROP TABLE enrolment")


class LdapRegister(Fixed):
    """A directory."""

    last_name = "sn"
    grows = True
    many = 7
    owns_any = False

    def __init__(self, directory: SupannDirectory) -> None:
        self._directory = directory

    def write(self, people: Sequence[Somebody]) -> None:
        self._directory.clear()
        for one in people:
            self._directory.student(f"s{one.number}", sn=[one.last])

    def change(self, somebody: Somebody) -> None:
        mark = read_all(self.source()).mark
        self._directory.let_a_second_pass(mark or "")
        self._directory.slapd.change(self._directory.dn(f"s{somebody.number}"), sn=[somebody.last])

    def source(self, *, context: str = "", another_meaning: bool = False, foreign: bool = False) -> Source:
        settings = SourceSettings(
            name="register",
            kind="ldap",
            populations=["staff"] if foreign else ["student"],
            options=self._directory.options
            | {"page": 3, "overlap": 0}
            | ({"mail_labels": ["PRO"]} if another_meaning else {}),
        )
        return ldap.build(settings, context)

    def key(self, number: int) -> str:
        return f"S{number}"

    def place(self, number: int) -> Place | None:
        return Place(self._directory.dn(f"s{number}"), 1)

    def take_away(self) -> None:
        self._directory.slapd.pause()


class GuestRegister(Fixed):
    """Our own table of guests: what a value of it stands for is not set anywhere."""

    last_name = "last_name"
    many = 2_500
    owns_any = False

    def __init__(self, folder: Path) -> None:
        self._path = folder / "kcb.db"
        self._path.write_bytes(empty_database())
        self._sessions = session_factory(open_engine(f"sqlite:///{self._path}"))

    def write(self, people: Sequence[Somebody]) -> None:
        now = datetime(2026, 9, 1, tzinfo=UTC)
        with self._sessions.begin() as db:
            db.execute(delete(Guest))
            db.add_all(
                Guest(
                    number=f"G{one.number}",
                    first_name="Zoé",
                    last_name=one.last,
                    sponsor="paul.bernard",
                    reason="colloque",
                    start=date(2026, 9, 1),
                    end=date(2026, 9, 30),
                    created_at=now,
                    updated_at=now,
                )
                for one in people
            )

    def change(self, somebody: Somebody) -> None:
        with self._sessions.begin() as db:
            db.execute(
                update(Guest).where(Guest.number == f"G{somebody.number}").values(last_name=somebody.last)
            )

    def source(self, *, context: str = "", another_meaning: bool = False, foreign: bool = False) -> Source:
        return GuestSource(self._sessions, context)

    def key(self, number: int) -> str:
        return f"G{number}"

    def take_away(self) -> None:
        with self._sessions.begin() as db:
            db.execute(text("DROP TABLE guest"))


@contextmanager
def _csv(_request: pytest.FixtureRequest, folder: Path) -> Iterator[Register]:
    yield CsvRegister(folder)


@contextmanager
def _sql(request: pytest.FixtureRequest, folder: Path) -> Iterator[Register]:
    yield SqlRegister(folder, request.getfixturevalue("postgres").database(f"register_{uuid4().hex[:12]}"))


@contextmanager
def _ldap(_request: pytest.FixtureRequest, folder: Path) -> Iterator[Register]:
    directory = SupannDirectory(folder)
    directory.start()
    yield LdapRegister(directory)
    directory.stop()


@contextmanager
def _guests(_request: pytest.FixtureRequest, folder: Path) -> Iterator[Register]:
    yield GuestRegister(folder)


@contextmanager
def _plug_in(_request: pytest.FixtureRequest, folder: Path) -> Iterator[Register]:
    with installed(folder / "plug-in"):
        yield PlugInRegister(folder)


REGISTERS: dict[str, Callable[[pytest.FixtureRequest, Path], Any]] = {
    "csv": _csv,
    "sql": _sql,
    "ldap": _ldap,
    "guests": _guests,
    "a plug-in": _plug_in,
}
