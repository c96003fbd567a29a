"""Values of databases as text: the same value is the same text whatever the driver, so that hashes stay."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["joined", "texts"]

SEPARATOR = "\x1f"


def texts(zone: ZoneInfo) -> Callable[[Sequence[Any]], tuple[str, ...]]:
    """Turns the cells of a row into text; moments that know their offset are told in ``zone``."""

    def text(value: Any) -> str:
        match value:
            case None:
                return ""
            case bool():
                return "true" if value else "false"
            case int():
                return str(value)
            case float():
                return str(int(value)) if value.is_integer() else repr(value)
            case Decimal():
                return _plain(value)
            case datetime():
                local = value.astimezone(zone) if value.tzinfo else value
                # Registers keep days as moments at midnight.
                return local.date().isoformat() if local.time() == time() else local.isoformat()
            case date():
                return value.isoformat()
            case bytes() | bytearray() | memoryview():
                return bytes(value).decode("utf-8", "surrogateescape")
            case list() | dict():
                return json.dumps(value, ensure_ascii=False, sort_keys=True, default=text)
            case _:
                return str(value)

    return lambda row: tuple([cell if cell.__class__ is str else text(cell) for cell in row])


def joined(cells: Sequence[str]) -> bytes:
    """What a row is hashed by: other cells give other bytes."""
    text = SEPARATOR.join(cells)
    if text.count(SEPARATOR) >= len(cells):  # a cell holds it
        text = repr(cells)
    return text.encode("utf-8", "surrogatepass")


def _plain(value: Decimal) -> str:
    """« 2026.00 » and « 2026 » are one number, and « 1E+3 » is written out."""
    if not value.is_finite():
        return str(value)
    whole = value.to_integral_value()
    return format(whole, "f") if value == whole else format(value.normalize(), "f")
