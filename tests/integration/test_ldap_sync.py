"""From a directory to accounts and back: a run reads a real OpenLDAP, later ones what changed in it, and what people do is
written there without ever being taken for news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.adapters.ldap import LdapDirectory
from kc_bridge.channels.ldap_writeback import write_back
from kc_bridge.channels.settings import LdapWriteback
from kc_bridge.settings import SourceSettings
from kc_bridge.store.sync import SourceState
from sync.guard import PlanRefused
from sync.judging.approvals import approve_plan
from tests.support.supann_directory import SupannDirectory, l1
from tests.support.sync_world import World


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[SupannDirectory]:
    (tmp_path / "ldap").mkdir()
    directory = SupannDirectory(tmp_path / "ldap")
    directory.start()
    yield directory
    directory.stop()


@pytest.fixture
def world(tmp_path: Path, directory: SupannDirectory) -> World:
    world = World(tmp_path)
    source = SourceSettings(
        name="annuaire",
        kind="ldap",
        populations=["student", "staff"],
        options=directory.options | {"overlap": 0},
    )
    world.settings.sources = [source]
    return world


def logins(world: World) -> list[str]:
    return sorted(user.username for user in world.directory.held.values())


def mark(world: World) -> str | None:
    with world.sessions() as db:
        return db.get_one(SourceState, "annuaire").mark


def test_a_run_then_what_changed(world: World, directory: SupannDirectory) -> None:
    for number in range(3):
        directory.student(f"s{number}", givenName=[f"Marie{'ABC'[number]}"])
    directory.let_a_second_pass(directory.now())
    directory.staff("p1", givenName=["Paul"])
    report = world.run()
    assert report.sources["annuaire"] == {"rows": 4, "changed": 4, "quarantined": 0}
    assert len(logins(world)) == 4
    first = mark(world)
    assert first is not None

    directory.let_a_second_pass(first)
    directory.student("s9", givenName=["Zoé"])
    report = world.run()
    assert report.sources["annuaire"]["changed"] == 1
    assert report.sources["annuaire"]["rows"] == 2, "what changed since, and what is of the mark's own second"
    assert len(logins(world)) == 5
    assert (mark(world) or "") > first

    assert world.run().sources["annuaire"]["changed"] == 0


def test_who_is_not_in_the_directory_any_more_has_not_left(world: World, directory: SupannDirectory) -> None:
    """Absence is no proof: an operator looks at it, and even then nobody's account is closed."""
    directory.student("s1")
    directory.student("s2", givenName=["Zoé"])
    world.run()
    directory.clear()
    directory.student("s3", givenName=["Ada"])
    with pytest.raises(PlanRefused) as refused:
        world.on(2026, 9, 3).run()
    with world.sessions.begin() as db:
        yes: dict[str, Any] = {"actor": "martine", "reason": "cleaned up", "lifetime": timedelta(hours=1)}
        approve_plan(db, refused.value.digest, now=world.now, **yes)
    world.run()
    assert all(world.directory.open.values())
    assert len(world.directory.open) == 3


def test_a_wrong_value_is_told_with_its_entry_and_attribute(world: World, directory: SupannDirectory) -> None:
    dn = directory.student("s1", supannCodeINE=["123"])
    directory.student("s2", givenName=["Zoé"])
    world.run()
    (wrong,) = world.quarantine()
    assert (wrong.file, wrong.column) == (dn, "supannCodeINE")
    assert wrong.remedy
    assert len(logins(world)) == 1
    directory.slapd.change(dn, supannCodeINE=["0226000013A"])
    world.run()
    assert world.quarantine() == []
    assert len(logins(world)) == 2


def test_what_is_written_back_is_no_news(world: World, directory: SupannDirectory) -> None:
    """A backup mail in the entry changes its row once; the person, whose it is, stays as they are."""
    directory.student("s1", supannMailPrive=["{PERSO}p@perso.fr"])
    writeback = LdapWriteback.model_validate(directory.options)
    world.settings.ldap_writeback = writeback
    world.run()
    person = world.person("annuaire:S1")
    with world.sessions.begin() as db:
        row = db.merge(person)
        row.activated_at, row.state, row.personal_mail, row.digest = (
            world.now,
            "SupannActif",
            "own@perso.fr",
            None,
        )
    world.run()
    assert write_back(
        writeback, "Europe/Paris", world.sessions, lambda: world.now, lambda: LdapDirectory(writeback)
    )
    dn = directory.dn("s1")
    assert directory.slapd.values(dn, "supannMailPrive") == {"{PERSO}p@perso.fr", "{SECOURS}own@perso.fr"}
    assert directory.slapd.values(dn, "supannEtuInscription") == {l1()}
    world.run()
    after = world.person("annuaire:S1")
    assert (after.personal_mail, after.state) == ("own@perso.fr", "SupannActif")
    assert world.run().plan.writes == 0
