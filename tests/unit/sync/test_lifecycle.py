"""The date table: one row a rule, one verdict a day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from kc_bridge.domain.affiliation import Affiliation
from kc_bridge.domain.calendar import local_date
from sync.rules.ends import last_day
from sync.rules.lifecycle import standing
from sync.rules.primary import edu_person_affiliations, edu_person_primary, primary_population


def enrolment(
    year: int, status: str = "valid", status_on: date | None = None, start: date | None = None
) -> Affiliation:
    return Affiliation(
        "apogee",
        f"1:{year}",
        "student",
        start=start or date(year, 7, 6),
        end=last_day(population="student", year=year, end=None, status=status, status_on=status_on),
        status=status,
        year=year,
    )


def contract(start: date, end: date | None, population: str = "staff") -> Affiliation:
    return Affiliation("rh", f"P1:{start}", population, start=start, end=end)


ENROLLED = enrolment(2026)
DOCTORAL = contract(date(2026, 10, 1), date(2029, 9, 30))
LEAP = contract(date(2027, 9, 1), date(2028, 2, 29))
FIRST, NEXT = contract(date(2026, 1, 1), date(2026, 6, 30)), contract(date(2026, 7, 1), None)
AFTER_A_GAP = contract(date(2026, 9, 1), date(2026, 12, 31))
GUEST = contract(date(2026, 1, 15), date(2026, 6, 30), "guest")


@pytest.mark.parametrize(
    ("affiliations", "today", "state", "end", "following"),
    [
        # an enrolment of N ends on 31 December N+1
        ([ENROLLED], date(2026, 7, 5), "SupannPrecree", None, date(2026, 7, 6)),
        ([ENROLLED], date(2026, 7, 6), "SupannCree", date(2027, 12, 31), date(2028, 1, 1)),
        ([ENROLLED], date(2027, 12, 31), "SupannCree", date(2027, 12, 31), date(2028, 1, 1)),
        ([ENROLLED], date(2028, 1, 1), "SupannExpire", date(2027, 12, 31), None),
        # enrolled again: the later end counts, whichever record came first
        ([enrolment(2027), ENROLLED], date(2027, 9, 1), "SupannCree", date(2028, 12, 31), date(2028, 1, 1)),
        ([ENROLLED, enrolment(2027)], date(2028, 1, 1), "SupannCree", date(2028, 12, 31), date(2029, 1, 1)),
        # losing one of two closes nothing
        ([ENROLLED, DOCTORAL], date(2028, 1, 1), "SupannCree", date(2029, 9, 30), date(2029, 10, 1)),
        ([enrolment(2026, "cancelled", date(2026, 9, 15)), DOCTORAL], date(2026, 10, 1), "SupannCree", date(2029, 9, 30), date(2029, 10, 1)),
        # an explicit status with a date
        ([enrolment(2026, "cancelled", date(2026, 9, 15))], date(2026, 9, 14), "SupannCree", date(2026, 9, 14), date(2026, 9, 15)),
        ([enrolment(2026, "cancelled", date(2026, 9, 15))], date(2026, 9, 15), "SupannExpire", date(2026, 9, 14), None),
        ([enrolment(2026, "cancelled", date(2026, 7, 1))], date(2026, 9, 15), "SupannExpire", date(2026, 6, 30), None),
        ([enrolment(2025), enrolment(2026, "withdrawn", date(2026, 9, 15))], date(2026, 9, 15), "SupannCree", date(2026, 12, 31), date(2027, 1, 1)),
        # 29 February
        ([LEAP], date(2028, 2, 29), "SupannCree", date(2028, 2, 29), date(2028, 3, 1)),
        ([LEAP], date(2028, 3, 1), "SupannExpire", date(2028, 2, 29), None),
        # contracts that follow each other; open-ended ones; a gap closes for as long as it lasts
        ([FIRST, NEXT], date(2026, 6, 30), "SupannCree", None, date(2026, 7, 1)),
        ([FIRST, NEXT], date(2030, 1, 1), "SupannCree", None, None),
        ([FIRST, AFTER_A_GAP], date(2026, 6, 1), "SupannCree", date(2026, 6, 30), date(2026, 7, 1)),
        ([FIRST, AFTER_A_GAP], date(2026, 8, 1), "SupannExpire", date(2026, 6, 30), date(2026, 9, 1)),
        ([FIRST, AFTER_A_GAP], date(2026, 9, 1), "SupannCree", date(2026, 12, 31), date(2027, 1, 1)),
        # a guest's end is an end
        ([GUEST], date(2026, 7, 1), "SupannExpire", date(2026, 6, 30), None),
    ],
)  # fmt: skip
def test_date_table(
    affiliations: list[Affiliation], today: date, state: str, end: date | None, following: date | None
) -> None:
    for order in (affiliations, affiliations[::-1]):
        verdict = standing(order, today)
        assert (verdict.state, verdict.account_end, verdict.next_transition_on) == (state, end, following)
        assert verdict.open is (state == "SupannCree")
        assert verdict.why


def test_an_activated_account_is_active() -> None:
    assert standing([ENROLLED], date(2026, 9, 1), activated=True).state == "SupannActif"
    assert standing([ENROLLED], date(2028, 1, 1), activated=True).state == "SupannExpire"


@pytest.mark.parametrize(
    ("instant", "open_"),
    [
        (datetime(2027, 12, 31, 22, 59, 59, tzinfo=UTC), True),  # 23:59:59 in Paris
        (datetime(2027, 12, 31, 23, 0, 0, tzinfo=UTC), False),  # 00:00 in Paris
    ],
)
def test_the_day_ends_in_paris(instant: datetime, open_: bool) -> None:
    assert standing([ENROLLED], local_date(instant, "Europe/Paris")).open is open_


def test_a_clock_that_goes_back_opens_nothing() -> None:
    assert not standing([ENROLLED], date(2027, 12, 30), closed_after=date(2027, 12, 31)).open


def test_only_a_later_end_opens_again() -> None:
    again = [ENROLLED, enrolment(2028)]
    assert standing(again, date(2028, 9, 1), closed_after=date(2027, 12, 31)).open


def test_a_contract_without_end_opens_again() -> None:
    assert standing([GUEST, NEXT], date(2026, 8, 1), closed_after=date(2026, 6, 30)).open


def test_the_stronger_tie_is_primary() -> None:
    verdict = standing([ENROLLED, DOCTORAL], date(2026, 11, 1))
    assert (verdict.population, verdict.populations) == ("staff", ("staff", "student"))
    assert primary_population(["guest", "student"]) == "student"
    assert primary_population(["robot", "guest"]) == "guest"


def test_who_is_closed_keeps_the_population_of_last() -> None:
    assert standing([GUEST, enrolment(2024)], date(2026, 8, 1)).population == "guest"


def test_edu_person_words() -> None:
    assert edu_person_affiliations(["staff", "student"]) == ("employee", "member", "student")
    assert edu_person_primary("guest") == "affiliate"


def test_a_source_may_say_an_earlier_end_but_not_a_later_one() -> None:
    assert last_day(population="student", year=2026, end=date(2027, 2, 1)) == date(2027, 2, 1)
    assert last_day(population="student", year=2026, end=date(2030, 1, 1)) == date(2027, 12, 31)
