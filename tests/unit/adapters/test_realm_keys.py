"""Realm keys: refetched for a key not yet seen, but not for every invented one."""

from __future__ import annotations

from typing import Any

import pytest
import responses
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from kc_bridge.adapters import realm_keys
from kc_bridge.adapters.realm_keys import RealmKeys
from kc_bridge.settings import Settings

CERTS = "http://kc.test/realms/r/protocol/openid-connect/certs"


def new_key() -> RSAKey:
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"})
    key.ensure_kid()
    return key


def token_by(key: RSAKey) -> tuple[str, str]:
    return jwt.encode({"alg": "RS256", "kid": key.kid}, {"sub": "x"}, key), str(key.kid)


@pytest.fixture
def certs() -> Any:
    with responses.RequestsMock() as mock:
        yield mock


def publish(certs: Any, *keys: RSAKey) -> None:
    certs.upsert(responses.GET, CERTS, json={"keys": [key.as_dict(private=False) for key in keys]})


def realm() -> RealmKeys:
    return RealmKeys(Settings(keycloak_public_url="http://kc.test", realm="r"))


def test_a_rotated_key_is_fetched_at_once(certs: Any) -> None:
    keys, old, new = realm(), new_key(), new_key()
    publish(certs, old)
    assert keys.verified(*token_by(old)).claims == {"sub": "x"}
    publish(certs, new, old)
    assert keys.verified(*token_by(new)).claims == {"sub": "x"}
    assert len(certs.calls) == 2


def test_invented_keys_cost_one_fetch_in_a_while(certs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario 5: whoever sends tokens of invented keys must not make the bridge hammer Keycloak."""
    now = 1000.0
    monkeypatch.setattr(realm_keys.time, "monotonic", lambda: now)
    keys = realm()
    publish(certs, new_key())
    invented = token_by(new_key())
    for _ in range(20):
        with pytest.raises(JoseError):
            keys.verified(*invented)
    assert len(certs.calls) == 1
    now += realm_keys.REFETCH_PAUSE
    with pytest.raises(JoseError):
        keys.verified(*invented)
    assert len(certs.calls) == 2


def test_a_key_under_a_known_name_is_not_believed(certs: Any) -> None:
    keys, real, forged = realm(), new_key(), new_key()
    publish(certs, real)
    token, _kid = token_by(forged)
    with pytest.raises(JoseError):
        keys.verified(token, str(real.kid))
