"""Who may use the back channel, and on whom (design §4, scenarios 5, 15, 37)."""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import ENT, GOOD, JarRealm

CALLS = [
    ("POST", "tickets/any/complete", {"done": []}),
    ("POST", "tickets/any/touch", None),
    ("DELETE", "tickets/any", None),
    ("POST", "password-check", {"userId": "x", "password": "x"}),
    ("GET", "password-policy", None),
    ("POST", "activation-links", {}),
    ("POST", "users/any/reset", {"actions": []}),
    ("GET", "version", None),
]


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forged(jar: JarRealm, header: dict[str, Any], key: RSAKey | None = None, **changes: Any) -> str:
    """A token like the bridge's own, unsigned or signed by a key of ours."""
    body = jar.web.token().split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))) | changes
    if key is None:
        return f"{part(header)}.{part(claims)}."
    return jwt.encode(header, claims, key)


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_every_call_wants_a_token(jar: JarRealm, method: str, path: str, body: Any) -> None:
    url = f"{jar.issuer}/kcb/{path}"
    for headers in ({}, {"Authorization": "Basic Zm9vOmJhcg=="}, {"Authorization": "Bearer garbage"}):
        response = requests.request(method, url, json=body, headers=headers, timeout=30)
        assert (response.status_code, response.json()) == (401, {"error": "unauthorized"})


def test_forged_tokens(jar: JarRealm) -> None:
    own = RSAKey.generate_key(2048)
    token = jar.web.token()
    head, body, signature = token.split(".")
    tampered = part(json.loads(base64.urlsafe_b64decode(body + "===")) | {"sub": str(uuid.uuid4())})
    for bad in (
        forged(jar, {"alg": "none", "typ": "JWT"}),
        forged(jar, {"alg": "RS256", "typ": "JWT", "kid": "unknown"}, own),
        forged(jar, json.loads(base64.urlsafe_b64decode(head + "===")), own),
        f"{head}.{tampered}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
    ):
        assert jar.web.call("GET", "version", token=bad).status_code == 401
    assert jar.web.call("GET", "version", token=token).status_code == 200


def test_token_of_another_realm(jar: JarRealm) -> None:
    """Not even of the administrator of the whole server."""
    other = JarRealm(jar.admin, f"jar-{uuid.uuid4().hex[:8]}")
    try:
        assert jar.web.call("GET", "version", token=other.web.token()).status_code == 401
    finally:
        other.delete()
    assert jar.web.call("GET", "version", token=jar.admin.token()).status_code == 401


def test_token_for_another_audience(jar: JarRealm) -> None:
    client = jar.call("GET", "clients", params={"clientId": "kc-bridge-web"})[0]["id"]
    account = jar.call("GET", f"clients/{client}/service-account-user")["id"]
    jar.grant(account, "account", "view-profile")
    token = jar.sync.token()
    bare = forged_free_audience(jar)
    assert jar.web.call("GET", "version", token=bare).status_code == 401
    assert jar.sync.call("GET", "version", token=token).status_code == 200


def forged_free_audience(jar: JarRealm) -> str:
    """A genuine token of a service account that has no role of ``kcb``."""
    client = f"stranger-{uuid.uuid4().hex[:6]}"
    secret = uuid.uuid4().hex
    jar.call("POST", "clients", {"clientId": client, "serviceAccountsEnabled": True, "secret": secret})
    grant = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    return str(requests.post(jar.oidc("token"), data=grant, timeout=30).json()["access_token"])


@pytest.mark.parametrize(("method", "path", "body"), CALLS[:-1])
def test_role_of_each_call(jar: JarRealm, method: str, path: str, body: Any) -> None:
    refused = jar.sync.call(method, path, body)
    assert (refused.status_code, refused.json()) == (403, {"error": "forbidden"})


def test_role_taken_away_counts_at_once(jar: JarRealm) -> None:
    client = jar.call("GET", "clients", params={"clientId": "kcb"})[0]["id"]
    sync = jar.call("GET", "clients", params={"clientId": "kc-bridge-sync"})[0]["id"]
    account = jar.call("GET", f"clients/{sync}/service-account-user")["id"]
    jar.grant(account, "kcb", "passwords")
    token = jar.sync.token()
    assert jar.sync.call("GET", "password-policy", token=token).status_code == 200
    role = jar.call("GET", f"clients/{client}/roles/passwords")
    jar.call("DELETE", f"users/{account}/role-mappings/clients/{client}", [role])
    assert jar.sync.call("GET", "password-policy", token=token).status_code == 403


def test_people_are_no_service_accounts(jar: JarRealm) -> None:
    user, browser = jar.user(), Browser(jar)
    for role in ("tickets", "links", "passwords"):
        jar.grant(user["id"], "kcb", role)
    code = landed(browser.login(user["username"]))["code"]
    grant = {"grant_type": "authorization_code", "client_id": "ent-demo", "code": code, "redirect_uri": ENT}
    tokens = requests.post(jar.oidc("token"), data=grant, timeout=30).json()
    assert jar.web.call("GET", "version", token=tokens["access_token"]).status_code == 403
    assert jar.web.call("GET", "version", token=tokens["id_token"]).status_code == 401
    assert jar.web.call("GET", "version", token=tokens["refresh_token"]).status_code == 401


