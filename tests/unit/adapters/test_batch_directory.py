"""The JAR's batches as they fail: what is said of them, what is asked again, what names its remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from kc_bridge.adapters.directories import open_directory
from kc_bridge.adapters.keycloak import KeycloakDirectory
from kc_bridge.adapters.keycloak_batch import SYNC_CLIENT, BatchDirectory
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable
from kc_bridge.ports import DirectoryUser, Held, HeldUser, Result, StaleFence, Status, Write, WriteKind
from kc_bridge.realm.keys import new_key, save_key
from kc_bridge.settings import Settings

BASE = "http://keycloak.test"
USERS = f"{BASE}/realms/univ-demo/kcb/users"
TOKEN = f"{BASE}/realms/univ-demo/protocol/openid-connect/token"
USER = DirectoryUser(
    key="k" * 64,
    username="marie.martin@etu.univ-demo.fr",
    email="marie.martin@etu.univ-demo.fr",
    first_name="Marie",
    last_name="Núñez",
    enabled=True,
    attributes={"uid": ("marie.martin",), "accountEnd": ()},
    first_attributes={"locale": ("fr",)},
    required_actions=("kcb-charter",),
)
WRITES = [Write(WriteKind.CREATE, USER), Write(WriteKind.DISABLE, USER, "u2")]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("keys")
    save_key(folder, SYNC_CLIENT, new_key())
    return Settings(keycloak_public_url=BASE, keys_dir=folder)


@pytest.fixture
def directory(settings: Settings) -> BatchDirectory:
    return BatchDirectory(settings)


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        mock.post(TOKEN, json={"access_token": "t1", "expires_in": 60})
        yield mock


def test_the_setting_chooses(settings: Settings) -> None:
    assert isinstance(open_directory(settings), BatchDirectory)
    plain = settings.model_copy(update={"directory": "admin"})
    assert isinstance(open_directory(plain), KeycloakDirectory)


def test_what_is_sent_and_what_comes_back(directory: BatchDirectory, http: responses.RequestsMock) -> None:
    answers = [
        {"status": "created", "id": "u1", "reason": ""},
        {"status": "absent", "id": "", "reason": "gone"},
    ]
    http.post(f"{USERS}/batch", json={"results": answers})
    assert directory.write(WRITES, 1793000000000) == [
        Result(Status.CREATED, "u1"),
        Result(Status.ABSENT, None, "gone"),
    ]
    request = http.calls[-1].request
    assert (request.headers["Authorization"], request.headers["Accept-Encoding"]) == ("Bearer t1", "identity")
    body = json.loads(request.body or "")
    content = {
        "key": USER.key,
        "username": USER.username,
        "email": USER.email,
        "firstName": "Marie",
        "lastName": "Núñez",
        "attributes": {"uid": ["marie.martin"], "accountEnd": []},
        "digest": USER.digest,
    }
    first = {"firstAttributes": {"locale": ["fr"]}, "requiredActions": ["kcb-charter"], "enabled": True}
    assert body == {
        "fence": 1793000000000,
        "users": [{"do": "create"} | content | first, {"do": "disable", "id": "u2"} | content],
    }


def test_who_is_forgotten_has_the_steps_of_a_creation(
    directory: BatchDirectory, http: responses.RequestsMock
) -> None:
    http.post(f"{USERS}/batch", json={"results": [{"status": "updated", "id": "u1", "reason": ""}] * 2})
    directory.write(
        [Write(WriteKind.UPDATE, USER, "u1", forget=True), Write(WriteKind.UPDATE, USER, "u2")], 1
    )
    forgotten, other = json.loads(http.calls[-1].request.body or "")["users"]
    assert (forgotten["forget"], forgotten["requiredActions"]) == (True, ["kcb-charter"])
    assert not {"forget", "requiredActions"} & other.keys()


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "json": {}},
        {"status": 503, "body": "<html>"},
        {"status": 413, "body": "<html>"},
        {"status": 200, "body": "<html>", "content_type": "text/html"},
        {"status": 200, "json": ["created", "created"]},
        {"status": 200, "json": {"results": [{"status": "created"}]}},
        {"status": 200, "json": {"results": [{"status": "created"}, {"status": "blessed"}]}},
        {"status": 200, "json": {"results": ["created", "created"]}},
        {"body": requests.exceptions.ChunkedEncodingError("half")},
        {"body": requests.ConnectionError("reset")},
        {"body": requests.ReadTimeout("slow")},
    ],
)
def test_an_answer_that_is_none_is_told_as_such(
    directory: BatchDirectory, http: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    http.post(f"{USERS}/batch", **answer)
    with pytest.raises(KeycloakUnavailable):
        directory.write(WRITES, 1)
    assert len(http.calls) == 2  # the token, and one request: who calls decides on another


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("3600", 3600, 3600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600, 1e12),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 0, 0),
    ],
)
def test_how_long_keycloak_asks_for_is_passed_on(
    directory: BatchDirectory, http: responses.RequestsMock, header: str, least: float, most: float
) -> None:
    http.post(f"{USERS}/batch", status=429, headers={"Retry-After": header})
    with pytest.raises(KeycloakUnavailable) as told:
        directory.write(WRITES, 1)
    assert least <= (told.value.retry_after or 0) <= most


def test_a_later_run_is_told(directory: BatchDirectory, http: responses.RequestsMock) -> None:
    http.post(f"{USERS}/batch", status=409, json={"error": "stale_fence", "fence": 9})
    with pytest.raises(StaleFence) as told:
        directory.write(WRITES, 1)
    assert told.value.highest == 9


def test_a_token_revoked_before_its_time_is_renewed_once(
    directory: BatchDirectory, http: responses.RequestsMock
) -> None:
    http.post(f"{USERS}/batch", status=401, json={"error": "unauthorized"})
    http.post(TOKEN, json={"access_token": "t2", "expires_in": 60})
    http.post(f"{USERS}/batch", json={"results": [{"status": "updated", "id": "u1"}] * 2})
    assert len(directory.write(WRITES, 1)) == 2
    assert http.calls[-1].request.headers["Authorization"] == "Bearer t2"


@pytest.mark.parametrize(
    ("status", "error", "remedy"),
    [
        (404, "HTTP 404", 'directory = "admin"'),
        (403, "forbidden", "kcb setup"),
        (400, "bad_request", "own version"),
    ],
)
def test_what_is_set_up_wrongly_names_its_remedy(
    directory: BatchDirectory, http: responses.RequestsMock, status: int, error: str, remedy: str
) -> None:
    http.post(f"{USERS}/batch", status=status, json={"error": error})
    with pytest.raises(ConfigurationError, match=remedy):
        directory.write(WRITES, 1)


def stream(*lines: dict[str, Any]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


ONE = {"id": "u1", "key": "k1", "username": "a", "enabled": True, "digest": "d", "current": "c"}
TWO = {"id": "u2", "key": "k2", "username": "b", "enabled": False, "digest": None}


def test_digests_are_a_stream_that_counts_itself(
    directory: BatchDirectory, http: responses.RequestsMock
) -> None:
    blank = " " * 4095 + "\n"
    http.get(f"{USERS}/digests", body=stream(ONE) + blank + stream(TWO) + blank + stream({"end": 2}))
    assert list(directory.digests()) == [
        Held("u1", "k1", "a", True, "d", "c"),
        Held("u2", "k2", "b", False, None),
    ]


@pytest.mark.parametrize(
    "body", [stream(ONE, TWO), stream(ONE, {"end": 2}), stream(ONE)[:-9], "<html>", stream(ONE) + "7\n", ""]
)
def test_a_stream_that_breaks_off_is_no_list(
    directory: BatchDirectory, http: responses.RequestsMock, body: str
) -> None:
    http.get(f"{USERS}/digests", body=body)
    with pytest.raises(KeycloakUnavailable):
        list(directory.digests())


def test_users_of_some_buckets(directory: BatchDirectory, http: responses.RequestsMock) -> None:
    http.get(f"{USERS}/digests?attributes=mail%2Cuid&buckets=7%2C1400", body=stream(ONE, {"end": 1}))
    http.get(f"{USERS}/directory?buckets=7", body=stream({"end": 0}))
    assert [held.user_id for held in directory.digests(["uid", "mail"], {1400, 7})] == ["u1"]
    assert list(directory.users(buckets={7})) == []


READ, BUCKET = {"read": 10_000}, {"bucket": 17, "count": 2, "sum": "ffffffffffffffff"}


def test_sums_come_while_users_are_read(directory: BatchDirectory, http: responses.RequestsMock) -> None:
    http.get(
        f"{USERS}/digests/summary?attributes=uid&seed=s1", body=stream(READ, {"read": 3}, BUCKET, {"end": 3})
    )
    read: list[int] = []
    assert directory.summary(["uid"], "s1", read.append) == {17: (2, 2**64 - 1)}
    assert read == [10_000, 3]


@pytest.mark.parametrize(
    "body", [stream(READ, BUCKET), stream(READ, {"end": 2}), stream(READ, BUCKET)[:-9], "<html>", ""]
)
def test_a_torn_summary_is_none(directory: BatchDirectory, http: responses.RequestsMock, body: str) -> None:
    http.get(f"{USERS}/digests/summary?seed=s1", body=body)
    with pytest.raises(KeycloakUnavailable):
        directory.summary([], "s1", lambda _read: None)


def test_a_jar_that_cannot_sum_up_names_its_remedy(
    directory: BatchDirectory, http: responses.RequestsMock
) -> None:
    http.get(f"{USERS}/digests/summary?seed=s1", status=404, json={"error": "HTTP 404 Not Found"})
    with pytest.raises(ConfigurationError, match="old one"):
        directory.summary([], "s1", lambda _read: None)


def test_every_user_with_the_attributes_asked_for(
    directory: BatchDirectory, http: responses.RequestsMock
) -> None:
    line = {"id": "u1", "username": "a", "enabled": True, "attributes": {"uid": ["a"]}, "lastName": "Núñez"}
    http.get(f"{USERS}/directory?attributes=mail%2Cuid", body=stream(line, {"end": 1}))
    assert list(directory.users({"uid", "mail"})) == [
        HeldUser("u1", None, "a", "", "", "Núñez", True, {"uid": ("a",)})
    ]
