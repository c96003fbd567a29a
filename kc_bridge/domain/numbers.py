"""Numbers people know themselves by: the one form they are stored, searched and typed in."""

from __future__ import annotations

import unicodedata
from typing import Literal

__all__ = ["LONGEST", "NumberKind", "as_typed", "normalised"]

NumberKind = Literal["student_number", "ine", "staff_number", "uid"]
"""What people may be asked for to identify themselves."""
LONGEST = 64
"""Characters a stored number may have."""


def normalised(value: str) -> str:
    """Upper case, no spaces."""
    return "".join(value.split()).upper()


def as_typed(value: str) -> str:
    """:func:`normalised`, for what came from a keyboard or a clipboard: characters nobody sees are left out."""
    plain = unicodedata.normalize("NFKC", value)
    return normalised("".join(c for c in plain if c.isspace() or not unicodedata.category(c).startswith("C")))
