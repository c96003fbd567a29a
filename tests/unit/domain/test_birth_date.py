"""Birth dates as people, phones and browsers write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_bridge.domain.birth_date import parse

TODAY = date(2026, 9, 7)
BIRTH_DATES = st.dates(date(1900, 1, 1), TODAY)
SEPARATORS = st.sampled_from(["/", ".", "-", " ", "\u00a0", " / ", ". ", "–", ","])


@pytest.mark.parametrize(
    "typed",
    [
        "31/03/2007", "31.03.2007", "31-03-2007", "31 03 2007", "31032007", "31/3/2007", "31. 3. 2007",
        "  31/03/2007\t", "31\u00a003\u00a02007", "2007-03-31", "2007/3/31", "20070331", "３１/０３/２００７", "٣١/٠٣/٢٠٠٧",
    ],
)  # fmt: skip
def test_one_date_in_many_ways(typed: str) -> None:
    assert parse(typed, TODAY) == date(2007, 3, 31)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "31/02/2007", "29/02/2007", "00/01/2007", "01/00/2007", "32/01/2007", "01/13/2007", "03/31/2007",
        "31/03/07", "310307", "3132007", "31/03", "2007", "31/03/2007/1", "31/03/20071", "131/03/2007", "-31/03/2007",
        "31//", "31/03/2007 12:00", "31 mars 2007", "08/09/2026", "31/12/1899", "31/03/0007", "\0", "aaaa-bb-cc",
    ],
)  # fmt: skip
def test_what_is_no_birth_date(typed: str) -> None:
    assert parse(typed, TODAY) is None


def test_from_1900_to_today() -> None:
    assert parse("01/01/1900", TODAY) == date(1900, 1, 1)
    assert parse("07/09/2026", TODAY) == TODAY
    assert parse("29/02/2008", TODAY) == date(2008, 2, 29)


@given(BIRTH_DATES, SEPARATORS)
def test_every_date_is_read_back(born: date, separator: str) -> None:
    day_first = [f"{born.day:02}", f"{born.month:02}", f"{born.year}"]
    plain = [str(born.day), str(born.month), str(born.year)]
    for parts in (day_first, plain, day_first[::-1], plain[::-1]):
        assert parse(separator.join(parts), TODAY) == born


@given(BIRTH_DATES)
def test_eight_digits_are_one_date_whichever_comes_first(born: date) -> None:
    """No date between 1900 and 2099 reads as another one when day and year change places."""
    assert parse(f"{born:%d%m%Y}", TODAY) == born
    assert parse(f"{born:%Y%m%d}", TODAY) == born


@given(st.text())
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = parse(text, TODAY)
    assert found is None or date(1900, 1, 1) <= found <= TODAY
