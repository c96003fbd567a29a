"""University profiles: what a file may say, and how a wrong one is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.profile import load_profile
from required_actions.registry import get, load_steps

DEFAULT = Path("required_actions/profiles/default.toml")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def text() -> str:
    return (ROOT / DEFAULT).read_text("utf-8")


def test_the_default_profile() -> None:
    profile = load_profile("default")
    journey = profile.journey_for("student")
    assert journey.steps == ["charter", "new_password", "summary"]
    assert journey.link_lifetime == timedelta(hours=24)
    assert profile.journey("activation") is journey
    assert profile.journey("unheard-of") is None
    assert profile.journey_for("population-no-journey-names") is profile.journeys[0]


def test_its_steps_exist_and_its_texts_are_in_every_language() -> None:
    profile = load_profile("default")
    load_steps()
    for journey in profile.journeys:
        assert [get(step).name for step in journey.steps] == journey.steps
    assert set(profile.charter.text) == set(profile.charter.title) == set(profile.languages)


def test_an_own_file_by_its_path(tmp_path: Path, text: str) -> None:
    own = tmp_path / "um.toml"
    own.write_text(text.replace("PT24H", "P30D"), "utf-8")
    assert load_profile(str(own)).journeys[0].link_lifetime == timedelta(days=30)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("length = 15", "length = 6", "password_policy.length"),
        ("length = 15", "lenght = 15", "no key « lenght »"),
        ('primary = "#1d4f91"', 'primary = "red; } body {"', "branding.primary"),
        ('entrances = ["mail-link"]', 'entrances = ["telnet"]', "journey « activation », entrance 1"),
        ('steps = ["charter"]', "steps = []", "journey « activation », page 1, steps"),
        ("[branding]", "[branding", "line"),
    ],
)
def test_a_wrong_file_is_named_with_its_field(
    tmp_path: Path, text: str, old: str, new: str, named: str
) -> None:
    assert old in text
    own = tmp_path / "wrong.toml"
    own.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_profile(str(own))
    assert str(own) in refused.value.problem
    assert named in refused.value.problem


@pytest.mark.parametrize("name", ["nowhere", "nowhere.toml", "../profiles/nowhere"])
def test_a_missing_profile(name: str) -> None:
    with pytest.raises(ConfigurationError, match="no university profile"):
        load_profile(name)
