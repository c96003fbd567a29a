"""``prenom.nom``: the names of accounts, made deterministically from people's usual names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from unidecode import unidecode

__all__ = ["MAX_LENGTH", "allocate", "numbered", "stem"]

MAX_LENGTH = 60
"""A mail address allows 64 characters before the @ (RFC 5321, 4.5.3.1.1); four are kept for a homonym's number."""

SEPARATORS = re.compile(r"[^a-z0-9]+")


def stem(first_name: str, last_name: str) -> str:
    """The name before numbering: Latin letters a–z, digits, single hyphens, one dot; empty when nothing is left.

    Particles stay (``Anne de La Tour`` → ``anne.de-la-tour``), apostrophes and spaces become hyphens
    (``Camille O'Connor`` → ``camille.o-connor``).
    """
    parts = [part for part in (_ascii(first_name), _ascii(last_name)) if part]
    joined = ".".join(parts)
    if len(joined) > MAX_LENGTH and len(parts) == 2:
        first = parts[0][: MAX_LENGTH // 2].strip("-")
        parts = [first, parts[1][: MAX_LENGTH - len(first) - 1]]
        joined = ".".join(parts)
    return joined[:MAX_LENGTH].strip("-.")


def allocate(base: str, taken: Callable[[str], bool]) -> str:
    """``base``, or ``base2``, ``base3``… : the first that was never given to anybody.

    The caller asks for people in the order of their keys, so the result does not depend on the order of a file.
    """
    number = 1
    while taken(numbered(base, number)):
        number += 1
    return numbered(base, number)


def numbered(base: str, number: int) -> str:
    """The name of the ``number``-th homonym; the first has none."""
    return base if number == 1 else f"{base}{number}"


def _ascii(name: str) -> str:
    # Composed first: « n » + « ˜ » and « ñ » are one name.
    return SEPARATORS.sub("-", unidecode(unicodedata.normalize("NFC", name)).lower()).strip("-")
