"""The digest of a user, as docs/protocol.md describes it for both ends."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.ports import DirectoryUser

FILE = Path(__file__).parents[3] / "docs/vectors/digest.json"
VECTORS = json.loads(FILE.read_text("utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_digest(vector: dict[str, Any]) -> None:
    said = vector["user"]
    attributes = {name: tuple(values) for name, values in said["attributes"].items()}
    user = DirectoryUser(
        said["key"],
        said["username"],
        said["email"],
        said["firstName"],
        said["lastName"],
        said["enabled"],
        attributes,
    )
    assert hashlib.sha256(vector["json"].encode()).hexdigest() == vector["digest"]
    assert user.digest == vector["digest"]
