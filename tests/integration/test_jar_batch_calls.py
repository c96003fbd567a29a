"""Who may send a batch, and what is no batch at all: refused whole, nothing written (scenarios 5, 15)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.integration.batch_rows import fence, row, send, write
from tests.integration.jar_realm import JarRealm

MOST = 500


def test_only_the_sync_of_this_realm(jar: JarRealm) -> None:
    body = {"fence": fence(), "users": []}
    refused = jar.web.call("POST", "users/batch", body)
    assert (refused.status_code, refused.json()) == (403, {"error": "forbidden"})
    other = JarRealm(jar.admin, f"jar-{uuid.uuid4().hex[:8]}")
    try:
        for token in (other.sync.token(), jar.admin.token(), "x"):
            answer = jar.sync.call("POST", "users/batch", body, token=token)
            assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})
    finally:
        other.delete()


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("", []),
        ("fence", {"users": []}),
        ("fence", {"fence": "1", "users": []}),
        ("fence", {"fence": 1.5, "users": []}),
        ("fence", {"fence": 2**63, "users": []}),
        ("users", {"fence": 1}),
        ("users", {"fence": 1, "users": {}}),
        ("users.1", {"fence": 1, "users": [row(), "x"]}),
    ],
)
def test_no_batch(jar: JarRealm, field: str, body: Any) -> None:
    refused = jar.sync.call("POST", "users/batch", body)
    assert (refused.status_code, refused.json()) == (400, {"error": "bad_request", "field": field})


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("do", {"do": "drop"}),
        ("do", {"do": None}),
        ("key", {"key": " "}),
        ("key", {"key": "k" * 256}),
        ("id", {"id": 7}),
        ("username", {"username": ""}),
        ("username", {"username": None}),
        ("email", {"email": ["a@b.fr"]}),
        ("firstName", {"firstName": None}),
        ("digest", {"digest": None}),
        ("attributes", {"attributes": []}),
        ("attributes.uid", {"attributes": {"uid": "u1"}}),
        ("attributes.uid", {"attributes": {"uid": [1]}}),
        ("attributes.kcbKey", {"attributes": {"kcbKey": ["theirs"]}}),
        ("attributes.username", {"attributes": {"username": ["x"]}}),
        ("firstAttributes.kcbDigest", {"firstAttributes": {"kcbDigest": ["x"]}}),
        ("requiredActions", {"requiredActions": "kcb-charter"}),
        ("enabled", {"enabled": "true"}),
    ],
)
def test_one_row_that_is_none_refuses_all(jar: JarRealm, field: str, change: dict[str, Any]) -> None:
    good = row()
    refused = send(jar, good, row() | change)
    assert (refused.status_code, refused.json()) == (
        400,
        {"error": "bad_request", "field": f"users.1.{field}"},
    )
    assert jar.call("GET", "users", params={"username": good["username"], "exact": True}) == []


def test_one_person_twice(jar: JarRealm) -> None:
    wanted = row()
    for twin in (wanted, row(key=wanted["key"])):
        assert send(jar, wanted, twin).json() == {"error": "bad_request", "field": "users.1.key"}
    same = str(uuid.uuid4())
    assert send(jar, row(id=same), row(id=same)).status_code == 400


def test_too_many(jar: JarRealm) -> None:
    refused = send(jar, *(row("disable") for _ in range(MOST + 1)))
    assert (refused.status_code, refused.json()) == (413, {"error": "too_many", "most": MOST})
    assert {result["status"] for result in write(jar, *(row("disable") for _ in range(MOST)))} == {"absent"}
    assert write(jar) == []
