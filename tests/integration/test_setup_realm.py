"""``kcb setup`` on a real server: what it makes, and that it writes nothing twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.realm.actions import used_actions
from kc_bridge.realm.server import Server, inspect
from tests.integration.kcb_realm import KcbRealm


def writes(realm: KcbRealm) -> int:
    """Everything ever written to the realm by an administrator, as the server recorded it."""
    return len(realm.call("GET", "admin-events", params={"max": 1000}))


def test_second_run_writes_nothing(realm: KcbRealm) -> None:
    before = writes(realm)
    assert realm.setup() == []
    assert writes(realm) == before


def test_dry_run_shows_the_drift_and_leaves_it(realm: KcbRealm) -> None:
    realm.call("PUT", "", {"accessCodeLifespanUserAction": 60})
    before = writes(realm)
    shown = realm.setup(dry_run=True)
    assert shown == [f"realm {realm.name}", "  accessCodeLifespanUserAction: 60 → 1800"]
    assert writes(realm) == before
    assert realm.setup() == shown
    assert realm.call("GET")["accessCodeLifespanUserAction"] == 1800


def test_every_drift_is_repaired_and_nothing_else_is_touched(realm: KcbRealm) -> None:
    before = snapshot(realm)
    web = realm.client_id("kc-bridge-web")
    account = realm.call("GET", f"clients/{web}/service-account-user")["id"]
    management = realm.client_id("realm-management")
    manage_users = realm.call("GET", f"clients/{management}/roles/manage-users")
    realm.call("POST", f"users/{account}/role-mappings/clients/{management}", [manage_users])
    realm.call("POST", f"clients/{web}/scope-mappings/clients/{management}", [manage_users])
    realm.call("PUT", f"clients/{web}", realm.call("GET", f"clients/{web}") | {"fullScopeAllowed": True})
    scopes = {scope["name"]: scope["id"] for scope in realm.call("GET", "client-scopes")}
    realm.call("PUT", f"clients/{web}/default-client-scopes/{scopes['email']}")
    mapper = next(m for m in realm.call("GET", f"client-scopes/{scopes['supann']}")["protocolMappers"])
    models = f"client-scopes/{scopes['supann']}/protocol-mappers/models"
    realm.call("DELETE", f"{models}/{mapper['id']}")
    action = realm.call("GET", "authentication/required-actions/kcb-charter")
    realm.call("PUT", "authentication/required-actions/kcb-charter", action | {"defaultAction": True})
    profile = realm.call("GET", "users/profile")
    key = next(a for a in profile["attributes"] if a["name"] == "kcbKey")
    key["permissions"]["edit"] = ["admin", "user"]
    realm.call("PUT", "users/profile", profile)
    realm.setup()
    after = snapshot(realm)
    assert after == before


def snapshot(realm: KcbRealm) -> dict[str, Any]:
    """The parts of the realm the drift above concerns, without ids that Keycloak makes anew."""
    web = realm.client_id("kc-bridge-web")
    account = realm.call("GET", f"clients/{web}/service-account-user")["id"]
    client = realm.call("GET", f"clients/{web}")
    scope = next(s for s in realm.call("GET", "client-scopes") if s["name"] == "supann")

    def names(mapped: dict[str, Any]) -> dict[str, list[str]]:
        return {
            client: sorted(role["name"] for role in found["mappings"])
            for client, found in mapped.get("clientMappings", {}).items()
        }

    return {
        "client": {k: sorted(v) if isinstance(v, list) else v for k, v in client.items()},
        "account": names(realm.call("GET", f"users/{account}/role-mappings")),
        "scope": names(realm.call("GET", f"clients/{web}/scope-mappings")),
        "mappers": sorted(m["name"] for m in scope["protocolMappers"]),
        "actions": realm.call("GET", "authentication/required-actions"),
        "profile": realm.call("GET", "users/profile"),
    }


def test_what_administrators_added_stays(realm: KcbRealm) -> None:
    profile = realm.call("GET", "users/profile")
    profile["attributes"].append({"name": "badge", "permissions": {"view": ["admin"], "edit": ["admin"]}})
    realm.call("PUT", "users/profile", profile)
    policy = realm.call("GET")["passwordPolicy"] + " and hashIterations(7)"
    fields = {
        "supportedLocales": ["fr", "en", "de"],
        "attributes": {"campus": "Sud"},
        "passwordPolicy": policy,
    }
    realm.call(
        "PUT",
        "",
        {**realm.call("GET"), **fields, "attributes": realm.call("GET")["attributes"] | fields["attributes"]},
    )
    realm.call("PUT", "", {"displayName": "changed by hand"})
    assert realm.setup()[1:] == ["  displayName: « changed by hand » → « Université de Démonstration »"]
    now = realm.call("GET")
    assert set(now["supportedLocales"]) == {"fr", "en", "de"}
    assert now["attributes"]["campus"] == "Sud"
    assert "hashIterations(7)" in now["passwordPolicy"]
    assert "badge" in [a["name"] for a in realm.call("GET", "users/profile")["attributes"]]


def test_actions_follow_the_profile_and_none_is_default(realm: KcbRealm) -> None:
    actions = {a["alias"]: a for a in realm.call("GET", "authentication/required-actions")}
    ours = {alias: a for alias, a in actions.items() if alias.startswith("kcb-")}
    assert len(ours) == 9
    assert not any(a["defaultAction"] for a in ours.values())
    assert {alias for alias, a in ours.items() if a["enabled"]} == set(used_actions(realm.profile))
    assert ours["kcb-charter"]["priority"] < ours["kcb-new-password"]["priority"]
    assert ours["kcb-charter"]["name"] == "kc-bridge : accepter la charte"
    gear = realm.call("GET", "authentication/required-actions/kcb-new-password/config")["config"]
    assert gear["step_url"] == "http://bridge.test/activation/enter"
    assert gear["replace_update_password"] == "true"
    gear = realm.call("GET", "authentication/required-actions/kcb-charter/config")["config"]
    assert gear["required_version"] == realm.profile.charter.version


def test_an_action_switched_on_in_the_console_stays_on(realm: KcbRealm) -> None:
    action = realm.call("GET", "authentication/required-actions/kcb-photo-use")
    realm.call("PUT", "authentication/required-actions/kcb-photo-use", action | {"enabled": True})
    assert realm.setup() == []
    assert realm.call("GET", "authentication/required-actions/kcb-photo-use")["enabled"]


FLOW = "authentication/flows/kc-bridge browser/executions"


def pages(realm: KcbRealm) -> list[tuple[str, str]]:
    """Authenticators of the flow's forms themselves, in their order, with their requirement."""
    executions = realm.call("GET", FLOW)
    forms = [
        e for e in executions if e["level"] == 1 and "providerId" in e and e["requirement"] == "REQUIRED"
    ]
    return [(e["providerId"], e["requirement"]) for e in forms]


