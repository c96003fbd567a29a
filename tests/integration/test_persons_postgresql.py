"""One human in two sources, and what operators do about people, on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kc_bridge.settings import Settings
from sync.persons import commands
from tests.support.postgres import PostgresServer
from tests.support.sync_world import student
from tests.unit.sync.people.test_two_sources import INE, TwoSources

BY = ["--reason", "ticket 12", "--yes"]


def test_matched_merged_split_and_renamed(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = TwoSources(tmp_path, Settings(database_url=postgres.database("persons")))
    monkeypatch.setattr(commands, "load", lambda: world.settings)
    monkeypatch.setattr(commands, "system_clock", lambda: world.now)

    def kcb(*args: str) -> str:
        result = CliRunner().invoke(commands.person, list(args))
        assert result.exit_code == 0, result.output + repr(result.exception)
        return result.output

    world.students([student(1, ine=INE), student(2, first="Zoé")])
    world.run()
    world.doctors([student(70, ine=INE, year=2027), student(71, first="Zoé"), student(72, first="Ève")])
    world.run()
    assert world.keys() == {"doctors:70": "apogee:1 ine"}
    assert [line for _, line, _ in world.problems()] == [3]

    kcb("split", "apogee:2", "doctors:71", *BY)
    assert world.run().plan.counts["create"] == 1
    kcb("merge", "apogee:2", "doctors:72", *BY)
    assert world.on(2026, 9, 2).run().plan.counts["disable"] == 1
    kcb("split", "apogee:2", "doctors:72", *BY)
    assert world.on(2026, 9, 3).run().plan.counts["enable"] == 1
    kcb("rename", "apogee:1", "--last", "Roy", *BY)
    assert world.on(2026, 9, 5).run().plan.counts["update"] == 1
    assert "marie.roy@etu.univ-demo.fr" in kcb("show", "marie.martin@etu.univ-demo.fr")
    assert world.problems() == []
