"""Any database SQLAlchemy speaks to: one query, read through a cursor of the server's, in a transaction that writes
nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    DateTime,
    Engine,
    NullPool,
    bindparam,
    create_engine,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from kc_bridge.domain.clock import Clock, system_clock
from kc_bridge.settings import SourceSettings
from sync.sources.base import Block, Place, Rejected, Row, SourceError, row_hashes, seed
from sync.sources.columns import Columns
from sync.sources.mapping import Mapping, load_mapping
from sync.sources.options import options_of
from sync.sources.record import Record
from sync.sources.sql_mark import Mark, NoWatermark
from sync.sources.sql_options import SqlOptions
from sync.sources.sql_values import joined, texts

__all__ = ["SqlSource", "build"]

ROWS = 2_000
"""Rows in memory at a time."""
CONNECT = {"postgresql": {"connect_timeout": 10}, "sqlite": {"timeout": 10}}
"""Seconds to wait for a connection, and for SQLite's lock."""
BEGIN = {
    "postgresql": ["SET LOCAL statement_timeout = {milliseconds}"],
    "mysql": ["SET SESSION TRANSACTION READ ONLY", "SET SESSION max_execution_time = {milliseconds}"],
    "mariadb": ["SET SESSION TRANSACTION READ ONLY", "SET SESSION max_statement_time = {seconds}"],
    "oracle": ["SET TRANSACTION READ ONLY"],
    "sqlite": ["PRAGMA query_only = ON"],
}
"""First statements of a reading. What a database cannot be told, its account's rights must say."""


