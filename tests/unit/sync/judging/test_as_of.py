"""A plan for another day: what the calendar will have foreseen by then stops nobody, and nothing is to be approved."""

from __future__ import annotations

from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from sync.report import show_plan
from tests.support.sync_world import World, student


@pytest.fixture
def full(world: World) -> World:
    world.students([student(n, first=f"P{n}") for n in range(1, 41)])
    world.run()
    return world


def shown(world: World, as_of: date | None) -> str:
    out = StringIO()
    with world.engine().prepare(as_of=as_of) as prepared:
        show_plan(Console(file=out, width=80), prepared, limit=1, as_of=as_of)
    return out.getvalue()


def test_the_end_of_a_year_is_looked_at_without_alarm(full: World) -> None:
    told = shown(full, date(2028, 1, 1))
    assert "40 disable" in told
    assert "Refused" not in told


def test_a_clock_that_jumped_is_stopped_all_the_same(full: World) -> None:
    full.on(2028, 1, 1)
    told = shown(full, None)
    assert "The calendar would close 40 accounts" in told
    assert "kcb sync approve" in told


def test_what_is_wrong_whatever_the_day_is_told_and_not_to_be_approved(full: World) -> None:
    full.students([student(1, first="P1")])
    told = shown(full, date(2026, 12, 1))
    assert "looks truncated" in told
    assert "kcb sync approve" not in told
