"""Numbers people are known by: INE, phone."""

from __future__ import annotations

import re

__all__ = ["INE_FORMS", "phone"]

INE_FORMS = (
    re.compile(r"[0-9]{9}[A-Z]{2}"),
    re.compile(r"[0-9_]{10}[A-Z]"),
    re.compile(r"[0-9]{4}A[0-9]{5}[A-Z]"),
)
"""National, BEA and university forms of ``supannCodeINE``; the key's algorithm is not public, so only the form is
checked."""


def phone(value: str) -> str:
    """Digits and a leading ``+``, French numbers in their international form; empty when there is no digit."""
    digits = re.sub(r"[^0-9+]", "", value)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if re.fullmatch(r"0[1-9][0-9]{8}", digits):
        digits = "+33" + digits[1:]
    return digits if re.fullmatch(r"\+?[0-9]{4,15}", digits) else ""
