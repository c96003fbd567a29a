"""The quarantine says what somebody can mend: all of it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from kc_bridge.store import models
from sync.report import show_quarantine
from tests.support.sync_world import student
from tests.unit.sync.people.test_two_sources import TwoSources


@pytest.fixture
def world(tmp_path: Path) -> TwoSources:
    """Two registers, of which the second is about to be taken out of the settings."""
    world = TwoSources(tmp_path)
    world.students([student(1, first="Anne")])
    return world


def without_the_second(world: TwoSources) -> None:
    world.settings = world.settings.model_copy(update={"sources": world.settings.sources[:-1]})


def test_rows_of_a_source_that_is_no_longer_read_are_forgotten(world: TwoSources) -> None:
    world.doctors([student(70, ine="xx")])
    world.run()
    assert len(world.quarantine()) == 1
    without_the_second(world)
    world.run()
    assert world.quarantine() == []


def test_a_conflict_is_told_though_no_source_names_the_person_any_more(
    world: TwoSources, capsys: pytest.CaptureFixture[str]
) -> None:
    world.doctors([student(70)])
    world.run()
    without_the_second(world)
    login = world.person("doctors:70").login
    world.directory.foreign.add(login)
    with world.sessions.begin() as session:
        session.query(models.Person).filter_by(key="doctors:70").update({"digest": None})
    assert world.run().counts()["conflicts"] == 1
    (row,) = world.quarantine()
    assert row.problem.startswith(f"{login} cannot be written")
    show_quarantine(Console(), [row])
    assert capsys.readouterr().out.startswith(f"Keycloak: {login} cannot be written")
    world.directory.foreign.clear()
    world.run()
    assert world.quarantine() == []
