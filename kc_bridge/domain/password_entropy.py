"""How hard a password policy makes guessing, by the arithmetic of CNIL's recommendation 2022-100 of 21 July 2022.

CNIL sets a least entropy (« devinabilité »), in bits: 80 for a password alone, 50 where tries at the login are held back,
13 for the code of a device its owner holds. It counts as if every character were drawn by lot: length x log2(alphabet).
Its own examples for 80 bits give the sizes of the alphabets and show that it rounds: 12 characters of small and capital letters,
digits and 37 special characters are 12 x log2(26 + 26 + 10 + 37) = 79.6 bits; 14 without special characters are 83.4.
"""

from __future__ import annotations

from math import ceil, log2

from kc_bridge.domain.password_policy import PasswordPolicy

__all__ = ["ALONE", "THROTTLED", "guaranteed_bits", "length_for"]

ALONE = 80
"""Bits for a password that may be tried without end."""
THROTTLED = 50
"""Bits where tries are held back."""

LETTERS = 26
DIGITS = 10
SPECIAL = 37


def guaranteed_bits(policy: PasswordPolicy) -> int:
    """What the weakest password that satisfies the policy is worth: of the least length, of no class but the compulsory.

    With no class compulsory that is a password of digits alone. Neither the judgement of strength nor the lists of stolen
    passwords and of words count: CNIL recommends them besides.
    """
    return round(policy.length * log2(_alphabet(policy)))


def length_for(policy: PasswordPolicy, bits: int) -> int:
    """The least length that would guarantee so many bits with the same classes."""
    return ceil((bits - 0.5) / log2(_alphabet(policy)))


def _alphabet(policy: PasswordPolicy) -> int:
    """Characters a person may draw from who uses no class the policy does not ask for."""
    size = LETTERS * (bool(policy.lower_case) + bool(policy.upper_case))
    if policy.letters and not size:
        size = LETTERS  # of one case: the other is nobody's duty
    if policy.digits:
        size += DIGITS
    if policy.special_chars:
        size += len(policy.special_among) or SPECIAL
    return size or DIGITS
