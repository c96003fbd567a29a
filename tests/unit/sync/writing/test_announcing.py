"""What a run of the sync tells receivers of webhooks and a directory, once Keycloak holds it (30)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kc_bridge.channels.settings import LdapWriteback, Webhook
from kc_bridge.store.models import OutboxMessage
from tests.support.sync_world import World, student


@pytest.fixture
def told(world: World, tmp_path: Path) -> World:
    world.settings.webhooks = [Webhook(name="badges", url="https://b.univ.test/", secret_file=tmp_path / "s")]
    world.settings.ldap_writeback = LdapWriteback(url="ldaps://l.univ.test", base="dc=univ")
    return world


def queued(world: World) -> list[tuple[str, str, str | None, str | None]]:
    """(channel, kind, login, state) of what is no mail and was not looked at yet, in order."""
    with world.sessions.begin() as db:
        rows = db.scalars(
            select(OutboxMessage).where(OutboxMessage.channel != "mail").order_by(OutboxMessage.id)
        ).all()
        found = [(row, row.payload.get("data", {})) for row in rows]
        for row in rows:
            db.delete(row)
        return [(row.channel, row.kind, data.get("login"), data.get("state")) for row, data in found]


def for_the_directory(found: list[Any]) -> int:
    return sum(channel == "ldap" for channel, *_rest in found)


def test_a_new_account_is_for_the_directory_alone(told: World) -> None:
    told.students([student(1)])
    told.run()
    assert queued(told) == [("ldap", "writeback", None, None)] * 2  # the student, and a member of staff


def test_nothing_changed_nothing_told(told: World) -> None:
    told.students([student(1)])
    told.run()
    queued(told)
    told.run()
    assert queued(told) == []


def test_a_closing_is_told_to_both(told: World) -> None:
    told.students([student(22600001)])
    told.run()
    queued(told)
    told.students([student(22600001, status="R")])
    told.on(2026, 9, 2).run()
    found = queued(told)
    login = told.person("apogee:22600001").login
    assert ("webhook.badges", "account.disabled", login, "SupannExpire") in found
    assert for_the_directory(found) == 1
    assert len(found) == 2


def test_a_closing_that_is_repaired_is_no_news(told: World) -> None:
    told.students([student(22600001)])
    told.run()
    told.students([student(22600001, status="R")])
    told.on(2026, 9, 2).run()
    queued(told)
    with told.sessions.begin() as db:
        db.merge(told.person("apogee:22600001")).digest = None
    assert told.run().outcome.done["disable"] == 1
    assert [channel for channel, *_rest in queued(told)] == ["ldap"]


@pytest.mark.parametrize("activated", [True, False])
def test_an_account_that_works_again(told: World, activated: bool) -> None:
    """Who was told that it had closed hears so; who never used it has to activate it first."""
    told.students([student(22600001)])
    told.run()
    if activated:
        with told.sessions.begin() as db:
            row = db.merge(told.person("apogee:22600001"))
            row.activated_at, row.state = told.now, "SupannActif"
    told.students([student(22600001, status="R")])
    told.on(2026, 9, 2).run()
    queued(told)
    told.students([student(22600001, status="R"), student(22600001, year=2027, created="06/07/2027")])
    told.on(2027, 7, 7).run()
    found = queued(told)
    kinds = [kind for channel, kind, *_rest in found if channel == "webhook.badges"]
    assert kinds == (["account.activated"] if activated else [])
    assert for_the_directory(found) == 1


def test_another_name_is_nobodys_business(told: World) -> None:
    told.students([student(1, first="Marie")])
    told.run()
    queued(told)
    told.students([student(1, first="Camille")])
    told.run()
    assert queued(told) == []


def test_what_keycloak_did_not_take_is_not_told(told: World) -> None:
    told.students([student(1)])
    told.directory.down = True
    told.run()
    assert queued(told) == []
    told.directory.down = False
    told.run()
    assert for_the_directory(queued(told)) == 2
