"""Number and birth date: whether they open the account the number belongs to. Pure, and the same work for everybody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from hmac import compare_digest

__all__ = ["NOBODY", "Holder", "awaits_activation", "is_opened"]

NEVER_ACTIVATED = "SupannCree"
"""Open, in Keycloak, and nobody has had it yet."""


@dataclass(frozen=True)
class Holder:
    """What is known of whoever holds a number."""

    birth_date: date | None
    state: str
    """SUPANN's sub-state."""
    activated: bool
    account_end: date | None
    in_keycloak: bool
    kinds: Collection[str]
    """Kinds of number their journey takes; none when it is entered otherwise."""
    frozen: bool = False
    """Numbers are not enough: the owner of the backup mail said « ce n'est pas moi » to a change somebody made by giving
    them, or the account was somebody's already and must be validated again."""


NOBODY = Holder(None, "", activated=False, account_end=None, in_keycloak=False, kinds=())
"""Stands for a number nobody holds, so that it is judged like any other."""


def awaits_activation(holder: Holder, today: date) -> bool:
    """True for an account that is open and nobody has had yet."""
    # A list, not « and »: every question is asked of everybody.
    return all(
        [
            holder.state == NEVER_ACTIVATED,
            not holder.activated,
            not (holder.account_end and holder.account_end < today),
            holder.in_keycloak,
        ]
    )


def is_opened(holder: Holder, kind: str, born: date, today: date) -> bool:
    """True for an account of the right birth date that waits for its first activation and is entered by ``kind``."""
    known = holder.birth_date or date.min
    return all(
        [
            compare_digest(known.isoformat(), born.isoformat()),
            awaits_activation(holder, today),
            kind in holder.kinds,
            not holder.frozen,
        ]
    )
