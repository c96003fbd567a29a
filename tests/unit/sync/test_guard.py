from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import pytest

from sync.guard import PlanRefused, Refusal, SourceCount, at_once, inspect
from sync.judging.ends import RULES
from sync.people.model import Cause
from sync.plan import Kind

NEW_YEAR = date(2027, 1, 1)


@dataclass
class Numbers:
    """What the guard asks of a plan."""

    tally: Counter[tuple[Kind, Cause]] = field(default_factory=Counter)
    due: Counter[date] = field(default_factory=Counter)
    shortened: Counter[str] = field(default_factory=Counter)


def closings(count: int, cause: Cause = Cause.SOURCE) -> Numbers:
    return Numbers(Counter({(Kind.DISABLE, cause): count}))


def due(**days: int) -> Numbers:
    """Closings of January 2027 by day: ``d1=3``."""
    by_day = Counter({date(2027, 1, int(name[1:])): count for name, count in days.items()})
    return Numbers(Counter({(Kind.DISABLE, Cause.CALENDAR): sum(by_day.values())}), by_day)


@pytest.mark.parametrize(
    ("open_accounts", "allowed"), [(0, 20), (30, 20), (400, 20), (420, 21), (40_000, 2_000)]
)
def test_closings_allowed_at_once(open_accounts: int, allowed: int) -> None:
    assert at_once(open_accounts) == allowed
    assert inspect(closings(allowed), [], open_accounts) == []
    (refusal,) = inspect(closings(allowed + 1), [], open_accounts)
    assert f"close {allowed + 1} of {open_accounts}" in refusal.problem


@pytest.mark.parametrize("cause", [Cause.CALENDAR, Cause.REPAIR])
def test_other_closings_are_not_counted_as_the_sources(cause: Cause) -> None:
    assert inspect(closings(500, cause), [], 1_000) == []


@pytest.mark.parametrize(("open_accounts", "allowed"), [(30, 20), (400, 20), (420, 21), (40_000, 2_000)])
def test_ends_moved_earlier_at_once(open_accounts: int, allowed: int) -> None:
    assert inspect(Numbers(shortened=Counter(rh=allowed)), [], open_accounts) == []
    (refusal,) = inspect(Numbers(shortened=Counter(rh=allowed + 1)), [], open_accounts)
    assert refusal.problem == (
        f"Records that changed would end {allowed + 1} of {open_accounts} open accounts earlier than now;"
        f" {allowed} may be at once (source « rh »: {allowed + 1})."
    )
    assert "kcb sync plan --only update" in refusal.remedy


def test_ends_of_several_sources_and_of_rules_count_together() -> None:
    (refusal,) = inspect(Numbers(shortened=Counter({"rh": 9, "apogee": 8, RULES: 4})), [], 100)
    assert refusal.problem.startswith("Records and rules that changed would end 21 of 100 open accounts")
    assert refusal.problem.endswith("(source « apogee »: 8; source « rh »: 9; rules: 4).")
    (refusal,) = inspect(Numbers(shortened=Counter({RULES: 21})), [], 100)
    assert refusal.problem.endswith("earlier than now; 20 may be at once.")
    assert "[lifecycle]" in refusal.remedy


def test_closings_and_ends_moved_earlier_are_told_apart() -> None:
    both = Numbers(Counter({(Kind.DISABLE, Cause.SOURCE): 21}), shortened=Counter(rh=21))
    assert [r.problem.split(" 21 ")[0] for r in inspect(both, [], 100)] == [
        "Records that changed would close",
        "Records that changed would end",
    ]
    assert (
        inspect(Numbers(Counter({(Kind.DISABLE, Cause.SOURCE): 20}), shortened=Counter(rh=20)), [], 100) == []
    )


def test_closings_by_rules_that_changed_count_as_those_by_records() -> None:
    tally = Counter({(Kind.DISABLE, Cause.SOURCE): 11, (Kind.DISABLE, Cause.RULES): 10})
    (refusal,) = inspect(Numbers(tally), [], 100)
    assert refusal.problem.startswith("Records and rules that changed would close 21 of 100")
    (refusal,) = inspect(closings(21, Cause.RULES), [], 100)
    assert refusal.problem.startswith("Rules that changed would close 21 of 100")


@pytest.mark.parametrize("kind", [Kind.CREATE, Kind.UPDATE, Kind.ENABLE, Kind.NOTHING])
def test_what_takes_nothing_away_is_not_limited(kind: Kind) -> None:
    everything = Counter({(kind, cause): 100_000 for cause in Cause})
    assert inspect(Numbers(everything), [], 10) == []


