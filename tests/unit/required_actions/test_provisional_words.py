"""Provisional passwords: what anybody can read aloud and type, and what every university's own rules allow."""

from __future__ import annotations

import math
import re

import pytest

from kc_bridge.domain.profile import load_profile
from required_actions.scolpass.words import BITS, DIGITS, SEPARATORS, WORDS, provisional


def test_words_nobody_mistakes_for_another() -> None:
    assert len(set(WORDS)) == len(WORDS) > 350
    assert all(re.fullmatch("[a-z]{4,7}", word) for word in WORDS)
    near = [
        (one, other)
        for place, one in enumerate(WORDS)
        for other in WORDS[place + 1 :]
        if len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1
    ]
    assert near == []
    assert not set("01") & set(DIGITS)


def test_enough_of_them() -> None:
    assert math.isclose(BITS, math.log2(len(WORDS) ** 3 * len(DIGITS) ** 3))
    assert BITS > 34
    assert len({provisional() for _ in range(200)}) == 200


@pytest.mark.parametrize("profile", ["default", "um", "uphf"])
def test_the_rules_of_our_universities_take_them(profile: str) -> None:
    """Keycloak decides when a sheet is printed; here, that a separator is there for each."""
    policy = load_profile(profile).password_policy
    shortest = SEPARATORS[0].join([*(min(WORDS, key=len).capitalize() for _ in range(3)), "222"])
    longest = SEPARATORS[0].join([*(max(WORDS, key=len).capitalize() for _ in range(3)), "222"])
    assert policy.length <= len(shortest) <= len(longest) <= policy.max_length
    for password in (shortest, longest, provisional()):
        assert [demand.id for demand in policy.demands if not demand.met(password)] == []
        assert sum(char.isupper() for char in password) >= policy.upper_case
        assert sum(char.islower() for char in password) >= policy.lower_case
        assert sum(char.isdigit() for char in password) >= policy.digits
        assert sum(not char.isalnum() for char in password) >= policy.special_chars
