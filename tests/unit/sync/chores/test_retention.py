"""What is kept for a time and no longer: journeys nobody finished, people only Keycloak knows, old proofs."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from kc_bridge.store.activation import AddressCheck, CharterAcceptance, Journey, StepRecord
from kc_bridge.store.decisions import Consent
from kc_bridge.store.erasure import ERASED
from kc_bridge.store.models import Person
from kc_bridge.store.sync import RetiredName
from sync.chores.retention import forget_old_proofs, forget_strangers, forget_unfinished
from tests.support.bridge import FixedClock, make_app, make_person, services_of


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def bridge(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock)


def keep(bridge: Flask, *rows: Any) -> None:
    with services_of(bridge).sessions.begin() as db:
        for row in rows:
            db.add(row)
            db.flush()


def count(bridge: Flask, table: Any) -> int:
    with services_of(bridge).sessions() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def journey(person: Person, clock: FixedClock, name: str, **fields: Any) -> Journey:
    return Journey(id=name, person_id=person.id, name=name, generation=1, started_at=clock.now, **fields)


def test_a_journey_nobody_finished_is_forgotten_with_what_was_typed_in_it(
    bridge: Flask, clock: FixedClock
) -> None:
    person = make_person(bridge)
    step = StepRecord(journey_id="begun", step="sms_consent", done_at=clock.now, data={"phone": "0639980000"})
    check = AddressCheck(
        journey_id="begun", step="backup_mail", address="a@perso.example", asked_at=clock.now
    )
    keep(bridge, journey(person, clock, "begun"), step, check)
    keep(bridge, journey(person, clock, "done", finished_at=clock.now))
    clock.advance(days=30)
    assert forget_unfinished(services_of(bridge)) == 0
    keep(bridge, journey(person, clock, "new"))
    clock.advance(seconds=1)
    assert forget_unfinished(services_of(bridge)) == 1
    assert [count(bridge, table) for table in (Journey, StepRecord, AddressCheck)] == [2, 0, 0]


def test_a_journey_somebody_still_works_at_is_kept(bridge: Flask, clock: FixedClock) -> None:
    person = make_person(bridge)
    keep(bridge, journey(person, clock, "slow"))
    clock.advance(days=29)
    keep(bridge, StepRecord(journey_id="slow", step="charter", done_at=clock.now, data={}))
    clock.advance(days=29)
    assert forget_unfinished(services_of(bridge)) == 0


def stranger(bridge: Flask) -> Person:
    return make_person(bridge, key="keycloak:0a1b", uid="keycloak:0a1b", login="alix", state="SupannActif")


def test_people_only_keycloak_knows_are_forgotten_a_year_after_their_last_step(
    bridge: Flask, clock: FixedClock
) -> None:
    known, alix = make_person(bridge), stranger(bridge)
    clock.advance(days=100)
    accepted = CharterAcceptance(
        person_id=alix.id, version="1", language="fr", text_sha256="0" * 64, accepted_at=clock.now
    )
    keep(bridge, accepted)
    clock.advance(days=365)
    assert forget_strangers(services_of(bridge)) == 0
    clock.advance(days=1)
    assert (forget_strangers(services_of(bridge)), forget_strangers(services_of(bridge))) == (1, 0)
    with services_of(bridge).sessions() as db:
        rest = db.get_one(Person, alix.id)
        assert (rest.key.startswith(ERASED), rest.first_name, rest.keycloak_id) == (True, "", None)
        assert db.get_one(Person, known.id).first_name == "Camille"
        assert db.scalars(select(RetiredName)).all() == [], "their names are not of our giving"
    assert count(bridge, CharterAcceptance) == 1


def test_proofs_outlive_the_account_by_five_years(bridge: Flask, clock: FixedClock) -> None:
    today = date(2026, 9, 7)
    said = {"use": "sms_consent", "given": True, "language": "fr", "text_sha256": "0" * 64}
    for closed_on, key in ((today - timedelta(days=1827), "a"), (today - timedelta(days=1828), "b")):
        person = make_person(bridge, key=ERASED + key, closed_on=closed_on)
        keep(bridge, Consent(person_id=person.id, decided_at=clock.now, **said))
    alive = make_person(bridge, closed_on=today - timedelta(days=4000))
    keep(bridge, Consent(person_id=alive.id, decided_at=clock.now, **said))
    assert (forget_old_proofs(services_of(bridge)), forget_old_proofs(services_of(bridge))) == (1, 0)
