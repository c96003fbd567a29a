"""A realm as ``kcb setup`` makes it, for tests of everything that stands on it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.domain.profile import UniversityProfile, load_profile
from kc_bridge.realm.applications import ApplicationClient
from kc_bridge.realm.setup import setup_realm
from kc_bridge.settings import Application, Settings
from kc_bridge.store.database import open_engine, upgrade
from tests.integration.jar_realm import Admin
from tests.support.quick import empty_database

ENT = ApplicationClient("ent-demo", "ENT démo", "http://ent.test/connexion", ("http://ent.test/*",))


@dataclass
class KcbRealm:
    """One realm, the settings of a bridge that serves it, and an administrator of its server."""

    settings: Settings
    profile: UniversityProfile
    admin: Admin
    setup_admin: KeycloakAdmin
    """The administrator as ``kcb setup`` talks through."""
    applications: tuple[ApplicationClient, ...]

    @property
    def name(self) -> str:
        return self.settings.realm

    def setup(self, *, dry_run: bool = False) -> list[str]:
        """Runs ``kcb setup`` again; answers what it printed."""
        lines: list[str] = []
        setup_realm(
            self.settings,
            self.profile,
            self.setup_admin,
            lines.append,
            applications=self.applications,
            dry_run=dry_run,
        )
        return lines

    def call(self, method: str, path: str = "", json: Any = None, **options: Any) -> Any:
        """The Admin API below this realm: parsed JSON, or the new id after a POST."""
        return self.admin.call(method, f"/{self.name}/{path}" if path else f"/{self.name}", json, **options)

    def create_user(self, username: str | None = None, *, password: str | None = None, **fields: Any) -> str:
        """A user the bridge owns (``attributes={}`` for one it does not); answers Keycloak's id."""
        username = username or f"u{secrets.token_hex(5)}"
        user: dict[str, Any] = {
            "username": username,
            "enabled": True,
            "emailVerified": True,
            "firstName": "Camille",
            "lastName": "O'Connor",
            "email": f"{username}@etu.univ-demo.fr",
            "attributes": {
                "kcbKey": [secrets.token_hex(32)],
                "uid": [username],
                "displayName": ["Camille O'Connor"],
            },
        }
        if password:
            user["credentials"] = [{"type": "password", "value": password, "temporary": False}]
        created: str = self.call("POST", "users", user | fields)
        return created

    def client_id(self, client_id: str) -> str:
        """Keycloak's own id of a client."""
        found: str = self.call("GET", "clients", params={"clientId": client_id})[0]["id"]
        return found

    def delete(self) -> None:
        self.admin.call("DELETE", f"/{self.name}")


def make_realm(
    keycloak: Any, folder: Path, applications: tuple[ApplicationClient, ...] = (ENT,), **settings: Any
) -> KcbRealm:
    """A new realm with its keys and an empty database in ``folder``; ``settings`` replace the usual ones."""
    name = f"test-{secrets.token_hex(4)}"
    values: dict[str, Any] = {
        "realm": name,
        "public_url": "http://bridge.test",
        "keycloak_public_url": keycloak.url,
        "database_url": f"sqlite:///{folder / 'kcb.db'}",
        "keys_dir": folder / "keys",
        "secret_key": secrets.token_urlsafe(32),
        "applications": {a.client_id: Application(name=a.name, login_url=a.login_url) for a in applications},
        "default_application": applications[0].client_id if applications else None,
    }
    chosen = Settings(**(values | settings))
    user, password = keycloak.admin_user, keycloak.admin_password
    realm = KcbRealm(
        chosen,
        load_profile(chosen.profile),
        Admin(keycloak.url, user, password),
        KeycloakAdmin(chosen.keycloak_url, user, password, timeout=60),
        applications,
    )
    realm.setup()
    if "database_url" in settings:
        upgrade(open_engine(chosen.database_url))
    else:
        (folder / "kcb.db").write_bytes(empty_database())
    return realm
