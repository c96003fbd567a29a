"""docs/MANAGED.md says what the code does: kinds of writes, fields and attributes, states, statuses, tables."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.adapters import keycloak
from kc_bridge.domain.account_state import IN_USE, STATES
from kc_bridge.domain.affiliation import Status
from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.domain.person import Identity
from kc_bridge.domain.profile import load_profile
from kc_bridge.ports import DirectoryUser, WriteKind
from kc_bridge.realm.attributes import ATTRIBUTES, CHOICES, CONTACT
from kc_bridge.store.base import Base
from kc_bridge.store.database import open_engine, session_factory
from kc_bridge.store.erasure import erase_account, erase_data
from kc_bridge.store.models import Person
from sync.people.desired import THEIR_OWN, Account, desired_user
from sync.rules.lifecycle import Standing, standing
from tests.support.date_table import affiliations
from tests.support.quick import empty_database
from tests.support.whole_person import fill, tables_of_a_person

PAGE = (Path(__file__).parents[3] / "docs" / "MANAGED.md").read_text("utf-8")


def rows(header: str) -> list[list[str]]:
    """The cells of each row of the table with that first header."""
    found = re.search(rf"^\| {header} \|.*\n\|[-|]+\n((?:\|.*\n?)+)", PAGE, re.M)
    assert found is not None, header
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in found[1].splitlines()]


def named(cell: str) -> list[str]:
    return re.findall(r"`([A-Za-z_-]+)`", cell)


def wanted(state: str) -> DirectoryUser:
    verdict = Standing(state, False, date(2027, 12, 31), "student", ("student",), "", None)
    account = Account("marie.martin", "m", "m@univ.test", aliases=("former@univ.test",))
    return desired_user(Identity("k", "Marie", "Martin"), account, verdict, load_profile("default"), "fr")


def test_every_kind_of_write() -> None:
    assert [named(first)[0] for first, *_ in rows("write")] == [kind.value for kind in WriteKind]


def test_every_field_and_attribute() -> None:
    told = {name: when for first, when in rows("field or attribute") for name in named(first)}
    user = wanted("SupannActif")
    fields = set(keycloak._representation(user, {})) - {"attributes"}
    always = fields | set(user.attributes) | {keycloak.OWNER, keycloak.DIGEST}
    assert {name for name, when in told.items() if when.startswith("at every write")} == always
    assert {name for name, when in told.items() if when.startswith("at creation")} == set(
        user.first_attributes
    )
    assert {name for name, when in told.items() if when.startswith("never written; emptied")} == set(
        THEIR_OWN
    )
    assert told.keys() == always | set(user.first_attributes) | set(THEIR_OWN) | {"enabled"}


def test_what_people_gave_is_emptied_with_their_data_and_not_before() -> None:
    theirs = {a.name for group in (CONTACT, CHOICES) for a in ATTRIBUTES[group] if not a.own_choice}
    assert set(THEIR_OWN) == theirs, "a new attribute of theirs is emptied as well"
    for state in STATES:
        emptied = {name for name in THEIR_OWN if wanted(state).attributes.get(name) == ()}
        assert emptied == (theirs if state in STATES[-2:] else set())
    assert not theirs & set(wanted("SupannActif").attributes)


def test_every_state_and_whether_it_can_be_used() -> None:
    table = rows("state")
    assert [named(first)[0] for first, *_ in table] == list(STATES)
    assert {named(first)[0] for first, used, _ in table if used == "yes"} == IN_USE
    settings = {name for *_, means in table for name in named(means)}
    assert settings <= set(Lifecycle.model_fields)


def test_every_status_and_no_other() -> None:
    assert sorted(name for first, _ in rows("status of a record") for name in named(first)) == sorted(Status)
    for status in ("cancelled", "withdrawn", "excluded"):
        (tie,) = affiliations(f"student 2026 {status} 2026-11-10")
        assert tie.end == date(2026, 11, 9)
    assert standing(
        affiliations("staff 2020-01-01..; student 2026 deceased 2026-11-10"), date(2026, 11, 10)
    ).quiet


@pytest.fixture
def db(tmp_path: Path) -> Session:
    (tmp_path / "kcb.db").write_bytes(empty_database())
    session = session_factory(open_engine(f"sqlite:///{tmp_path / 'kcb.db'}"))()
    fill(session, "p1")
    session.commit()
    return session


def content(db: Session) -> dict[str, list[str]]:
    db.flush()
    tables = [table.name for table in tables_of_a_person()]
    return {name: [repr(r) for r in db.execute(select(Base.metadata.tables[name]))] for name in tables}


def fate(before: list[str], after: list[str]) -> str:
    if not after:
        return "erased"
    return "kept" if set(before) <= set(after) else "changed"


@pytest.mark.parametrize("stage", [1, 2])
def test_what_becomes_of_every_table(db: Session, stage: int) -> None:
    words = {"emptied": "changed"}
    told = {name: re.match(r"\w+", cells[stage])[0] for cells in rows("table") for name in named(cells[0])}  # type: ignore[index]
    before, person = content(db), db.get_one(Person, "p1")
    now = datetime(2029, 1, 2, tzinfo=UTC)
    if stage == 1:
        erase_data(db, person, now)
    else:
        erase_account(db, person, now, now.date())
    after = content(db)
    found = {name: fate(before[name], after[name]) for name in before}
    assert found == {name: words.get(word, word) for name, word in told.items()}
