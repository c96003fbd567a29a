"""Whole lives of accounts, run after run: what the date table says of one day, here with Keycloak and the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.domain.person import key_digest
from kc_bridge.services import Services, build
from kc_bridge.store import models, outbox
from kc_bridge.store.erasure import ERASED
from kc_bridge.store.sync import RetiredName
from sync.chores.purge import erase_due, foresee
from tests.support.exports import student
from tests.support.sync_world import World

KEY = "apogee:1"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One student among others, in a university that purges after half a year and after a year."""
    world = World(tmp_path)
    world.profile = world.profile.model_copy(
        update={"lifecycle": Lifecycle(purge_data_days=180, purge_account_days=365)}
    )
    file(world)
    world.run()
    return world


def file(world: World, *more: str, **fields: object) -> None:
    world.students([student(1, **fields), *more])  # type: ignore[arg-type]


def activate(world: World) -> None:
    with world.sessions.begin() as db:
        person = db.scalars(select(models.Person).where(models.Person.key == KEY)).one()
        person.activated_at, person.state, person.digest = world.now, "SupannActif", None
        person.personal_mail = "verified@courriel.example"
        keycloak_id = person.keycloak_id or ""
    world.directory.passwords[keycloak_id], world.directory.steps[keycloak_id] = "Printemps", ()


def services(world: World) -> Services:
    return replace(build(world.settings, lambda: world.now), profile=world.profile, sessions=world.sessions)


def erase(world: World) -> int:
    return erase_due(services(world))


def state(world: World) -> tuple[str, bool | None]:
    person = world.person(KEY)
    return person.state, world.directory.open.get(person.keycloak_id or "")


def test_data_first_then_the_account_and_nothing_before_its_day(world: World) -> None:
    activate(world)
    world.run()
    login, keycloak_id = world.person(KEY).login, world.person(KEY).keycloak_id or ""
    assert state(world) == ("SupannActif", True)
    world.on(2028, 1, 1).run()
    assert (state(world), world.person(KEY).closed_on) == (("SupannExpire", False), date(2028, 1, 1))

    world.on(2028, 6, 28).run()
    assert (state(world)[0], erase(world)) == ("SupannExpire", 0)
    assert world.person(KEY).personal_mail == "verified@courriel.example"
    world.on(2028, 6, 29).run()
    assert state(world) == ("SupannSupprDonnees", False)
    assert world.directory.held[keycloak_id].attributes["supannMailPrive"] == (), (
        "emptied in Keycloak as well"
    )
    assert (erase(world), erase(world)) == (1, 0)
    person = world.person(KEY)
    assert (person.personal_mail, person.activated_at, person.login) == (None, None, login)

    world.on(2028, 12, 30).run()
    assert keycloak_id in world.directory.held
    world.on(2028, 12, 31).run()
    assert keycloak_id not in world.directory.held
    assert world.directory.writes[-1] == ("delete", login)
    assert (erase(world), erase(world)) == (1, 0)
    with world.sessions() as db:
        rest = db.scalars(select(models.Person).where(models.Person.key.startswith(ERASED))).one()
        assert rest.key == ERASED + key_digest(KEY)
        assert db.get(RetiredName, login.partition("@")[0]) is not None


def test_who_was_closed_before_the_profile_had_delays_is_purged_too(world: World) -> None:
    delays = world.profile
    world.profile = delays.model_copy(update={"lifecycle": Lifecycle()})
    world.on(2028, 1, 1).run()
    assert (state(world), foresee(services(world))) == (("SupannExpire", False), 0)
    world.students([student(2, first="Zoé")])  # the export has forgotten the first
    world.profile = delays
    world.on(2030, 1, 1)
    assert (foresee(services(world)), foresee(services(world))) == (1, 0)
    world.run()
    assert (state(world)[0], world.person(KEY).closed_on) == ("SupannSupprCompte", date(2028, 1, 1))


