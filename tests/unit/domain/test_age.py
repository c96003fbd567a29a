"""Who is old enough to decide alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_bridge.domain.age import age_on, is_minor

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(2008, 9, 7), date(2026, 9, 6), 17),
        (date(2008, 9, 7), date(2026, 9, 7), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 28), 19),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2008, 12, 31), date(2026, 12, 31), 18),
        (date(2008, 12, 31), date(2026, 12, 30), 17),
        (date(2008, 1, 1), date(2025, 12, 31), 17),
        (date(2026, 9, 7), date(2026, 9, 7), 0),
    ],
)
def test_birthdays(birth: date, day: date, age: int) -> None:
    assert age_on(birth, day) == age
    assert is_minor(birth, day) is (age < 18)


def test_an_unknown_birth_date_forbids_nothing() -> None:
    assert is_minor(None, date(2026, 9, 7)) is False


@given(birth=DAYS, day=DAYS)
def test_one_gets_older_on_ones_birthday_alone(birth: date, day: date) -> None:
    grown = age_on(birth, day + timedelta(days=1)) - age_on(birth, day)
    tomorrow = day + timedelta(days=1)
    leap_birthday = (birth.month, birth.day) == (2, 29) and (tomorrow.month, tomorrow.day) == (3, 1)
    birthday = (birth.month, birth.day) == (tomorrow.month, tomorrow.day)
    if leap_birthday:
        birthday = day.day != 29  # where there was a 29th, it was the day before
    assert grown == int(birthday)
