"""Access tokens by signed assertion, and the realm's keys refetched at most once for an unknown name."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import parse_qs

import pytest
import responses
from joserfc import jwt
from joserfc.errors import JoseError

from kc_bridge.adapters import realm_keys, tokens
from kc_bridge.adapters.realm_keys import RealmKeys
from kc_bridge.adapters.tokens import ClientCredentials, client_assertion
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable
from kc_bridge.settings import Settings
from tests.support.bridge import make_settings, signing_key

REALM = "http://keycloak.internal:8080/realms/univ/protocol/openid-connect"
ISSUER = "https://sso.univ.test/realms/univ"


class Watch:
    """The monotonic clock of the adapters."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def time(self) -> float:
        return 1788770000.9


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(tokens, "time", watch)
    monkeypatch.setattr(realm_keys, "time", watch)
    return watch


@pytest.fixture
def keycloak() -> Any:
    with responses.RequestsMock() as rsps:
        yield rsps


def test_the_assertion_is_for_the_issuer_short_and_new_each_time(settings: Settings, watch: Watch) -> None:
    key = signing_key("kc-bridge-web")
    read = [
        jwt.decode(client_assertion(settings, "kc-bridge-web")["client_assertion"], key, algorithms=["RS256"])
        for _ in range(2)
    ]
    first, second = (token.claims for token in read)
    assert read[0].header["kid"] == key.kid
    assert first["jti"] != second["jti"]
    assert len(first["jti"]) >= 22
    assert first | {"jti": ""} == {
        "iss": "kc-bridge-web",
        "sub": "kc-bridge-web",
        "aud": ISSUER,
        "jti": "",
        "iat": 1788770000,
        "exp": 1788770060,
    }


def test_no_key_no_token(tmp_path: Any) -> None:
    with pytest.raises(ConfigurationError, match="private key"):
        client_assertion(make_settings(tmp_path), "kc-bridge-web")


def test_renewed_before_its_end_and_when_forgotten(
    settings: Settings, keycloak: responses.RequestsMock, watch: Watch
) -> None:
    for name in ("first", "second", "third"):
        keycloak.post(f"{REALM}/token", json={"access_token": name, "expires_in": 60})
    credentials = ClientCredentials(settings, "kc-bridge-web")
    assert credentials.token() == "first"
    watch.seconds += 44.9
    assert credentials.token() == "first"
    watch.seconds += 0.1
    assert credentials.token() == "second"
    credentials.forget()
    assert credentials.token() == "third"
    body = parse_qs(keycloak.calls[0].request.body)
    assert body["grant_type"] == ["client_credentials"]
    assert "client_secret" not in body


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_client_refused(settings: Settings, keycloak: responses.RequestsMock, status: int) -> None:
    keycloak.post(f"{REALM}/token", status=status, json={"error": "invalid_client"})
    with pytest.raises(ConfigurationError, match=r"kc-bridge-web.*invalid_client"):
        ClientCredentials(settings, "kc-bridge-web").token()


@pytest.mark.parametrize(
    "answer", [{"status": 503}, {"body": "<html>", "status": 200}, {"status": 403, "json": {}}]
)
def test_a_server_out_of_order(
    settings: Settings, keycloak: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    keycloak.post(f"{REALM}/token", **answer)
    with pytest.raises(KeycloakUnavailable):
        ClientCredentials(settings, "kc-bridge-web").token()


class Door:
    """A lock that says when so many are at it."""

    def __init__(self, many: int) -> None:
        self._lock, self._here = threading.Lock(), threading.Semaphore(0)
        self._many = many

    def __enter__(self) -> None:
        self._here.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait(self) -> None:
        for _ in range(self._many):
            assert self._here.acquire(timeout=60)


def test_who_waits_for_a_token_shares_the_failure(
    settings: Settings, keycloak: responses.RequestsMock
) -> None:
    """Ten seconds of silence are ten seconds for everybody, not for one after the other."""
    credentials = ClientCredentials(settings, "kc-bridge-web")
    door = Door(many=6)
    credentials._lock = door  # type: ignore[assignment]

    def _answer(_request: Any) -> tuple[int, dict[str, str], str]:
        door.wait()
        return 429, {"Retry-After": "7"}, ""

    keycloak.add_callback(responses.POST, f"{REALM}/token", _answer)
    told: list[KeycloakUnavailable] = []

    def _ask() -> None:
        with pytest.raises(KeycloakUnavailable) as error:
            credentials.token()
        told.append(error.value)

    threads = [threading.Thread(target=_ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(error.reason, error.retry_after) for error in told] == [("status 429", 7)] * 6
    assert len(keycloak.calls) == 1

    keycloak.replace(responses.POST, f"{REALM}/token", json={"access_token": "later", "expires_in": 60})
    assert credentials.token() == "later"


def published(*names: str) -> dict[str, Any]:
    return {"keys": [signing_key(name).as_dict(private=False) for name in names]}


def signed(name: str) -> str:
    key = signing_key(name)
    return jwt.encode({"alg": "RS256", "kid": key.kid}, {"by": name}, key)


def test_fetched_once_then_kept(settings: Settings, keycloak: responses.RequestsMock, watch: Watch) -> None:
    certs = keycloak.get(f"{REALM}/certs", json=published("realm"))
    keys = RealmKeys(settings)
    for _time in range(3):
        assert keys.verified(signed("realm"), str(signing_key("realm").kid)).claims == {"by": "realm"}
        watch.seconds += 3600
    assert certs.call_count == 1


def test_a_rotated_key_is_fetched(settings: Settings, keycloak: responses.RequestsMock, watch: Watch) -> None:
    keycloak.get(f"{REALM}/certs", json=published("realm"))
    keycloak.get(f"{REALM}/certs", json=published("rotated", "realm"))
    keys = RealmKeys(settings)
    for name in ("realm", "rotated", "realm"):
        assert keys.verified(signed(name), str(signing_key(name).kid)).claims == {"by": name}


def test_invented_names_do_not_hammer_keycloak(
    settings: Settings, keycloak: responses.RequestsMock, watch: Watch
) -> None:
    certs = keycloak.get(f"{REALM}/certs", json=published("realm"))
    keys = RealmKeys(settings)
    for number in range(50):
        with pytest.raises(JoseError):
            keys.verified(signed("stranger"), f"invented-{number}")
    assert certs.call_count == 1
    watch.seconds += realm_keys.REFETCH_PAUSE
    with pytest.raises(JoseError):
        keys.verified(signed("stranger"), "invented")
    assert certs.call_count == 2


def test_keys_that_do_not_sign_are_left_aside(
    settings: Settings, keycloak: responses.RequestsMock, watch: Watch
) -> None:
    key = signing_key("realm")
    keycloak.get(f"{REALM}/certs", json={"keys": [key.as_dict(private=False) | {"use": "enc"}]})
    with pytest.raises(JoseError):
        RealmKeys(settings).verified(signed("realm"), str(key.kid))


def test_no_keys_when_keycloak_is_down(settings: Settings, keycloak: responses.RequestsMock) -> None:
    keycloak.get(f"{REALM}/certs", status=503)
    with pytest.raises(KeycloakUnavailable):
        RealmKeys(settings).verified(signed("realm"), "kid")
