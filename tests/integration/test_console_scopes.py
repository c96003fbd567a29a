"""Client scopes: an application is told what it asks for and may ask for, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from kc_bridge.realm.scopes import SCOPES
from tests.integration.application import PASSWORD, log_in
from tests.integration.kcb_realm import KcbRealm
from tests.support.walker import Walker

VALUES: dict[str, list[str]] = {
    "uid": ["e123"],
    "displayName": ["Zoé O'Connor"],
    "eduPersonPrincipalName": ["e123@univ-demo.fr"],
    "eduPersonAffiliation": ["member", "student"],
    "eduPersonPrimaryAffiliation": ["student"],
    "supannEtablissement": ["{UAI}0999999Z"],
    "accountEnd": ["2027-12-31"],
    "accountState": ["SupannActif"],
    "supannMailPrive": ["{SECOURS}zoe@courriel.example"],
    "supannTelephonePrive": ["{MOBPERSO}+33639980000"],
    "mailForwardingAddress": ["zoe@courriel.example"],
    "kcbSmsConsent": ["true"],
    "kcbPhotoUse": ["false"],
    "kcbDirectoryVisibility": ["true"],
}
"""All that a scope of ours can tell."""
NEVER_TOLD = {
    "kcbKey": ["0" * 64],
    "kcbDigest": ["d"],
    "kcbCharter": ["2026-09 fr 00 2026-09-01T00:00:00Z"],
    "kcbExtra": ["x"],
    "mailDeliveryOption": ["mailbox"],
}
TOLD = {
    "openid": set(),
    "openid eduperson": {
        "eduPersonPrincipalName",
        "eduPersonAffiliation",
        "eduPersonPrimaryAffiliation",
        "displayName",
    },
    "openid supann": {"uid", "supannEtablissement", "accountEnd", "accountState"},
    "openid supann-private": {
        "supannMailPrive",
        "supannTelephonePrive",
        "mailForwardingAddress",
        "kcbSmsConsent",
        "kcbPhotoUse",
        "kcbDirectoryVisibility",
    },
}


@pytest.fixture(scope="module")
def zoe(realm: KcbRealm) -> str:
    created = realm.create_user("zoe", password=PASSWORD, attributes=VALUES | NEVER_TOLD)
    kept = realm.call("GET", f"users/{created}")["attributes"]
    assert kept == VALUES | NEVER_TOLD, "every attribute is declared"
    return "zoe"


@pytest.fixture(scope="module")
def trusted(realm: KcbRealm) -> KcbRealm:
    """The realm, whose administrator lets the application ask for private data too."""
    scope = next(s for s in realm.call("GET", "client-scopes") if s["name"] == "supann-private")
    realm.call("PUT", f"clients/{realm.client_id('ent-demo')}/optional-client-scopes/{scope['id']}")
    return realm


@pytest.mark.parametrize("scope", TOLD)
def test_an_application_is_told_what_it_asks_for(trusted: KcbRealm, zoe: str, scope: str) -> None:
    told = log_in(trusted, zoe, scope).told
    expected = {name: VALUES[name] for name in TOLD[scope]}
    for place, claims in told.items():
        ours = {name: _listed(value) for name, value in claims.items() if name in VALUES | NEVER_TOLD}
        assert ours == ({} if place == "access token" else {n: sorted(v) for n, v in expected.items()}), place


def _listed(value: Any) -> list[str]:
    return sorted(value) if isinstance(value, list) else [value]


def test_private_data_is_nobodys_to_ask_for_until_an_administrator_agrees(realms: Any) -> None:
    realm = realms()
    realm.create_user("lea", password=PASSWORD)
    refused = Walker().get(
        f"{realm.settings.issuer}/protocol/openid-connect/auth?client_id=ent-demo&response_type=code"
        "&redirect_uri=http://ent.test/cb&scope=openid+supann-private"
        f"&code_challenge={'c' * 43}&code_challenge_method=S256",
        stop=lambda url: url.startswith("http://ent.test/cb"),
    )
    assert "error=invalid_scope" in refused.location


def test_no_client_of_a_new_realm_gets_a_scope_of_ours_by_default(realm: KcbRealm) -> None:
    ours = {scope.name for scope in SCOPES}
    new = realm.call("POST", "clients", {"clientId": "made-in-the-console", "publicClient": True})
    assert not ours & set(realm.call("GET", f"clients/{new}")["defaultClientScopes"])
    for client in realm.call("GET", "clients"):
        assert not ours & set(client["defaultClientScopes"]), client["clientId"]


def test_people_are_asked_in_their_language_where_a_client_wants_consent(realm: KcbRealm, zoe: str) -> None:
    client = realm.call("GET", f"clients/{realm.client_id('ent-demo')}")
    realm.call("PUT", f"clients/{client['id']}", client | {"consentRequired": True})
    try:
        for language, words in (
            ("fr", "Votre nom et votre statut à l’université"),
            ("en", "Your name and status at the university"),
        ):
            walker = Walker()
            page = walker.get(
                f"{realm.settings.issuer}/protocol/openid-connect/auth?client_id=ent-demo&response_type=code"
                f"&redirect_uri=http://ent.test/cb&scope=openid+eduperson&ui_locales={language}"
                f"&code_challenge={'c' * 43}&code_challenge_method=S256"
            )
            assert words in walker.log_in(page, zoe, PASSWORD).text
    finally:
        realm.call("PUT", f"clients/{client['id']}", client)
