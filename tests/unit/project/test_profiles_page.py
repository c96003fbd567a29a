"""docs/profiles.md names every key a profile may have, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from kc_bridge.domain.drift import Drift
from kc_bridge.domain.journey import BRIDGE_ONLY, KEYCLOAK_STEPS
from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.domain.password_policy import PasswordPolicy
from kc_bridge.domain.profile import (
    Branding,
    Charter,
    JourneySpec,
    Notice,
    Page,
    Privacy,
    UniversityProfile,
)
from required_actions.registry import get, load_steps
from required_actions.rule_words import RuleWords

PAGE = (Path(__file__).parents[3] / "docs" / "profiles.md").read_text("utf-8")
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
OURS = sorted(KEYCLOAK_STEPS | BRIDGE_ONLY)


def rows(section: str, header: str) -> list[tuple[str, str]]:
    """First and second cell of each row of the table with that header."""
    table = re.search(rf"^\| {header} \|.*\n\|[-|]+\n((?:\|.*\n?)+)", SECTIONS[section], re.M)
    assert table is not None
    cells = [line.strip("|").split(" | ", 1) for line in table[1].splitlines()]
    return [(first, second) for first, second in cells]


def named(text: str) -> list[str]:
    return re.findall(r"`([a-z_-]+)`", text)


@pytest.mark.parametrize(
    ("section", "models"),
    [
        ("The file", [UniversityProfile]),
        ("`[branding]`", [Branding]),
        ("`[password_policy]`", [PasswordPolicy]),
        ("`[charter]`", [Charter]),
        ("`[privacy]`", [Privacy, Notice]),
        ("`[[journeys]]`", [JourneySpec]),
        ("`[[journeys.pages]]`", [Page]),
        ("`[lifecycle]`", [Lifecycle]),
        ("`[drift]`", [Drift]),
    ],
)
def test_every_key_of_a_table(section: str, models: list[type[BaseModel]]) -> None:
    keys = [key for first, _ in rows(section, "key") for key in named(first)]
    assert sorted(keys) == sorted(key for model in models for key in model.model_fields)


def test_every_entrance() -> None:
    values = JourneySpec.model_json_schema()["properties"]["entrances"]["items"]["enum"]
    assert [named(first) for first, _ in rows("`[[journeys]]`", "entrance")] == [[value] for value in values]


@pytest.mark.parametrize("step", OURS)
def test_every_option_of_a_step(step: str) -> None:
    load_steps()
    table = rows("`[steps.<step>]`", "step")
    assert sorted(name for first, _ in table for name in named(first)) == OURS
    ((first, told),) = [row for row in table if f"`{step}`" in row[0]]
    options = set(get(step).options.model_fields)
    assert options <= set(named(told)), options - set(named(told))
    assert get(step).collects == ("•" in first)
    if "words" in options:
        assert set(RuleWords.model_fields) <= set(named(told))


def test_it_is_short() -> None:
    assert len(PAGE.splitlines()) <= 150
