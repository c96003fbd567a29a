"""The Admin API as it fails: what is repeated, what is given up, what is never touched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from kc_bridge.adapters.keycloak import SYNC_CLIENT, KeycloakDirectory
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable, NotOwned
from kc_bridge.ports import DirectoryConflict, DirectoryRefused, DirectoryUser
from kc_bridge.realm.keys import new_key, save_key
from kc_bridge.settings import Settings

BASE = "http://keycloak.test"
USERS = f"{BASE}/admin/realms/univ-demo/users"
OWNED = f"{BASE}/realms/univ-demo/kcb/users/u1/owned"
TOKEN = f"{BASE}/realms/univ-demo/protocol/openid-connect/token"
KEY = "k" * 64
WANTED = DirectoryUser(
    key=KEY,
    username="marie.martin@etu.univ-demo.fr",
    email="marie.martin@etu.univ-demo.fr",
    first_name="Marie",
    last_name="Martin",
    enabled=True,
    attributes={"uid": ("marie.martin",), "accountEnd": ()},
    first_attributes={"locale": ("fr",)},
    required_actions=("kcb-charter",),
)
OURS: dict[str, Any] = {
    "id": "u1",
    "username": WANTED.username,
    "attributes": {"kcbKey": [KEY], "kcbCharter": ["1 fr"], "accountEnd": ["2026-12-31"], "locale": ["en"]},
}


@pytest.fixture(scope="module")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    save_key(folder, SYNC_CLIENT, new_key())
    return folder


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        mock.post(TOKEN, json={"access_token": "t1", "expires_in": 60})
        yield mock


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def directory(keys_dir: Path, slept: list[float]) -> KeycloakDirectory:
    settings = Settings(keycloak_public_url=BASE, keys_dir=keys_dir)
    return KeycloakDirectory(settings, sleep=slept.append)


def bodies(http: responses.RequestsMock, method: str) -> list[dict[str, Any]]:
    calls = [c.request for c in http.calls if c.request.method == method and c.request.url != TOKEN]
    return [json.loads(call.body or "{}") for call in calls]


def found(http: responses.RequestsMock, *users: dict[str, Any]) -> None:
    http.get(USERS, json=list(users))


def readable(
    http: responses.RequestsMock, user: dict[str, Any] = OURS, owned: int | None = 204, error: str = ""
) -> None:
    """``owned``: what the JAR says of the user; None when it should not even be asked."""
    http.get(f"{USERS}/u1", json=user)
    if owned is not None:
        http.get(OWNED, status=owned, json={"error": error} if error else None)


def test_a_user_is_created_with_mark_digest_and_required_actions(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    http.post(USERS, status=201, headers={"Location": f"{USERS}/u1"})
    assert directory.create(WANTED) == "u1"
    (body,) = bodies(http, "POST")
    assert body["attributes"] == {
        "uid": ["marie.martin"],
        "locale": ["fr"],
        "kcbKey": [KEY],
        "kcbDigest": [WANTED.digest],
    }
    assert (body["enabled"], body["requiredActions"], body["emailVerified"]) == (True, ["kcb-charter"], True)
    assert http.calls[-1].request.headers["Authorization"] == "Bearer t1"


def test_a_dropped_connection_is_tried_again_and_what_it_made_is_adopted(
    directory: KeycloakDirectory, http: responses.RequestsMock, slept: list[float]
) -> None:
    http.post(USERS, body=requests.ConnectionError("reset"))
    http.post(USERS, status=409, json={"errorMessage": "User exists with same username"})
    found(http, OURS)
    readable(http)
    http.put(f"{USERS}/u1", status=204)
    assert directory.create(WANTED) == "u1"
    assert len(slept) == 1


def test_a_username_of_somebody_else_is_a_conflict(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    http.post(USERS, status=409, json={"errorMessage": "User exists with same username"})
    found(http, OURS | {"attributes": {"kcbKey": ["z" * 64]}})
    with pytest.raises(DirectoryConflict, match="not ours"):
        directory.create(WANTED)


def test_a_mail_of_somebody_else_is_a_conflict(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    http.post(USERS, status=409, json={"errorMessage": "User exists with same email"})
    found(http)
    with pytest.raises(DirectoryConflict, match="same email"):
        directory.create(WANTED)


def test_an_update_keeps_what_others_wrote(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    readable(http)
    http.put(f"{USERS}/u1", status=204)
    directory.update("u1", WANTED)
    (body,) = bodies(http, "PUT")
    assert body["attributes"] == {
        "uid": ["marie.martin"],
        "kcbKey": [KEY],
        "kcbDigest": [WANTED.digest],
        "kcbCharter": ["1 fr"],
        "locale": ["en"],
    }
    assert body.keys().isdisjoint({"enabled", "requiredActions", "credentials"})
    assert {"username", "email", "firstName", "lastName"} <= body.keys()


def test_disabling_closes_then_ends_every_session(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    readable(http)
    http.put(f"{USERS}/u1", status=204)
    http.post(f"{USERS}/u1/logout", status=204)
    offline = [{"client": "c1", "key": "Offline Token"}]
    consents = [
        {"clientId": "mail/app", "additionalGrants": offline},
        {"clientId": "ent", "additionalGrants": []},
    ]
    http.get(f"{USERS}/u1/consents", json=consents)
    http.delete(
        f"{USERS}/u1/consents/mail%2Fapp", status=404, json={}
    )  # an earlier attempt's answer was lost
    directory.disable("u1", WANTED)
    assert bodies(http, "PUT")[0]["enabled"] is False
    order = [(c.request.method, str(c.request.url).rpartition("/")[2]) for c in http.calls][3:]
    assert order == [("PUT", "u1"), ("POST", "logout"), ("GET", "consents"), ("DELETE", "mail%2Fapp")]


@pytest.mark.parametrize(
    "user",
    [
        OURS | {"attributes": {}},
        OURS | {"attributes": {"kcbKey": ["z" * 64]}},
        OURS | {"serviceAccountClientId": "kcb"},
    ],
)
def test_who_is_not_ours_is_never_written(
    directory: KeycloakDirectory, http: responses.RequestsMock, user: dict[str, Any]
) -> None:
    readable(http, user, owned=None)
    with pytest.raises(NotOwned):
        directory.disable("u1", WANTED)


def test_an_administrator_who_bears_our_mark_is_never_written(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    readable(http, owned=403, error="not_owned")
    with pytest.raises(NotOwned):
        directory.disable("u1", WANTED)
    assert bodies(http, "PUT") == []


def test_without_the_jar_the_mark_alone_protects(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    readable(http, owned=404, error="HTTP 404 Not Found")
    http.put(f"{USERS}/u1", status=204)
    directory.update("u1", WANTED)
    assert len(bodies(http, "PUT")) == 1


def test_whose_a_user_is_must_be_said(directory: KeycloakDirectory, http: responses.RequestsMock) -> None:
    readable(http, owned=403, error="forbidden")
    with pytest.raises(ConfigurationError, match="kcb setup"):
        directory.update("u1", WANTED)
    assert bodies(http, "PUT") == []


def test_a_user_deleted_by_hand_is_not_made_again(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    http.get(f"{USERS}/u1", status=404, json={"error": "User not found"})
    with pytest.raises(DirectoryRefused, match="deleted"):
        directory.update("u1", WANTED)


def test_what_the_user_profile_refuses_is_said_by_field(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    errors = [{"field": "lastName", "errorMessage": "error-person-name-invalid-character"}]
    http.post(USERS, status=400, json={"errors": errors})
    with pytest.raises(DirectoryRefused, match="lastName error-person"):
        directory.create(WANTED)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_four_times(
    directory: KeycloakDirectory, http: responses.RequestsMock, slept: list[float], status: int
) -> None:
    http.get(USERS, status=status)
    with pytest.raises(KeycloakUnavailable, match=str(status)):
        directory.find(WANTED)
    assert len(slept) == 3


def test_retry_after_is_obeyed_when_short(
    directory: KeycloakDirectory, http: responses.RequestsMock, slept: list[float]
) -> None:
    http.get(USERS, status=429, headers={"Retry-After": "7"})
    found(http, OURS)
    assert directory.find(WANTED) == "u1"
    assert slept == [7.0]


def test_retry_after_of_an_hour_is_left_to_the_next_run(
    directory: KeycloakDirectory, http: responses.RequestsMock, slept: list[float]
) -> None:
    http.get(USERS, status=429, headers={"Retry-After": "3600"})
    with pytest.raises(KeycloakUnavailable):
        directory.find(WANTED)
    assert slept == []


def test_a_page_of_html_is_no_answer(directory: KeycloakDirectory, http: responses.RequestsMock) -> None:
    http.get(USERS, body="<html>", content_type="text/html")
    with pytest.raises(KeycloakUnavailable, match="proxy"):
        directory.find(WANTED)


def test_a_token_revoked_before_its_time_is_renewed_once(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    http.get(USERS, status=401, json={})
    http.post(TOKEN, json={"access_token": "t2", "expires_in": 60})
    found(http, OURS)
    assert directory.find(WANTED) == "u1"
    assert http.calls[-1].request.headers["Authorization"] == "Bearer t2"


def test_missing_rights_name_the_remedy(directory: KeycloakDirectory, http: responses.RequestsMock) -> None:
    http.get(USERS, status=403, json={})
    with pytest.raises(ConfigurationError, match="kcb setup"):
        directory.find(WANTED)


def test_only_the_exact_username_is_found(directory: KeycloakDirectory, http: responses.RequestsMock) -> None:
    found(http, OURS | {"username": "x" + WANTED.username})
    assert directory.find(WANTED) is None
