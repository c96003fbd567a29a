"""What others write between the plan, Keycloak's answer and our note of it stays; a run that lost its turn writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from kc_bridge.ports import Result, Status
from kc_bridge.store import models
from kc_bridge.store.sync import SyncRun
from sync.plan import Action
from sync.turns.lock import Superseded, single_run
from sync.writing.journal import Journal
from tests.support.sync_world import World, student

KEY = "apogee:1"
Change = Callable[..., None]


@pytest.fixture
def journal(world: World) -> Iterator[Journal]:
    """The journal of a run that has begun, in a world with one student who has an account."""
    world.students([student(1, mail="first@courriel.example", phone="0639980001")])
    world.run()
    with ExitStack() as stack:
        yield Journal(world.sessions, stack.enter_context(single_run(world.database)))


def planned(world: World, **fields: Any) -> list[Action]:
    """What a run would do about the student's new row."""
    world.students([student(1, **{"mail": "first@courriel.example", "phone": "0639980001"} | fields)])
    with world.engine().prepare() as prepared:
        return list(prepared.plan.actions)


def change(world: World, **fields: Any) -> None:
    """Somebody else's transaction."""
    with world.sessions.begin() as session:
        person = session.query(models.Person).filter_by(key=KEY).one()
        for name, value in fields.items():
            setattr(person, name, value)


def answered(world: World, actions: list[Action]) -> list[tuple[Action, Result]]:
    return [(action, Result(Status.UPDATED, world.person(KEY).keycloak_id)) for action in actions]


def test_a_corrected_address_gets_a_mail_of_a_new_generation(world: World, journal: Journal) -> None:
    journal.record(planned(world, mail="second@courriel.example"), world.now)
    person = world.person(KEY)
    assert (person.personal_mail, person.generation) == ("second@courriel.example", 2)
    assert world.mails().count(person.login) == 2


def test_an_address_its_owner_gave_meanwhile_stays(world: World, journal: Journal) -> None:
    actions = planned(world, mail="second@courriel.example", phone="0639980002")
    change(world, personal_mail="own@courriel.example")
    journal.record(actions, world.now)
    person = world.person(KEY)
    assert (person.personal_mail, person.phone, person.generation) == (
        "own@courriel.example",
        "+33639980001",
        1,
    )
    assert world.mails().count(person.login) == 1


def test_an_account_activated_meanwhile_keeps_what_its_owner_gave(world: World, journal: Journal) -> None:
    actions = planned(world, phone="0639980002")
    change(world, activated_at=world.now, state="SupannActif", phone=None, digest=None)
    journal.record(actions, world.now)
    person = world.person(KEY)
    assert (person.phone, person.state, person.digest) == (None, "SupannActif", None)


@pytest.mark.parametrize("moment", ["before it is recorded", "before it is noted"])
def test_activated_while_keycloak_is_told_something_else(world: World, journal: Journal, moment: str) -> None:
    actions = planned(world, usual="Durand")
    if moment == "before it is recorded":
        change(world, activated_at=world.now, state="SupannActif")
    journal.record(actions, world.now)
    if moment == "before it is noted":
        change(world, activated_at=world.now, state="SupannActif")
    journal.applied(answered(world, actions), world.now)
    person = world.person(KEY)
    assert (person.state, person.digest, person.last_name) == ("SupannActif", None, "Durand")


def test_somebody_renamed_meanwhile_is_owed_the_new_name(world: World, journal: Journal) -> None:
    actions = planned(world, usual="Durand")
    journal.record(actions, world.now)
    change(world, login="marie.durand@etu.univ-demo.fr")
    journal.applied(answered(world, actions), world.now)
    assert world.person(KEY).digest is None


def test_somebody_erased_meanwhile_is_not_made_again(world: World, journal: Journal) -> None:
    actions = planned(world, usual="Durand")
    done = answered(world, actions)
    with world.sessions.begin() as session:
        session.delete(session.query(models.Person).filter_by(key=KEY).one())
    journal.record(actions, world.now)
    journal.applied(done, world.now)
    assert world.count(models.Person) == 1  # the member of staff


def test_a_number_somebody_else_took_meanwhile_refuses_the_whole_piece(
    world: World, journal: Journal
) -> None:
    actions = planned(world, usual="Durand", ine="123456789BB")
    with world.sessions.begin() as session:
        other = session.query(models.Person).filter_by(key="rh:P1").one()
        other.identifiers.append(models.Identifier(kind="ine", value="123456789BB"))
    with pytest.raises(IntegrityError):
        journal.record(actions, world.now)
    assert world.person(KEY).last_name == "Martin"


def test_a_run_that_lost_its_turn_writes_nothing(world: World, journal: Journal) -> None:
    actions = planned(world, usual="Durand")
    done = answered(world, actions)
    with world.sessions.begin() as session:
        session.add(SyncRun(started_at=world.now, fence=journal.lease.fence + 1))
    before = world.person(KEY).updated_at
    for write in (journal.record, lambda _actions, now: journal.applied(done, now)):
        with pytest.raises(Superseded):
            write(actions, world.now)
    person = world.person(KEY)
    assert (person.last_name, person.updated_at, person.digest is None) == ("Martin", before, False)
