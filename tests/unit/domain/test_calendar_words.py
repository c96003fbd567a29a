"""Civil time of the university, both days of changing clocks included."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from kc_bridge.domain.calendar import date_in_words, instant_in_words, local_date

PARIS = "Europe/Paris"


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2028, 2, 28, 23, 0, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_days_begin_at_midnight_in_paris(instant: datetime, day: date) -> None:
    assert local_date(instant, PARIS) == day


def test_another_university_another_midnight() -> None:
    instant = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    assert local_date(instant, "America/Martinique") == date(2026, 12, 31)
    assert local_date(instant, "Indian/Reunion") == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (datetime(2026, 11, 22, 22, 59, tzinfo=UTC), "dimanche 22 novembre 2026 à 23\u00a0h\u00a059"),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "dimanche 29 mars 2026 à 01\u00a0h\u00a059"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "dimanche 29 mars 2026 à 03\u00a0h\u00a000"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "dimanche 25 octobre 2026 à 02\u00a0h\u00a030"),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), "dimanche 25 octobre 2026 à 03\u00a0h\u00a000"),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), "mardi 1er décembre 2026 à 00\u00a0h\u00a000"),
    ],
)
def test_french_words(instant: datetime, words: str) -> None:
    assert instant_in_words(instant, "fr", PARIS) == words


def test_english_words_name_the_place() -> None:
    words = instant_in_words(datetime(2026, 11, 22, 22, 59, tzinfo=UTC), "en", PARIS)
    assert words.replace("\u202f", " ") == "Sunday 22 November 2026 at 11:59 PM (Paris time)"


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        (date(2027, 12, 31), "31 décembre 2027", "31 December 2027"),
        (date(2027, 1, 1), "1er janvier 2027", "1 January 2027"),
        (date(2027, 11, 11), "11 novembre 2027", "11 November 2027"),
        (date(2028, 2, 29), "29 février 2028", "29 February 2028"),
    ],
)
def test_days(day: date, french: str, english: str) -> None:
    assert (date_in_words(day, "fr"), date_in_words(day, "en_GB")) == (french, english)
