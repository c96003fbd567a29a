"""``kcb setup`` on a real server: what it makes, and that it writes nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

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


def test_actions_follow_the_journey_and_none_is_default(realm: KcbRealm) -> None:
    actions = {a["alias"]: a for a in realm.call("GET", "authentication/required-actions")}
    ours = {alias: a for alias, a in actions.items() if alias.startswith("kcb-")}
    assert len(ours) == 9
    assert not any(a["defaultAction"] for a in ours.values())
    assert {alias for alias, a in ours.items() if a["enabled"]} == {"kcb-charter", "kcb-new-password"}
    assert ours["kcb-charter"]["priority"] < ours["kcb-new-password"]["priority"]
    gear = realm.call("GET", "authentication/required-actions/kcb-new-password/config")["config"]
    assert gear["step_url"] == "http://bridge.test/activation/enter"
    assert gear["replace_update_password"] == "true"


def test_an_action_switched_on_in_the_console_stays_on(realm: KcbRealm) -> None:
    action = realm.call("GET", "authentication/required-actions/kcb-photo-use")
    realm.call("PUT", "authentication/required-actions/kcb-photo-use", action | {"enabled": True})
    assert realm.setup() == []
    assert realm.call("GET", "authentication/required-actions/kcb-photo-use")["enabled"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_console_texts_exist(realm: KcbRealm, language: str) -> None:
    texts = realm.call("GET", f"localization/{language}")
    declared = realm.call("GET", "users/profile")
    keys = {a["displayName"] for a in declared["attributes"] if a.get("group") == "kc-bridge"}
    keys |= {g["displayHeader"] for g in declared["groups"] if g["name"] == "kc-bridge"}
    assert {key.removeprefix("${").removesuffix("}") for key in keys} <= texts.keys()
