"""Numbers people know themselves by: the one form they are stored, searched and typed in."""

from __future__ import annotations

import unicodedata
from typing import Literal

__all__ = ["FORMER_INE", "LONGEST", "NumberKind", "as_typed", "normalised"]

NumberKind = Literal["student_number", "ine", "staff_number", "uid"]
"""What people may be asked for to identify themselves."""
FORMER_INE = "former_ine"
"""Kind under which an INE is kept that another has replaced, as a provisional one is: it stands on older papers."""
LONGEST = 64
"""Characters a stored number may have."""


def normalised(value: str) -> str:
    """Upper case, no spaces."""
    return "".join(value.split()).upper()


def as_typed(value: str, kind: NumberKind | None = None) -> str:
    """:func:`normalised`, for what came from a keyboard or a clipboard: characters nobody sees are left out.

    Of an INE hyphens and full stops too: it has none, and people write it in groups.
    """
    plain = unicodedata.normalize("NFKC", value)
    seen = "".join(c for c in plain if c.isspace() or not unicodedata.category(c).startswith("C"))
    if kind == "ine":
        seen = "".join(c for c in seen if c != "." and unicodedata.category(c) != "Pd")
    return normalised(seen)
