"""What one run has read and planned, in a private temporary file: memory stays bounded, a million rows or ten.

SQLite keeps such a database in its cache while it is small, deletes the file as soon as it is made, and nobody else can
open it. What it holds is of this process, so rows and actions are pickled.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, TypeVar

from sync.people.identifiers import account_claims, local_part
from sync.people.model import Read
from sync.sources.base import Place, Rejected
from sync.sources.record import Record

__all__ = ["Staging"]

T = TypeVar("T")
TABLES = """
CREATE TABLE row (id INTEGER PRIMARY KEY, source TEXT, hash INTEGER, person TEXT, record_key TEXT, file TEXT, line INTEGER,
                  content BLOB);
CREATE TABLE number (kind TEXT, value TEXT, row INTEGER);
CREATE TABLE person (key TEXT PRIMARY KEY, calendar INTEGER, due INTEGER) WITHOUT ROWID;
CREATE TABLE rejected (source TEXT, file TEXT, line INTEGER, column TEXT, problem TEXT, remedy TEXT);
CREATE TABLE place (source TEXT, hash INTEGER, file TEXT, line INTEGER, PRIMARY KEY (source, hash)) WITHOUT ROWID;
CREATE TABLE again (source TEXT, hash INTEGER, file TEXT, line INTEGER);
CREATE TABLE name (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE asked (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE further (key TEXT PRIMARY KEY, rule TEXT) WITHOUT ROWID;
CREATE TABLE page (id INTEGER PRIMARY KEY, content BLOB);
"""
INDEXES = (
    "CREATE INDEX row_hash ON row (source, hash)",
    "CREATE INDEX row_record ON row (record_key, source)",
    "CREATE INDEX row_person ON row (person)",
    "CREATE INDEX number_value ON number (value, kind)",
)
CACHE = -32 * 1024
"""32 MB; beyond it the file is on disk."""
IN_LIST = 200


class Staging:
    """One run's worksheet; closing it forgets everything."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute(f"PRAGMA cache_size = {CACHE}")
        self._db.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {TABLES}")
        self._db.execute("BEGIN")

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._db.close()

    # Reading

    def add(self, reads: Sequence[Read]) -> None:
        """Rows that are new or have changed."""
        first = (self._one("SELECT max(id) FROM row") or 0) + 1
        self._db.executemany(
            "INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    n,
                    r.source,
                    r.row_hash,
                    r.person_key,
                    r.record.record_key,
                    r.place.file,
                    r.place.line,
                    _dump(r.record.packed()),
                )
                for n, r in enumerate(reads, first)
            ),
        )
        self._db.executemany(
            "INSERT INTO number VALUES (?, ?, ?)",
            (
                (kind, value, n)
                for n, r in enumerate(reads, first)
                for kind, value in (*r.record.identifiers.items(), *account_claims(r.record.account))
            ),
        )
        asked = [name for r in reads for name in r.record.account if name]
        self._db.executemany("INSERT OR IGNORE INTO asked VALUES (?)", ((local_part(n),) for n in asked))

    def reject(self, source: str, rejected: Iterable[Rejected]) -> None:
        """Rows that cannot be used."""
        self._db.executemany(
            "INSERT INTO rejected VALUES (?, ?, ?, ?, ?, ?)",
            ((source, r.place.file, r.place.line, r.column, r.problem, r.remedy) for r in rejected),
        )

    def seen_again(self, source: str, rows: Iterable[tuple[int, Place]]) -> None:
        """Rows that repeat an unchanged one: :meth:`reject_seen_again` says which, once that is located."""
        self._db.executemany(
            "INSERT INTO again VALUES (?, ?, ?, ?)",
            ((source, n, place.file, place.line) for n, place in rows),
        )

    def sources_seen_again(self) -> list[str]:
        """Sources with such rows."""
        return [source for (source,) in self._db.execute("SELECT DISTINCT source FROM again ORDER BY source")]

    def reject_seen_again(self, source: str) -> None:
        """Rejects them, naming the row they repeat."""
        rows = self._db.execute(
            "SELECT a.file, a.line, p.file, p.line FROM again a JOIN place p USING (source, hash)"
            " WHERE source = ? AND (a.file, a.line) <> (p.file, p.line)",
            (source,),
        ).fetchall()
        self.reject(source, (repeats(Place(*row[:2]), Place(*row[2:])) for row in rows))

    def rejected(self, source: str) -> Iterator[Rejected]:
        """In the order of their places, once each."""
        rows = self._db.execute(
            "SELECT DISTINCT file, line, column, problem, remedy FROM rejected WHERE source = ?"
            " ORDER BY file, line, column, problem",
            (source,),
        )
        return (Rejected(Place(file, line), *rest) for file, line, *rest in rows)

    def sources_rejected(self) -> list[str]:
        """Sources with such rows."""
        return [source for (source,) in self._db.execute("SELECT DISTINCT source FROM rejected")]

    def rejected_rows(self, source: str) -> int:
        """How many rows of the source cannot be used."""
        return int(
            self._one(
                "SELECT count(*) FROM (SELECT DISTINCT file, line FROM rejected WHERE source = ?)", source
            )
        )

    def everything_read(self, calendar: Iterable[str], owed: Iterable[str]) -> None:
        """Ends the reading. ``calendar`` and ``owed``: keys of persons to look at though no record of theirs changed."""
        for index in INDEXES:  # a script would commit, and then every statement would write to the file
            self._db.execute(index)
        self._db.executemany("INSERT OR REPLACE INTO person VALUES (?, 0, 1)", ((key,) for key in owed))
        self._db.executemany("INSERT OR REPLACE INTO person VALUES (?, 1, 1)", ((key,) for key in calendar))
        self._reject_repeated()

    def _reject_repeated(self) -> None:
        """Rows that are there twice, word for word: the first stays."""
        again = self._db.execute(
            "SELECT later.id, later.source, later.file, later.line, first.file, first.line FROM row later JOIN row first"
            " ON first.source = later.source AND first.hash = later.hash AND first.id < later.id"
            " WHERE NOT EXISTS (SELECT 1 FROM row r WHERE r.source = first.source AND r.hash = first.hash"
            " AND r.id < first.id)"
        ).fetchall()
        for number, source, file, line, first_file, first_line in again:
            self.reject(source, [repeats(Place(file, line), Place(first_file, first_line))])
            self._db.execute("DELETE FROM number WHERE row = ?", (number,))
            self._db.execute("DELETE FROM row WHERE id = ?", (number,))

    # Whom rows are about

    def keys_read(self, size: int) -> Iterator[list[str]]:
        """Keys of the persons read about, as their sources name them or as :meth:`rename` did; each once, in order."""
        return self._keys("SELECT DISTINCT person FROM row WHERE person > ? ORDER BY person LIMIT ?", size)

    def sources_read(self) -> list[str]:
        """Sources with rows that are new or have changed."""
        return [source for (source,) in self._db.execute("SELECT DISTINCT source FROM row ORDER BY source")]

    def rename(self, key: str, canonical: str, rule: str | None = None) -> None:
        """The rows of ``key`` are about the person ``canonical``; ``rule`` says why, where this run has found it out."""
        self._db.execute("UPDATE row SET person = ? WHERE person = ?", (canonical, key))
        if rule:
            self._db.execute("INSERT OR REPLACE INTO further VALUES (?, ?)", (key, rule))

    def further(self, keys: Sequence[str]) -> dict[str, str]:
        """Those of the sources' keys that this run has found to be somebody's further ones, and by what rule."""
        return dict(self._in("SELECT key, rule FROM further WHERE key IN", keys))

    def drop(self, reads: Iterable[Read]) -> None:
        """Rows that are not to be believed; rejecting them is the caller's."""
        self._db.executemany(
            "DELETE FROM row WHERE source = ? AND hash = ?", ((r.source, r.row_hash) for r in reads)
        )

    def reads_of(self, keys: Sequence[str]) -> list[Read]:
        """The rows about those persons."""
        rows = self._in("SELECT source, file, line, hash, content, person FROM row WHERE person IN", keys)
        return [
            Read(source, Place(file, line), row_hash, Record.unpacked(_load(content)), person)
            for source, file, line, row_hash, content, person in rows
        ]

    # Planning

    def keys_to_plan(self, size: int) -> Iterator[list[str]]:
        """Keys of everybody to look at, in order."""
        self._db.execute("INSERT OR IGNORE INTO person SELECT DISTINCT person, 0, 0 FROM row")
        return self._keys("SELECT key FROM person WHERE key > ? ORDER BY key LIMIT ?", size)

    def due(self, keys: Sequence[str]) -> frozenset[str]:
        """Those to look at though no row may be about them."""
        return frozenset(key for (key,) in self._in("SELECT key FROM person WHERE due AND key IN", keys))

    def foreseen(self, keys: Sequence[str]) -> frozenset[str]:
        """Those a date has come for."""
        return frozenset(key for (key,) in self._in("SELECT key FROM person WHERE calendar AND key IN", keys))

    def claims(self, numbers: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[tuple[str, Place]]]:
        """Who claims each of those numbers in this run, and where."""
        found: dict[tuple[str, str], list[tuple[str, Place]]] = {number: [] for number in numbers}
        for values in _chunks(sorted({value for _, value in numbers})):
            for kind, value, key, file, line in self._in(
                "SELECT kind, value, person, file, line FROM number JOIN row ON row.id = number.row WHERE value IN",
                values,
            ):
                if (kind, value) in found:
                    found[kind, value].append((key, Place(file, line)))
        return found

    def records(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[Place]]:
        """Where rows with that (source, record key) are."""
        found: dict[tuple[str, str], list[Place]] = {key: [] for key in keys}
        for values in _chunks(sorted({record_key for _, record_key in keys})):
            for source, record_key, file, line in self._in(
                "SELECT source, record_key, file, line FROM row WHERE record_key IN", values
            ):
                if (source, record_key) in found:
                    found[source, record_key].append(Place(file, line))
        return found

    def give_names(self, names: Iterable[str]) -> None:
        """Names this plan gives to people who are new."""
        self._db.executemany("INSERT OR IGNORE INTO name VALUES (?)", ((name,) for name in names))

    def names_given(self, names: Sequence[str]) -> set[str]:
        """Those of ``names`` that were given."""
        return {name for (name,) in self._in("SELECT name FROM name WHERE name IN", names)}

    def names_asked(self, names: Sequence[str]) -> set[str]:
        """Those of ``names`` that a source asks for, or that were given."""
        return self.names_given(names) | {
            n for (n,) in self._in("SELECT name FROM asked WHERE name IN", names)
        }

    def append(self, page: Sequence[object]) -> None:
        """Keeps a page of the plan."""
        self._db.execute("INSERT INTO page (content) VALUES (?)", (_dump(list(page)),))

    def __iter__(self) -> Iterator[list[Any]]:
        """The pages in their order; a cursor of its own each time."""
        last = 0
        while row := self._db.execute(
            "SELECT id, content FROM page WHERE id > ? ORDER BY id", (last,)
        ).fetchone():
            last = row[0]
            yield _load(row[1])

    # Where unchanged rows are

    def locate(self, source: str, places: Iterable[tuple[int, Place]]) -> None:
        """Notes where every row of a source is; the first place of a hash counts."""
        self._db.executemany(
            "INSERT OR IGNORE INTO place VALUES (?, ?, ?, ?)",
            ((source, row_hash, place.file, place.line) for row_hash, place in places),
        )

    def located(self, source: str, row_hash: int) -> Place | None:
        """Where :meth:`locate` saw it."""
        query = "SELECT file, line FROM place WHERE source = ? AND hash = ?"
        row = self._db.execute(query, (source, row_hash)).fetchone()
        return Place(*row) if row else None

    def _keys(self, query: str, size: int) -> Iterator[list[str]]:
        last = ""
        while keys := [key for (key,) in self._db.execute(query, (last, size))]:
            yield keys
            last = keys[-1]

    def _in(self, query: str, values: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        for chunk in _chunks(values):
            yield from self._db.execute(f"{query} ({', '.join('?' * len(chunk))})", chunk).fetchall()

    def _one(self, query: str, *values: object) -> Any:
        return self._db.execute(query, values).fetchone()[0]


def repeats(place: Place, first: Place) -> Rejected:
    """A row that is there twice."""
    where = f"line {first.line}" if first.file == place.file else f"{first.file} line {first.line}"
    return Rejected(place, None, f"repeats {where}", "Remove one of the two lines.")


def _dump(content: object) -> bytes:
    return pickle.dumps(content, pickle.HIGHEST_PROTOCOL)


def _load(content: bytes) -> Any:
    return pickle.loads(content)  # noqa: S301 - written by this very process, in a file nobody else can open


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + IN_LIST] for start in range(0, len(values), IN_LIST))
