"""The declarative user profile: every attribute kc-bridge writes, who may see it and who may change it.

Undeclared attributes vanish silently when Keycloak saves a user, so all are declared.
"""

from __future__ import annotations

from typing import Any

from kc_bridge.realm.actions import plug_in_attributes
from kc_bridge.realm.attributes import ATTRIBUTES, CHOICES, GROUPS, Attribute, Group
from kc_bridge.realm.resource import Kind, Resource
from kc_bridge.realm.words import ByLanguage

__all__ = ["profile_texts", "user_profile"]

ADMIN = ["admin"]
EVERYBODY = ["admin", "user"]

KEPT_BY_THE_UNIVERSITY = ("username", "email", "firstName", "lastName")
"""Built-in attributes that come from the registrar: people ask there for a correction, or a new name."""


def user_profile() -> Resource:
    """The attributes in their groups."""
    built_in = [
        {"name": name, "permissions": {"view": EVERYBODY, "edit": ADMIN}} for name in KEPT_BY_THE_UNIVERSITY
    ]
    groups = [
        {
            "name": group.name,
            "displayHeader": _reference(_header_key(group)),
            "displayDescription": _reference(_description_key(group)),
        }
        for group in GROUPS
    ]
    declared = [_declaration(group, attribute) for group in GROUPS for attribute in ATTRIBUTES[group]]
    declared += [_plug_in_declaration(name) for name in plug_in_attributes()]
    return Resource(Kind.USER_PROFILE, "", {"attributes": built_in + declared, "groups": groups})


def profile_texts() -> dict[str, ByLanguage]:
    """What groups and attributes are called, by localisation key."""
    groups = {_header_key(group): group.header for group in GROUPS}
    groups |= {_description_key(group): group.description for group in GROUPS}
    return groups | {_key(a): a.label for attributes in ATTRIBUTES.values() for a in attributes}


def _declaration(group: Group, attribute: Attribute) -> dict[str, Any]:
    declaration: dict[str, Any] = {
        "name": attribute.name,
        "displayName": _reference(_key(attribute)),
        "group": group.name,
        "multivalued": attribute.multivalued,
        "permissions": {
            "view": EVERYBODY if attribute.visible else ADMIN,
            "edit": EVERYBODY if attribute.own_choice else ADMIN,
        },
    }
    if attribute.date:
        declaration["validations"] = {"iso-date": {}}
    return declaration


def _plug_in_declaration(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "displayName": name,
        "group": CHOICES.name,
        "multivalued": True,
        "permissions": {"view": EVERYBODY, "edit": ADMIN},
    }


def _reference(key: str) -> str:
    return "${" + key + "}"


# The console's own naming, so that it offers the texts for editing.


def _key(attribute: Attribute) -> str:
    return f"profile.attributes.{attribute.name}"


def _header_key(group: Group) -> str:
    return f"profile.attribute-group.{group.name}"


def _description_key(group: Group) -> str:
    return f"profile.attribute-group-description.{group.name}"
