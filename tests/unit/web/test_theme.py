"""The Keycloak theme's messages: what Keycloak would show wrong without saying so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

THEME = Path(__file__).parents[3] / "theme" / "kc-bridge"
LANGUAGES = ("fr", "en")


def _messages(language: str) -> dict[str, str]:
    text = (THEME / "login" / "messages" / f"messages_{language}.properties").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_apostrophes_are_doubled_or_messageformat_swallows_them(language: str) -> None:
    single = re.compile(r"(?<!')'(?!')")
    assert [key for key, text in _messages(language).items() if single.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_own_message_the_templates_ask_for_exists(language: str) -> None:
    asked: set[str] = set()
    for template in THEME.rglob("*.ftl"):
        asked |= set(
            re.findall(r"""msg\('(kcb\w+)'\)|label="(kcb\w+)\"""", template.read_text(encoding="utf-8"))
        )
    names = {name for pair in asked for name in pair if name}
    assert names
    assert names <= _messages(language).keys()