def test_nobody_is_nameless_before_a_directory_was_told(world: World) -> None:
    for day in ((2028, 1, 1), (2028, 12, 31)):
        world.on(*day).run()
    row = {"channel": "ldap", "kind": "writeback", "dedupe_key": "x", "created_at": world.now}
    with world.sessions.begin() as db:
        person = db.scalars(select(models.Person).where(models.Person.key == KEY)).one()
        db.add(models.OutboxMessage(person_id=person.id, not_before=world.now, **row))
    assert erase(world) == 0
    with world.sessions.begin() as db:
        db.scalars(
            select(models.OutboxMessage).where(models.OutboxMessage.channel == "ldap")
        ).one().state = "sent"
    assert erase(world) == 1


def test_what_the_register_still_lists_is_not_brought_back(world: World) -> None:
    for day in ((2028, 1, 1), (2028, 12, 31)):
        world.on(*day).run()
    erase(world)
    writes = len(world.directory.writes)
    world.run()  # the same file
    file(world, programme="L1INF2")  # its row has changed: read anew
    world.run()
    with world.sessions() as db:
        assert db.scalars(select(models.Person).where(models.Person.key == KEY)).first() is None
    assert len(world.directory.writes) == writes


def test_enrolled_again_after_the_account_has_gone_is_somebody_new(world: World) -> None:
    before = world.person(KEY)
    for day in ((2028, 1, 1), (2028, 12, 31)):
        world.on(*day).run()
    erase(world)
    file(world, student(1, year=2029, created="06/07/2029"))
    world.on(2029, 7, 6).run()
    again = world.person(KEY)
    assert state(world) == ("SupannCree", True)
    assert again.id != before.id
    assert not {again.uid, again.login, again.mail} & {before.uid, before.login, before.mail}
    assert (before.uid, again.uid) == ("marie.martin", "marie.martin2")


def test_enrolled_again_after_the_data_have_gone_is_the_same_activated_anew(world: World) -> None:
    activate(world)
    before = world.person(KEY)
    for day in ((2028, 1, 1), (2028, 6, 29)):
        world.on(*day).run()
    erase(world)
    file(world, student(1, year=2028, created="06/07/2028"))
    mails = len(world.mails())
    world.on(2028, 7, 6).run()
    again = world.person(KEY)
    assert state(world) == ("SupannCree", True)
    assert (again.id, again.uid, again.keycloak_id) == (before.id, before.uid, before.keycloak_id)
    assert again.personal_mail == "p1@courriel.example", "what the register says, as at the first enrolment"
    assert world.mails()[mails:] == [again.login]
    assert again.closed_on is None


def test_what_opened_the_account_goes_with_the_data_and_not_before(world: World) -> None:
    activate(world)
    keycloak_id = world.person(KEY).keycloak_id or ""
    world.on(2028, 1, 1).run()
    assert (world.directory.passwords, world.directory.steps[keycloak_id]) == ({keycloak_id: "Printemps"}, ())
    world.on(2028, 6, 29).run()
    assert world.directory.passwords == {}
    assert world.directory.steps[keycloak_id] == ("kcb-charter", "kcb-new-password")


@pytest.mark.parametrize("lost", [False, True])
def test_enrolled_again_before_the_data_are_erased_here_is_activated_anew_all_the_same(
    world: World, lost: bool
) -> None:
    """Also where Keycloak has done it and nobody has heard its answer."""
    activate(world)
    world.on(2028, 1, 1).run()
    world.directory.lose_answers = lost
    world.on(2028, 6, 29).run()
    world.directory.lose_answers = False
    mails = len(world.mails())
    file(world, student(1, year=2028, created="06/07/2028"))
    assert not lost or erase(world) == 0, "Keycloak first"
    world.on(2028, 7, 6).run()
    again = world.person(KEY)
    assert state(world) == ("SupannCree", True)
    assert world.directory.steps[again.keycloak_id or ""] == ("kcb-charter", "kcb-new-password")
    assert (again.activated_at, again.personal_mail) == (None, "verified@courriel.example")
    assert again.reset_at is not None, "numbers and a birth date do not open what is still there"
    assert world.mails()[mails:] == [again.login]