def everything_on(jar: JarRealm, user_id: str) -> list[requests.Response]:
    return [
        jar.web.mint(user_id, ["kcb-charter"]),
        jar.web.call("POST", "password-check", {"userId": user_id, "password": GOOD}),
        jar.web.reset(user_id, ["kcb-charter"], removePassword=True),
    ]


def test_users_of_others_are_out_of_reach(jar: JarRealm) -> None:
    web = jar.call("GET", "clients", params={"clientId": "kc-bridge-web"})[0]["id"]
    account = jar.call("GET", f"clients/{web}/service-account-user")
    jar.update_user(account["id"], attributes={"kcbKey": ["stolen"]})

    administrator = jar.user()["id"]
    jar.grant(administrator, "realm-management", "view-users")

    group = jar.call("POST", "groups", {"name": f"admins-{uuid.uuid4().hex[:6]}"})
    management = jar.call("GET", "clients", params={"clientId": "realm-management"})[0]["id"]
    role = jar.call("GET", f"clients/{management}/roles/manage-users")
    jar.call("POST", f"groups/{group}/role-mappings/clients/{management}", [role])
    by_group = jar.user()["id"]
    jar.call("PUT", f"users/{by_group}/groups/{group}")

    name = f"desk-{uuid.uuid4().hex[:6]}"
    jar.call("POST", "roles", {"name": name})
    jar.call("POST", f"roles/{name}/composites", [role])
    by_composite = jar.user()["id"]
    jar.call("POST", f"users/{by_composite}/role-mappings/realm", [jar.call("GET", f"roles/{name}")])

    for user_id in (jar.user(owned=False)["id"], account["id"], administrator, by_group, by_composite):
        for refused in [*everything_on(jar, user_id), jar.sync.call("GET", f"users/{user_id}/owned")]:
            assert (refused.status_code, refused.json()) == (403, {"error": "not_owned"})


def test_the_sync_may_ask_whose_a_user_is(jar: JarRealm) -> None:
    user = jar.user()
    assert jar.sync.call("GET", f"users/{user['id']}/owned").status_code == 204
    jar.update_user(user["id"], enabled=False)
    assert jar.sync.call("GET", f"users/{user['id']}/owned").status_code == 204
    unknown = jar.sync.call("GET", f"users/{uuid.uuid4()}/owned")
    assert (unknown.status_code, unknown.json()) == (404, {"error": "no_such_user"})
    other = jar.web.call("GET", f"users/{user['id']}/owned")
    assert (other.status_code, other.json()) == (403, {"error": "forbidden"})


def test_made_an_administrator_in_the_middle(jar: JarRealm) -> None:
    user = jar.user(actions=["kcb-charter"])
    ticket = Browser(jar).enter(user["username"]).ticket
    jar.grant(user["id"], "realm-management", "realm-admin")
    assert jar.web.complete(ticket, ["kcb-charter"]).json() == {"error": "not_owned"}


def test_unknown_user(jar: JarRealm) -> None:
    for refused in everything_on(jar, str(uuid.uuid4())):
        assert (refused.status_code, refused.json()) == (404, {"error": "no_such_user"})


def test_expired_token(jar: JarRealm) -> None:
    jar.set_realm(accessTokenLifespan=1)
    try:
        token = jar.web.token()
        time.sleep(2.5)
        assert jar.web.call("GET", "version", token=token).status_code == 401
    finally:
        jar.set_realm(accessTokenLifespan=300)


def test_version_for_any_role(jar: JarRealm) -> None:
    for client in (jar.web, jar.sync):
        answer = client.call("GET", "version").json()
        assert answer["version"] == "0.1.0"
        assert answer["keycloak"].startswith("26.")


def test_back_channel_by_an_internal_address(jar: JarRealm) -> None:
    """Browsers use one address, the bridge another: issuer and minted links stay those of the browsers."""
    inside = jar.url.replace("localhost", "127.0.0.1")
    headers = {"Authorization": f"Bearer {jar.web.token()}"}
    assert requests.get(f"{inside}/realms/{jar.name}/kcb/version", headers=headers, timeout=30).ok
    body = {"userId": jar.user()["id"], "actions": ["kcb-charter"], "clientId": "kc-bridge-web"}
    url = f"{inside}/realms/{jar.name}/kcb/activation-links"
    minted = requests.post(url, json=body | {"expiresAt": int(time.time()) + 60}, headers=headers, timeout=30)
    assert minted.json()["url"].startswith(jar.issuer)
    assert Browser(jar).open_link(minted.json()["url"]).claims["iss"] == jar.issuer
