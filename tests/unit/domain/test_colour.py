"""A university's colour is readable on every ground of the pages, whichever it chooses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kc_bridge.domain.colour import DARK, LIGHT, contrast, dark_accents, light_accents

TOKENS = Path(__file__).parents[3] / "theme/kc-bridge/login/resources/css/tokens.css"
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
GROUNDS = ("surface", "ground", "surface-soft")


def _tokens() -> list[dict[str, str]]:
    """Colours of tokens.css by name: light mode, dark mode."""
    light, dark, *_ = re.split(r"@media", TOKENS.read_text(encoding="utf-8"))
    return [dict(re.findall(r"--kcb-([a-z-]+): (#[0-9a-f]{6});", part)) for part in (light, dark)]


# Pairs from WebAIM's contrast checker.
@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#0000ff", "#ffffff", 8.59)],
)
def test_contrast(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


@given(COLOURS)
@example("#ffffff")
@example("#000000")
@example("#ffd100")
def test_every_colour_of_a_university_is_made_readable(primary: str) -> None:
    for accents, grounds, text in ((light_accents(primary), LIGHT, 4.5), (dark_accents(primary), DARK, 7)):
        for ground in grounds:
            assert contrast(accents["link"], ground) >= text
            assert contrast(accents["focus"], ground) >= 3
            assert contrast(accents["action-line"], ground) >= 3
        assert contrast(accents["on-action"], accents["action"]) >= 4.5
        assert contrast(accents["on-action"], accents["action-hover"]) >= 4.5


@pytest.mark.parametrize("primary", ["#1d4f91", "#0f5a67", "#e2001a", "#ffd100"])
def test_a_button_has_the_very_colour(primary: str) -> None:
    assert light_accents(primary)["action"] == primary


def test_a_colour_on_which_white_almost_holds_is_darkened_rather_than_lettered_in_black() -> None:
    accents = light_accents("#3b82f6")
    assert accents["on-action"] == "#ffffff"
    assert accents["action"] != "#3b82f6"


def test_the_grounds_are_those_of_the_tokens() -> None:
    light, dark = _tokens()
    assert tuple(light[name] for name in GROUNDS) == LIGHT
    assert tuple(dark[name] for name in GROUNDS) == DARK


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_the_tokens_themselves_are_readable(mode: int) -> None:
    tokens = _tokens()[0] | _tokens()[mode]
    for ground in GROUNDS:
        for text in ("text", "text-soft", "link", "error", "success"):
            assert contrast(tokens[text], tokens[ground]) >= 4.5, (text, ground)
        for mark in ("control-line", "focus", "action-line"):
            assert contrast(tokens[mark], tokens[ground]) >= 3, (mark, ground)
    assert contrast(tokens["on-action"], tokens["action"]) >= 4.5
    assert contrast(tokens["on-action"], tokens["action-hover"]) >= 4.5
    assert contrast(tokens["error"], tokens["error-ground"]) >= 4.5
    assert contrast(tokens["success"], tokens["success-ground"]) >= 4.5


def test_a_university_replaces_every_token_that_has_a_colour_of_ours() -> None:
    light, dark = _tokens()
    assert light_accents("#1d4f91").keys() <= light.keys()
    assert dark_accents("#1d4f91").keys() <= dark.keys()
