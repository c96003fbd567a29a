"""Provisional passwords: words and digits anybody can read aloud, « Tulipe-Marron-Canard-482 »."""

from __future__ import annotations

import math
import secrets
from pathlib import Path

__all__ = ["BITS", "DIGITS", "SEPARATORS", "WORDS", "provisional"]

WORDS = tuple((Path(__file__).parent / "words.txt").read_text(encoding="ascii").split())
"""French things of 4 to 7 letters, without accents, none a letter away from another."""
HOW_MANY_WORDS = 3
DIGITS = "23456789"
"""Neither 0 nor 1, which on paper may be letters."""
HOW_MANY_DIGITS = 3
SEPARATORS = ("-", ".", "+", "!", "_")
"""The first one the realm's policy allows is taken: some want a symbol of a list of theirs."""
BITS = HOW_MANY_WORDS * math.log2(len(WORDS)) + HOW_MANY_DIGITS * math.log2(len(DIGITS))
"""About 34.7: tried online only, where Keycloak counts failures, for some days, and it opens nothing but the journey."""


def provisional(separator: str = SEPARATORS[0]) -> str:
    """A new one: a letter of each case, digits and symbols, between 20 and 30 characters or a few less."""
    words = [secrets.choice(WORDS).capitalize() for _ in range(HOW_MANY_WORDS)]
    digits = "".join(secrets.choice(DIGITS) for _ in range(HOW_MANY_DIGITS))
    return separator.join([*words, digits])
