"""An INE that another has replaced, a mail its owner has replaced: what the register says afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from kc_bridge.store.activation import AddressChange
from kc_bridge.store.models import Identifier, Person
from tests.support.sync_world import World, student

PROVISIONAL, DEFINITIVE, LAST = "0123456789A", "123456789BB", "123456789CC"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def ines(world: World, key: str) -> set[tuple[str, str]]:
    with world.sessions() as db:
        rows = db.execute(
            select(Identifier.kind, Identifier.value).join(Person).where(Person.key == key)
        ).all()
    return {(kind, value) for kind, value in rows if kind.endswith("ine")}


def test_a_provisional_ine_stays_beside_the_one_it_became(world: World) -> None:
    for ine in (PROVISIONAL, DEFINITIVE, LAST):
        world.students([student(1, ine=ine)])
        assert world.run().status == "ok"
    assert ines(world, "apogee:1") == {
        ("ine", LAST),
        ("former_ine", PROVISIONAL),
        ("former_ine", DEFINITIVE),
    }
    world.students([student(1, ine=DEFINITIVE)])
    world.run()
    assert ines(world, "apogee:1") == {("ine", DEFINITIVE), ("former_ine", PROVISIONAL), ("former_ine", LAST)}
    world.students([student(1, ine=DEFINITIVE, usual="Durand")])
    world.run()
    assert len(ines(world, "apogee:1")) == 3


def test_an_ine_given_by_mistake_goes_to_whose_it_is(world: World) -> None:
    """At the run after the correction, as any number given up; and no run is stopped when it moves on once more."""
    world.students([student(1, ine=PROVISIONAL)])
    world.run()
    world.students([student(1, ine=DEFINITIVE), student(2, ine=PROVISIONAL, first="Zoé")])
    assert [world.run().status, world.run().status] == ["ok", "ok"]
    assert world.quarantine() == []
    assert ("ine", PROVISIONAL) in ines(world, "apogee:2")
    world.students([student(1, ine=DEFINITIVE), student(2, ine=LAST, first="Zoé")])
    assert world.run().status == "ok"
    assert ("former_ine", PROVISIONAL) in ines(world, "apogee:1")
    assert ines(world, "apogee:2") == {("ine", LAST)}


def replaced(world: World, former: str, address: str) -> None:
    """The person gave another address on « Problème de connexion », and opened the link sent there."""
    with world.sessions.begin() as db:
        person = db.scalars(select(Person).where(Person.key == "apogee:1")).one()
        db.add(
            AddressChange(
                person_id=person.id,
                former=former,
                address=address,
                active=False,
                changed_at=world.now,
                confirmed_at=world.now,
                undo_until=world.now,
            )
        )
        person.personal_mail = address


def test_a_mail_the_person_replaced_does_not_come_back_with_another_cell(world: World) -> None:
    world.students([student(1, mail="faute@courriel.example")])
    world.run()
    replaced(world, "faute@courriel.example", "juste@courriel.example")
    world.students([student(1, mail="faute@courriel.example", usual="Durand")])
    world.run()
    person = world.person("apogee:1")
    assert (person.last_name, person.personal_mail, person.generation) == (
        "Durand",
        "juste@courriel.example",
        1,
    )
    assert len(world.mails()) == 2  # the member of staff's and the first one


def test_a_mail_the_register_corrected_since_counts(world: World) -> None:
    world.students([student(1, mail="faute@courriel.example")])
    world.run()
    replaced(world, "faute@courriel.example", "perdue@courriel.example")
    world.students([student(1, mail="guichet@courriel.example")])
    world.run()
    person = world.person("apogee:1")
    assert (person.personal_mail, person.generation) == ("guichet@courriel.example", 2)
