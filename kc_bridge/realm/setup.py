"""``kcb setup``: makes a realm ready from a university profile. Compares, then writes; again, it writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.domain.errors import BridgeError, ConfigurationError
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.realm.applications import ApplicationClient
from kc_bridge.realm.apply import apply, plan
from kc_bridge.realm.belonging import refuse_another_profile
from kc_bridge.realm.clients import SYNC, WEB, bridge_clients
from kc_bridge.realm.desired import desired_realm
from kc_bridge.realm.diff import Edit
from kc_bridge.realm.keys import KEPT, new_key, public_jwks, save_key, signing_keys
from kc_bridge.realm.login_flow import missing_pages
from kc_bridge.realm.realm_settings import THEME, THEMES
from kc_bridge.realm.resource import Kind
from kc_bridge.realm.server import inspect
from kc_bridge.settings import Settings

__all__ = ["SIGNING_CLIENTS", "Report", "rotate_key", "setup_realm"]

SIGNING_CLIENTS = (WEB, SYNC)

Report = Callable[[str], None]
"""Takes one line for a person to read."""


def setup_realm(
    settings: Settings,
    profile: UniversityProfile,
    admin: KeycloakAdmin,
    report: Report,
    *,
    applications: tuple[ApplicationClient, ...] = (),
    dry_run: bool = False,
    change_profile: bool = False,
) -> int:
    """Brings the realm to what the profile needs; returns how many resources differed.

    ``change_profile``: also when the realm belongs to another profile. Raises :class:`ConfigurationError` before
    writing anything when it does and this is not said, or when the server is too old or lacks the JAR.
    """
    server = inspect(admin)
    if not change_profile:
        refuse_another_profile(admin, settings.realm, profile.name)
    for kind in sorted(THEMES.keys() - server.themes):
        report(f"The server has no {kind} theme « {THEME} »: that of the realm stays as it is.")
    if missing := missing_pages(server.authenticators):
        report(f"The JAR has no {' '.join(missing)}: how people log in stays as it is.")
    jwks = {client: _published_keys(settings, client, report, dry_run) for client in SIGNING_CLIENTS}
    wanted = desired_realm(settings, profile, server, jwks, applications)
    edits = plan(admin, settings.realm, wanted)
    if dry_run:
        for edit in edits:
            _print(edit, report)
        return len(edits)
    written = 0
    if edits and edits[0].resource.kind is Kind.REALM:
        created = edits[0].before is None
        with _black_list_explained(profile.password_policy.blacklist):
            apply(admin, settings.realm, edits[:1], lambda edit: _print(edit, report))
        # A new realm comes with Keycloak's own documents, which must be merged with, not replaced.
        written, edits = 1, plan(admin, settings.realm, wanted) if created else edits[1:]
    apply(admin, settings.realm, edits, lambda edit: _print(edit, report))
    return written + len(edits)


def rotate_key(settings: Settings, client_id: str, admin: KeycloakAdmin, report: Report) -> None:
    """Gives a client a new key; the present one stays valid until the next rotation.

    Keycloak learns the public key first: a process that finds the new file is never refused.
    """
    key = new_key()
    keys = [key, *signing_keys(settings.keys_dir, client_id)][:KEPT]
    jwks = {client: public_jwks(signing_keys(settings.keys_dir, client)) for client in SIGNING_CLIENTS}
    jwks[client_id] = public_jwks(keys)
    clients = [r for r in bridge_clients(settings.public_url, jwks) if r.key == (Kind.CLIENT, client_id)]
    apply(admin, settings.realm, plan(admin, settings.realm, clients), lambda edit: _print(edit, report))
    report(f"{save_key(settings.keys_dir, client_id, key)}: absent → key {key.kid}")


@contextmanager
def _black_list_explained(file: str | None) -> Iterator[None]:
    """Keycloak answers « Failed to update realm » (500) when it does not find the list, and nothing more."""
    try:
        yield
    except BridgeError as refused:
        if file is None:
            raise
        raise ConfigurationError(
            getattr(refused, "problem", str(refused)),
            f"If data/password-blacklists/{file} is missing on a Keycloak server, put it there and run this again; "
            f"or take blacklist = « {file} » out of the profile.",
        ) from None


def _published_keys(settings: Settings, client_id: str, report: Report, dry_run: bool) -> dict[str, Any]:
    keys = signing_keys(settings.keys_dir, client_id)
    if not keys:
        keys = [new_key()]
        where = settings.keys_dir if dry_run else save_key(settings.keys_dir, client_id, keys[0])
        report(f"private key of {client_id} in {where}: absent → made")
    return public_jwks(keys[:KEPT])


def _print(edit: Edit, report: Report) -> None:
    report(edit.title + ("" if edit.before is not None else " (new)"))
    for change in edit.changes:
        report(f"  {change}")
