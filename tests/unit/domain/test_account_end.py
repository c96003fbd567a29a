"""Why an account ends when it does."""

from __future__ import annotations

from datetime import date

import pytest

from kc_bridge.domain.account_end import is_closed, rights
from kc_bridge.domain.affiliation import Affiliation

TODAY = date(2026, 11, 22)
END_2026 = date(2027, 12, 31)


def enrolment(year: int, *, label: str | None = None, **fields: object) -> Affiliation:
    usual = {"start": date(year, 9, 1), "end": date(year + 1, 12, 31), "year": year, "label": label}
    return Affiliation("apogee", f"{year}-{label}", "student", **(usual | fields))  # type: ignore[arg-type]


def contract(end: date | None) -> Affiliation:
    return Affiliation("hr", "c", "staff", start=date(2020, 9, 1), end=end)


def test_the_last_enrolment_decides() -> None:
    found = rights([enrolment(2025), enrolment(2026)], END_2026, TODAY)
    assert [(right.year, right.decides) for right in found] == [(2026, True), (2025, False)]


def test_what_is_over_or_never_gave_a_right_is_not_told() -> None:
    cancelled = enrolment(2026, label="Master", end=date(2026, 8, 31), status="cancelled")
    found = rights([enrolment(2024), cancelled, enrolment(2026)], END_2026, TODAY)
    assert [right.year for right in found] == [2026]
    assert found[0].label is None


def test_a_contract_that_lasts_longer_decides() -> None:
    found = rights([enrolment(2026), contract(date(2028, 8, 31))], date(2028, 8, 31), TODAY)
    assert [(right.population, right.decides) for right in found] == [("staff", True), ("student", False)]


def test_days_of_grace_belong_to_what_ends_last_before_them() -> None:
    found = rights([enrolment(2025), enrolment(2026)], date(2028, 1, 30), TODAY)
    assert [(right.year, right.decides) for right in found] == [(2026, True), (2025, False)]


def test_open_ended() -> None:
    found = rights([enrolment(2026), contract(None)], None, TODAY)
    assert [(right.population, right.end, right.decides) for right in found] == [
        ("staff", None, True),
        ("student", END_2026, False),
    ]


def test_two_enrolments_of_one_year_both_decide_and_the_same_twice_is_told_once() -> None:
    twice = [enrolment(2026, label="Licence"), enrolment(2026, label="Licence"), enrolment(2026, label="DU")]
    found = rights(twice, END_2026, TODAY)
    assert [(right.label, right.decides) for right in found] == [("DU", True), ("Licence", True)]


def test_nothing_keeps_it_open() -> None:
    assert rights([enrolment(2023)], date(2024, 12, 31), TODAY) == []


@pytest.mark.parametrize(
    ("state", "end", "closed"),
    [
        ("SupannActif", None, False),
        ("SupannActif", TODAY, False),
        ("SupannActif", date(2026, 11, 21), True),
        ("SupannExpire", date(2027, 12, 31), True),
        ("SupannSupprCompte", None, True),
        ("SupannSursis", date(2027, 12, 31), False),
    ],
)
def test_closed(state: str, end: date | None, closed: bool) -> None:
    assert is_closed(state, end, TODAY) is closed