class SqlSource:
    """The rows of one query. What is no column of the mapping is not looked at: it may change as it likes."""

    def __init__(
        self,
        name: str,
        mapping: Mapping,
        populations: list[str],
        options: SqlOptions,
        context: str = "",
        clock: Clock = system_clock,
    ) -> None:
        self.name = name
        self.populations = frozenset(populations)
        self.full_every = options.full_every
        self._mapping = mapping
        self._options = options
        self._zone = ZoneInfo(options.timezone)
        self._context = (
            name,
            mapping.model_dump_json(),
            ",".join(sorted(populations)),
            options.timezone,
            context,
        )
        self._clock = clock
        self._columns = Columns(name, mapping, [], self.populations)
        self._where = options.query_file.name if options.query_file else name

    def read(self, since: str | None = None) -> Iterator[Block]:
        """See :meth:`sync.sources.base.Source.read`."""
        query = self._text(self._options.query, self._options.query_file).strip().rstrip(";")
        url = self._text(
            self._options.url.get_secret_value() if self._options.url else None, self._options.url_file
        )
        engine = self._engine(url.strip())
        try:
            with engine.connect() as connection:
                yield from self._read(_prepared(connection, self._options), query, since)
        except NoWatermark:
            raise self._unusable(
                f"The column « {self._options.watermark} » holds neither moments nor numbers.",
                "Name a column that grows whenever a row changes, or leave watermark out.",
            ) from None
        except SQLAlchemyError as error:
            raise self._unusable(
                f"The database says: {_first_line(error, engine.url)}",
                "See whether it is up, and try the query with the same account in its own client.",
            ) from None
        finally:
            engine.dispose()

    def parse(self, row: Row) -> Record | list[Rejected]:
        """See :meth:`sync.sources.base.Source.parse`."""
        result = self._columns.record(row.place, row.raw)
        if isinstance(result, list):
            # Rows of a query have no lines: their key is how to find them.
            names = dict(zip(self._columns.names, row.raw, strict=True))
            key = ", ".join(f"{name} {names[name]}" for name in self._mapping.record_key if names.get(name))
            return [replace(one, problem=f"{one.problem} ({key[:100]})") for one in result]
        return result

    def _read(self, connection: Connection, query: str, since: str | None) -> Iterator[Block]:
        start = seed(*self._context)
        of = f"{seed(*self._context, query, self._options.watermark or ''):016x}"
        mark = Mark.read(since, of) if self._options.watermark else None
        total = None
        if mark is not None:
            count = self._options.count_query or f"SELECT count(*) FROM (\n{query}\n) kcb"  # noqa: S608 - the operator's own
            total = connection.scalar(text(count))
        result = self._changed(connection, query, mark) if mark else connection.execute(text(query))
        pick, watermark = self._look_at(list(result.keys()))
        to_text = texts(self._zone)
        now = self._clock().astimezone(self._zone)
        first = 1
        for rows in result.partitions(ROWS):
            cells = [to_text(pick(row)) for row in rows]
            yield Block(cells, row_hashes(start, map(joined, cells)), self._places(first))
            first += len(cells)
            if watermark is not None:
                values = [row[watermark] for row in rows]
                mark = Mark.highest(of, [*values, *([mark.value] if mark else [])], now)
        yield Block([], [], self._places(first), mark=str(mark) if mark else None, total=total)

    def _changed(self, connection: Connection, query: str, mark: Mark) -> CursorResult[Any]:
        column = f"kcb.{connection.dialect.identifier_preparer.quote(self._options.watermark or '')}"
        value = mark.from_(self._options.overlap, self._options.overlap_numbers)
        kind = DateTime(timezone=value.tzinfo is not None) if isinstance(value, datetime) else None
        statement = text(
            f"SELECT * FROM (\n{query}\n) kcb WHERE {column} >= :since OR {column} IS NULL"  # noqa: S608 - the operator's own
        )
        return connection.execute(statement.bindparams(bindparam("since", value, kind)))

    def _look_at(self, names: list[str]) -> tuple[itemgetter[Any], int | None]:
        """Which cells of a row are looked at, and which is the watermark."""
        every = Columns(self.name, self._mapping, names, self.populations)
        if fault := every.fault():
            raise self._unusable(
                f"The query {fault}.", "Correct the query, or the mapping named in the settings."
            )
        wanted = [index for index, name in enumerate(every.names) if name in self._mapping.columns]
        self._columns = Columns(
            self.name, self._mapping, [every.names[index] for index in wanted], self.populations
        )
        watermark = self._options.watermark
        lower = [name.lower() for name in names]
        if watermark is not None and watermark.lower() not in lower:
            raise self._unusable(
                f"The query has no column « {watermark} ».",
                "Select it, or correct watermark in the source's options.",
            )
        # Never one alone, which would come without its tuple: a record needs a key, a name and more.
        return itemgetter(*wanted), lower.index(watermark.lower()) if watermark else None

    def _places(self, first: int) -> Callable[[int], Place]:
        return lambda index: Place(self._where, first + index)

    def _text(self, own: str | None, file: Path | None) -> str:
        if file is None:
            return own or ""
        try:
            return file.read_text("utf-8")
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or "it is no UTF-8"
            raise self._unusable(
                f"{file} cannot be read ({why}).", "Check that path in the source's options."
            ) from None

    def _engine(self, address: str) -> Engine:
        try:
            url = make_url(address)
            kind, file = url.get_backend_name(), url.database
            engine = create_engine(url, poolclass=NullPool, connect_args=CONNECT.get(kind, {}))
        except (ArgumentError, ValueError):
            raise self._unusable(
                "The address of the database is none that SQLAlchemy knows.",
                "Write it like postgresql+psycopg://user:password@host/database.",
            ) from None
        except ImportError as error:
            raise self._unusable(
                f"The driver for this database is not installed ({error.name}).",
                "Install it beside kc-bridge, or name another in the address: postgresql+psycopg, oracle+oracledb…",
            ) from None
        if (
            kind == "sqlite"
            and file
            and not file.startswith(("file:", ":memory:"))
            and not Path(file).exists()
        ):
            # SQLite would make an empty one.
            raise self._unusable(
                f"There is no database {file}.", "Check the address in the source's options."
            )
        return engine

    def _unusable(self, problem: str, remedy: str) -> SourceError:
        return SourceError(self.name, problem, remedy)


def _prepared(connection: Connection, options: SqlOptions) -> Connection:
    """Streams, sees one state of the database from the first row to the last, and can write nothing."""
    kind = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else connection.dialect.name
    if kind == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    milliseconds = int(options.timeout.total_seconds() * 1000)
    for statement in BEGIN.get(kind, []):
        connection.exec_driver_sql(statement.format(milliseconds=milliseconds, seconds=milliseconds / 1000))
    return connection.execution_options(stream_results=True, yield_per=ROWS)


def _first_line(error: SQLAlchemyError, url: URL) -> str:
    """What went wrong, without the query and without secrets."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip() or type(error).__name__
    secrets = [url.password, *(url.query[name] for name in url.query if "pass" in name.lower())]
    line = said.splitlines()[0]
    for secret in filter(None, secrets):
        line = line.replace(str(secret), "…")
    return line


def build(source: SourceSettings, context: str) -> SqlSource:
    """The source of one ``[[sources]]`` block of the kind ``sql``."""
    return SqlSource(
        source.name,
        load_mapping(source.mapping),
        source.populations,
        options_of(source, SqlOptions),
        context,
    )
