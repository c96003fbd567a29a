"""Which population is the primary one; how far a source may decide an end."""

from __future__ import annotations

from datetime import date

import pytest

from kc_bridge.domain.affiliation import Status
from sync.rules.ends import last_day
from sync.rules.lifecycle import standing
from sync.rules.primary import edu_person_affiliations, edu_person_primary, primary_population
from tests.support.date_table import affiliations


def test_the_stronger_tie_is_primary() -> None:
    verdict = standing(affiliations("student 2026; staff 2026-10-01..2029-09-30"), date(2026, 11, 1))
    assert (verdict.population, verdict.populations) == ("staff", ("staff", "student"))
    assert primary_population(["guest", "student"]) == "student"
    assert primary_population(["robot", "guest"]) == "guest"


def test_who_is_closed_keeps_the_population_of_last() -> None:
    closed = standing(affiliations("guest 2026-01-15..2026-06-30; student 2024"), date(2026, 8, 1))
    assert closed.population == "guest"


def test_edu_person_words() -> None:
    assert edu_person_affiliations(("staff", "student")) == ("employee", "member", "student")
    assert edu_person_primary("guest") == "affiliate"


def test_a_source_may_say_an_earlier_end_but_not_a_later_one() -> None:
    assert last_day(population="student", year=2026, end=date(2027, 2, 1)) == date(2027, 2, 1)
    assert last_day(population="student", year=2026, end=date(2030, 1, 1)) == date(2027, 12, 31)


@pytest.mark.parametrize("status", Status)
def test_the_day_of_a_status(status: Status) -> None:
    ends = {
        Status.VALID: date(2027, 12, 31),
        Status.PRE_ADMITTED: date(2027, 12, 31),
        Status.UNPAID: date(2026, 11, 30),
    }
    end = last_day(population="student", year=2026, end=None, status=status, status_on=date(2026, 11, 30))
    assert end == ends.get(status, date(2026, 11, 29))
