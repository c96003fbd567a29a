"""Birth dates as people type them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

__all__ = ["parse"]

OLDEST = date(1900, 1, 1)
"""Nobody alive was born before; with it, eight digits in a row are one date at most."""

FORMS = (
    re.compile(r"(?P<day>\d{1,2})[^\w]+(?P<month>\d{1,2})[^\w]+(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})[^\w]+(?P<month>\d{1,2})[^\w]+(?P<day>\d{1,2})"),
    re.compile(r"(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"),
)


def parse(text: str, today: date) -> date | None:
    """The date meant by ``text``, or None: no day of the calendar, or not between 1900 and ``today``.

    ``31/03/2007``, ``31.3.2007``, ``31 03 2007``, ``31-03-2007`` and ``31032007`` are one date; so are
    ``2007-03-31``, which browsers fill in for ``autocomplete="bday"`` (HTML, 4.10.18.7), and ``20070331``. A year has
    four digits: « 07 » would be a guess.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    for form in FORMS:
        if (found := form.fullmatch(typed)) and (born := _date(found)) and OLDEST <= born <= today:
            return born
    return None


def _date(found: re.Match[str]) -> date | None:
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
