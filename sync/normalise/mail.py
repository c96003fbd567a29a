"""Addresses of mailboxes, in one form."""

from __future__ import annotations

import re
from functools import lru_cache

from email_validator import validate_email

__all__ = ["normalised"]

PLAIN = re.compile(r"([a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)@([A-Za-z0-9.-]+)")
"""What nearly every address looks like: a part before the @ that no rule changes, and a domain to check."""
LONGEST_LOCAL = 64
LONGEST_DOMAIN = 180
"""With these lengths no address exceeds what mail allows (RFC 5321, 4.5.3.1)."""


def normalised(address: str) -> str:
    """As mail servers should be given it. Raises :class:`email_validator.EmailNotValidError`.

    A hundred thousand people have a few thousand providers: each domain is checked once.
    """
    plain = PLAIN.fullmatch(address)
    if plain and len(plain[1]) <= LONGEST_LOCAL and len(plain[2]) <= LONGEST_DOMAIN:
        return f"{plain[1]}@{_domain(plain[2])}"
    return validate_email(address, check_deliverability=False, test_environment=True).normalized


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str:
    return validate_email(f"a@{domain}", check_deliverability=False, test_environment=True).domain
