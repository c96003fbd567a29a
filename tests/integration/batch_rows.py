"""Rows for ``users/batch``, as the sync would send them."""

from __future__ import annotations

import itertools
import time
import uuid
from typing import Any

import requests

from tests.integration.jar_realm import JarRealm

__all__ = ["fence", "row", "send", "statuses", "write"]

_FENCES = itertools.count(int(time.time() * 1000))


def fence() -> int:
    """A number higher than every one before."""
    return next(_FENCES)


def row(do: str = "create", name: str | None = None, **fields: Any) -> dict[str, Any]:
    """One row about a person of that name; ``key`` follows from it."""
    name = name or f"b{uuid.uuid4().hex[:10]}"
    made: dict[str, Any] = {
        "do": do,
        "key": f"key:{name}",
        "username": name,
        "email": f"{name}@etu.univ-demo.fr",
        "firstName": "Zoé",
        "lastName": "O'Connor",
        "attributes": {"uid": [name], "eduPersonAffiliation": ["student", "member"]},
        "digest": f"digest of {name}",
    }
    return {name: value for name, value in (made | fields).items() if value is not None}


def send(jar: JarRealm, *rows: dict[str, Any], number: int | None = None) -> requests.Response:
    """The raw answer; without a number under a new fence."""
    body = {"fence": number if number is not None else fence(), "users": list(rows)}
    return jar.sync.call("POST", "users/batch", body)


def write(jar: JarRealm, *rows: dict[str, Any], number: int | None = None) -> list[dict[str, Any]]:
    """What became of each row."""
    answer = send(jar, *rows, number=number)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    assert len(results) == len(rows)
    return results


def statuses(results: list[dict[str, Any]]) -> list[str]:
    return [result["status"] for result in results]
