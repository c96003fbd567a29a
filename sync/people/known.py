"""What the bridge's database knows, loaded as plain data for the pure parts; reads only."""

from __future__ import annotations

import sys
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import OPEN
from kc_bridge.domain.affiliation import Affiliation
from kc_bridge.domain.person import Identity
from kc_bridge.store import models
from kc_bridge.store.activation import AddressChange
from kc_bridge.store.among import among
from kc_bridge.store.sync import MailAlias, PersonKey, SourceState
from sync.people.desired import Account
from sync.people.model import KnownPerson, Read

__all__ = [
    "aliases",
    "foreseen",
    "number_owners",
    "open_accounts",
    "owed",
    "persons",
    "record_hashes",
    "row_hashes",
    "source_states",
]

T = TypeVar("T")
PERSON = tuple(models.Person.__table__.columns)
AFFILIATION = tuple(getattr(models.Affiliation, f.name) for f in fields(Affiliation))
"""In the order of :class:`Affiliation`."""
LOWEST = -(1 << 63)
STREAM = 50_000
"""Rows fetched at a time where all are looked at."""
CHUNK = 1_000
"""Values asked for at once."""


def row_hashes(session: Session, source: str) -> Iterator[array[int]]:
    """Hash of every row of ``source`` as last accepted, in rising order, a page at a time."""
    table = models.Affiliation
    page = (
        select(table.row_hash)
        .where(table.source == source, table.row_hash > bindparam("last"))
        .order_by(table.row_hash)
        .limit(STREAM)
    )
    read = _packed if session.get_bind().dialect.name == "postgresql" else _listed
    last = LOWEST
    while hashes := read(session.connection(), page, last):
        yield hashes
        last = hashes[-1]


def _listed(connection: Connection, page: Select[Any], last: int) -> array[int]:
    # The driver's own tuples: SQLAlchemy's rows take ten times as long.
    return array(
        "q", (row_hash for (row_hash,) in connection.execute(page, {"last": last}).cursor.fetchall())
    )


def _packed(connection: Connection, page: Select[Any], last: int) -> array[int]:
    """One value, of eight bytes a row as PostgreSQL sends numbers, instead of a row of text each."""
    rows = page.subquery()
    packed = func.string_agg(
        func.int8send(rows.c.row_hash), aggregate_order_by(literal(b""), rows.c.row_hash)
    )
    hashes = array("q", connection.scalar(select(packed), {"last": last}) or b"")
    if sys.byteorder == "little":
        hashes.byteswap()
    return hashes


def aliases(session: Session, keys: Iterable[str]) -> dict[str, str]:
    """Further key of somebody → the person's own key."""
    found: dict[str, str] = {}
    for chunk in _chunks(keys):
        rows = session.execute(
            select(PersonKey.key, models.Person.key)
            .join(models.Person, models.Person.id == PersonKey.person_id)
            .where(among(PersonKey.key, chunk))
        )
        found |= {str(further): str(own) for further, own in rows}
    return found


def persons(session: Session, keys: Iterable[str]) -> dict[str, KnownPerson]:
    """The persons of those keys the bridge knows."""
    found: dict[str, KnownPerson] = {}
    for chunk in _chunks(keys):
        found |= {p.identity.key: p for p in _load(session, chunk, models.Person.key)}
    return found


def foreseen(session: Session, today: date) -> Iterator[str]:
    """Keys of the persons a foreseen date has come for, streamed."""
    return _keys(session, models.Person.next_transition_on <= today)


def owed(session: Session) -> Iterator[str]:
    """Keys of the persons of whom an earlier run, or an activation, left something to write, streamed."""
    return _keys(session, models.Person.digest.is_(None))


def _keys(session: Session, condition: object) -> Iterator[str]:
    tied = models.Person.affiliations.any()  # somebody no source ever named is not the sync's to judge
    query = select(models.Person.key).where(tied, condition)  # type: ignore[arg-type]
    rows = session.connection().execute(query.execution_options(yield_per=STREAM))
    return (key for page in rows.partitions() for (key,) in page)