def test_people_log_in_on_two_pages_and_the_rest_is_keycloaks(realm: KcbRealm) -> None:
    assert realm.call("GET")["browserFlow"] == "kc-bridge browser"
    assert pages(realm) == [("kcb-identifier", "REQUIRED"), ("kcb-password", "REQUIRED")]

    def others(flow: str) -> list[tuple[int, str, str]]:
        return [
            (
                e["level"],
                e["requirement"],
                e.get("providerId", e["displayName"].removeprefix("kc-bridge browser ")),
            )
            for e in realm.call("GET", f"authentication/flows/{flow}/executions")
            if e.get("providerId") not in {"kcb-identifier", "kcb-password", "auth-username-password-form"}
        ]

    assert others("kc-bridge browser") == others("browser")


@pytest.mark.parametrize("lost", ["kcb-identifier", "kcb-password"])
def test_a_flow_left_half_made_is_completed(realm: KcbRealm, lost: str) -> None:
    execution = next(e for e in realm.call("GET", FLOW) if e.get("providerId") == lost)
    realm.call("DELETE", f"authentication/executions/{execution['id']}")
    assert realm.setup()[0] == "login flow kc-bridge browser"
    assert pages(realm) == [("kcb-identifier", "REQUIRED"), ("kcb-password", "REQUIRED")]
    assert realm.setup() == []


def test_what_an_administrator_changed_in_the_flow_stays(realm: KcbRealm) -> None:
    webauthn = next(e for e in realm.call("GET", FLOW) if e.get("providerId") == "webauthn-authenticator")
    realm.call("PUT", FLOW, webauthn | {"requirement": "ALTERNATIVE"})
    assert realm.setup() == []
    realm.call("PUT", FLOW, webauthn)


def test_a_flow_of_the_universitys_own_stays_bound(realm: KcbRealm) -> None:
    realm.call("POST", "authentication/flows/browser/copy", {"newName": "campus"})
    realm.call("PUT", "", {"browserFlow": "campus"})
    assert realm.setup() == []
    assert realm.call("GET")["browserFlow"] == "campus"
    realm.call("PUT", "", {"browserFlow": "browser"})
    assert realm.setup() == ["flow binding browser", "  browserFlow: « browser » → « kc-bridge browser »"]


def test_a_jar_without_the_two_pages_leaves_the_login_alone(
    realms: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(admin: KeycloakAdmin) -> Server:
        return replace(inspect(admin), authenticators=frozenset(), charter_settings=frozenset())

    monkeypatch.setattr("kc_bridge.realm.setup.inspect", older)
    realm = realms()
    assert realm.call("GET")["browserFlow"] == "browser"
    said = "The JAR has no kcb-identifier kcb-password: how people log in stays as it is."
    assert realm.setup() == [said]
    monkeypatch.setattr("kc_bridge.realm.setup.inspect", inspect)
    assert "flow binding browser" in realm.setup()
    assert realm.setup() == []
