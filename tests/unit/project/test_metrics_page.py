"""docs/metrics.md names every figure there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.metrics import registry
from tests.support.sync_world import World, student

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_every_figure_is_documented_and_every_documented_one_is_there(world: World) -> None:
    world.students([student(1)])
    world.run()
    there = {metric.name: metric.samples for metric in registry(world.database).collect()}
    table = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `kcb_")]
    documented = {name for line in table for name in re.findall(r"`(kcb_\w+)`", line)}
    assert documented == there.keys()
    for line in table:
        labels = re.findall(r"`(\w+)`", line.split("|")[2])[:1]
        for name in re.findall(r"`(kcb_\w+)`", line):
            assert {label for sample in there[name] for label in sample.labels} == set(labels), name


def test_alarms_are_about_documented_figures() -> None:
    text = PAGE.read_text("utf-8")
    table, alarms = text.split("```yaml")
    assert set(re.findall(r"kcb_\w+", alarms)) <= set(re.findall(r"`(kcb_\w+)`", table))
