"""Notices, purge and guests on a real PostgreSQL, whose JSON, locks and instants are not SQLite's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select, update

from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.housekeeping import tidy
from kc_bridge.services import Services, build
from kc_bridge.settings import Settings
from kc_bridge.store.erasure import ERASED
from kc_bridge.store.models import AuditEntry, OutboxMessage, Person
from kc_bridge.store.sync import Guest, RetiredName
from sync import guests
from sync.guests import NewGuest
from tests.support.postgres import PostgresServer
from tests.support.sync_world import World, student

START, END = date(2026, 9, 1), date(2026, 12, 31)


def services(world: World) -> Services:
    return replace(build(world.settings, lambda: world.now), profile=world.profile, sessions=world.sessions)


def test_guests_from_the_first_day_to_oblivion(postgres: PostgresServer, tmp_path: Path) -> None:
    world = World(tmp_path, settings=Settings(database_url=postgres.database("lives"), notices_per_hour=60))
    lifecycle = Lifecycle(purge_data_days=30, purge_account_days=60)
    world.profile = world.profile.model_copy(update={"lifecycle": lifecycle})
    world.students([student(1)])
    world.run()
    with world.sessions.begin() as db:
        for name in ("Ada", "Grace", "Lynn"):
            new = NewGuest(name, "Hopper", f"{name.lower()}@invitee.example", START, END, "Colloque")
            guests.add(db, new, "paul.bernard", world.profile, "chef", world.now, START)
    world.run()
    with world.sessions.begin() as db:
        hoppers = update(Person).where(Person.key.startswith("guests:"))
        db.execute(hoppers.values(activated_at=world.now, state="SupannActif", digest=None))

    world.on(2026, 12, 1).run()
    tidy(services(world))
    assert moments(world) == [world.now + timedelta(minutes=n) for n in range(3)]
    world.on(2026, 12, 2)
    tidy(services(world))
    assert moments(world) == [world.now + timedelta(minutes=n) for n in range(3)], "in a queue once more"

    for day in ((2027, 1, 1), (2027, 1, 31), (2027, 3, 2)):
        world.on(*day).run()
        tidy(services(world))
    with world.sessions() as db:
        assert db.scalars(select(Guest)).all() == []
        gone = db.scalars(select(Person).where(Person.key.startswith(ERASED))).all()
        assert [(person.state, person.last_name) for person in gone] == [("SupannSupprCompte", "")] * 3
        names = set(db.scalars(select(RetiredName.name)))
        assert names == {"ada.hopper", "grace.hopper", "lynn.hopper"}
        added = db.scalars(select(AuditEntry).where(AuditEntry.action == "guest.added")).all()
        assert [entry.details for entry in added] == [{}] * 3
        assert {entry.person_id for entry in added} == {person.id for person in gone}
    assert world.nothing_to_do()


def moments(world: World) -> list[object]:
    """When the notices that wait leave."""
    waiting = OutboxMessage.kind == "ends_soon", OutboxMessage.state == "waiting"
    with world.sessions() as db:
        return sorted(db.scalars(select(OutboxMessage.not_before).where(*waiting)))
