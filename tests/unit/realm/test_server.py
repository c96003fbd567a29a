"""Servers that must not be used."""

from __future__ import annotations

from typing import Any

import pytest

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.realm.server import inspect, refuse_old


@pytest.mark.parametrize(
    "version", ["26.7.2", "26.7.5", "26.7.10", "26.10.0", "27.0.0", "26.7.5.redhat-00001"]
)
def test_patched_servers_pass(version: str) -> None:
    refuse_old(version)


@pytest.mark.parametrize("version", ["26.7.1", "26.6.9", "25.9.9", "9.9.9", "0.0-SNAPSHOT", "", "nightly"])
def test_others_are_refused_by_the_name_of_the_flaw(version: str) -> None:
    with pytest.raises(ConfigurationError, match="CVE-2026-18963") as refusal:
        refuse_old(version)
    assert "26.7.2" in refusal.value.remedy


class FakeAdmin:
    """Answers ``serverinfo``; anything else, a write above all, is a fault of the test's subject."""

    def __init__(self, version: str, actions: list[str], **themes: list[str]) -> None:
        self.info: dict[str, Any] = {
            "systemInfo": {"version": version},
            "providers": {"required-action": {"providers": {action: {} for action in actions}}},
            "themes": {kind: [{"name": name} for name in names] for kind, names in themes.items()},
        }

    def get(self, path: str) -> Any:
        assert path == "serverinfo"
        return self.info


def test_what_the_server_offers() -> None:
    admin = FakeAdmin(
        "26.7.5", ["UPDATE_PASSWORD", "kcb-b", "kcb-a"], login=["keycloak", "kc-bridge"], email=["base"]
    )
    server = inspect(admin)  # type: ignore[arg-type]
    assert (server.version, server.required_actions, server.themes) == (
        "26.7.5",
        ("kcb-a", "kcb-b"),
        {"login"},
    )


def test_without_the_jar_the_remedy_is_said() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        inspect(FakeAdmin("26.7.5", ["UPDATE_PASSWORD"], login=[], email=[]))  # type: ignore[arg-type]
    assert "make jar" in refusal.value.remedy


def test_an_old_server_is_refused_before_the_jar_is_looked_for() -> None:
    with pytest.raises(ConfigurationError, match="CVE"):
        inspect(FakeAdmin("26.7.1", [], login=[], email=[]))  # type: ignore[arg-type]
