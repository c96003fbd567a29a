"""A year's closings, month by month, as bars a terminal can draw. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

__all__ = ["MONTHS", "bars", "by_month"]

MONTHS = 12
EIGHTHS = " ▏▎▍▌▋▊▉"


def by_month(days: Mapping[date, int], today: date) -> dict[date, int]:
    """First day of each of the twelve months from today's on → how many; months without any included."""
    first = today.replace(day=1)
    months = [_month_after(first, n) for n in range(MONTHS)]
    counts = dict.fromkeys(months, 0)
    for day, count in days.items():
        month = day.replace(day=1)
        if month in counts:
            counts[month] += count
    return counts


def bars(months: Mapping[date, int], width: int) -> list[str]:
    """A line a month: its name, a bar of at most ``width`` characters, its number."""
    most = max(months.values(), default=0)
    digits = len(str(most))
    lines = []
    for month, count in months.items():
        eighths = -(-count * width * 8 // most) if most else 0  # rounded up: one account is seen
        bar = "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
        lines.append(f"{month:%b %Y}  {count:>{digits}}  {bar}".rstrip())
    return lines


def _month_after(first: date, months: int) -> date:
    year, month = divmod(first.month - 1 + months, 12)
    return date(first.year + year, month + 1, 1)
