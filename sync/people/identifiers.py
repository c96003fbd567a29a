"""``prenom.nom``: the names of accounts, made deterministically from people's usual names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from unidecode import unidecode

__all__ = [
    "LOGIN",
    "MAX_LENGTH",
    "NO_NAMES",
    "UID",
    "AccountNames",
    "account_claims",
    "allocate",
    "local_part",
    "numbered",
    "stem",
]

MAX_LENGTH = 60
"""A mail address allows 64 characters before the @ (RFC 5321, 4.5.3.1.1); four are kept for a homonym's number."""

UID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""What a source, or a user found in Keycloak, may have for a uid."""
LOGIN = re.compile(r"[a-z0-9][a-z0-9._+-]{1,63}(@[a-z0-9.-]{1,190})?")
"""And for a login: Keycloak keeps usernames in small letters."""
SEPARATORS = re.compile(r"[^a-z0-9]+")


class AccountNames(NamedTuple):
    """What a source gives itself of somebody's account; None: the bridge makes it."""

    uid: str | None = None
    login: str | None = None
    mail: str | None = None


NO_NAMES = AccountNames()


def account_claims(names: AccountNames) -> list[tuple[str, str]]:
    """As numbers nobody else may have: a login that is another's mail would be taken for it."""
    if names == NO_NAMES:
        return []
    said = (("account uid", names.uid), ("account name", names.login), ("account name", names.mail))
    return list(dict.fromkeys((kind, name) for kind, name in said if name))


def local_part(name: str) -> str:
    """What stands before the @, if there is one."""
    return name.partition("@")[0]


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


@lru_cache(maxsize=10_000)
def _ascii(name: str) -> str:
    """A name is asked for several times, and the first names of most people are those of many."""
    # Composed first: « n » + « ˜ » and « ñ » are one name.
    return SEPARATORS.sub("-", unidecode(unicodedata.normalize("NFC", name)).lower()).strip("-")
