"""Civil time: instants shown, and days meant, in the university's zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

__all__ = ["date_in_words", "instant_in_words", "local_date", "time_in_words"]


def local_date(instant: datetime, zone: str) -> date:
    """The civil day of an instant: accounts and links end by the university's calendar, not by UTC's."""
    return instant.astimezone(ZoneInfo(zone)).date()


def date_in_words(day: date, language: str) -> str:
    """« 31 décembre 2027 », « 1er octobre 2026 », "31 December 2027"."""
    words = format_date(day, "d MMMM y", language)
    return words.replace("1 ", "1er ", 1) if language == "fr" and day.day == 1 else words


def instant_in_words(instant: datetime, language: str, zone: str) -> str:
    """« dimanche 22 novembre 2026 à 23 h 59 », "Sunday, November 22, 2026 at 11:59 PM (Paris time)".

    ``instant`` must be aware. The French form is the one of the Lexique des
    règles typographiques; an hour never breaks over two lines.
    """
    local = instant.astimezone(ZoneInfo(zone))
    day = f"{format_date(local, 'EEEE', language)} {date_in_words(local.date(), language)}"
    at = "à" if language == "fr" else "at"
    return f"{day} {at} {time_in_words(instant, language, zone)}"


def time_in_words(instant: datetime, language: str, zone: str) -> str:
    """« 23 h 59 », "11:59 PM (Paris time)"; see :func:`instant_in_words`."""
    local = instant.astimezone(ZoneInfo(zone))
    if language == "fr":
        return f"{local:%H}\u00a0h\u00a0{local:%M}"
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    return f"{format_time(local, 'h:mm a', tzinfo=ZoneInfo(zone), locale=language)} ({city} time)"