def record_hashes(session: Session, reads: Collection[Read]) -> dict[tuple[str, str], int]:
    """(source, record key) → hash of the row last accepted under it, for the records read."""
    keys: dict[str, set[str]] = defaultdict(set)
    for read in reads:
        keys[read.source].add(read.record.record_key)
    found: dict[tuple[str, str], int] = {}
    table = models.Affiliation
    for source, wanted in keys.items():
        for chunk in _chunks(wanted):
            query = select(table.source_key, table.row_hash).where(
                table.source == source, among(table.source_key, chunk)
            )
            found |= {(source, key): value for key, value in session.execute(query) if value is not None}
    return found


def number_owners(session: Session, reads: Collection[Read]) -> dict[tuple[str, str], KnownPerson]:
    """(kind, value) → who has it, for the numbers read."""
    table = models.Identifier
    ids: dict[tuple[str, str], str] = {}
    wanted: dict[str, set[str]] = defaultdict(set)
    for read in reads:
        for kind, value in read.record.identifiers.items():
            wanted[kind].add(value)
    for kind, values in wanted.items():
        for chunk in _chunks(values):
            query = select(table.value, table.person_id).where(table.kind == kind, among(table.value, chunk))
            ids |= {(kind, value): person_id for value, person_id in session.execute(query)}
    owners: dict[str, KnownPerson] = {}
    for owner_ids in _chunks(set(ids.values())):
        owners |= {p.id: p for p in _load(session, owner_ids, models.Person.id)}
    return {number: owners[person_id] for number, person_id in ids.items()}


def open_accounts(session: Session) -> int:
    """Number of accounts of people some source names that are open in Keycloak as far as we know."""
    in_keycloak, tied = models.Person.keycloak_id.is_not(None), models.Person.affiliations.any()
    query = (
        select(func.count())
        .select_from(models.Person)
        .where(in_keycloak, tied, models.Person.state.in_(OPEN))
    )
    return session.scalar(query) or 0


def source_states(session: Session) -> dict[str, SourceState]:
    """How each source was read by the last run that was applied."""
    return {state.source: state for state in session.scalars(select(SourceState))}


def _load(session: Session, keys: Collection[str], column: Any) -> list[KnownPerson]:
    """Everything of those persons in five reads; without the ORM, which would cost ten times as much."""
    rows = session.execute(select(*PERSON).where(among(column, keys))).all()
    if not rows:
        return []  # nearly everybody, of a first load
    ids = [row.id for row in rows]
    numbers = _by_person(session, models.Identifier, (models.Identifier.kind, models.Identifier.value), ids)
    affiliations = _by_person(session, models.Affiliation, AFFILIATION, ids)
    replaced = _by_person(
        session, AddressChange, (AddressChange.former,), ids, AddressChange.confirmed_at.is_not(None)
    )
    former_mails = _by_person(session, MailAlias, (MailAlias.address,), ids)
    return [
        _known(
            row,
            tuple(sorted((kind, value) for _, kind, value in numbers[row.id])),
            tuple(
                Affiliation(*values)
                for _, *values in sorted(affiliations[row.id], key=lambda a: (a[1], a[2]))
            ),
            frozenset(former for _, former in replaced[row.id]),
            tuple(sorted(address for _, address in former_mails[row.id])),
        )
        for row in rows
    ]


def _by_person(
    session: Session, table: Any, columns: Sequence[Any], ids: Collection[str], *conditions: Any
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(
        select(table.person_id, *columns).where(among(table.person_id, ids), *conditions)
    ):
        found[row[0]].append(row)
    return found


def _known(
    row: Any,
    numbers: tuple[tuple[str, str], ...],
    affiliations: tuple[Affiliation, ...],
    replaced_mails: frozenset[str | None],
    aliases: tuple[str, ...],
) -> KnownPerson:
    return KnownPerson(
        id=row.id,
        identity=Identity(
            key=row.key,
            first_name=row.first_name,
            last_name=row.last_name,
            birth_name=row.birth_name,
            birth_date=row.birth_date,
            personal_mail=row.personal_mail,
            phone=row.phone,
            identifiers=numbers,
        ),
        account=Account(uid=row.uid, login=row.login, mail=row.mail, aliases=aliases),
        language=row.language,
        population=row.population,
        state=row.state,
        account_end=row.account_end,
        activated=row.activated_at is not None,
        confirmed=row.activated_at is not None or row.reset_at is not None,
        replaced_mails=replaced_mails,
        register_names=(row.register_first_name, row.register_last_name),
        digest=row.digest,
        keycloak_id=row.keycloak_id,
        affiliations=affiliations,
        closed_on=row.closed_on,
    )


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    items = list(values)
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
