"""What the clients made by ``kcb setup`` may do on a real server, and the rotation of their keys."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from kc_bridge.adapters.backchannel import BackChannel
from kc_bridge.adapters.tokens import ClientCredentials
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.realm.keys import key_files
from kc_bridge.realm.setup import rotate_key
from tests.integration.jar_browser import CookieSession
from tests.integration.kcb_realm import KcbRealm

PASSWORD = "Printemps-2026!"


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return decoded


def token_of(realm: KcbRealm, client: str) -> str:
    return ClientCredentials(realm.settings, client).token()


def test_web_token_opens_the_back_channel_and_nothing_else(realm: KcbRealm) -> None:
    token = token_of(realm, "kc-bridge-web")
    held = claims(token)
    assert held["iss"] == realm.settings.issuer
    assert held["aud"] == "kcb"
    assert {client: set(r["roles"]) for client, r in held["resource_access"].items()} == {
        "kcb": {"tickets", "links", "passwords"}
    }
    assert "realm_access" not in held
    assert BackChannel(realm.settings).version()["version"]
    for path in ("users", "clients", "", "roles", "events"):
        answer = requests.get(
            f"{realm.admin.url}/admin/realms/{realm.name}/{path}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
        # The realm itself answers its bare name to anybody of the realm; nothing that is a setting.
        assert answer.status_code == 403 or answer.json() == {"realm": realm.name}, path


def test_sync_token_manages_users_only(realm: KcbRealm) -> None:
    token = token_of(realm, "kc-bridge-sync")
    held = {client: set(r["roles"]) for client, r in claims(token)["resource_access"].items()}
    assert held["kcb"] == {"batch", "digests"}
    assert held["realm-management"] == {"manage-users", "view-users", "query-users", "query-groups"}

    def status(path: str) -> int:
        url = f"{realm.admin.url}/admin/realms/{realm.name}/{path}"
        return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=20).status_code

    assert status("users?max=1") == 200
    assert {path: status(path) for path in ("clients?clientId=kcb", "events", "roles")} == {
        "clients?clientId=kcb": 403,
        "events": 403,
        "roles": 403,
    }


@pytest.mark.parametrize("client", ["kc-bridge-web", "kc-bridge-sync", "kcb"])
def test_no_client_takes_a_password(realm: KcbRealm, client: str) -> None:
    user = f"{client}-user"
    realm.create_user(user, password=PASSWORD)
    answer = requests.post(
        f"{realm.settings.issuer}/protocol/openid-connect/token",
        data={"grant_type": "password", "client_id": client, "username": user, "password": PASSWORD},
        timeout=20,
    )
    assert answer.status_code in {400, 401}
    assert "access_token" not in answer.json()


def test_application_receives_the_supann_claims_but_not_the_marks(realm: KcbRealm) -> None:
    attributes = {
        "kcbKey": ["0" * 64],
        "kcbDigest": ["d"],
        "kcbCharter": ["2026-09 fr 00 2026-09-01T00:00:00Z"],
        "uid": ["e123"],
        "displayName": ["Zoé O'Connor"],
        "eduPersonAffiliation": ["member", "student"],
        "eduPersonPrimaryAffiliation": ["student"],
        "supannEtablissement": ["{UAI}0999999Z"],
        "accountEnd": ["2027-12-31"],
        "accountState": ["SupannActif"],
    }
    created = realm.create_user("zoe", password=PASSWORD, attributes=attributes)
    assert realm.call("GET", f"users/{created}")["attributes"] == attributes
    told = claims(log_in(realm, "zoe")["id_token"])
    assert {
        name: told[name] for name in ("uid", "displayName", "eduPersonPrimaryAffiliation", "accountEnd")
    } == {
        "uid": "e123",
        "displayName": "Zoé O'Connor",
        "eduPersonPrimaryAffiliation": "student",
        "accountEnd": "2027-12-31",
    }
    assert sorted(told["eduPersonAffiliation"]) == ["member", "student"]
    assert not [name for name in told if name.startswith("kcb") or name == "accountState"]


def test_pkce_is_required(realm: KcbRealm) -> None:
    for client, redirect_uri in (
        ("ent-demo", "http://ent.test/cb"),
        ("kc-bridge-web", "http://bridge.test/oidc/silent"),
    ):
        answer = requests.get(
            f"{realm.settings.issuer}/protocol/openid-connect/auth",
            params={
                "client_id": client,
                "response_type": "code",
                "scope": "openid",
                "redirect_uri": redirect_uri,
            },
            allow_redirects=False,
            timeout=20,
        )
        assert (
            "code_challenge_method"
            in parse_qs(urlsplit(answer.headers["Location"]).query)["error_description"][0]
        )


def test_attributes_are_not_the_peoples_to_change(realm: KcbRealm) -> None:
    created = realm.create_user("malin", password=PASSWORD)
    before = realm.call("GET", f"users/{created}")
    address = f"{realm.settings.issuer}/account"
    headers = {"Accept": "application/json", "Authorization": f"Bearer {account_token(realm, 'malin')}"}
    mine = requests.get(address, headers=headers, timeout=20).json()
    assert mine["attributes"].keys() == {"uid", "displayName"}
    for field, value in (
        ("email", "autre@example.org"),
        ("lastName", "Autre"),
        ("displayName", ["Quelqu'un"]),
        ("kcbKey", ["f" * 64]),
        ("badge", ["1"]),
    ):
        forged = {**mine, "attributes": dict(mine["attributes"])}
        (forged if field in mine else forged["attributes"])[field] = value
        requests.post(address, json=forged, headers=headers, timeout=20)
    wanted = mine | {"attributes": mine["attributes"] | {"locale": ["en"]}}
    assert requests.post(address, json=wanted, headers=headers, timeout=20).status_code == 204
    after = realm.call("GET", f"users/{created}")
    assert (after["email"], after["lastName"]) == (before["email"], before["lastName"])
    assert after["attributes"] == before["attributes"] | {"locale": ["en"]}


def test_rotation_keeps_the_key_before_and_ends_the_one_before_that(realm: KcbRealm) -> None:
    client, folder = "kc-bridge-sync", realm.settings.keys_dir
    lines: list[str] = []
    saved = [folder / "kept-1", folder / "kept-2"]
    for copy in saved:
        copy.mkdir()
        newest = key_files(folder, client)[0]
        (copy / f"{client}-1.pem").write_bytes(newest.read_bytes())
        rotate_key(realm.settings, client, realm.setup_admin, lines.append)
    first, second = saved
    assert token_of(realm, client)
    assert ClientCredentials(realm.settings.model_copy(update={"keys_dir": second}), client).token()
    with pytest.raises(ConfigurationError, match="kcb setup"):
        ClientCredentials(realm.settings.model_copy(update={"keys_dir": first}), client).token()
    assert [path.name for path in key_files(folder, client)] == [f"{client}-3.pem", f"{client}-2.pem"]
    assert any("jwks.string: keys" in line for line in lines)
    assert realm.setup() == []


def log_in(realm: KcbRealm, username: str) -> dict[str, Any]:
    """Logs in to the application with a browser's requests; answers its tokens."""
    return _log_in(realm, username, "ent-demo", "http://ent.test/cb")


def account_token(realm: KcbRealm, username: str) -> str:
    """An access token for Keycloak's own account console."""
    token: str = _log_in(realm, username, "account-console", f"{realm.settings.issuer}/account/")[
        "access_token"
    ]
    return token


def _log_in(realm: KcbRealm, username: str, client: str, redirect_uri: str) -> dict[str, Any]:
    endpoint = f"{realm.settings.issuer}/protocol/openid-connect"
    verifier = "v" * 64
    question = {
        "client_id": client,
        "response_type": "code",
        "scope": "openid",
        "redirect_uri": redirect_uri,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    with CookieSession() as browser:
        page = browser.get(f"{endpoint}/auth", params=question, timeout=20)
        form = re.search(r'action="([^"]+)"', page.text)
        assert form, page.text[:500]
        answer = browser.post(
            html.unescape(form[1]),
            data={"username": username, "password": PASSWORD},
            allow_redirects=False,
            timeout=20,
        )
    (code,) = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
    exchange = {"grant_type": "authorization_code", "client_id": client, "code": code}
    exchange |= {"redirect_uri": redirect_uri, "code_verifier": verifier}
    tokens: dict[str, Any] = requests.post(f"{endpoint}/token", data=exchange, timeout=20).json()
    return tokens
