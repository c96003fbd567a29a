"""After a split nobody keeps what was said of the other: neither names and addresses nor numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from kc_bridge.store.erasure import ERASED
from kc_bridge.store.models import Identifier
from sync.persons import commands
from sync.persons.finding import NotPossible
from sync.persons.merging import merge
from tests.support.sync_world import student
from tests.unit.sync.people.test_two_sources import INE, TwoSources
from tests.unit.sync.persons.test_persons import BY, kcb

OTHERS = "987654321AB"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TwoSources:
    world = TwoSources(tmp_path)
    monkeypatch.setattr(commands, "load", lambda: world.settings)
    monkeypatch.setattr(commands, "system_clock", lambda: world.now)
    return world


def numbers(world: TwoSources) -> set[tuple[str, str]]:
    """(key of the account, number) of the two."""
    with world.sessions() as session:
        return {
            (i.person.key, i.value) for i in session.query(Identifier) if i.value in {"1", "70", INE, OTHERS}
        }


@pytest.mark.parametrize("ine", ["", INE])
def test_each_has_their_own_numbers_again(world: TwoSources, ine: str) -> None:
    world.students([student(1, ine=ine)])
    world.run()
    world.doctors([student(70, last="Roy", ine=OTHERS, year=2027, birth="02/02/1999")])
    world.on(2026, 9, 2).run()
    before = numbers(world)
    kcb("merge", "apogee:1", "doctors:70", *BY)
    world.on(2026, 9, 3).run()
    kcb("split", "apogee:1", "doctors:70", *BY)
    world.on(2026, 9, 4).run()
    assert world.quarantine() == []
    assert numbers(world) == before
    assert world.directory.open[world.person("doctors:70").keycloak_id or ""]


def test_the_fresher_record_s_names_leave_with_it(world: TwoSources) -> None:
    world.students([student(1, ine=INE)])
    world.doctors([student(70, ine=INE, year=2027, last="Roy", mail="roy@courriel.example")])
    world.run()
    assert world.person("apogee:1").personal_mail == "roy@courriel.example"
    world.doctors([student(70, ine="", year=2027, last="Roy", mail="roy@courriel.example")])
    world.on(2026, 9, 2).run()
    kcb("split", "apogee:1", "doctors:70", *BY)
    world.on(2026, 9, 3).run()
    stays = world.person("apogee:1")
    assert (stays.last_name, stays.personal_mail) == ("Martin", "p1@courriel.example")
    assert world.person("doctors:70").last_name == "Roy"
    assert world.quarantine() == []


def test_somebody_erased_is_merged_with_nobody(world: TwoSources) -> None:
    world.students([student(1), student(2, first="Zoé")])
    world.run()
    stays, goes = world.person("apogee:1"), world.person("apogee:2")
    goes.key = f"{ERASED}0123"
    with world.sessions() as session, pytest.raises(NotPossible, match="No source names"):
        merge(session, stays, goes, actor="test", reason="", now=world.now, today=world.now.date())
