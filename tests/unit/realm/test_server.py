"""Servers that must not be used."""

from __future__ import annotations

from typing import Any

import pytest

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.realm.server import Server, inspect, refuse_old


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
    """Answers what is asked of a server; anything else, a write above all, is a fault of the test's subject."""

    def __init__(
        self, version: str, actions: list[str], charter: list[str] | None = None, **themes: list[str]
    ) -> None:
        info: dict[str, Any] = {
            "systemInfo": {"version": version},
            "providers": {
                "required-action": {"providers": {action: {} for action in actions}},
                "authenticator": {"providers": {"auth-cookie": {}, "kcb-password": {}}},
            },
            "themes": {kind: [{"name": name} for name in names] for kind, names in themes.items()},
        }
        gear = None if charter is None else {"properties": [{"name": name} for name in charter]}
        described = "realms/master/authentication/required-actions/kcb-charter/config-description"
        self.answers = {"serverinfo": info, described: gear}

    def get(self, path: str) -> Any:
        return self.answers[path]


def test_what_the_server_offers() -> None:
    admin = FakeAdmin(
        "26.7.5",
        ["UPDATE_PASSWORD", "kcb-b", "kcb-a"],
        ["step_url", "required_version"],
        login=["keycloak", "kc-bridge"],
        email=["base"],
    )
    assert inspect(admin) == Server(  # type: ignore[arg-type]
        "26.7.5",
        ("kcb-a", "kcb-b"),
        frozenset({"kcb-password"}),
        frozenset({"step_url", "required_version"}),
        frozenset({"login"}),
    )


def test_a_jar_without_a_charter_has_nothing_behind_its_gear() -> None:
    admin = FakeAdmin("26.7.5", ["kcb-a"], login=[], email=[])
    assert inspect(admin).charter_settings == frozenset()  # type: ignore[arg-type]


def test_without_the_jar_the_remedy_is_said() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        inspect(FakeAdmin("26.7.5", ["UPDATE_PASSWORD"], login=[], email=[]))  # type: ignore[arg-type]
    assert "make jar" in refusal.value.remedy


def test_an_old_server_is_refused_before_the_jar_is_looked_for() -> None:
    with pytest.raises(ConfigurationError, match="CVE"):
        inspect(FakeAdmin("26.7.1", [], login=[], email=[]))  # type: ignore[arg-type]
