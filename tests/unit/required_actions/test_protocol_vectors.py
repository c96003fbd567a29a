"""docs/vectors: whoever writes the other end in another language tests against the same tokens as we do."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses

from kc_bridge.adapters.realm_keys import RealmKeys
from kc_bridge.domain.errors import HandoffRefused
from kc_bridge.settings import Settings
from required_actions.handoff import AUDIENCE, verify, way_back

ROOT = Path(__file__).parents[3]
VECTORS: dict[str, Any] = json.loads((ROOT / "docs/vectors/handoff.json").read_text("utf-8"))
JAVA = ROOT / "required_actions/provider/src/main/java"


@pytest.mark.parametrize("vector", VECTORS["handoffs"], ids=lambda vector: vector["name"])
def test_handoff(vector: dict[str, Any]) -> None:
    realm = VECTORS["issuer"].rpartition("/")[2]
    settings = Settings(keycloak_public_url=VECTORS["keycloak_public_url"], realm=realm)
    assert (settings.issuer, AUDIENCE) == (VECTORS["issuer"], VECTORS["audience"])
    now = datetime.fromtimestamp(VECTORS["now"], UTC)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as keycloak:
        keycloak.get(f"{VECTORS['issuer']}/protocol/openid-connect/certs", json=VECTORS["jwks"])

        def accepted() -> bool:
            try:
                verify(
                    vector["token"], RealmKeys(settings), settings.issuer, settings.keycloak_public_url, now
                )
            except HandoffRefused:
                return False
            return True

        assert accepted() is vector["accepted"], vector["why"]


@pytest.mark.parametrize("vector", VECTORS["ways_back"], ids=lambda vector: vector["proof"])
def test_way_back(vector: dict[str, str]) -> None:
    assert way_back(vector["ret"], vector["proof"]) == vector["url"]


def test_the_example_claims_are_those_of_the_jar() -> None:
    """Named in the table of the protocol, and written by the Java class that signs them."""
    protocol = (ROOT / "docs/protocol.md").read_text("utf-8")
    table = protocol.partition("## The handoff")[2].partition("## ")[0]
    documented = set(re.findall(r"`(\w+)`", "".join(re.findall(r"(?m)^\|([^|]*)\|", table))))
    assert set(VECTORS["claims"]) <= documented
    handoff = (JAVA / "org/kcbridge/action/Handoff.java").read_text("utf-8")
    for name in set(VECTORS["claims"]) - {"jti", "iss", "aud", "sub", "iat", "exp"}:
        assert f'"{name}"' in handoff, name


def test_every_refusal_of_the_back_channel_is_documented() -> None:
    protocol = (ROOT / "docs/protocol.md").read_text("utf-8")
    sources = [path.read_text("utf-8") for path in (JAVA / "org/kcbridge/backchannel").glob("*.java")]
    refusals = re.findall(
        r"Refusal\.(?:gone|forbidden|notFound|unprocessable)\((.*?)\)(?:;|\.with|\))", "".join(sources)
    )
    answered = {name for refusal in refusals for name in re.findall(r'"([a-z_]+)"', refusal)}
    assert {"ticket_gone", "login_gone", "not_owned", "password_policy"} <= answered
    # Those with a method of their own.
    answered |= set(re.findall(r'new Refusal\(.*?, "([a-z_]+)"\)', "".join(sources)))
    assert {"stale_fence", "too_many", "busy"} <= answered
    assert {name for name in answered if f"`{name}`" not in protocol} == set()
