"""CNIL 2022-100's arithmetic: policies and the bits counted on paper for each."""

from __future__ import annotations

from typing import Any

import pytest

from kc_bridge.domain.password_entropy import ALONE, THROTTLED, guaranteed_bits, length_for
from kc_bridge.domain.password_policy import PasswordPolicy
from kc_bridge.domain.profile import load_profile

CLASSES = {"lower_case": 1, "upper_case": 1, "digits": 1}

# log2: 10 → 3.3219; 26 → 4.7004; 36 → 5.1699; 52 → 5.7004; 62 → 5.9542; 92 → 6.5236; 99 → 6.6294
BY_HAND: list[tuple[dict[str, Any], int]] = [
    ({"length": 12, **CLASSES, "special_chars": 1}, 80),  # 12 x 6.6294 = 79.55, an example of CNIL's for 80
    ({"length": 14, **CLASSES}, 83),  # 14 x 5.9542 = 83.36, another
    ({"length": 8, "letters": 1, "digits": 1}, 41),  # 8 x 5.1699 = 41.36
    (
        {"length": 12, **CLASSES, "special_chars": 1, "special_among": '!"#$%&()*+,-./:;<=>?@[]^_`{|}~'},
        78,
    ),  # 78.28
    ({"length": 15}, 50),  # digits alone: 15 x 3.3219 = 49.83
    ({"length": 14}, 47),  # 46.51
    ({"length": 8}, 27),  # 26.58
    ({"length": 16, "letters": 1}, 75),  # 16 x 4.7004 = 75.21
    ({"length": 16, "letters": 1, "lower_case": 1}, 75),  # the compulsory small letter is the letter
    ({"length": 16, "letters": 2, "lower_case": 1, "upper_case": 1}, 91),  # 16 x 5.7004 = 91.21
    (
        {"length": 20, "history": 5, "dictionary": True, "recommended_length": 30},
        66,
    ),  # 66.44: advice counts for nothing
]


@pytest.mark.parametrize(("asked", "bits"), BY_HAND)
def test_bits(asked: dict[str, Any], bits: int) -> None:
    assert guaranteed_bits(PasswordPolicy(**asked)) == bits


@pytest.mark.parametrize(
    ("asked", "wanted", "length"),
    [
        ({"letters": 1, "digits": 1}, THROTTLED, 10),  # 9 x 5.1699 = 46.5; 10 are 51.7
        ({}, THROTTLED, 15),
        ({**CLASSES, "special_chars": 1}, ALONE, 12),
        (CLASSES, ALONE, 14),  # 13 are 77.4
    ],
)
def test_the_least_length_that_would_do(asked: dict[str, Any], wanted: int, length: int) -> None:
    policy = PasswordPolicy(**asked)
    assert length_for(policy, wanted) == length
    assert guaranteed_bits(policy.model_copy(update={"length": length})) >= wanted
    assert guaranteed_bits(policy.model_copy(update={"length": length - 1})) < wanted


def test_what_we_recommend_is_enough() -> None:
    assert guaranteed_bits(load_profile("default").password_policy) >= THROTTLED
