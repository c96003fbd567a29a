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
from kc_bridge.domain.buckets import bucket
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable
from kc_bridge.ports import DirectoryUser, Held, HeldUser, Result, Status, Write, WriteKind
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


def do(directory: KeycloakDirectory, kind: str, user_id: str | None = "u1") -> Result:
    """One write; the fence is not looked at."""
    return write(directory, Write(WriteKind(kind), WANTED, user_id))


def write(directory: KeycloakDirectory, write: Write) -> Result:
    (result,) = directory.write([write], fence=1)
    return result


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
    assert do(directory, "create", None) == Result(Status.CREATED, "u1")
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
    assert do(directory, "create", None) == Result(Status.UPDATED, "u1")
    assert len(slept) == 1


def test_a_username_of_somebody_else_is_a_conflict(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    http.post(USERS, status=409, json={"errorMessage": "User exists with same username"})
    found(http, OURS | {"attributes": {"kcbKey": ["z" * 64]}})
    result = do(directory, "create", None)
    assert result.status is Status.CONFLICT
    assert "not ours" in result.reason


def test_a_mail_of_somebody_else_is_a_conflict(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    http.post(USERS, status=409, json={"errorMessage": "User exists with same email"})
    found(http)
    result = do(directory, "create", None)
    assert result.status is Status.CONFLICT
    assert "same email" in result.reason


def test_an_update_keeps_what_others_wrote(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    readable(http)
    http.put(f"{USERS}/u1", status=204)
    assert do(directory, "update").status is Status.UPDATED
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
    assert do(directory, "disable") == Result(Status.DISABLED, "u1")
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
    assert do(directory, "disable").status is Status.NOT_OWNED


def test_an_administrator_who_bears_our_mark_is_never_written(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    readable(http, owned=403, error="not_owned")
    assert do(directory, "disable").status is Status.NOT_OWNED
    assert bodies(http, "PUT") == []


def test_without_the_jar_the_mark_alone_protects(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    readable(http, owned=404, error="HTTP 404 Not Found")
    http.put(f"{USERS}/u1", status=204)
    do(directory, "update")
    assert len(bodies(http, "PUT")) == 1


def test_whose_a_user_is_must_be_said(directory: KeycloakDirectory, http: responses.RequestsMock) -> None:
    readable(http, owned=403, error="forbidden")
    with pytest.raises(ConfigurationError, match="kcb setup"):
        do(directory, "update")
    assert bodies(http, "PUT") == []


def test_a_user_deleted_by_hand_is_not_made_again(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    http.get(f"{USERS}/u1", status=404, json={"error": "User not found"})
    result = do(directory, "update")
    assert result.status is Status.ABSENT
    assert "deleted" in result.reason


def test_what_the_user_profile_refuses_is_said_by_field(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    errors = [{"field": "lastName", "errorMessage": "error-person-name-invalid-character"}]
    http.post(USERS, status=400, json={"errors": errors})
    result = do(directory, "create", None)
    assert result.status is Status.INVALID
    assert "lastName error-person" in result.reason


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_twice(
    directory: KeycloakDirectory, http: responses.RequestsMock, slept: list[float], status: int
) -> None:
    http.get(USERS, status=status)
    with pytest.raises(KeycloakUnavailable, match=str(status)):
        do(directory, "enable", None)
    assert len(slept) == 1


def test_retry_after_is_obeyed_when_short(
    directory: KeycloakDirectory, http: responses.RequestsMock, slept: list[float]
) -> None:
    http.get(USERS, status=429, headers={"Retry-After": "2"})
    found(http)
    assert do(directory, "enable", None) == Result(Status.ABSENT)
    assert slept == [2.0]


def test_retry_after_of_an_hour_is_left_to_the_next_run(
    directory: KeycloakDirectory, http: responses.RequestsMock, slept: list[float]
) -> None:
    http.get(USERS, status=429, headers={"Retry-After": "3600"})
    with pytest.raises(KeycloakUnavailable) as told:
        do(directory, "enable", None)
    assert (slept, told.value.retry_after) == ([], 3600)


def test_a_page_of_html_is_no_answer(directory: KeycloakDirectory, http: responses.RequestsMock) -> None:
    http.get(USERS, body="<html>", content_type="text/html")
    with pytest.raises(KeycloakUnavailable, match="proxy"):
        do(directory, "enable", None)


def test_a_token_revoked_before_its_time_is_renewed_once(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    http.get(USERS, status=401, json={})
    http.post(TOKEN, json={"access_token": "t2", "expires_in": 60})
    found(http)
    assert do(directory, "enable", None) == Result(Status.ABSENT)
    assert http.calls[-1].request.headers["Authorization"] == "Bearer t2"


def test_missing_rights_name_the_remedy(directory: KeycloakDirectory, http: responses.RequestsMock) -> None:
    http.get(USERS, status=403, json={})
    with pytest.raises(ConfigurationError, match="kcb setup"):
        do(directory, "enable", None)


def test_a_username_that_only_begins_alike_is_another(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    http.post(USERS, status=409, json={"errorMessage": "User exists with same email"})
    found(http, OURS | {"username": "x" + WANTED.username})
    assert "same email" in do(directory, "create", None).reason


def test_a_user_whose_id_was_never_heard_is_found_by_its_key(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    other = {"id": "u2", "username": "x", "attributes": {"kcbKey": [KEY + "k"]}}
    found(http, other, OURS | {"username": "by.another@name"})
    readable(http)
    http.put(f"{USERS}/u1", status=204)
    assert do(directory, "enable", None) == Result(Status.ENABLED, "u1")
    assert bodies(http, "PUT")[0]["enabled"] is True
    assert f"q=kcbKey%3A{KEY}" in str(http.calls[1].request.url)


def test_whom_keycloak_may_have_been_told_of_is_looked_for_before_it_is_made(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    found(http, OURS | {"username": "by.another@name"})
    readable(http)
    http.put(f"{USERS}/u1", status=204)
    assert write(directory, Write(WriteKind.CREATE, WANTED, known=True)) == Result(Status.UPDATED, "u1")
    assert bodies(http, "PUT")[0]["username"] == WANTED.username

    http.replace(responses.GET, USERS, json=[])
    http.post(USERS, status=201, headers={"Location": f"{USERS}/u2"})
    assert write(directory, Write(WriteKind.CREATE, WANTED, known=True)) == Result(Status.CREATED, "u2")


def test_two_users_with_one_mark_are_for_a_person_to_look_at(
    directory: KeycloakDirectory, http: responses.RequestsMock
) -> None:
    found(http, OURS, OURS | {"id": "u2"})
    result = write(directory, Write(WriteKind.CREATE, WANTED, known=True))
    assert (result.status, result.reason) == (Status.CONFLICT, "2 users bear its mark (u1, u2)")


def test_only_a_closed_user_is_deleted(directory: KeycloakDirectory, http: responses.RequestsMock) -> None:
    readable(http, OURS | {"enabled": True})
    assert do(directory, "delete").status is Status.INVALID
    readable(http, OURS | {"enabled": False})
    http.delete(f"{USERS}/u1", status=204)
    http.replace(responses.GET, f"{USERS}/u1", json=OURS | {"enabled": False})
    assert do(directory, "delete") == Result(Status.DELETED, "u1")
    http.replace(responses.GET, f"{USERS}/u1", status=404, json={})
    assert do(directory, "delete").status is Status.ABSENT


def test_the_realms_users_page_by_page(directory: KeycloakDirectory, http: responses.RequestsMock) -> None:
    ours = OURS | {"enabled": True, "email": "m@x.example", "firstName": "Marie", "lastName": "Martin"}
    other = {"id": "u2", "username": "prof", "enabled": False}
    service = {"id": "u3", "username": "service-account-x", "enabled": True, "serviceAccountClientId": "x"}
    for _ in range(3):
        found(http, ours, other, service)
        found(http)
    wanted = DirectoryUser(KEY, ours["username"], "m@x.example", "Marie", "Martin", True, {"locale": ("en",)})
    assert list(directory.digests({"locale"})) == [
        Held("u1", KEY, ours["username"], True, None, wanted.digest)
    ]
    assert list(directory.users({"locale"})) == [
        HeldUser("u1", KEY, ours["username"], "m@x.example", "Marie", "Martin", True, {"locale": ("en",)}),
        HeldUser("u2", None, "prof", "", "", "", False, {}),
    ]
    assert [user.user_id for user in directory.users(buckets={bucket("u2")})] == ["u2"]
    assert directory.summary({"locale"}, "s", lambda _read: None) is None, "listing them costs no more"
    assert [str(c.request.url).partition("first=")[2].split("&")[0] for c in http.calls][1:3] == ["0", "100"]
