"""Whole runs on every day of interest, or on the last one alone: everybody ends up where they should."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kc_bridge.domain.affiliation import Status
from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.store import models
from tests.support.counts import count
from tests.support.exports import staff, student
from tests.support.sync_world import World

BEGIN = date(2027, 12, 20)
DAYS = st.integers(-5, 30).map(lambda n: BEGIN + timedelta(days=n))
STUDENTS = st.builds(
    student,
    st.integers(1, 4),
    first=st.just("Zoé"),
    year=st.sampled_from([2026, 2027]),
    status=st.sampled_from([*"EEAR", *(s for s in Status if s != Status.VALID)]),
    created=DAYS.map("{:%d/%m/%Y}".format),
)
CONTRACTS = st.builds(
    lambda number, start, length: staff(
        f"P{number}", start=f"{start:%d/%m/%Y}", end=f"{start + timedelta(days=length):%d/%m/%Y}"
    ),
    st.integers(2, 4),
    DAYS,
    st.integers(0, 20),
)
FILES = st.tuples(st.lists(STUDENTS, max_size=5), st.lists(CONTRACTS, max_size=3))
LIFE = Lifecycle(early_days={"staff": 3}, grace_days={"staff": 4}, unpaid_days=5, pre_admitted_days=6)


def after(files: tuple[list[str], list[str]], days: list[int]) -> dict[str, object]:
    """Who stands where once the sync has run on those days."""
    world = World(Path(tempfile.mkdtemp()))
    world.profile = world.profile.model_copy(update={"lifecycle": LIFE})
    world.students([*files[0], student(99, first="Témoin", year=2027, created="01/09/2027")])
    world.staff([staff(), *files[1]])
    for day in days:
        world.now = datetime.combine(BEGIN + timedelta(days=day), datetime.min.time(), UTC) + timedelta(
            hours=8
        )
        world.run()
    with world.sessions() as db:
        return {
            p.key: (
                p.state,
                p.account_end,
                p.population,
                world.directory.open.get(p.keycloak_id or "", False),
            )
            for p in db.query(models.Person)
        }


@settings(max_examples=count(4, 100))
@given(FILES, st.lists(st.integers(1, 20), min_size=2, max_size=5), st.integers(21, 40))
def test_day_by_day_or_at_once(files: tuple[list[str], list[str]], between: list[int], last: int) -> None:
    assert after(files, [0, *sorted(between), last, last]) == after(files, [0, last])
