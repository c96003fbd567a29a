"""How long an enrolment may wait for its mail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kc_bridge.domain.promise import PROMISED, longest_wait
from kc_bridge.settings import Settings


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("sync_every", "run", "expected"),
    [
        (5, 0, 5),  # missed by a moment
        (5, 1, 6),  # … and read at the end of the next
        (5, 5, 10),
        (5, 6, 16),  # the one due meanwhile was left out
        (20, 0, 20),
    ],
)
def test_the_longest_wait(sync_every: int, run: int, expected: int) -> None:
    assert longest_wait(minutes(sync_every), timedelta(), minutes(run)) == minutes(expected)
    assert longest_wait(minutes(sync_every), minutes(1), minutes(run)) == minutes(expected + 1)


def test_settings_nobody_touched_keep_the_promise_with_runs_of_four_minutes() -> None:
    usual = Settings.model_fields
    sync_every, outbox_every = usual["sync_every"].default, usual["outbox_every"].default
    assert longest_wait(sync_every, outbox_every, minutes(4)) <= PROMISED == minutes(15)
