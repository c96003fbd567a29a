"""Whom a number and a birth date open, the form numbers are compared in, and who counts as one client."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_bridge.domain.client_address import counted_as
from kc_bridge.domain.identification import NOBODY, Holder, is_opened
from kc_bridge.domain.numbers import as_typed, normalised

TODAY = date(2026, 9, 7)
BORN = date(2007, 3, 31)
WAITING = Holder(
    birth_date=BORN, state="SupannCree", activated=False, account_end=TODAY, in_keycloak=True, kinds=("ine", "uid")
)  # fmt: skip


@pytest.mark.parametrize("end", [None, TODAY, TODAY + timedelta(days=1)])
@pytest.mark.parametrize("kind", ["ine", "uid"])
def test_an_account_that_waits_is_opened(end: date | None, kind: str) -> None:
    assert is_opened(replace(WAITING, account_end=end), kind, BORN, TODAY)


@pytest.mark.parametrize(
    "changed",
    [
        {"birth_date": None},
        {"birth_date": BORN + timedelta(days=1)},
        {"birth_date": date.min},
        {"activated": True},
        {"state": "SupannActif"},
        {"state": "SupannExpire"},
        {"state": "SupannPrecree"},
        {"account_end": TODAY - timedelta(days=1)},
        {"in_keycloak": False},
        {"kinds": ("student_number",)},
        {"kinds": ()},
        {"frozen": True},
    ],
)
def test_one_reason_is_enough_to_refuse(changed: dict[str, Any]) -> None:
    assert not is_opened(replace(WAITING, **changed), "ine", BORN, TODAY)


@given(st.dates(), st.sampled_from(["ine", "uid", "student_number", "staff_number"]))
def test_nobody_is_never_opened(born: date, kind: str) -> None:
    assert not is_opened(NOBODY, kind, born, TODAY)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("123456789ab", "123456789AB"),
        (" 1234 567\u00a089 AB\r\n", "123456789AB"),
        ("\u200b\ufeff123456789AB\u202c", "123456789AB"),
        ("１２３４56789ＡＢ", "123456789AB"),
        ("p-1234.5_6", "P-1234.5_6"),
        ("12\x0034", "1234"),
        ("\0\u200b ", ""),
    ],
)
def test_numbers_as_typed(typed: str, stored: str) -> None:
    assert as_typed(typed) == stored


@pytest.mark.parametrize(
    "typed", ["123-456-789-ab", "123.456.789.AB", "123\u2011456\u2013789 ab", "123456789AB"]
)
def test_an_ine_in_groups(typed: str) -> None:
    assert as_typed(typed, "ine") == "123456789AB"
    assert as_typed("p-1234.5_6", "uid") == "P-1234.5_6"


def test_the_underscores_of_an_ine_are_its_own() -> None:
    """The BEA form of supannCodeINE: ten digits or underscores, then a letter."""
    assert as_typed("_12345678_a", "ine") == "_12345678_A"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_what_registers_hold_is_found_as_typed(value: str) -> None:
    assert as_typed(value) == normalised(value) == as_typed(normalised(value))


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        (None, "unknown"),
        ("unix:", "unknown"),
        ("203.0.113.9, 203.0.113.10", "unknown"),
        ("localhost", "unknown"),
    ],
)
def test_who_counts_as_one_client(address: str | None, counted: str) -> None:
    assert counted_as(address) == counted


@given(st.ip_addresses(v=6, network="2001:db8::/64"))
def test_a_site_is_one_client(address: Any) -> None:
    assert counted_as(str(address)) == "2001:db8::/64"