@pytest.mark.parametrize("cause", list(Cause))
def test_purges_are_limited_whatever_their_cause(cause: Cause) -> None:
    assert inspect(Numbers(Counter({(Kind.PURGE, cause): 50})), [], 1_000) == []
    (refusal,) = inspect(Numbers(Counter({(Kind.PURGE, cause): 51})), [], 1_000)
    assert "51 accounts would be deleted, or lose their data," in refusal.problem


@pytest.mark.parametrize(("foreseen", "refused"), [(800, False), (793, False), (790, True), (0, True)])
def test_purges_foreseen_a_week_before_pass(foreseen: int, refused: bool) -> None:
    plan = Numbers(Counter({(Kind.PURGE, Cause.CALENDAR): 800}))
    refusals = inspect(
        plan, [], 1_000, losses={NEW_YEAR: 800}, losses_foreseen={NEW_YEAR: foreseen, date(2027, 1, 2): 99}
    )
    assert bool(refusals) is refused


@pytest.mark.parametrize(
    ("rows", "last_rows", "refused"),
    [
        (0, None, True),
        (0, 100, True),
        (1, None, False),
        (89, 100, True),
        (90, 100, False),
        (500, 100, False),
    ],
)
def test_a_source_that_looks_truncated(rows: int, last_rows: int | None, refused: bool) -> None:
    refusals = inspect(Numbers(), [SourceCount("apogee", rows, last_rows)], 100)
    assert bool(refusals) is refused
    assert all(refusal.remedy for refusal in refusals)


@pytest.mark.parametrize(
    ("rows", "rejected", "before", "refused"),
    [
        (100, 20, None, False),  # a first read is compared with none
        (100, 21, None, True),
        (100, 50, 30, False),
        (100, 51, 30, True),
        (10_000, 700, 200, False),
        (10_000, 701, 200, True),
        (10_000, 0, 5_000, False),
    ],
)
def test_a_rise_of_errors(rows: int, rejected: int, before: int | None, refused: bool) -> None:
    last_rows = None if before is None else rows
    refusals = inspect(Numbers(), [SourceCount("apogee", rows, last_rows, rejected, before)], 100)
    assert ["cannot be used" in refusal.problem for refusal in refusals] == [True] * refused


def test_every_reason_is_named_at_once() -> None:
    sources = [SourceCount("apogee", 0, 100), SourceCount("rh", 10, 100), SourceCount("ldap", 100, 100)]
    refusals = inspect(closings(99), sources, 100)
    assert [words in r.problem for r, words in zip(refusals, ("apogee", "rh", "99 of 100"), strict=True)]


@pytest.mark.parametrize(
    ("plan", "foreseen", "approved", "refused"),
    [
        (due(d1=50), {}, [], False),  # few always pass
        (due(d1=51), {}, [], True),
        (due(d1=26, d2=25), {}, [], True),  # also spread over days
        (due(d1=800), {1: 800}, [], False),
        (due(d1=808), {1: 800}, [], False),  # rows went on changing: within 1 %
        (due(d1=809), {1: 800}, [], True),
        (due(d1=60), {1: 59}, [], False),  # 1 % of few is one
        (due(d1=300), {1: 800}, [], False),  # the rest of a run that ended in part
        (due(d1=800), {2: 800}, [], True),  # another day's forecast is none
        (due(d1=10, d2=700), {1: 400, 2: 400}, [], True),  # nor does one day's stand for another's
        (due(d1=800, d2=3), {1: 800}, [], False),
        (due(d1=800), {}, [1], False),
        (due(d1=800), {}, [2], True),
        (due(d1=800, d2=60), {}, [1], True),
        (due(d1=800, d2=50), {}, [1], False),
    ],
)
def test_closings_of_the_calendar(
    plan: Numbers, foreseen: dict[int, int], approved: list[int], refused: bool
) -> None:
    refusals = inspect(
        plan,
        [],
        1_000,
        foreseen={date(2027, 1, day): count for day, count in foreseen.items()},
        approved=[date(2027, 1, day) for day in approved],
    )
    assert bool(refusals) is refused


def test_a_refusal_names_the_worst_day_and_how_to_approve_it() -> None:
    (refusal,) = inspect(due(d1=60, d2=900), [], 1_000, foreseen={NEW_YEAR: 60})
    assert "960 accounts" in refusal.problem
    assert "900 on 2027-01-02, 0 foreseen" in refusal.problem
    assert "--closings-of 2027-01-02" in refusal.remedy


def test_a_refused_plan_says_how_to_approve_it_and_what_changed() -> None:
    error = PlanRefused([Refusal("a", "b")], "d1ge57", ["abcdef…", "disable 30 → 31"])
    assert "kcb sync approve d1ge57" in str(error)
    assert "another plan: abcdef…; disable 30 → 31" in str(error)