def test_whom_an_earlier_version_left_a_password_is_activated_anew(world: World) -> None:
    activate(world)
    for day in ((2028, 1, 1), (2028, 6, 29)):
        world.on(*day).run()
    erase(world)
    keycloak_id = world.person(KEY).keycloak_id or ""
    world.directory.passwords[keycloak_id], world.directory.steps[keycloak_id] = "Printemps", ()
    file(world, student(1, year=2028, created="06/07/2028"))
    world.on(2028, 7, 6).run()
    assert world.directory.passwords == {}
    assert world.directory.steps[keycloak_id] == ("kcb-charter", "kcb-new-password")


def test_back_within_the_delay_keeps_the_password(world: World) -> None:
    activate(world)
    world.on(2028, 1, 1).run()
    file(world, student(1, year=2028, created="06/03/2028"))
    world.on(2028, 3, 6).run()
    keycloak_id = world.person(KEY).keycloak_id or ""
    assert state(world) == ("SupannActif", True)
    assert (world.directory.passwords, world.directory.steps[keycloak_id]) == ({keycloak_id: "Printemps"}, ())


def test_who_dies_is_closed_at_once_and_written_nothing(world: World) -> None:
    with world.sessions.begin() as db:
        person = db.scalars(select(models.Person).where(models.Person.key == KEY)).one()
        outbox.enqueue(db, kind="ends_soon", person_id=person.id, dedupe_key="x", now=world.now)
    file(world, status="deceased")
    world.on(2026, 11, 10).run()
    assert state(world) == ("SupannExpire", False)
    with world.sessions() as db:
        waiting = select(models.OutboxMessage).where(
            models.OutboxMessage.state == "waiting", models.OutboxMessage.person_id == world.person(KEY).id
        )
        assert db.scalars(waiting).all() == []
    file(world, student(1, programme="L1MAT1"), status="deceased")
    world.on(2027, 4, 1).run()
    assert state(world) == ("SupannExpire", False), "another enrolment opens nothing"


def test_unpaid_then_closed_then_paid(world: World) -> None:
    activate(world)
    file(world, status="unpaid")
    world.on(2026, 11, 30).run()  # no day given: the one it was first read on
    assert (state(world), world.person(KEY).account_end) == (("SupannActif", True), date(2026, 12, 30))
    for day, wanted in (((2026, 12, 1), ("SupannSursis", True)), ((2026, 12, 31), ("SupannExpire", False))):
        world.on(*day).run()
        assert state(world) == wanted
    file(world)
    world.on(2027, 1, 10).run()
    assert (state(world), world.person(KEY).account_end) == (("SupannActif", True), date(2027, 12, 31))


def test_a_start_put_off_closes_the_account_and_opens_it_again(world: World) -> None:
    activate(world)
    file(world, created="01/10/2026")
    world.on(2026, 9, 2).run()
    assert state(world) == ("SupannPrecree", False)
    world.on(2026, 10, 1).run()
    assert state(world) == ("SupannActif", True)


def test_a_status_nobody_gave_a_meaning_is_quarantined(world: World) -> None:
    file(world, status="Z")
    world.run()
    (row,) = world.quarantine()
    assert (row.column, row.problem) == ("ETA_IAE", "« Z » is no status")
    assert "valid, pre-admitted, unpaid" in row.remedy
    assert state(world) == ("SupannCree", True)


def test_a_provisional_ine_that_becomes_definitive_changes_no_account(world: World) -> None:
    file(world, ine="0123456789A")
    world.run()
    before, writes = world.person(KEY), len(world.directory.writes)
    file(world, ine="123456789BB")
    world.on(2026, 10, 1).run()
    after = world.person(KEY)
    same = ("id", "uid", "login", "mail", "state", "account_end", "keycloak_id", "digest", "generation")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert len(world.directory.writes) == writes
