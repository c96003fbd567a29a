"""The server's settings mean the same to us and to docker compose."""

from __future__ import annotations

import pytest

from kc_bridge.devserver.environment import ENV_FILE, keycloak_environment


def test_values_defaults_and_comments() -> None:
    text = "# comment\n\nA=${X}\nB=${Y:-two words}\nC=${X}-${Z:-}\nD=a=b\n"
    assert keycloak_environment({"X": "1", "Y": ""}, text) == {
        "A": "1",
        "B": "two words",
        "C": "1-",
        "D": "a=b",
    }


def test_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        keycloak_environment({}, "A=${X}")


def test_shipped_file_needs_no_value_at_all() -> None:
    settings = keycloak_environment({})
    assert settings["KC_HOSTNAME"] == "http://localhost:8080"
    assert settings["KC_HOSTNAME_BACKCHANNEL_DYNAMIC"] == "true"
    assert all("$" not in value for value in settings.values())


def test_shipped_file_has_one_setting_a_line() -> None:
    names = [
        line.partition("=")[0] for line in ENV_FILE.read_text().splitlines() if "=" in line and line[0] != "#"
    ]
    assert len(names) == len(set(names))
