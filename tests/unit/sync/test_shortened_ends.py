"""Ends moved to an earlier day, though nobody is closed today: on the day, the calendar would close them as foreseen."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from kc_bridge.domain.account_state import OPEN
from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.store import models
from sync.guard import PlanRefused
from sync.judging.approvals import approve_plan
from tests.support.sync_world import World, staff, student

pytestmark = pytest.mark.usefixtures("enrolled")
LIMIT = 20
PEOPLE = range(2, 32)


@pytest.fixture
def enrolled(world: World) -> None:
    """No source may be empty."""
    world.students([student(1)])


def contracts(world: World, end: str, people: Iterable[int], rest: str = "31/08/2027") -> None:
    """Thirty members of staff beside the one of the fixture; those named end on ``end``, the others on ``rest``."""
    chosen = set(people)
    lines = [staff(f"P{n}", first=f"P{n}", end=end if n in chosen else rest) for n in PEOPLE]
    world.staff([staff(), *lines])


def refused(world: World) -> PlanRefused:
    with pytest.raises(PlanRefused) as caught:
        world.run()
    return caught.value


def approve(world: World, digest: str) -> None:
    with world.sessions.begin() as session:
        lifetime = timedelta(hours=24)
        approve_plan(session, digest, actor="m", reason="r", now=world.now, lifetime=lifetime)


def with_days(world: World, **lifecycle: object) -> None:
    """The operator edits the profile."""
    changed = {"lifecycle": Lifecycle.model_validate(lifecycle)}
    world.profile = world.profile.model_copy(update=changed)


@pytest.mark.parametrize("before", ["31/08/2027", ""])
def test_a_crowd_is_refused_until_somebody_has_said_yes(world: World, before: str) -> None:
    contracts(world, before, PEOPLE)
    world.run()
    contracts(world, "30/09/2026", list(PEOPLE)[: LIMIT + 1], before)
    error = refused(world)
    assert "end 21 of 32 open accounts earlier than now; 20 may be at once (source « rh »: 21)" in str(error)
    assert str(world.person("rh:P2").account_end or "") == ("2027-08-31" if before else "")
    assert world.last_run().counts["ends_earlier"] == 21
    approve(world, error.digest)
    assert world.run().outcome.done == {"update": 21}
    assert str(world.person("rh:P2").account_end) == "2026-09-30"


def test_a_few_pass(world: World) -> None:
    contracts(world, "31/08/2027", PEOPLE)
    world.run()
    contracts(world, "30/09/2026", list(PEOPLE)[:LIMIT])
    report = world.run()
    assert (report.plan.ends_earlier, report.outcome.done) == (20, {"update": 20})


def test_another_plan_says_that_more_ends_moved(world: World) -> None:
    contracts(world, "31/08/2027", PEOPLE)
    world.run()
    contracts(world, "30/09/2026", list(PEOPLE)[:21])
    approve(world, refused(world).digest)
    contracts(world, "30/09/2026", list(PEOPLE)[:25])
    assert "ends moved earlier 21 → 25" in refused(world).changed


def test_later_ends_and_first_ends_pass(world: World) -> None:
    contracts(world, "31/08/2027", PEOPLE)
    assert world.run().plan.ends_earlier == 0
    contracts(world, "31/08/2029", PEOPLE)
    assert world.run().plan.ends_earlier == 0
    contracts(world, "", PEOPLE)
    assert world.run().plan.ends_earlier == 0


def test_whoever_is_closed_at_once_is_counted_as_a_closing_only(world: World) -> None:
    world.students([student(n, first=f"P{n}") for n in PEOPLE])
    world.run()
    world.students([student(n, first=f"P{n}", status="withdrawn") for n in PEOPLE])
    problems = str(refused(world))
    assert "would close 30 of 31" in problems
    assert "earlier than now" not in problems


def test_one_of_two_that_ends_earlier_takes_nothing_away(world: World) -> None:
    contracts(world, "31/08/2027", PEOPLE)
    longer = [staff(f"P{n}", first=f"P{n}", start="01/01/2021", end="31/12/2028") for n in PEOPLE]
    world.staff([*world.staff_file.read_text("utf-8").splitlines()[1:], *longer])
    world.run()
    contracts(world, "30/09/2026", PEOPLE)
    world.staff([*world.staff_file.read_text("utf-8").splitlines()[1:], *longer])
    report = world.run()
    assert (report.status, report.plan.ends_earlier) == ("ok", 0)


def test_days_taken_from_the_profile_are_told_as_rules(world: World) -> None:
    with_days(world, grace_days={"staff": 60})
    contracts(world, "31/08/2027", PEOPLE)
    world.run()
    with_days(world, grace_days={"staff": 30})
    assert "Rules that changed would end 30 of 32 open accounts earlier than now" in str(refused(world))
    with_days(world, grace_days={"staff": 90})
    assert world.run().status == "ok"


def test_days_of_grace_taken_from_those_who_live_by_them_are_told_as_rules(world: World) -> None:
    with_days(world, grace_days={"staff": 60})
    contracts(world, "31/08/2026", PEOPLE)
    world.run()
    with_days(world, grace_days={"staff": 0})
    assert "Rules that changed would close 30 of 32 open accounts; 20 may be at once" in str(refused(world))


def test_rules_and_records_at_once_are_told_by_what_moved(world: World) -> None:
    with_days(world, grace_days={"staff": 60})
    contracts(world, "31/08/2027", PEOPLE)
    world.run()
    with_days(world, grace_days={"staff": 30})
    contracts(world, "30/06/2027", list(PEOPLE)[:5])
    assert "(source « rh »: 5; rules: 25)" in str(refused(world))


def test_a_first_load_whose_answers_were_lost_shortens_nothing(world: World) -> None:
    contracts(world, "31/08/2027", PEOPLE)
    world.directory.lose_answers = True
    assert world.run().status == "partial"
    world.directory.lose_answers = False
    report = world.run()
    assert (report.status, report.plan.ends_earlier) == ("ok", 0)


def test_what_an_approved_run_recorded_is_not_asked_about_twice(world: World) -> None:
    """What it had not come to is read again, and judged again."""
    contracts(world, "31/08/2027", PEOPLE)
    world.run()
    contracts(world, "30/09/2026", PEOPLE)
    approve(world, refused(world).digest)
    world.directory.lose_answers = True
    outcome = world.run().outcome
    assert outcome.failed > LIMIT
    world.directory.lose_answers = False
    world.on(2026, 9, 3)  # the approval has ended
    assert world.run().plan.ends_earlier == outcome.left
    assert str(world.person("rh:P31").account_end) == "2026-09-30"


def test_the_adopted_are_judged_for_the_first_time(world: World) -> None:
    contracts(world, "31/08/2027", PEOPLE)
    world.run()
    with world.sessions.begin() as db:  # what an adoption leaves: a user, and no record read yet
        db.execute(delete(models.Affiliation).where(models.Affiliation.source == "rh"))
        db.execute(update(models.Person).values(account_end=None))
    report = world.run()
    assert (report.status, report.plan.ends_earlier) == ("ok", 0)


ENDS = st.sampled_from(["", "30/09/2026", "31/12/2026", "31/08/2027", "31/08/2028"])
# Few different ends a file, so that some files move almost everybody.
FILES = st.lists(ENDS, min_size=1, max_size=3).flatmap(
    lambda some: st.lists(st.sampled_from(some), min_size=len(PEOPLE), max_size=len(PEOPLE))
)
GONE = st.sets(st.sampled_from(PEOPLE), max_size=8)


def ends(world: World) -> dict[str, date]:
    """Last day of the accounts that are open; of those without one, the last there is."""
    with world.sessions() as db:
        query = select(models.Person.key, models.Person.account_end).where(models.Person.state.in_(OPEN))
        return {key: end or date.max for key, end in db.execute(query)}


def refusal(world: World) -> str:
    """Runs; empty when nothing was refused."""
    try:
        world.run()
    except PlanRefused as error:
        return str(error)
    return ""


@settings(max_examples=12)
@given(FILES, FILES, GONE, st.dates(date(2026, 9, 1), date(2026, 9, 20)))
def test_no_change_of_a_source_takes_days_from_a_crowd(
    first: list[str], second: list[str], gone: set[int], day: date
) -> None:
    """Moved, left as it was, or gone from the file; refused exactly when more than the limit would end earlier."""
    world = World(Path(tempfile.mkdtemp()))
    world.students([student(1)])
    said = dict(zip(PEOPLE, first, strict=True))
    world.staff([staff(), *(staff(f"P{n}", first=f"P{n}", end=end) for n, end in said.items())])
    world.run()
    before = ends(world)
    said |= {n: end for n, end in zip(PEOPLE, second, strict=True) if n not in gone}
    # Somebody else in the place of whoever is gone, lest the source look truncated.
    others = [staff(f"G{n}", first=f"G{n}", population="guest", end="31/08/2027") for n in gone]
    listed = [staff(f"P{n}", first=f"P{n}", end=end) for n, end in said.items() if n not in gone]
    world.staff([staff(), *listed, *others])
    told = refusal(world.on(day.year, day.month, day.day))
    wanted = {f"rh:P{n}": _day(end) for n, end in said.items()}
    earlier = sum(end < before[key] for key, end in wanted.items())
    if earlier > LIMIT:
        assert re.search(rf"end {earlier} of \d+ open accounts earlier", told), told
        assert ends(world) == before
    else:
        assert told == ""
        assert wanted.items() <= ends(world).items()


def _day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date() if text else date.max
