"""A realm whose people and passwords live in a directory: Keycloak's own LDAP federation over a real OpenLDAP."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from kc_bridge.domain.person import key_digest
from kc_bridge.store.models import Person
from tests.support.slapd import PEOPLE, SERVICE, SERVICE_PASSWORD, Slapd
from tests.support.stack import Stack

__all__ = ["IN_THE_DIRECTORY", "Federation"]

IN_THE_DIRECTORY = "Annuaire-2026-à-Metz!"
"""Password people have there before they choose one."""


@dataclass
class Federation:
    """The directory, and the component of the realm that reads and writes it."""

    stack: Stack
    directory: Slapd
    component: dict[str, Any]

    @classmethod
    def of(cls, stack: Stack, directory: Slapd) -> Federation:
        """Declares the directory in the stack's realm, as an administrator does: writable, users imported."""
        config = {
            "enabled": "true",
            "vendor": "other",
            "connectionUrl": directory.url,
            "authType": "simple",
            "bindDn": SERVICE,
            "bindCredential": SERVICE_PASSWORD,
            "usersDn": PEOPLE,
            "userObjectClasses": "inetOrgPerson",
            "usernameLDAPAttribute": "uid",
            "rdnLDAPAttribute": "uid",
            "uuidLDAPAttribute": "entryUUID",
            "searchScope": "1",
            "editMode": "WRITABLE",
            "importEnabled": "true",
            "syncRegistrations": "false",
            "trustEmail": "true",
        }
        component: dict[str, Any] = {
            "name": "annuaire",
            "providerId": "ldap",
            "providerType": "org.keycloak.storage.UserStorageProvider",
            "config": {name: [value] for name, value in config.items()},
        }
        component["id"] = stack.realm.call("POST", "components", component)
        return cls(stack, directory, component)

    def edit_mode(self, mode: str) -> None:
        """``WRITABLE`` or ``READ_ONLY``, as in the console."""
        self.component["config"]["editMode"] = [mode]
        self.stack.realm.call("PUT", f"components/{self.component['id']}", self.component)

    def person(self, *actions: str) -> Person:
        """Somebody in the directory, imported by Keycloak, known to the bridge and marked as its own."""
        uid = f"camille-{secrets.token_hex(3)}"
        self.directory.add_person(uid, IN_THE_DIRECTORY)
        self.stack.realm.call("POST", f"user-storage/{self.component['id']}/sync?action=triggerFullSync")
        (user,) = self.stack.realm.call("GET", "users", params={"username": uid, "exact": "true"})
        user = self.stack.realm.call("GET", f"users/{user['id']}")
        assert user["federationLink"] == self.component["id"]
        key, now = f"test:{uid}", self.stack.clock()
        user["attributes"] |= {"kcbKey": [key_digest(key)], "uid": [uid]}
        self.stack.realm.call("PUT", f"users/{user['id']}", user | {"requiredActions": list(actions)})
        person = Person(
            key=key,
            uid=uid,
            keycloak_id=user["id"],
            login=uid,
            mail=user["email"],
            first_name="Camille",
            last_name="O'Connor",
            personal_mail=f"{uid}@perso.example",
            population="student",
            created_at=now,
            updated_at=now,
        )
        with self.stack.services.sessions.begin() as db:
            db.add(person)
        return person

    def binds(self, person: Person, password: str) -> bool:
        """True when these words open the directory itself, Keycloak not being asked."""
        return self.directory.binds(f"uid={person.uid},{PEOPLE}", password)
