"""Closing an account ends all it has open, and opening it again brings nothing back (scenario 36)."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from tests.integration.batch_rows import row, statuses, write
from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import ENT, GOOD, JarRealm
from tests.support.ports import free_port


def person(jar: JarRealm) -> tuple[dict[str, Any], str]:
    """Somebody the sync has made, with a password."""
    wanted = row()
    (result,) = write(jar, wanted)
    jar.call("PUT", f"users/{result['id']}/reset-password", {"type": "password", "value": GOOD})
    return wanted | {"id": result["id"]}, result["id"]


def tokens(
    jar: JarRealm, wanted: dict[str, Any], scope: str = "openid", client: str = "ent-demo"
) -> dict[str, Any]:
    code = landed(Browser(jar).login(wanted["username"], GOOD, scope=scope, client=client))["code"]
    grant = {"grant_type": "authorization_code", "client_id": client, "code": code, "redirect_uri": ENT}
    answer = requests.post(jar.oidc("token"), data=grant, timeout=30)
    assert answer.ok, answer.text
    return dict(answer.json())


def refresh(jar: JarRealm, held: dict[str, Any]) -> int:
    grant = {"grant_type": "refresh_token", "client_id": "ent-demo", "refresh_token": held["refresh_token"]}
    return requests.post(jar.oidc("token"), data=grant, timeout=30).status_code


def userinfo(jar: JarRealm, held: dict[str, Any]) -> int:
    headers = {"Authorization": f"Bearer {held['access_token']}"}
    return requests.get(jar.oidc("userinfo"), headers=headers, timeout=30).status_code


def test_sessions_end_and_opening_again_revives_none(jar: JarRealm) -> None:
    wanted, made_id = person(jar)
    online, offline = tokens(jar, wanted), tokens(jar, wanted, "openid offline_access")
    assert [refresh(jar, held) for held in (online, offline)] == [200, 200]

    assert statuses(write(jar, wanted | {"do": "disable"}, row())) == ["disabled", "created"]
    assert jar.sessions(made_id) == []
    assert [refresh(jar, held) for held in (online, offline)] == [400, 400]
    assert statuses(write(jar, wanted | {"do": "disable"})) == ["unchanged"]

    assert statuses(write(jar, wanted | {"do": "enable"})) == ["enabled"]
    assert [refresh(jar, held) for held in (online, offline)] == [400, 400]
    assert [userinfo(jar, held) for held in (online, offline)] == [401, 401]
    assert refresh(jar, tokens(jar, wanted)) == 200


def test_disabled_by_hand_has_sessions_left(jar: JarRealm) -> None:
    """Keycloak's console ends none; ours are ended when the sync closes the account for good."""
    wanted, made_id = person(jar)
    held = tokens(jar, wanted)
    jar.update_user(made_id, enabled=False)
    assert statuses(write(jar, wanted | {"do": "disable"})) == ["disabled"]
    jar.update_user(made_id, enabled=True)
    assert refresh(jar, held) == 400


@pytest.fixture
def application() -> Iterator[tuple[str, Queue[dict[str, Any]]]]:
    """An application's back-channel logout endpoint, and the tokens' claims it was sent."""
    told: Queue[dict[str, Any]] = Queue()

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            payload = parse_qs(body)["logout_token"][0].split(".")[1]
            told.put(json.loads(base64.urlsafe_b64decode(payload + "===")))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", free_port()), Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/logout", told
    server.shutdown()
    thread.join()
    server.server_close()


def test_applications_are_told(jar: JarRealm, application: tuple[str, Queue[dict[str, Any]]]) -> None:
    url, told = application
    attributes = {"backchannel.logout.url": url, "backchannel.logout.session.required": "true"}
    client = {"clientId": "told", "publicClient": True, "redirectUris": [ENT], "attributes": attributes}
    made = jar.call("POST", "clients", client)
    wanted, made_id = person(jar)
    tokens(jar, wanted, client="told")
    session = jar.sessions(made_id)[0]["id"]
    try:
        assert statuses(write(jar, wanted | {"do": "disable"})) == ["disabled"]
        claims = told.get(timeout=60)
    finally:
        jar.call("DELETE", f"clients/{made}")
    assert (claims["sub"], claims["sid"], claims["aud"], claims["iss"]) == (
        made_id,
        session,
        "told",
        jar.issuer,
    )
    assert told.empty()


def test_an_application_that_is_gone_holds_up_nothing(jar: JarRealm) -> None:
    attributes = {"backchannel.logout.url": f"http://127.0.0.1:{free_port()}/nobody"}
    client = {"clientId": "gone", "publicClient": True, "redirectUris": [ENT], "attributes": attributes}
    made = jar.call("POST", "clients", client)
    wanted, made_id = person(jar)
    tokens(jar, wanted, client="gone")
    try:
        assert statuses(write(jar, wanted | {"do": "disable"})) == ["disabled"]
        assert jar.sessions(made_id) == []
    finally:
        jar.call("DELETE", f"clients/{made}")
