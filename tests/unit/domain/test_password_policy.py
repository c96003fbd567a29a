"""Password policies: what a profile may say, what Keycloak hears, and what a password lacks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from kc_bridge.domain.password_policy import PasswordPolicy

SLASHES = {"[^/]*": {"fr": "sans barre oblique"}}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "length(12) and maxLength(128) and notUsername(undefined)"),
        (
            {"lower_case": 1, "upper_case": 2, "digits": 3, "special_chars": 4, "not_username": False},
            "length(12) and maxLength(128) and lowerCase(1) and upperCase(2) and digits(3) and specialChars(4)",
        ),
        (
            {"not_contains_username": True, "not_email": True, "history": 5, "blacklist": "top-10000.txt"},
            "length(12) and maxLength(128) and notUsername(undefined) and notContainsUsername(undefined)"
            " and notEmail(undefined) and passwordHistory(5) and passwordBlacklist(top-10000.txt)",
        ),
        (
            {"regex": ["[^/]*"], "regex_texts": SLASHES, "not_username": False},
            "length(12) and maxLength(128) and regexPattern([^/]*)",
        ),
        (
            {"recommended_length": 16, "dictionary": True, "not_username": False},
            "length(12) and maxLength(128)",
        ),
    ],
    ids=["least", "classes", "names and lists", "one expression", "our own rules"],
)
def test_in_keycloaks_words(asked: dict[str, Any], said: str) -> None:
    assert PasswordPolicy(**asked).keycloak() == said


def test_one_expression_says_it_all_and_ends_no_rule_of_keycloaks() -> None:
    """A realm keeps the last ``regexPattern`` it is told, and takes « and » between spaces for the end of a rule."""
    policy = PasswordPolicy(
        letters=1, special_chars=2, special_among="!-]", forbidden="<$", spaces=False,
        regex=["(?:black and white|.*)", "[^/]*"],
        regex_texts={"(?:black and white|.*)": {"fr": "…"}, "[^/]*": {"fr": "…"}},
    )  # fmt: skip
    rules = policy.keycloak().split(" and ")
    assert [rule.partition("(")[0] for rule in rules] == [
        "length",
        "maxLength",
        "regexPattern",
        "notUsername",
    ]
    assert "specialChars" not in policy.keycloak()
    assert [demand.id for demand in policy.demands] == [
        "letters", "specialAmong", "forbidden", "noSpace", "pattern", "pattern",
    ]  # fmt: skip


UM = {"letters": 1, "digits": 1, "forbidden": "<>\"'$"}
UPHF = {"special_chars": 1, "special_among": '!"#$%&()*+,-./:;<=>?@[]^_`{|}~', "spaces": False}


@pytest.mark.parametrize(
    ("asked", "password", "unmet"),
    [
        (UM, "1234-5678", ["letters"]),
        (UM, "1234é678", []),
        (UM, "1234-5678'", ["letters", "forbidden"]),
        (UM, "кот<12345", ["forbidden"]),
        (UPHF, "Abcdefgh1234", ["specialAmong"]),
        (UPHF, "Abcdefgh1234'", ["specialAmong"]),
        (UPHF, "Abcdefgh1234\\", ["specialAmong"]),
        (UPHF, "Abcd efgh1234", ["specialAmong", "noSpace"]),
        (UPHF, "Abcd\u202fefgh1234!", ["noSpace"]),
        (UPHF, "Abcdefgh1234\n~", ["noSpace"]),
        *[(UPHF, f"Abcdefgh1234{char}", []) for char in UPHF["special_among"]],
        ({"regex": ["[^/]*"], "regex_texts": SLASHES}, "a/b", ["pattern"]),
        ({"regex": ["[^/]*"], "regex_texts": SLASHES}, "a-b", []),
    ],
)
def test_what_a_password_lacks(asked: dict[str, Any], password: str, unmet: list[str]) -> None:
    assert [demand.id for demand in PasswordPolicy(**asked).demands if not demand.met(password)] == unmet


@pytest.mark.parametrize(
    ("password", "held"),
    [
        ("zoe.martin-2026", True),
        ("le-ZOE.MARTIN-1", True),
        ("zoe.martin@univ.fr", False),  # Keycloak says so itself
        ("zoe-martin-2026", False),
    ],
)
def test_the_name_in_a_login(password: str, held: bool) -> None:
    policy = PasswordPolicy(not_contains_username=True)
    assert policy.has_login(password, "Zoe.Martin@univ.fr") is held
    assert not PasswordPolicy().has_login(password, "zoe.martin@univ.fr")


def test_a_login_that_is_no_address_or_has_two_letters_is_keycloaks_affair() -> None:
    policy = PasswordPolicy(not_contains_username=True)
    assert not policy.has_login("le-zmartin-12", "zmartin")
    assert not policy.has_login("le-zm-12", "zm@univ.fr")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"length": 7}, "greater than or equal to 8"),
        ({"length": 40, "max_length": 30}, "recommended_length"),
        ({"recommended_length": 8}, "recommended_length"),
        ({"digits": -1}, "greater than or equal to 0"),
        ({"upper_case": 20, "digits": 11, "max_length": 30}, "max_length"),
        ({"special_among": "!"}, "special_chars"),
        ({"special_among": "!a", "special_chars": 1}, "neither letters"),
        ({"forbidden": " "}, "neither letters"),
        ({"forbidden": "!", "special_among": "!?", "special_chars": 1}, "special_among"),
        ({"regex": ["["], "regex_texts": {"[": {"fr": "…"}}}, "« [ »"),
        ({"regex": ["(a)"], "regex_texts": {"(a)": {"fr": "…"}}}, "(?:…)"),
        ({"regex": ["a"]}, "regex_texts"),
        ({"regex_texts": {"a": {"fr": "…"}}}, "regex_texts"),
        ({"blacklist": "../list.txt"}, "pattern"),
        ({"blacklist": "my list and yours.txt"}, "pattern"),
    ],
)
def test_what_makes_no_sense(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        PasswordPolicy(**asked)
