"""What the clients made by ``kcb setup`` may do on a real server, and the rotation of their keys."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from kc_bridge.adapters.backchannel import BackChannel
from kc_bridge.adapters.tokens import ClientCredentials
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.realm.keys import key_files
from kc_bridge.realm.setup import rotate_key
from tests.integration.application import PASSWORD, claims
from tests.integration.kcb_realm import KcbRealm


def token_of(realm: KcbRealm, client: str) -> str:
    return ClientCredentials(realm.settings, client).token()


def test_web_token_opens_the_back_channel_and_nothing_else(realm: KcbRealm) -> None:
    token = token_of(realm, "kc-bridge-web")
    held = claims(token)
    assert held["iss"] == realm.settings.issuer
    assert held["aud"] == "kcb"
    assert {client: set(r["roles"]) for client, r in held["resource_access"].items()} == {
        "kcb": {"tickets", "links", "passwords", "reset"}
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


def status(realm: KcbRealm, path: str) -> int:
    """Of a question the sync asks by the Admin API."""
    url = f"{realm.admin.url}/admin/realms/{realm.name}/{path}"
    headers = {"Authorization": f"Bearer {token_of(realm, 'kc-bridge-sync')}"}
    return requests.get(url, headers=headers, timeout=20).status_code


def test_sync_token_opens_its_calls_and_nothing_else(realm: KcbRealm) -> None:
    held = claims(token_of(realm, "kc-bridge-sync"))["resource_access"]
    assert {client: set(r["roles"]) for client, r in held.items()} == {"kcb": {"batch", "digests"}}
    paths = ("users?max=1", "clients?clientId=kcb", "events", "roles")
    assert {path: status(realm, path) for path in paths} == dict.fromkeys(paths, 403)


def test_without_the_jar_the_sync_manages_users_and_nothing_else(realms: Callable[..., KcbRealm]) -> None:
    realm = realms(directory="admin")
    held = claims(token_of(realm, "kc-bridge-sync"))["resource_access"]
    assert set(held["realm-management"]["roles"]) == {
        "manage-users",
        "view-users",
        "query-users",
        "query-groups",
    }
    assert status(realm, "users?max=1") == 200
    paths = ("clients?clientId=kcb", "events", "roles")
    assert {path: status(realm, path) for path in paths} == dict.fromkeys(paths, 403)


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
