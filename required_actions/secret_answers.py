"""Keeping and checking answers to secret questions: argon2id of the normalised answer, and nothing else.

An answer is **never the only factor**: it may confirm who asks, after something the person has or knows besides (a
mailed link, a number and a birth date), and alone opens nothing. Few people's answers withstand who knows them (CNIL
2022-100), so whoever calls :func:`matches` also counts the tries.
"""

from __future__ import annotations

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from kc_bridge.domain.secret_answer import normalised

__all__ = ["hashed", "is_outdated", "matches"]

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
"""OWASP Password Storage: argon2id with 19 MiB, two passes, one lane."""


def hashed(answer: str) -> str:
    """The hash to keep, in argon2's own notation with parameters and salt. Costs about 30 ms: not in a transaction."""
    return _hasher.hash(normalised(answer))


def matches(kept: str | None, answer: str) -> bool:
    """Whether this is the answer kept; False, after the same work, for a person who has none (``kept`` None)."""
    if kept is None:
        hashed(answer)
        return False
    try:
        return _hasher.verify(kept, normalised(answer))
    except VerifyMismatchError:
        return False


def is_outdated(kept: str) -> bool:
    """True when the parameters have risen since: keep ``hashed(answer)`` instead, now that the answer is at hand."""
    return _hasher.check_needs_rehash(kept)
