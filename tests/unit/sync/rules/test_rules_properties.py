"""What holds of every life of an account, on drawn affiliations, profiles and days."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kc_bridge.domain.account_state import CLOSED, EXPIRED, IN_USE, OPEN, STATES
from kc_bridge.domain.affiliation import Affiliation, Status
from kc_bridge.domain.lifecycle import Lifecycle
from sync.rules.ends import last_day
from sync.rules.lifecycle import Standing, standing
from tests.support.counts import count

BEGIN = date(2027, 11, 1)
SOME = settings(max_examples=count(60, 2000))

DAYS = st.integers(-40, 120).map(lambda n: BEGIN + timedelta(days=n))


@st.composite
def affiliations(draw: st.DrawFn) -> Affiliation:
    start, status = draw(DAYS), draw(st.sampled_from(Status))
    length = draw(st.none() | st.integers(0, 60))
    end = last_day(
        population="staff",
        year=None,
        end=None if length is None else start + timedelta(days=length),
        status=status,
        status_on=draw(DAYS),
    )
    number = draw(st.integers(0, 9))
    return Affiliation("s", str(number), draw(st.sampled_from(["student", "staff"])), start, end, status)


DELAYS = st.none() | st.integers(1, 30)
LIFECYCLES = st.builds(
    lambda early, grace, unpaid, pre, data, more: Lifecycle(
        early_days={"staff": early},
        grace_days={"staff": grace},
        unpaid_days=unpaid,
        pre_admitted_days=pre,
        purge_data_days=data,
        purge_account_days=None if more is None else (data or 1) + more,
    ),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.none() | st.integers(0, 20),
    DELAYS,
    DELAYS,
)
LIVES = st.tuples(st.lists(affiliations(), min_size=1, max_size=4), LIFECYCLES, st.booleans())


def judge(ties: list[Affiliation], lifecycle: Lifecycle, day: date, known: Standing | None, used: bool) -> Standing:  # fmt: skip
    """As the engine does: what was closed tells for what end, since when and how far."""
    closed = known if known is not None and known.state in CLOSED else None
    return standing(
        ties,
        day,
        activated=used,
        closed_after=closed.account_end if closed else None,
        closed_on=closed.closed_on if closed else None,
        stage_reached=closed.state if closed else EXPIRED,
        lifecycle=lifecycle,
    )


def day_by_day(ties: list[Affiliation], lifecycle: Lifecycle, last: date, used: bool) -> Standing:
    known, day = None, BEGIN
    while day <= last:
        known = judge(ties, lifecycle, day, known, used)
        day += timedelta(days=1)
    assert known is not None
    return known


@SOME
@given(LIVES, st.integers(0, 120))
def test_judged_twice_is_judged_once(life: tuple[list[Affiliation], Lifecycle, bool], after: int) -> None:
    ties, lifecycle, used = life
    day = BEGIN + timedelta(days=after)
    once = judge(ties, lifecycle, day, None, used)
    twice = judge(ties, lifecycle, day, once, used)
    told = (once.state, once.open, once.account_end, once.closed_on, once.next_transition_on)
    assert (twice.state, twice.open, twice.account_end, twice.closed_on, twice.next_transition_on) == told


@SOME
@given(LIVES, st.integers(0, 120))
def test_every_day_in_turn_or_the_last_one_alone(
    life: tuple[list[Affiliation], Lifecycle, bool], after: int
) -> None:
    ties, lifecycle, used = life
    last = BEGIN + timedelta(days=after)
    slow, fast = day_by_day(ties, lifecycle, last, used), judge(ties, lifecycle, last, None, used)
    assert (slow.open, slow.account_end, slow.populations) == (fast.open, fast.account_end, fast.populations)
    if slow.state not in CLOSED:
        assert slow.state == fast.state
    # Nobody looked meanwhile: nothing is erased sooner for that, and as much once the delays have passed.
    assert STATES.index(fast.state) <= STATES.index(slow.state)
    later = last + timedelta(days=70)
    assert judge(ties, lifecycle, later, slow, used).state == judge(ties, lifecycle, later, fast, used).state


@SOME
@given(LIVES, st.integers(0, 120))
def test_looking_on_the_announced_days_alone_is_enough(
    life: tuple[list[Affiliation], Lifecycle, bool], after: int
) -> None:
    """``next_transition_on`` is early enough: the calendar never finds anything on a day it did not name."""
    ties, lifecycle, used = life
    last = BEGIN + timedelta(days=after)
    known, looked = judge(ties, lifecycle, BEGIN, None, used), BEGIN
    while known.next_transition_on is not None and known.next_transition_on <= last:
        assert known.next_transition_on > looked, "or the engine would look for ever"
        looked = known.next_transition_on
        known = judge(ties, lifecycle, looked, known, used)
    slow = day_by_day(ties, lifecycle, last, used)
    assert (known.state, known.open, known.account_end, known.closed_on, known.populations) == (
        slow.state,
        slow.open,
        slow.account_end,
        slow.closed_on,
        slow.populations,
    )


@SOME
@given(LIVES, st.integers(0, 120), st.integers(1, 60))
def test_a_clock_that_goes_back_opens_nothing_and_brings_nothing_back(
    life: tuple[list[Affiliation], Lifecycle, bool], after: int, back: int
) -> None:
    ties, lifecycle, used = life
    day = BEGIN + timedelta(days=after)
    known = day_by_day(ties, lifecycle, day, used)
    if known.state not in CLOSED or known.account_end is None:
        return
    earlier = judge(ties, lifecycle, day - timedelta(days=back), known, used)
    assert not earlier.open or (earlier.account_end or date.max) > known.account_end
    if earlier.state in CLOSED:
        assert STATES.index(earlier.state) >= STATES.index(known.state)


@SOME
@given(LIVES, st.integers(0, 120))
def test_the_words_agree_with_each_other(life: tuple[list[Affiliation], Lifecycle, bool], after: int) -> None:
    ties, lifecycle, used = life
    day = BEGIN + timedelta(days=after)
    verdict = judge(ties, lifecycle, day, None, used)
    assert verdict.open == (verdict.state in OPEN)
    assert not verdict.open or used == (verdict.state in IN_USE)
    assert (verdict.closed_on is not None) == (verdict.state in CLOSED)
    assert verdict.state == EXPIRED or verdict.state not in CLOSED, (
        "nothing is erased on the day of the closing"
    )
    assert not verdict.open or verdict.account_end is None or verdict.account_end >= day
    assert verdict.quiet == any(a.status == Status.DECEASED for a in ties)
    assert not (verdict.quiet and verdict.open)
