"""Who somebody is, as a source says it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

__all__ = ["Identity", "key_digest"]


@dataclass(frozen=True)
class Identity:
    """What a source knows of one human; usual names are the only ones shown."""

    key: str
    """``<source>:<immutable key there>``."""
    first_name: str
    last_name: str
    birth_name: str | None = None
    birth_date: date | None = None
    personal_mail: str | None = None
    """Where the activation mail goes."""
    phone: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    """(kind, value) pairs people know themselves by, sorted: ``ine``, ``student_number``…"""


def key_digest(key: str) -> str:
    """The ownership mark Keycloak holds (``kcbKey``): never the number itself."""
    return hashlib.sha256(key.encode()).hexdigest()
