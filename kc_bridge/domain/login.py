"""Identifiers as people type them: in capitals, with spaces, without what follows the @."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

__all__ = ["LONGEST", "as_typed", "meant_by"]

LONGEST = 320
"""Characters of a mail address at most (RFC 3696): nobody's identifier is longer."""


def as_typed(value: str) -> str:
    """One form for all that is typed for the same identifier: lower case, neither spaces nor characters nobody sees."""
    plain = unicodedata.normalize("NFKC", value)
    seen = "".join(c for c in plain if not c.isspace() and not unicodedata.category(c).startswith("C"))
    return seen.casefold()


def meant_by(typed: str, domains: Iterable[str]) -> list[str]:
    """Logins ``typed`` (see :func:`as_typed`) may stand for: itself and, without @, the same at each of the ``domains``."""
    if "@" in typed:
        return [typed]
    return [typed, *(f"{typed}@{domain.lower()}" for domain in dict.fromkeys(domains))]
