"""Client scopes: which attributes an application gets, when it asks for them and is allowed to.

None is anybody's by default (GDPR art. 25): an administrator adds a scope to a client as « optional », and the
application names it in its request. Claims go into the ID token and userinfo, never into access tokens, which travel
further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kc_bridge.realm.resource import Kind, Resource
from kc_bridge.realm.words import ByLanguage, in_one_language

__all__ = ["FOR_APPLICATIONS", "SCOPES", "Scope", "client_scopes", "consent_texts"]


@dataclass(frozen=True)
class Scope:
    """User attributes an application reads under their own names."""

    name: str
    description: ByLanguage
    """For the administrator who chooses."""
    consent: ByLanguage
    """For the person who agrees, on clients that ask for consent."""
    single: tuple[str, ...]
    several: tuple[str, ...] = ()
    """Attributes told as lists."""


EDUPERSON = Scope(
    "eduperson",
    {
        "fr": "Qui est la personne à l'université : nom affiché, affiliations, identifiant eduPerson",
        "en": "Who the person is at the university: display name, affiliations, eduPerson identifier",
    },
    {"fr": "Votre nom et votre statut à l’université", "en": "Your name and status at the university"},
    single=("eduPersonPrincipalName", "eduPersonPrimaryAffiliation", "displayName"),
    several=("eduPersonAffiliation",),
)
SUPANN = Scope(
    "supann",
    {
        "fr": "Le compte selon SUPANN : identifiant permanent, établissement, état et fin du compte",
        "en": "The account in SUPANN's terms: permanent identifier, establishment, state and end of the account",
    },
    {
        "fr": "L’identifiant, l’état et la fin de votre compte",
        "en": "The identifier, state and end of your account",
    },
    single=("uid", "supannEtablissement", "accountEnd", "accountState"),
)
SUPANN_PRIVATE = Scope(
    "supann-private",
    {
        "fr": "Données privées : adresse de secours, redirection, téléphone, choix. Pour très peu d'applications",
        "en": "Private data: backup address, forwarding, telephone, choices. For very few applications",
    },
    {
        "fr": "Vos coordonnées personnelles et vos choix (SMS, photo, annuaire)",
        "en": "Your personal contact details and your choices (text messages, photograph, directory)",
    },
    single=("mailForwardingAddress", "kcbSmsConsent", "kcbPhotoUse", "kcbDirectoryVisibility"),
    several=("supannMailPrive", "supannTelephonePrive"),
)

SCOPES = (EDUPERSON, SUPANN, SUPANN_PRIVATE)
FOR_APPLICATIONS = (EDUPERSON.name, SUPANN.name)
"""Those an application declared with ``--application`` may ask for."""


def client_scopes(language: str) -> list[Resource]:
    """The scopes with their mappers. ``language``: of the descriptions, which Keycloak keeps in one only."""
    return [
        Resource(
            Kind.CLIENT_SCOPE,
            scope.name,
            {
                "description": in_one_language(scope.description, language),
                "protocol": "openid-connect",
                "attributes": {
                    "include.in.token.scope": "true",
                    "display.on.consent.screen": "true",
                    "consent.screen.text": "${" + _consent_key(scope) + "}",
                },
                "protocolMappers": [
                    _mapper(name, name in scope.several) for name in (*scope.single, *scope.several)
                ],
            },
        )
        for scope in SCOPES
    ]


def consent_texts() -> dict[str, ByLanguage]:
    """What people agree to, by localisation key."""
    return {_consent_key(scope): scope.consent for scope in SCOPES}


def _consent_key(scope: Scope) -> str:
    return f"kcbConsent.{scope.name}"


def _mapper(name: str, several: bool) -> dict[str, Any]:
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usermodel-attribute-mapper",
        "config": {
            "user.attribute": name,
            "claim.name": name,
            "jsonType.label": "String",
            "multivalued": str(several).lower(),
            "id.token.claim": "true",
            "userinfo.token.claim": "true",
            "access.token.claim": "false",
            "introspection.token.claim": "false",
        },
    }
