"""Checks of the realm, as an administrator sees it: its settings, how people log in, the steps, who is told what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.profile import load_profile
from kc_bridge.realm.actions import used_actions
from kc_bridge.realm.apply import plan
from kc_bridge.realm.belonging import refuse_another_profile
from kc_bridge.realm.desired import desired_realm
from kc_bridge.realm.finding import Finding, Installation
from kc_bridge.realm.keys import public_jwks, signing_keys
from kc_bridge.realm.login_flow import FLOW, KEYCLOAKS_FLOW, missing_pages
from kc_bridge.realm.scopes import SCOPES
from kc_bridge.realm.server import PREFIX, inspect
from kc_bridge.realm.setup import SIGNING_CLIENTS

__all__ = ["login_pages", "realm_settings", "scopes", "steps"]

SETUP = "Run: kcb setup (first with --dry-run)"
NEW_JAR = "Build the JAR of this version (make jar), copy it to Keycloak's providers/, restart Keycloak"


def realm_settings(installation: Installation) -> Finding:
    """The realm is what ``kcb setup`` would make of it."""
    settings, admin = installation.settings, installation.admin
    if admin is None:
        return Finding(
            "warn",
            "not compared",
            "Give an administrator's account: KCB_ADMIN_USERNAME and KCB_ADMIN_PASSWORD.",
        )
    profile = load_profile(settings.profile)
    refuse_another_profile(admin, settings.realm, profile.name)
    server = inspect(admin)
    jwks = {client: public_jwks(signing_keys(settings.keys_dir, client)) for client in SIGNING_CLIENTS}
    edits = plan(admin, settings.realm, desired_realm(settings, profile, server, jwks))
    if not edits:
        return Finding("ok", "as kcb setup makes them")
    missing = [f"{edit.title}: absent" for edit in edits if edit.before is None]
    differing = [
        f"{edit.title} {change}" for edit in edits if edit.before is not None for change in edit.changes
    ]
    detail = [f"{len(missing)} missing, {len(differing)} changed", *missing, *differing]
    return Finding("fail" if missing else "warn", "\n".join(detail), SETUP)


def login_pages(installation: Installation) -> Finding:
    """People log in on our two pages, unless an administrator decided otherwise."""
    admin, realm = _as_administrator(installation)
    bound = _read(admin, f"realms/{realm}")["browserFlow"]
    missing = missing_pages(inspect(admin).authenticators)
    if missing:
        return Finding(
            "warn",
            f"the JAR has no {' '.join(missing)}: people log in by « {bound} »",
            f"{NEW_JAR}, then: kcb setup",
        )
    if bound == FLOW:
        return Finding("ok", FLOW)
    remedy = (
        SETUP
        if bound == KEYCLOAKS_FLOW
        else f"Authentication → Flows: bind « {FLOW} », or keep yours if that is what you want."
    )
    return Finding("warn", f"people log in by « {bound} », not by « {FLOW} »", remedy)


def steps(installation: Installation) -> Finding:
    """Every step the profile needs can be asked of people, and every step that is on knows where to send them."""
    admin, realm = _as_administrator(installation)
    base = f"realms/{realm}/authentication/required-actions"
    used = used_actions(load_profile(installation.settings.profile))
    offered = inspect(admin).required_actions
    unknown = [action for action in used if action not in offered]
    if unknown:
        return Finding("fail", f"the JAR has no {' '.join(unknown)}", f"{NEW_JAR}, then: kcb setup")
    on = [a["alias"] for a in _read(admin, base) if a["enabled"] and a["alias"].startswith(PREFIX)]
    lost = [alias for alias in on if not _read(admin, f"{base}/{alias}/config")["config"].get("step_url")]
    if lost:
        return Finding("fail", f"people meet an error page, for want of step_url: {' '.join(lost)}", SETUP)
    off = [action for action in used if action not in on]
    if off:
        return Finding("warn", f"switched off, so never asked of anybody: {' '.join(off)}", SETUP)
    return Finding("ok", f"{len(on)} switched on")


def scopes(installation: Installation) -> Finding:
    """No application is told more about people than it asks for."""
    admin, realm = _as_administrator(installation)
    told = sorted(_default_scopes(admin, f"realms/{realm}"))
    if not told:
        return Finding("ok", "given to applications that ask, only")
    remedy = "Make them « Optional » there, and have the application name them in its request (scope=…)."
    return Finding("warn", "\n".join(["given without being asked for", *told]), remedy)


def _default_scopes(admin: KeycloakAdmin, realm: str) -> Iterator[str]:
    ours = {scope.name for scope in SCOPES}
    for scope in _read(admin, f"{realm}/default-default-client-scopes"):
        if scope["name"] in ours:
            yield f"{scope['name']}: every new client (Client scopes → Assigned type)"
    for client in _read(admin, f"{realm}/clients"):
        for name in ours.intersection(client.get("defaultClientScopes", ())):
            yield f"{name}: client {client['clientId']} (Clients → Client scopes)"


def _as_administrator(installation: Installation) -> tuple[KeycloakAdmin, str]:
    assert installation.admin is not None, "doctor leaves these checks out without one"
    return installation.admin, installation.settings.realm


def _read(admin: KeycloakAdmin, path: str) -> Any:
    found = admin.get(path)
    if found is None:
        raise ConfigurationError(f"Keycloak has no {path}", SETUP)
    return found
