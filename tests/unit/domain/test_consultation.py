"""« Consultation en ligne »: whom it shows something, and which year it is."""

from __future__ import annotations

from datetime import date

import pytest

from kc_bridge.domain.consultation import is_shown, university_year

BORN = date(2007, 3, 31)


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 8, 31), 2025),
        (date(2026, 9, 1), 2026),
        (date(2026, 12, 31), 2026),
        (date(2027, 1, 1), 2026),
    ],
)
def test_the_university_year_begins_in_september(day: date, year: int) -> None:
    assert university_year(day) == year


def test_birth_date_and_enrolment_both() -> None:
    assert is_shown(BORN, BORN, 1)
    assert not is_shown(BORN, BORN, 0)
    assert not is_shown(date(2007, 3, 30), BORN, 1)
    assert not is_shown(None, BORN, 1)
    assert not is_shown(None, date.min, 0)
