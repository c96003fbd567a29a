"""How fast the sync writes: up by steps, down at once, and when the rest is left to the next run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.writing import pace
from sync.writing.pace import Limits, Pace

LIMITS = Limits(parallel=4, batch=500)
START = pace.begin(LIMITS)


def fail(
    now: Pace, sent_in: int | None = None, retry_after: float | None = None, chance: float = 1.0
) -> Pace:
    return pace.after_failure(now, LIMITS, now.round if sent_in is None else sent_in, retry_after, chance)


def test_it_begins_with_every_request_allowed_and_few_users_in_each() -> None:
    assert (START.window, START.size, START.wait) == (4, 100, 0)
    assert pace.begin(Limits(2, 10)) == Pace(window=2, size=10)


@pytest.mark.parametrize(
    ("seconds", "users", "size"),
    [
        (0.2, 100, 125),
        (0.7, 100, 100),
        (3.0, 100, 70),
        (0.2, 60, 100),  # half a request says nothing of a whole one
        (3.0, 60, 100),
    ],
)
def test_an_answer_in_half_a_second_to_one_is_aimed_at(seconds: float, users: int, size: int) -> None:
    assert pace.after_answer(START, LIMITS, seconds, users).size == size


def test_a_request_stays_within_its_bounds() -> None:
    now = START
    for _ in range(50):
        now = pace.after_answer(now, LIMITS, 0.1, now.size)
    assert now.size == 500
    for _ in range(50):
        now = pace.after_answer(now, LIMITS, 9.0, now.size)
    assert now.size == 25
    small = Limits(4, 10)
    assert pace.after_answer(pace.begin(small), small, 9.0, 10).size == 10


def test_a_failure_halves_and_answers_bring_back_one_at_a_time() -> None:
    failed = fail(START)
    assert (failed.window, failed.size, failed.failures) == (2, 50, 1)
    now = pace.rested(failed)
    windows = []
    for _ in range(6):
        now = pace.after_answer(now, LIMITS, 0.7, now.size)
        windows.append(int(now.window))
    assert (windows, now.failures) == ([2, 2, 3, 3, 3, 4], 0)


def test_requests_that_fail_together_count_once() -> None:
    failed = fail(START)
    for _ in range(3):
        failed = fail(failed, sent_in=START.round)
    assert (failed.window, failed.failures) == (2, 1)


def test_pauses_double_and_chance_shortens_them_by_half_at_most() -> None:
    waits = []
    now = START
    for _ in range(3):
        now = fail(pace.rested(now))
        waits.append(now.wait)
    assert waits == [0.25, 0.5, 1.0]
    assert fail(START, chance=0.0).wait == 0.125


def test_what_keycloak_asks_for_is_obeyed_within_a_bound() -> None:
    asked = fail(START, retry_after=7)
    assert (asked.wait, pace.gives_up(asked)) == (7, False)
    assert pace.gives_up(fail(START, retry_after=3600))
    assert pace.gives_up(fail(asked, sent_in=0, retry_after=3600))


def test_four_failures_in_a_row_end_the_run_and_an_answer_in_between_does_not() -> None:
    now = START
    for _ in range(3):
        now = fail(pace.rested(now))
    assert not pace.gives_up(now)
    assert pace.gives_up(fail(now))
    answered = pace.after_answer(now, LIMITS, 0.7, 25)
    assert not pace.gives_up(fail(answered))


def test_an_answer_does_not_end_a_pause() -> None:
    waiting = replace(START, wait=5.0)
    assert pace.after_answer(waiting, LIMITS, 0.7, 100).wait == 5.0
    assert pace.rested(waiting).wait == 0
