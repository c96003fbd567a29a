"""Approvals: of one plan by its digest, or of the closings of a day; each by somebody, for a reason, until it ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from kc_bridge.store.models import AuditEntry
from sync.guard import PlanRefused
from sync.judging import approvals
from sync.judging.approvals import UnknownPlan, approve_day, approve_plan, differences, plan_named
from tests.support.sync_world import World, student

EVERYBODY = range(1, 31)


def enrolled(world: World, status: str = "E", people: range = EVERYBODY) -> None:
    world.students([student(n, first=f"P{n}", status=status) for n in people])


def refused(world: World) -> PlanRefused:
    with pytest.raises(PlanRefused) as caught:
        world.run()
    return caught.value


def approve(world: World, digest: str, hours: int = 24) -> None:
    with world.sessions.begin() as session:
        approve_plan(
            session,
            digest,
            actor="martine",
            reason="the register says so",
            now=world.now,
            lifetime=timedelta(hours=hours),
        )


def test_a_refused_plan_waits_and_the_very_plan_is_applied(world: World) -> None:
    enrolled(world)
    world.run()
    enrolled(world, "A")
    error = refused(world)
    assert refused(world).digest == error.digest
    approve(world, error.digest)
    assert world.run().outcome.done["disable"] == 30
    with world.sessions() as session:
        audit = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("sync."))).all()
        used = session.scalars(select(approvals.Approval)).one().used_at
    assert [(entry.actor, entry.action) for entry in audit] == [
        ("martine", "sync.plan_approved"),
        ("martine", "sync.approved_plan_applied"),
    ]
    assert used == world.now


def test_another_plan_is_refused_again_and_says_how_it_differs(world: World) -> None:
    enrolled(world)
    world.run()
    enrolled(world, "A", range(1, 30))
    world.students([*(student(n, first=f"P{n}", status="A") for n in range(1, 30)), student(30, first="P30")])
    approve(world, refused(world).digest)
    enrolled(world, "A")
    error = refused(world)
    assert error.changed[0].endswith("…")
    assert "disable 29 → 30" in error.changed
    assert "apogee: 29 → 30 rows changed" in error.changed
    assert world.last_run().status == "refused"


def test_a_source_that_is_cut_again_is_another_mistake(world: World) -> None:
    """Both plans change nothing: a yes to the first is none to the second."""
    enrolled(world)
    world.run()
    enrolled(world, people=range(1, 21))
    approve(world, refused(world).digest)
    enrolled(world, people=range(1, 11))
    refused(world)
    enrolled(world, people=range(1, 21))
    assert world.run().status == "ok"


def test_an_approval_ends(world: World) -> None:
    enrolled(world)
    world.run()
    enrolled(world, "A")
    approve(world, refused(world).digest, hours=24)
    world.now += timedelta(hours=25)
    assert refused(world).changed == []


def test_what_an_approved_run_left_needs_no_second_approval(world: World) -> None:
    """Keycloak goes away half-way: what is left went past the guard already."""
    enrolled(world)
    world.run()
    enrolled(world, "A")
    approve(world, refused(world).digest)
    world.directory.down_after = len(world.directory.writes) + 4
    assert world.run().status == "partial"
    world.directory.down_after = None
    world.run()
    assert sorted(set(world.directory.open.values())) == [False, True]
    assert sum(world.directory.open.values()) == 1  # the member of staff


def test_a_plan_nobody_has_seen_cannot_be_approved_by_its_beginning(world: World) -> None:
    enrolled(world)
    world.run()
    enrolled(world, "A")
    digest = refused(world).digest
    with world.sessions() as session:
        assert plan_named(session, digest[:12].upper()) == digest
        assert plan_named(session, "0" * 64) == "0" * 64
        for wrong in (digest[:7], "feedfeedfeed", "", "z" * 64):
            with pytest.raises(UnknownPlan):
                plan_named(session, wrong)


def test_a_day_stays_approved_for_two_weeks_after_it(world: World) -> None:
    day = date(2027, 1, 1)
    with world.sessions.begin() as session:
        approve_day(session, day, actor="martine", reason="as every year", now=world.now, foreseen=12)
        for moment, counts in (
            (datetime(2026, 12, 20, tzinfo=UTC), True),
            (datetime(2027, 1, 14, tzinfo=UTC), True),
            (datetime(2027, 1, 16, tzinfo=UTC), False),
        ):
            found = approvals.approved_days(session, {day, date(2027, 1, 2)}, moment)
            assert found == (frozenset({day}) if counts else frozenset())


def test_differences_in_words() -> None:
    before = {
        "planned": {"create": 1, "disable": 5},
        "sources": {"a": {"rows": 9, "changed": 2, "quarantined": 0}},
    }
    assert differences(before, before) == [
        "as many actions of each kind, but for other people, with other values, or on another day"
    ]
    now = {
        "planned": {"create": 1, "disable": 7},
        "sources": {"a": {"rows": 9, "changed": 2, "quarantined": 3}},
    }
    assert differences(before, now) == ["disable 5 → 7", "a: 0 → 3 rows quarantined"]
