"""Erasing somebody: every text of every table is filled with a mark, and looked for in the whole database afterwards."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from kc_bridge.domain.person import key_digest
from kc_bridge.store.base import Base
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.erasure import ERASED, erase_account, erase_data, forget_proofs
from kc_bridge.store.models import AuditEntry, Person
from kc_bridge.store.sync import RetiredName
from tests.support.whole_person import BORN, KEY, fill, tables_of_a_person, value

NOW, TODAY = datetime(2029, 1, 2, 3, tzinfo=UTC), date(2029, 1, 2)
OTHER = "another"
PROOFS = {"consent", "charter_acceptance"}


@pytest.fixture
def db(sessions: SessionFactory) -> Any:
    with sessions() as session:
        fill(session, "p1")
        session.commit()
        yield session


def dump(db: Session, table: Table) -> str:
    return "\n".join(repr(row._asdict()) for row in db.execute(select(table)))


def holds(db: Session) -> set[str]:
    """Tables in which something of the person is still told."""
    told = ("MARK", repr(BORN), "G7")
    return {
        table.name
        for table in Base.metadata.sorted_tables
        if table.name != "retired_name" and any(mark in dump(db, table) for mark in told)
    }


def test_the_first_stage_erases_what_they_did_and_keeps_who_they_are(db: Session) -> None:
    erase_data(db, db.get_one(Person, "p1"), NOW)
    db.flush()
    gone = {"link", "journey", "step_record", "address_check", "address_change", "security_answer", "outbox"}
    filled = {table.name for table in tables_of_a_person()}
    assert {name for name in filled if not dump(db, Base.metadata.tables[name])} == gone
    person = db.get_one(Person, "p1")
    assert (person.key, person.birth_date, person.uid) == (KEY, BORN, "MARK person.uid")
    assert (person.personal_mail, person.phone, person.activated_at, person.reset_at) == (None,) * 4
    assert person.generation == 8, "whatever was begun is over"


def test_the_second_stage_leaves_nothing_that_tells_who_it_was(db: Session) -> None:
    erase_account(db, db.get_one(Person, "p1"), NOW, TODAY)
    db.flush()
    db.expire_all()
    assert holds(db) == PROOFS
    person = db.get_one(Person, "p1")
    assert person.key == ERASED + key_digest(KEY), (
        "a proof is found by whoever knows the number, and by nobody else"
    )
    assert (person.state, person.keycloak_id, person.next_transition_on) == ("SupannSupprCompte", None, None)


def test_proofs_tell_what_was_agreed_to_and_when(db: Session) -> None:
    erase_account(db, db.get_one(Person, "p1"), NOW, TODAY)
    for name in PROOFS:
        (row,) = db.execute(select(Base.metadata.tables[name]))
        assert row.text_sha256.startswith("MARK")
    assert forget_proofs(db, date(2028, 1, 1)) == 0, "the day itself still counts"
    assert forget_proofs(db, date(2028, 1, 2)) == 2
    assert holds(db) == set()


def test_the_audit_keeps_who_did_what_when_and_why(db: Session) -> None:
    erase_account(db, db.get_one(Person, "p1"), NOW, TODAY)
    entries = [(e.actor, e.action, e.details) for e in db.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert entries == [
        ("an operator", "account.disable", {"step": "charter", "why": "ended"}),
        ("sync", "account.erased", {}),
    ]


@pytest.mark.parametrize("free_on", [None, date(2034, 1, 2)])
def test_names_are_retired_and_a_uid_for_ever(db: Session, free_on: date | None) -> None:
    person = db.get_one(Person, "p1")
    person.uid, person.login, person.mail = "marie.martin", "mmartin@univ.test", "marie.martin@etu.univ.test"
    db.flush()
    erase_account(db, person, NOW, TODAY, free_on)
    db.flush()
    names = {r.name: (r.retired_on, r.free_on) for r in db.scalars(select(RetiredName))}
    assert names.pop("marie.martin") == (TODAY, None)
    assert names.pop("mmartin") == (TODAY, free_on)
    assert set(names) == {"MARK mail_alias.address"}


def test_nobody_elses_is_touched(db: Session) -> None:
    for table in tables_of_a_person():
        row = {column.name: value(table, column, "p2") for column in table.columns}
        changed = {k: OTHER + str(v) for k, v in row.items() if isinstance(v, str) and k != "person_id"}
        changed |= {"id": "p2"} if table.name == "person" else {}
        db.execute(table.insert().values({k: v for k, v in (row | changed).items() if v is not None}))
    before = {t.name: [r for r in dump(db, t).splitlines() if OTHER in r] for t in tables_of_a_person()}
    erase_account(db, db.get_one(Person, "p1"), NOW, TODAY)
    db.flush()
    after = {t.name: [r for r in dump(db, t).splitlines() if OTHER in r] for t in tables_of_a_person()}
    assert all(before.values())
    assert after == before
