"""Composite values of SUPANN 2021, as its recommendations write them, and as they are mistyped."""

from __future__ import annotations

from datetime import date

import pytest

from kc_bridge.domain.supann import (
    ACCOUNT_STATES,
    Enrolment,
    ResourceState,
    enrolment,
    instant_day,
    labelled,
    resource_state,
)

FULL = (
    "[etab={UAI}0751717J][anneeinsc=2026][regimeinsc={SISE}10][sectdisc={SISE}39][typedip={SISE}03][cursusann={SUPANN}L1]"
    "[affect={SUPANN}UFR27][diplome={SISE}2500001][etape={UAI:0751717J}L1INFO][eltpedago={UAI:0751717J}INF101]"
)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("{SECOURS}a@b.fr", ("SECOURS", "a@b.fr")),
        ("{secours} a@b.fr ", ("SECOURS", "a@b.fr")),
        ("{UAI:0751717J:ETUID}22600001", ("UAI:0751717J:ETUID", "22600001")),
        ("a@b.fr", ("", "a@b.fr")),
        ("{}a", ("", "a")),
        ("{SECOURS", ("", "{SECOURS")),
        ("{A}{B}c", ("A", "{B}c")),
        ("", ("", "")),
    ],
)
def test_labels(value: str, parts: tuple[str, str]) -> None:
    assert labelled(value) == parts


def test_a_whole_enrolment() -> None:
    found = enrolment(FULL)
    assert found == Enrolment(2026, "0751717J", "10", "39", "03", "L1", "2500001", "L1INFO")
    assert found.programme == "L1INFO"


def test_the_six_parts_supann_asks_for() -> None:
    found = enrolment(FULL.partition("[affect")[0])
    assert (found.degree, found.stage, found.programme) == ("", "", "03-39-L1")


def test_parts_in_another_order_and_apart() -> None:
    assert enrolment(" [cursusann=L1] [AnneeInsc=2026]\n[etab={uai}0751717j] ") == Enrolment(
        2026, "0751717J", level="L1"
    )


@pytest.mark.parametrize("part", ["affect", "eltpedago", "invented"])
def test_values_that_differ_by_what_we_leave_out_are_one_enrolment(part: str) -> None:
    base = FULL.partition("[affect")[0]
    assert enrolment(f"{base}[{part}=1]") == enrolment(f"{base}[{part}=2]") == enrolment(base)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "no part"),
        ("2026", "made of parts"),
        ("[etab={UAI}0751717J]", "no part"),
        ("[anneeinsc=]", "no part"),
        ("[anneeinsc=26]", "« 26 »"),
        ("[anneeinsc=２０２６]", "for a year"),
        ("[anneeinsc=2026/2027]", "for a year"),
        ("[anneeinsc=2026][anneeinsc=2025]", "twice"),
        ("[anneeinsc=2026", "made of parts"),
        ("[anneeinsc=2026]]", "made of parts"),
        ("[anneeinsc=2026][etape=[x]]", "made of parts"),
        ("x[anneeinsc=2026]", "made of parts"),
    ],
)
def test_what_is_no_enrolment(value: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        enrolment(value)


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (
            "{COMPTE}A:SupannActif:20260901:20271231",
            ResourceState("COMPTE", "A", "SupannActif", date(2026, 9, 1), date(2027, 12, 31)),
        ),
        (
            "{COMPTE}A:SupannActif::20271231",
            ResourceState("COMPTE", "A", "SupannActif", None, date(2027, 12, 31)),
        ),
        ("{COMPTE}I:::", ResourceState("COMPTE", "I")),
        ("{MAIL}S", ResourceState("MAIL", "S")),
        ("{compte}I:SupannExpire:20280101", ResourceState("COMPTE", "I", "SupannExpire", date(2028, 1, 1))),
    ],
)
def test_states(value: str, state: ResourceState) -> None:
    assert resource_state(value) == state
    assert resource_state(str(state)) == state


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("A:SupannActif::", "form"),
        ("{COMPTE}A:a:b:c:d", "form"),
        ("{COMPTE}X:::", "none of A, I and S"),
        ("{COMPTE}", "none of A, I and S"),
        ("{COMPTE}A::2026-09-01:", "written 20260901"),
        ("{COMPTE}A::20260931:", "no such day"),
    ],
)
def test_what_is_no_state(value: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        resource_state(value)


def test_every_sub_state_of_supann_has_its_state() -> None:
    assert {state: sum(s == state for s in ACCOUNT_STATES.values()) for state in "AIS"} == {
        "A": 3,
        "I": 6,
        "S": 3,
    }


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("20270630000000Z", date(2027, 6, 30)),
        ("20270629220000Z", date(2027, 6, 30)),  # midnight in Paris, in summer
        ("20261231225959Z", date(2026, 12, 31)),
        ("20261231230000Z", date(2027, 1, 1)),  # midnight in Paris, in winter
        ("2026123123Z", date(2027, 1, 1)),
        ("20270630235959+0200", date(2027, 6, 30)),
        ("20270630235959.5+02", date(2027, 6, 30)),
    ],
)
def test_the_day_of_an_instant_is_the_universitys(value: str, day: date) -> None:
    assert instant_day(value, "Europe/Paris") == day


@pytest.mark.parametrize(
    "value", ["20270630", "2027-06-30", "20271330000000Z", "20270630000000", "", "20270630000000+99"]
)
def test_what_is_no_instant(value: str) -> None:
    with pytest.raises(ValueError, match="for a time"):
        instant_day(value, "Europe/Paris")
