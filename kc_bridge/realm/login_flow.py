"""The flow people log in by: the identifier on one page, the password on the next.

It is Keycloak's own browser flow with the page of identifier and password cut in two, so that cookie, single sign-on
from elsewhere, second factor and passkeys stay what this version of Keycloak makes of them. See ADR 11.
"""

from __future__ import annotations

from collections.abc import Collection

from kc_bridge.realm.resource import InPlaceOf, Kind, Resource
from kc_bridge.realm.words import in_one_language

__all__ = ["FLOW", "KEYCLOAKS_FLOW", "PAGES", "login_flow", "missing_pages"]

FLOW = "kc-bridge browser"
KEYCLOAKS_FLOW = "browser"
PAGES = ("kcb-identifier", "kcb-password")
"""Authenticators of the JAR, in the order of the pages."""

DESCRIPTION = {
    "fr": "kc-bridge : l'identifiant, puis le mot de passe, puis le second facteur de qui en a un",
    "en": "kc-bridge: the identifier, then the password, then the second factor of whoever has one",
}


def missing_pages(authenticators: Collection[str]) -> list[str]:
    """Pages the server does not offer: without both there is no flow of ours."""
    return [page for page in PAGES if page not in authenticators]


def login_flow(authenticators: Collection[str], language: str) -> list[Resource]:
    """The flow, and its binding in the place of Keycloak's own; nothing for a JAR without the two pages.

    ``language``: of the description, which Keycloak keeps in one only.
    """
    if missing_pages(authenticators):
        return []
    flow = {
        "description": in_one_language(DESCRIPTION, language),
        # Before everything else in the forms: what Keycloak makes there begins at 10.
        "executions": [
            {"name": page, "requirement": "REQUIRED", "priority": place}
            for place, page in enumerate(PAGES, start=1)
        ],
    }
    return [
        Resource(Kind.LOGIN_FLOW, FLOW, flow),
        Resource(Kind.FLOW_BINDING, "browser", {"browserFlow": InPlaceOf(FLOW, KEYCLOAKS_FLOW)}),
    ]
