"""How far a query was read: the highest watermark, as text that says what it is and which query it is of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

__all__ = ["Mark", "NoWatermark"]

Watermark = datetime | date | int | Decimal | str


class NoWatermark(Exception):
    """The column's values are of no kind that grows."""


@dataclass(frozen=True, slots=True)
class Mark:
    """``query`` stands for the query and all that decides what its rows become: a mark of another is worth nothing."""

    query: str
    value: Watermark

    @classmethod
    def highest(cls, query: str, values: Iterable[Any], now: datetime) -> Mark | None:
        """None without any. A value from the future counts as now: nothing that comes before it may be missed.

        ``now`` has the zone that moments without one may be told in.
        """
        found = [cls._known(value) for value in values if value is not None]
        return cls(query, min(max(found), _now_like(max(found), now))) if found else None

    @classmethod
    def read(cls, text: str | None, query: str) -> Mark | None:
        """The mark of that text; None when it is of another query."""
        of, kind, value = [*(text or "").split(" ", 2), "", ""][:3]
        if of != query:
            return None
        match kind:
            case "moment":
                return cls(query, datetime.fromisoformat(value))
            case "day":
                return cls(query, date.fromisoformat(value))
            case "number":
                number = Decimal(value)
                return cls(query, int(number) if number == number.to_integral_value() else number)
            case _:
                return cls(query, value)

    def __str__(self) -> str:
        match self.value:
            case datetime():
                return f"{self.query} moment {self.value.isoformat()}"
            case date():
                return f"{self.query} day {self.value.isoformat()}"
            case int() | Decimal():
                return f"{self.query} number {self.value}"
            case _:
                return f"{self.query} text {self.value}"

    def from_(self, overlap: timedelta, numbers: int) -> Watermark:
        """From which value to read on: what was written before the mark may have been committed after it."""
        match self.value:
            case datetime():
                return self.value - overlap
            case date():
                return self.value - timedelta(days=overlap.days)
            case int() | Decimal():
                return self.value - numbers
            case str():
                return _written_like(self.value, datetime.fromisoformat(self.value) - overlap)

    @staticmethod
    def _known(value: Any) -> Any:
        match value:
            case bool():
                raise NoWatermark
            case datetime() | date() | int() | Decimal():
                return value
            case float():
                return Decimal(str(value))
            case str():
                try:
                    datetime.fromisoformat(value)
                except ValueError:
                    raise NoWatermark from None
                return value
            case _:
                raise NoWatermark


def _now_like(value: Any, now: datetime) -> Any:
    """``now`` as a value of the same kind; for what is no time, the value itself."""
    utc = now.astimezone(UTC)
    match value:
        case datetime() if value.tzinfo:
            return utc
        case datetime():  # of that zone or of UTC: the earlier costs rows read twice, the later rows missed
            return min(now.replace(tzinfo=None), utc.replace(tzinfo=None))
        case date():
            return min(now.date(), utc.date())
        case str():
            return _written_like(value, _now_like(datetime.fromisoformat(value), now))
        case _:
            return value


def _written_like(text: str, moment: datetime) -> str:
    """A moment kept as text, as SQLite does: in the same form, so that the texts compare as the moments do."""
    timespec = "microseconds" if "." in text else "seconds"
    return (
        moment.isoformat("T" if "T" in text else " ", timespec)
        if len(text) > len("aaaa-mm-jj")
        else str(moment.date())
    )
