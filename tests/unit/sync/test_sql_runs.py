"""Whole runs on a query: the mark is kept when a run was applied, and only then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kc_bridge.settings import SourceSettings
from kc_bridge.store.sync import SourceState
from tests.support.sync_world import World
from tests.unit.sync.sources.test_sql_source import QUERY, Register

LONG_AGO = datetime(2024, 9, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def register(world: World, tmp_path: Path) -> Register:
    (tmp_path / "register.db").touch()
    register = Register(f"sqlite:///{tmp_path / 'register.db'}")
    options = {"url": register.url, "query": QUERY, "watermark": "changed_at", "overlap": "PT0S"}
    source = SourceSettings(name="apogee", kind="sql", options=options)
    world.settings = world.settings.model_copy(update={"sources": [source, *world.settings.sources[1:]]})
    for number in range(1, 6):
        register.enrol(number, at=LONG_AGO + timedelta(hours=number))
    return register


def mark(world: World) -> str | None:
    with world.sessions() as session:
        return session.get_one(SourceState, "apogee").mark


def rows_read(world: World) -> dict[str, int]:
    counts: dict[str, int] = world.last_run().counts["sources"]["apogee"]
    return counts


def test_only_what_changed_is_read_and_written(world: World, register: Register) -> None:
    world.run()
    first = mark(world)
    assert first
    assert first.endswith("2024-09-01 13:00:00")
    register.do(
        "UPDATE enrolment SET lib_nom_usu_ind = 'Durand', changed_at = '2024-09-02 08:00:00' WHERE cod_etu = 2"
    )
    register.do("UPDATE enrolment SET lib_nom_usu_ind = 'Unseen' WHERE cod_etu = 1")  # and does not say so
    world.run()
    assert world.person("apogee:2").last_name == "Durand"
    assert world.person("apogee:1").last_name == "Martin"
    assert rows_read(world)["rows"] == 5
    later = mark(world)
    assert later
    assert later.endswith("2024-09-02 08:00:00")


def test_once_a_day_everything_is_read(world: World, register: Register) -> None:
    world.run()
    register.do("UPDATE enrolment SET lib_nom_usu_ind = 'Unseen' WHERE cod_etu = 1")
    world.now += timedelta(days=1, minutes=1)
    world.run()
    assert world.person("apogee:1").last_name == "Unseen"


def test_a_row_in_quarantine_is_read_until_it_can_be_used(world: World, register: Register) -> None:
    world.run()
    before = mark(world)
    register.enrol(6, year=1, at=LONG_AGO + timedelta(days=1))
    register.enrol(7, at=LONG_AGO + timedelta(days=2))
    world.run()
    assert mark(world) == before
    assert "COD_ETU 6" in world.quarantine()[0].problem
    register.do("UPDATE enrolment SET cod_anu = 2026 WHERE cod_etu = 6")
    world.run()
    assert world.quarantine() == []
    assert world.person("apogee:6")
    assert mark(world) != before


def test_another_mapping_has_everything_read(world: World, register: Register, tmp_path: Path) -> None:
    world.run()
    source = world.settings.sources[0]
    mapping = (Path("sync/sources/mappings/apogee.toml").read_text("utf-8")).replace(
        "LIB_NOM_USU_IND", "LIB_ETP2"
    )
    (tmp_path / "mine.toml").write_text(mapping.replace("optional = [", 'optional = ["LIB_ETP2", '), "utf-8")
    other = source.model_copy(update={"mapping": str(tmp_path / "mine.toml")})
    world.settings = world.settings.model_copy(update={"sources": [other, *world.settings.sources[1:]]})
    world.run()
    assert rows_read(world)["changed"] == 5
