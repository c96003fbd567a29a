"""The Keycloak theme's messages: what Keycloak would show wrong without saying so."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

THEME = Path(__file__).parents[3] / "theme" / "kc-bridge"
KINDS = ("login", "email")
LANGUAGES = ("fr", "en")


def _messages(kind: str, language: str) -> dict[str, str]:
    text = (THEME / kind / "messages" / f"messages_{language}.properties").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    keys = [line.partition("=")[0] for line in lines]
    assert len(keys) == len(set(keys)), "a later line silently replaces an earlier one"
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_apostrophes_are_doubled_or_messageformat_swallows_them(kind: str, language: str) -> None:
    single = re.compile(r"(?<!')'(?!')")
    assert [key for key, text in _messages(kind, language).items() if single.search(text)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_tell_the_same_facts(kind: str) -> None:
    french, english = (_messages(kind, language) for language in LANGUAGES)
    placeholder = re.compile(r"\{\d")
    differing = [
        key
        for key in french.keys() & english.keys()
        if set(placeholder.findall(french[key])) != set(placeholder.findall(english[key]))
    ]
    assert differing == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_own_message_the_templates_ask_for_exists(kind: str, language: str) -> None:
    asked: set[str] = set()
    for template in (THEME / kind).rglob("*.ftl"):
        text = template.read_text(encoding="utf-8")
        asked |= {
            name for pair in re.findall(r"""msg\('(kcb\w+)'\)|label="(kcb\w+)\"""", text) for name in pair
        }
    assert asked - {""}
    assert asked - {""} <= _messages(kind, language).keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_with_a_link_names_the_university_and_how_long_the_link_lives(language: str) -> None:
    messages = _messages("email", language)
    linking = [
        key
        for key in messages
        if key.endswith("Body") and "{0}\\n" in messages[key] and "{2}" in messages[key]
    ]
    assert linking
    for key in linking:
        html = messages[f"{key}Html"]
        assert '<p><a href="{0}">' in html, "template.ftl makes a button of it"
        assert "{2}" in html
        assert re.search(r"\{[34]\}", html)
        assert re.search(r"\{[34]\}", messages[key])


def test_a_changed_file_has_a_changed_address() -> None:
    properties = (THEME / "login" / "theme.properties").read_text(encoding="utf-8")
    listed = re.findall(r"((?:css|js)/(?:tokens|keycloak|mend)\.\w+)\?(\w+)", properties)
    contents = {name: (THEME / "login" / "resources" / name).read_bytes() for name, _ in listed}
    assert dict(listed) == {
        name: hashlib.sha256(content).hexdigest()[:8] for name, content in contents.items()
    }
    assert len(listed) == 3
