"""The declarative user profile: every attribute kc-bridge writes, who may see it and who may change it.

Undeclared attributes vanish silently when Keycloak saves a user, so all are declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kc_bridge.realm.resource import Kind, Resource

__all__ = ["ATTRIBUTES", "Attribute", "user_profile"]

GROUP = "kc-bridge"
GROUP_LABELS = {"fr": "Compte universitaire", "en": "University account"}

ADMIN = ["admin"]
EVERYBODY = ["admin", "user"]


@dataclass(frozen=True)
class Attribute:
    """One attribute of a user."""

    name: str
    labels: dict[str, str]
    """What it is called, by language."""
    visible: bool = True
    """Whether people see their own in the account console; nobody sees another's."""
    multivalued: bool = False
    own_choice: bool = False
    """Whether people may change it themselves."""
    date: bool = False


ATTRIBUTES = (
    Attribute("uid", {"fr": "Identifiant permanent (uid)", "en": "Permanent identifier (uid)"}),
    Attribute("displayName", {"fr": "Nom affiché", "en": "Display name"}),
    Attribute("eduPersonAffiliation", {"fr": "Affiliations", "en": "Affiliations"}, multivalued=True),
    Attribute("eduPersonPrimaryAffiliation", {"fr": "Affiliation principale", "en": "Primary affiliation"}),
    Attribute("supannEtablissement", {"fr": "Établissement", "en": "Establishment"}),
    Attribute("accountEnd", {"fr": "Fin du compte", "en": "End of the account"}, date=True),
    Attribute("accountState", {"fr": "État du compte", "en": "State of the account"}),
    Attribute("locale", {"fr": "Langue", "en": "Language"}, own_choice=True),
    Attribute(
        "kcbCharter", {"fr": "Chartes acceptées", "en": "Accepted policies"}, visible=False, multivalued=True
    ),
    Attribute("kcbKey", {"fr": "Marque de kc-bridge", "en": "Mark of kc-bridge"}, visible=False),
    Attribute("kcbDigest", {"fr": "Empreinte de synchronisation", "en": "Sync digest"}, visible=False),
)

KEPT_BY_THE_UNIVERSITY = ("email", "firstName", "lastName")
"""Built-in attributes that come from the registrar: people ask there for a correction."""


def user_profile(languages: list[str]) -> list[Resource]:
    """The attributes, and their names as localisation texts of the realm in each language that has them."""
    built_in = [
        {"name": name, "permissions": {"view": EVERYBODY, "edit": ADMIN}} for name in KEPT_BY_THE_UNIVERSITY
    ]
    group = {"name": GROUP, "displayHeader": "${" + _group_key() + "}"}
    body = {"attributes": built_in + [_declaration(a) for a in ATTRIBUTES], "groups": [group]}
    texts = [Resource(Kind.TEXTS, language, t) for language in languages if (t := _texts(language))]
    return [*texts, Resource(Kind.USER_PROFILE, "", body)]


def _declaration(attribute: Attribute) -> dict[str, Any]:
    declaration: dict[str, Any] = {
        "name": attribute.name,
        "displayName": "${" + _key(attribute) + "}",
        "group": GROUP,
        "multivalued": attribute.multivalued,
        "permissions": {
            "view": EVERYBODY if attribute.visible else ADMIN,
            "edit": EVERYBODY if attribute.own_choice else ADMIN,
        },
    }
    if attribute.date:
        declaration["validations"] = {"iso-date": {}}
    return declaration


def _texts(language: str) -> dict[str, str]:
    texts = {_key(a): a.labels[language] for a in ATTRIBUTES if language in a.labels}
    if language in GROUP_LABELS:
        texts[_group_key()] = GROUP_LABELS[language]
    return texts


def _key(attribute: Attribute) -> str:
    """The console's own naming, so that it offers the texts for editing."""
    return f"profile.attributes.{attribute.name}"


def _group_key() -> str:
    return f"profile.attribute-group.{GROUP}"
