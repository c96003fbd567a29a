"""People the wizard keeps because Keycloak alone knows them: the sync neither writes to them nor counts them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import inspect

from kc_bridge.settings import SourceSettings
from kc_bridge.store import models
from sync.people import known
from tests.support.sync_world import World, student

KEY = "keycloak:2f1b6a2e-9f0c-4ee4-8ad8-0f3c7d0a6d11"


def add_stranger(world: World, **fields: object) -> None:
    usual = {
        "key": KEY,
        "uid": KEY,
        "keycloak_id": KEY.partition(":")[2],
        "login": "marie.martin",
        "mail": "marie.martin@etu.univ-demo.fr",
        "first_name": "Marie",
        "last_name": "Martin",
        "population": "student",
        "state": "SupannActif",
        "activated_at": world.now,
        "created_at": world.now,
        "updated_at": world.now,
    }
    with world.sessions.begin() as session:
        session.add(models.Person(**(usual | fields)))


def columns(person: models.Person) -> dict[str, object]:
    return {column.key: getattr(person, column.key) for column in inspect(models.Person).column_attrs}


def test_no_run_of_two_years_touches_them(world: World) -> None:
    add_stranger(world)
    before = columns(world.person(KEY))
    world.students([student(1)])

    for moment in ((2026, 9, 2), (2027, 1, 1), (2027, 9, 1), (2028, 1, 1), (2028, 9, 1)):
        report = world.on(*moment).run()
        assert report.status == "ok", moment

    assert columns(world.person(KEY)) == before
    assert before["keycloak_id"] not in world.directory.held
    assert "marie.martin" not in {name for _, name in world.directory.writes}


def test_nor_would_a_date_or_a_debt_in_their_row(world: World) -> None:
    add_stranger(world, next_transition_on=date(2026, 1, 1), account_end=date(2025, 12, 31), digest=None)
    before = columns(world.person(KEY))
    world.students([student(1)])
    world.run()
    writes = len(world.directory.writes)

    world.on(2026, 9, 2).run()

    assert columns(world.person(KEY)) == before
    assert len(world.directory.writes) == writes


def test_a_student_of_the_same_name_gets_another(world: World) -> None:
    add_stranger(world)
    world.students([student(1, first="Marie", last="Martin")])
    assert world.run().status == "ok"
    person = world.person("apogee:1")
    assert person.login.partition("@")[0] != "marie.martin"
    assert person.mail != "marie.martin@etu.univ-demo.fr"


def test_they_make_no_dangerous_plan_look_small(world: World) -> None:
    """The guard allows a share of the accounts the sync looks after, not of everybody who ever logged in."""
    world.students([student(1)])
    world.run()
    with world.sessions() as session:
        before = known.open_accounts(session)
    add_stranger(world, login="alix", mail="alix@ailleurs.example")
    with world.sessions() as session:
        assert known.open_accounts(session) == before == 2  # one student, one member of staff


def test_no_source_may_take_their_name() -> None:
    with pytest.raises(ValueError, match="keycloak"):
        SourceSettings(name="keycloak")
