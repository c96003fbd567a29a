"""What the calendar will close: foreseen a week before, so that 1 January needs nobody at work."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from kc_bridge.domain.affiliation import Affiliation
from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.store.sync import Forecast
from sync.guard import PlanRefused
from sync.judging.approvals import approve_day
from sync.judging.forecast import HORIZON, LOSS, closings_ahead, foreseen, remember
from sync.judging.months import bars, by_month
from sync.rules.lifecycle import standing
from tests.support.sync_world import World, staff, student


def enrolled(world: World, *more: str, people: int = 100) -> None:
    """That many accounts with the member of staff; seven in ten end on 31 December 2026."""
    ending = people * 7 // 10
    world.students(
        [
            *(student(n, first=f"P{n}", year=2025) for n in range(1, ending + 1)),
            *(student(n, first=f"P{n}", year=2026) for n in range(ending + 1, people)),
            *more,
        ]
    )


def closed(world: World) -> int:
    return sum(not is_open for is_open in world.directory.open.values())


def test_1_january_needs_nobody_at_work(world: World) -> None:
    """From 20 December to 2 January, a run a day; meanwhile five people enrol again, and one enrols for a second year that ends sooner."""
    enrolled(world, people=1000)
    world.on(2026, 12, 20).run()
    assert len(world.directory.open) == 1000
    for day in range(21, 32):
        if day == 28:
            again = [student(n, first=f"P{n}", year=2026) for n in range(1, 6)]
            enrolled(world, *again, student(701, first="P701", programme="M2", year=2025), people=1000)
        assert world.on(2026, 12, day).run().plan.counts["disable"] == 0
    assert world.on(2027, 1, 1).run().outcome.done["disable"] == 695
    assert closed(world) == 695
    assert world.on(2027, 1, 2).run().plan.writes == 0


def test_a_bridge_that_stood_still_for_a_week_closes_them_late(world: World) -> None:
    enrolled(world)
    world.on(2026, 12, 23).run()
    assert world.on(2027, 1, 4).run().outcome.done["disable"] == 70


def test_a_bridge_set_up_at_the_last_moment_asks_or_was_told(world: World) -> None:
    enrolled(world)
    world.on(2026, 12, 28).run()
    with pytest.raises(PlanRefused, match="70 on 2027-01-01, 0 foreseen"):
        world.on(2027, 1, 1).run()
    with world.sessions.begin() as session:
        approve_day(session, date(2027, 1, 1), actor="m", reason="r", now=world.now, foreseen=70)
    assert world.run().outcome.done["disable"] == 70


def test_a_clock_years_ahead_closes_nobody(world: World) -> None:
    enrolled(world)
    world.on(2026, 12, 20).run()
    with pytest.raises(PlanRefused, match="29 on 2028-01-01, 0 foreseen"):
        world.on(2030, 5, 1).run()
    assert closed(world) == 0
    world.on(2026, 12, 21).run()  # set right again
    assert world.on(2027, 1, 1).run().outcome.done["disable"] == 70


def test_keycloak_away_on_new_year_closes_the_rest_on_the_next_day(world: World) -> None:
    enrolled(world)
    world.on(2026, 12, 20).run()
    world.directory.down_after = len(world.directory.writes) + 20
    assert world.on(2027, 1, 1).run().status == "partial"
    world.directory.down_after = None
    assert world.on(2027, 1, 2).run().status == "ok"
    assert closed(world) == 70


def purging(world: World, **days: int) -> None:
    lifecycle = Lifecycle(**(days or {"purge_account_days": 30}))
    world.profile = world.profile.model_copy(update={"lifecycle": lifecycle})


def test_purges_foreseen_a_week_before_need_nobody_either(world: World) -> None:
    """Closed on 1 January, gone thirty days later; meanwhile five enrol again."""
    purging(world)
    enrolled(world)
    world.on(2026, 12, 20).run()
    world.on(2027, 1, 1).run()
    world.on(2027, 1, 20).run()
    enrolled(world, *(student(n, first=f"P{n}", year=2026) for n in range(1, 6)))
    world.on(2027, 1, 30).run()
    assert len(world.directory.open) == 100
    assert world.on(2027, 1, 31).run().outcome.done["purge"] == 65
    assert len(world.directory.open) == 35


def test_the_loss_of_data_is_foreseen_and_limited_alike(world: World) -> None:
    purging(world, purge_data_days=30, purge_account_days=60)
    enrolled(world)
    world.on(2026, 12, 20).run()
    world.on(2027, 1, 1).run()
    world.on(2027, 1, 20).run()
    assert world.on(2027, 1, 31).run().plan.erasures.total() == 70  # foreseen eleven days before
    with pytest.raises(PlanRefused, match="70 accounts would be deleted, or lose"):
        world.on(2027, 3, 20).run()  # not foreseen: nobody ran in February
    world.on(2027, 1, 31).run()


def test_purges_somebody_has_just_switched_on_wait(world: World) -> None:
    enrolled(world)
    world.on(2026, 12, 20).run()
    world.on(2027, 1, 1).run()
    purging(world)
    with pytest.raises(
        PlanRefused, match="70 accounts would be deleted, or lose their data, for ever; 20 may"
    ):
        world.on(2027, 6, 1).run()
    assert len(world.directory.open) == 100


def test_a_forecast_counts_who_is_open_and_is_stored_once_a_day(world: World) -> None:
    world.students([student(1), student(2, year=2025), student(3, year=2025), student(4, year=2024)])
    world.staff([staff(), staff("P2", end="27/12/2026"), staff("P3", start="01/01/2027", end="31/01/2027")])
    world.on(2026, 12, 20).run()
    today = date(2026, 12, 20)
    with world.sessions() as session:
        ahead = closings_ahead(session, today, date(2030, 1, 1))
        assert ahead == {date(2026, 12, 28): 1, date(2027, 1, 1): 2, date(2028, 1, 1): 1}
        assert closings_ahead(session, date(2026, 12, 28), date(2027, 1, 1)) == {date(2027, 1, 1): 2}
        rows = session.scalars(select(Forecast)).all()
        assert {row.made_on for row in rows} == {today}
        assert {row.due_on: row.count for row in rows if row.count} == {
            date(2026, 12, 28): 1,
            date(2027, 1, 1): 2,
        }
        assert max(row.due_on for row in rows) == today + HORIZON
    with world.sessions.begin() as session:
        assert remember(session, today, Lifecycle()) is False


def test_a_forecast_counts_a_week_before_and_is_forgotten_after_a_month(world: World) -> None:
    day = date(2027, 1, 1)
    with world.sessions.begin() as session:
        for made, closings in ((15, 10), (20, 11), (25, 12), (26, 13), (31, 14)):
            made_on = date(2026, 12, made)
            session.add(Forecast(what="closing", due_on=day, made_on=made_on, count=closings))
            session.add(Forecast(what="loss", due_on=day, made_on=made_on, count=500))
    with world.sessions.begin() as session:
        assert foreseen(session, {day, date(2027, 1, 2)}) == {day: 12}
        assert foreseen(session, set()) == {}
        assert foreseen(session, {day}, LOSS) == {day: 500}
        remember(session, date(2027, 1, 20), Lifecycle())
    with world.sessions() as session:
        oldest = session.scalar(select(func.min(Forecast.made_on)))
    assert oldest == date(2026, 12, 20)


DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
STAYS = st.lists(
    st.builds(
        lambda start, days, number: Affiliation(
            source="rh",
            source_key=str(number),
            population="guest",
            start=start,
            end=start + timedelta(days=days),
        ),
        DAYS,
        st.integers(0, 30),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=200)
@given(STAYS, DAYS, st.sampled_from([Lifecycle(), Lifecycle(grace_days={"guest": 10})]))
def test_an_open_account_closes_the_day_after_its_end(
    stays: list[Affiliation], today: date, lifecycle: Lifecycle
) -> None:
    """What the forecast counts by: walking day by day with the rules comes to the same day."""
    verdict = standing(stays, today, lifecycle=lifecycle)
    if not verdict.open:
        return
    assert verdict.account_end is not None
    day = today
    while standing(stays, day, lifecycle=lifecycle).open:
        day += timedelta(days=1)
    assert day == verdict.account_end + timedelta(days=1)


def test_a_year_in_bars() -> None:
    counts = by_month(
        {date(2027, 1, 1): 800, date(2027, 1, 31): 0, date(2026, 12, 31): 1, date(2027, 12, 1): 5},
        date(2026, 12, 20),
    )
    assert (len(counts), counts[date(2027, 1, 1)], counts[date(2026, 12, 1)]) == (12, 800, 1)
    lines = bars(counts, 10)
    assert lines[1] == "Jan 2027  800  ██████████"
    assert lines[0] == "Dec 2026    1  ▏"  # one account is seen
    assert lines[2] == "Feb 2027    0"
