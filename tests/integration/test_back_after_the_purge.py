"""Whoever comes back after the purge of their data activates as for the first time, on a real Keycloak."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from kc_bridge.adapters.directories import open_directory
from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.mailer import send_waiting
from kc_bridge.store.models import OutboxMessage, Person
from sync.chores.purge import erase_due
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import activate, log_in, logs_in, pending
from tests.support.stack import GOOD_PASSWORD, Stack, start_stack
from tests.support.sync_world import World, student
from tests.support.walker import Walker

AGAIN = "Automne-2029-à-Cassis!"
STEPS = ["kcb-charter", "kcb-new-password"]


@pytest.fixture(scope="module", params=["batch", "admin"])
def stack(
    request: pytest.FixtureRequest,
    realms: Callable[..., KcbRealm],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """By either way the sync writes users."""
    stack = start_stack(realms, tmp_path_factory.mktemp("stack"), directory=request.param)
    yield stack
    stack.stop()


@pytest.fixture
def world(stack: Stack, tmp_path: Path) -> World:
    """The sync of the same bridge, in a university that purges data after half a year."""
    settings = stack.realm.settings
    world = World(tmp_path, open_directory(settings), settings)
    world.profile = world.profile.model_copy(update={"lifecycle": Lifecycle(purge_data_days=180)})
    world.now = stack.clock()
    return world


def link(stack: Stack, person: Person) -> str:
    """Of the mail the sync has queued. Its day is years ahead of Keycloak's, so the mail leaves today."""
    with stack.services.sessions.begin() as db:
        db.execute(update(OutboxMessage).values(not_before=stack.clock()))
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    mail = next(stack.mails.newest_first(person.personal_mail or ""))
    return next(each for each in mail.links if "/l/" in each)


def credentials(stack: Stack, person: Person) -> list[str]:
    return [one["type"] for one in stack.realm.call("GET", f"users/{person.keycloak_id}/credentials")]


def test_the_old_password_opens_nothing_and_a_mail_leads_through_the_journey(
    stack: Stack, world: World
) -> None:
    year, key = world.now.year, "apogee:22600001"
    first = student(year=year, created=f"01/01/{year}")
    world.students([first])
    world.run()
    person = world.person(key)
    activate(stack, Walker(), link(stack, person))
    assert logs_in(stack, person, GOOD_PASSWORD)

    world.on(year + 2, 1, 1).run()
    assert credentials(stack, person) == ["password"], "closed, and all is there"
    world.on(year + 2, 7, 1).run()
    assert (credentials(stack, person), pending(stack, person)) == ([], STEPS)
    assert erase_due(replace(stack.services, profile=world.profile)) == 1

    world.students([first, student(year=year + 2, created=f"06/07/{year + 2}")])
    world.on(year + 2, 7, 6).run()
    again = world.person(key)
    assert (again.id, again.uid, again.keycloak_id) == (person.id, person.uid, person.keycloak_id)
    assert (again.activated_at, again.state) == (None, "SupannCree")
    assert stack.user(again)["enabled"]
    assert pending(stack, again) == STEPS
    assert not logs_in(stack, again, GOOD_PASSWORD)

    activate(stack, Walker(), link(stack, again), AGAIN)

    assert log_in(stack, Walker(), again.login, AGAIN).url.startswith(stack.ent_url)
    assert not logs_in(stack, again, GOOD_PASSWORD)
    assert (pending(stack, again), world.person(key).state) == ([], "SupannActif")
