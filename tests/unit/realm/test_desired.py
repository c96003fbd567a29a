"""The realm wanted: what no profile may loosen, and what follows the profile."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kc_bridge.domain.profile import Page, UniversityProfile, load_profile
from kc_bridge.realm.applications import ApplicationClient
from kc_bridge.realm.desired import desired_realm
from kc_bridge.realm.resource import Kind
from kc_bridge.realm.server import Server
from kc_bridge.settings import Settings

OFFERED = ("kcb-charter", "kcb-extra", "kcb-new-password")
SERVER = Server("26.7.5", OFFERED, frozenset({"login", "email"}))
JWKS: dict[str, Any] = {client: {"keys": [{"kid": client}]} for client in ("kc-bridge-web", "kc-bridge-sync")}


def bodies(
    profile: UniversityProfile | None = None, server: Server = SERVER, **settings: Any
) -> dict[tuple[Kind, str], Any]:
    found = desired_realm(
        Settings(realm="r", public_url="https://compte.univ.fr", **settings),
        profile or load_profile("default"),
        server,
        JWKS,
        (ApplicationClient("ent", "ENT", "https://ent.univ.fr/login", ("https://ent.univ.fr/*",)),),
    )
    keyed = {resource.key: resource.body for resource in found}
    assert len(keyed) == len(found), "a resource is wanted twice"
    return keyed


@pytest.mark.parametrize("client", ["kc-bridge-web", "kc-bridge-sync", "kcb", "ent"])
def test_no_client_takes_more_than_it_is_given(client: str) -> None:
    body = bodies()[Kind.CLIENT, client]
    assert body["fullScopeAllowed"] is False
    assert body["directAccessGrantsEnabled"] is False
    assert body["implicitFlowEnabled"] is False
    assert body["webOrigins"] == []


def test_the_web_client_has_no_administrators_role() -> None:
    wanted = bodies()
    for kind in (Kind.SERVICE_ACCOUNT_ROLES, Kind.SCOPE_MAPPINGS):
        assert wanted[kind, "kc-bridge-web"] == {
            "kcb": ["tickets", "links", "passwords"],
            "realm-management": [],
        }


def test_clients_prove_themselves_by_signature() -> None:
    for client in ("kc-bridge-web", "kc-bridge-sync"):
        body = bodies()[Kind.CLIENT, client]
        assert body["clientAuthenticatorType"] == "client-jwt"
        assert json.loads(body["attributes"]["jwks.string"]) == JWKS[client]


def test_only_our_addresses_receive_browsers() -> None:
    web = bodies()[Kind.CLIENT, "kc-bridge-web"]
    assert web["redirectUris"] == ["https://compte.univ.fr/oidc/*", "https://compte.univ.fr/activation/done"]
    assert bodies()[Kind.CLIENT, "kc-bridge-sync"]["redirectUris"] == []


def test_marks_are_hidden_and_nobody_but_admins_writes() -> None:
    declared = {a["name"]: a["permissions"] for a in bodies()[Kind.USER_PROFILE, ""]["attributes"]}
    assert {name for name, p in declared.items() if "user" in p["edit"]} == {"locale"}
    assert {name for name, p in declared.items() if "user" not in p["view"]} == {
        "kcbKey",
        "kcbDigest",
        "kcbCharter",
    }


def test_actions_follow_the_order_of_the_journeys() -> None:
    profile = load_profile("default")
    journey = profile.journeys[0].model_copy(
        update={
            "pages": [
                Page(steps=["new_password"]),
                Page(steps=["charter", "new_password"]),
                Page(steps=["summary"]),
            ]
        }
    )
    wanted = bodies(profile.model_copy(update={"journeys": [journey]}))
    actions = {name: body for (kind, name), body in wanted.items() if kind is Kind.REQUIRED_ACTION}
    assert list(actions) == ["kcb-new-password", "kcb-charter", "kcb-extra"]
    assert actions["kcb-new-password"]["priority"] < actions["kcb-charter"]["priority"]
    assert actions["kcb-extra"] == {"defaultAction": False}


def test_actions_come_after_keycloaks_second_factor() -> None:
    priorities = [
        body.get("priority", 999) for (kind, _), body in bodies().items() if kind is Kind.REQUIRED_ACTION
    ]
    assert min(priorities) > 130  # CONFIGURE_RECOVERY_AUTHN_CODES, the last of them


def test_a_theme_the_server_lacks_is_not_named() -> None:
    body = bodies(server=Server("26.7.5", OFFERED, frozenset({"login"})))[Kind.REALM, "r"]
    assert body["loginTheme"] == "kc-bridge"
    assert "emailTheme" not in body


def test_the_ticket_lives_as_long_as_the_wizard() -> None:
    config = bodies(session_absolute="PT40M")[Kind.REQUIRED_ACTION_CONFIG, "kcb-charter"]["config"]
    assert config == {"step_url": "https://compte.univ.fr/activation/enter", "ticket_ttl": "2400"}


@pytest.mark.parametrize(
    "text", ["", "ent", "ent=", "ent=ENT,https://x/login", "=ENT,https://x,https://x/*", "e=E,l,"]
)
def test_an_incomplete_application_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="incomplete application"):
        ApplicationClient.parse(text)


def test_an_application_with_two_addresses() -> None:
    parsed = ApplicationClient.parse("ent=ENT démo, https://x/login, https://x/a, https://x/b")
    assert parsed == ApplicationClient("ent", "ENT démo", "https://x/login", ("https://x/a", "https://x/b"))


@pytest.mark.parametrize("logo", ["/static/logo.svg", "https://compte.univ.fr/static/logo.svg"])
def test_the_logo_stands_before_the_escaped_name(logo: str) -> None:
    profile = load_profile("default")
    brand = profile.branding.model_copy(update={"name": "Arts & Métiers", "logo_url": logo})
    body = bodies(profile.model_copy(update={"branding": brand}))[Kind.REALM, "r"]
    assert body["displayNameHtml"] == (
        '<img src="https://compte.univ.fr/static/logo.svg" alt="" height="40"> Arts &amp; Métiers'
    )


def test_without_a_logo_the_name_is_keycloaks_own_business() -> None:
    assert bodies()[Kind.REALM, "r"]["displayNameHtml"] == ""
