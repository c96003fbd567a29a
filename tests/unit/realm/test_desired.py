"""The realm wanted: what no profile may loosen, and what follows the profile."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from kc_bridge.domain.profile import Page, UniversityProfile, load_profile
from kc_bridge.realm.applications import ApplicationClient
from kc_bridge.realm.desired import desired_realm
from kc_bridge.realm.diff import overlay
from kc_bridge.realm.resource import Kind
from kc_bridge.realm.server import Server
from kc_bridge.settings import Settings

OFFERED = ("kcb-charter", "kcb-extra", "kcb-new-password")
PAGES = frozenset({"kcb-identifier", "kcb-password"})
SERVER = Server(
    "26.7.5", OFFERED, PAGES, frozenset({"step_url", "required_version"}), frozenset({"login", "email"})
)
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
            "kcb": ["tickets", "links", "passwords", "reset"],
            "realm-management": [],
        }


def test_clients_prove_themselves_by_signature() -> None:
    for client in ("kc-bridge-web", "kc-bridge-sync"):
        body = bodies()[Kind.CLIENT, client]
        assert body["clientAuthenticatorType"] == "client-jwt"
        assert json.loads(body["attributes"]["jwks.string"]) == JWKS[client]


def test_only_our_addresses_receive_browsers() -> None:
    web = bodies()[Kind.CLIENT, "kc-bridge-web"]
    assert web["redirectUris"] == [
        "https://compte.univ.fr/oidc/*",
        "https://compte.univ.fr/activation/done",
        "https://compte.univ.fr/compte/retour",
    ]
    assert bodies()[Kind.CLIENT, "kc-bridge-sync"]["redirectUris"] == []


def test_marks_are_hidden_and_nobody_but_admins_writes() -> None:
    declared = {a["name"]: a["permissions"] for a in bodies()[Kind.USER_PROFILE, ""]["attributes"]}
    assert {name for name, p in declared.items() if "user" in p["edit"]} == {"locale"}
    assert {name for name, p in declared.items() if "user" not in p["view"]} == {
        "kcbKey",
        "kcbDigest",
        "kcbExtra",
        "kcbCharter",
    }


def test_what_people_are_identified_by_is_not_in_keycloak() -> None:
    names = {a["name"].lower() for a in bodies()[Kind.USER_PROFILE, ""]["attributes"]}
    assert not {
        name for name in names for word in ("ine", "birth", "naiss", "etuid", "empid") if word in name
    }


def test_every_name_a_reference_leads_to_is_written_in_french_and_english() -> None:
    wanted = bodies()
    shown = wanted[Kind.USER_PROFILE, ""]
    references = {a["displayName"] for a in shown["attributes"] if "displayName" in a}
    references |= {
        group[field] for group in shown["groups"] for field in ("displayHeader", "displayDescription")
    }
    references |= {
        body["attributes"]["consent.screen.text"]
        for (kind, _), body in wanted.items()
        if kind is Kind.CLIENT_SCOPE
    }
    for language in ("fr", "en"):
        texts = wanted[Kind.TEXTS, language]
        assert {"${" + key + "}" for key in texts if not key.startswith("kcbMail")} == references
        assert not [text for text in texts.values() if set("'{}") & set(text)], (
            "MessageFormat would read them"
        )


def with_steps(*pages: list[str], alone: tuple[str, ...] = ()) -> UniversityProfile:
    """The default profile with other steps."""
    profile = load_profile("default")
    journey = profile.journeys[0].model_copy(update={"pages": [Page(steps=page) for page in pages]})
    return profile.model_copy(update={"journeys": [journey], "steps_alone": list(alone)})


def test_actions_follow_the_order_of_the_journeys() -> None:
    wanted = bodies(with_steps(["new_password"], ["charter", "new_password"], ["summary"]))
    actions = {name: body for (kind, name), body in wanted.items() if kind is Kind.REQUIRED_ACTION}
    assert list(actions) == ["kcb-new-password", "kcb-charter", "kcb-extra"]
    assert actions["kcb-new-password"]["priority"] < actions["kcb-charter"]["priority"]
    assert actions["kcb-extra"].keys() == {"defaultAction", "name"}, "switched on or off in the console"
    assert not any(body["defaultAction"] for body in actions.values())


def test_steps_people_do_again_by_themselves_are_on_too() -> None:
    wanted = bodies(with_steps(["charter"], ["summary"], alone=("new_password",)))
    assert wanted[Kind.REQUIRED_ACTION, "kcb-new-password"]["enabled"] is True


@pytest.mark.parametrize(
    ("languages", "word"), [(["fr", "en"], "accepter"), (["en"], "accept "), (["de"], "accept ")]
)
def test_actions_are_named_in_the_first_language_or_in_english(languages: list[str], word: str) -> None:
    profile = load_profile("default").model_copy(update={"languages": languages})
    assert word in bodies(profile)[Kind.REQUIRED_ACTION, "kcb-charter"]["name"]


def test_no_attribute_is_released_without_being_asked_for() -> None:
    wanted = bodies()
    scopes = {name for kind, name in wanted if kind is Kind.CLIENT_SCOPE}
    assert scopes == {"eduperson", "supann", "supann-private"}
    for (kind, name), body in wanted.items():
        if kind is Kind.CLIENT:
            by_default = body.get("defaultClientScopes", [])
            after = (
                by_default if isinstance(by_default, list) else by_default.over(["supann", "supann-private"])
            )
            assert not scopes & set(after), name
    assert set(wanted[Kind.CLIENT, "ent"]["optionalClientScopes"]) == {"eduperson", "supann"}


def test_claims_stay_out_of_access_tokens() -> None:
    for (kind, _), body in bodies().items():
        if kind is Kind.CLIENT_SCOPE:
            assert {m["config"]["access.token.claim"] for m in body["protocolMappers"]} == {"false"}


def test_people_log_in_on_two_pages_where_the_jar_has_them() -> None:
    wanted = bodies()
    flow = wanted[Kind.LOGIN_FLOW, "kc-bridge browser"]
    assert [
        (e["name"], e["requirement"]) for e in sorted(flow["executions"], key=lambda e: e["priority"])
    ] == [
        ("kcb-identifier", "REQUIRED"),
        ("kcb-password", "REQUIRED"),
    ]
    keys = list(wanted)
    assert keys.index((Kind.LOGIN_FLOW, "kc-bridge browser")) < keys.index((Kind.FLOW_BINDING, "browser"))


@pytest.mark.parametrize("offered", [frozenset(), frozenset({"kcb-identifier"})])
def test_without_both_pages_the_login_is_left_alone(offered: frozenset[str]) -> None:
    kinds = {kind for kind, _ in bodies(server=replace(SERVER, authenticators=offered))}
    assert not kinds & {Kind.LOGIN_FLOW, Kind.FLOW_BINDING}


@pytest.mark.parametrize(("bound", "after"), [("browser", "kc-bridge browser"), ("ours with captcha",) * 2])
def test_a_flow_an_administrator_chose_stays_bound(bound: str, after: str) -> None:
    wanted = bodies()[Kind.FLOW_BINDING, "browser"]
    assert overlay({"browserFlow": bound}, wanted)[0] == {"browserFlow": after}


def test_the_charter_says_which_version_counts_where_the_jar_asks() -> None:
    key = Kind.REQUIRED_ACTION_CONFIG, "kcb-charter"
    version = load_profile("default").charter.version
    assert bodies()[key]["config"]["required_version"] == version
    # Keycloak drops a setting the JAR does not have: writing it would never end.
    assert (
        "required_version" not in bodies(server=replace(SERVER, charter_settings=frozenset()))[key]["config"]
    )


def test_actions_come_after_keycloaks_second_factor() -> None:
    priorities = [
        body.get("priority", 999) for (kind, _), body in bodies().items() if kind is Kind.REQUIRED_ACTION
    ]
    assert min(priorities) > 130  # CONFIGURE_RECOVERY_AUTHN_CODES, the last of them


def test_a_theme_the_server_lacks_is_not_named() -> None:
    body = bodies(server=replace(SERVER, themes=frozenset({"login"})))[Kind.REALM, "r"]
    assert body["loginTheme"] == "kc-bridge"
    assert "emailTheme" not in body


def test_the_ticket_lives_as_long_as_the_wizard() -> None:
    config = bodies(session_absolute="PT40M")[Kind.REQUIRED_ACTION_CONFIG, "kcb-extra"]["config"]
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


@pytest.mark.parametrize("recovery", ["link", "link-and-question"])
def test_where_we_replace_lost_passwords_keycloak_does_not(recovery: str) -> None:
    profile = load_profile("default").model_copy(update={"recovery": recovery})
    body = bodies(profile)[Kind.REALM, "r"]
    assert body["resetPasswordAllowed"] is False
    assert body["attributes"]["kcbRecoveryUrl"] == "https://compte.univ.fr/mot-de-passe-oublie"


def test_where_we_do_not_the_administrator_decides() -> None:
    body = bodies(load_profile("default").model_copy(update={"recovery": "off"}))[Kind.REALM, "r"]
    assert "resetPasswordAllowed" not in body
    assert body["attributes"]["kcbRecoveryUrl"] == ""
