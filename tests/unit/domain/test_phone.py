"""Mobile numbers as people write them."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_bridge.domain.phone import Ambiguous, NotANumber, NotMobile, PhoneRefused, mobile, readable


@pytest.mark.parametrize(
    "written",
    [
        "0612345678", "06 12 34 56 78", "06.12.34.56.78", "06-12-34-56-78", "(06) 12 34 56 78", "612345678",
        "+33612345678", "+33 6 12 34 56 78", "+33 (0)6 12 34 56 78", "+330612345678", "0033 6 12 34 56 78",
        "  06 12 34 56 78  ", "06\u00a012\u202f34 56 78",
    ],
)  # fmt: skip
def test_one_number_of_the_mainland(written: str) -> None:
    assert mobile(written) == "+33612345678"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0690 30 12 34", "+590690301234"),  # Guadeloupe, Saint-Barthélemy, Saint-Martin
        ("0694 20 12 34", "+594694201234"),  # Guyane
        ("0696 30 12 34", "+596696301234"),  # Martinique
        ("0697 10 12 34", "+596697101234"),
        ("0692 12 34 56", "+262692123456"),  # La Réunion
        ("0693 30 12 34", "+262693301234"),
        ("0639 01 02 03", "+262639010203"),  # Mayotte
        ("+687 75 12 34", "+687751234"),  # Nouvelle-Calédonie
        ("+689 87 12 34 56", "+68987123456"),  # Polynésie française
        ("+681 82 12 34", "+681821234"),  # Wallis-et-Futuna
        ("+508 55 12 34", "+508551234"),  # Saint-Pierre-et-Miquelon
        ("0708 50 00 00", "+508708500000"),
        ("87 12 34 56", "+68987123456"),  # eight digits exist in one territory only
        ("+590 690 30 12 34", "+590690301234"),
        ("+33 690 30 12 34", "+590690301234"),  # as registers write it
        ("0033692123456", "+262692123456"),
    ],
)
def test_overseas(written: str, number: str) -> None:
    assert mobile(written) == number


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+32 470 12 34 56", "+32470123456"),
        ("0041 79 123 45 67", "+41791234567"),
        ("+44 7911 123456", "+447911123456"),
        ("+1 415 555 2671", "+14155552671"),  # the United States do not tell mobile from fixed
    ],
)
def test_abroad(written: str, number: str) -> None:
    assert mobile(written) == number


@pytest.mark.parametrize("written", ["0639980000", "06 39 98 99 99", "+33 6 39 98 12 34"])
def test_numbers_of_films(written: str) -> None:
    """Decided by the regulator to ring nowhere: the numbers of our demonstration and tests."""
    assert mobile(written).startswith("+3363998")


@pytest.mark.parametrize("written", ["01 23 45 67 89", "0262 20 12 34", "+32 2 511 22 33", "09 70 12 34 56"])
def test_text_messages_reach_mobiles_only(written: str) -> None:
    with pytest.raises(NotMobile):
        mobile(written)


@pytest.mark.parametrize("written", ["75 12 34", "82 12 34", "55 12 34"])
def test_six_digits_are_several_territories(written: str) -> None:
    with pytest.raises(Ambiguous):
        mobile(written)


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "+", "0", "06 12 34 56", "06 12 34 56 789", "0700000000", "0612345678 ext 5",
        "0612345678;ext=5", "0612345678#5", "zéro six", "tel:+33612345678", "06 12 34 56 7O",
        "+999 12 34 56 78", "0612345678 0698765432", "06" * 3000, "'; DROP TABLE person; --", "\0", "{{ 7*7 }}",
    ],
)  # fmt: skip
def test_what_is_no_number(written: str) -> None:
    with pytest.raises(NotANumber):
        mobile(written)


@given(
    st.text(alphabet=st.sampled_from("0123456789+() .-/#*,;x٣३Ａ\u202e"), max_size=30) | st.text(max_size=60)
)
def test_whatever_is_typed_gives_a_number_or_a_reason(written: str) -> None:
    try:
        number = mobile(written)
    except PhoneRefused:
        return
    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdigit()
    assert len(number) <= 16  # E.164
    assert mobile(number) == number
    assert mobile(readable(number)) == number


@given(st.integers(0, 99_999_999), st.sampled_from(["6", "7"]))
def test_ten_digits_stay_the_digits_typed(rest: int, first: str) -> None:
    national = f"0{first}{rest:08d}"
    try:
        number = mobile(national)
    except PhoneRefused:
        return
    assert number.endswith(national[1:])
    assert phonenumbers.parse(number).country_code in {33, 262, 508, 590, 594, 596}


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+33612345678", "+33 6 12 34 56 78"),
        ("+262692123456", "+262 692 12 34 56"),
        ("poste 12", "poste 12"),
        ("", ""),
    ],
)
def test_numbers_in_groups(number: str, shown: str) -> None:
    assert readable(number) == shown
