"""Who is logged in here: the question, and every answer that is none."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
from joserfc import jwt

from kc_bridge.adapters.oidc import ACCOUNT_RETURN, LoggedIn, Oidc, Question
from kc_bridge.adapters.realm_keys import RealmKeys
from kc_bridge.domain.errors import KeycloakUnavailable, LoginGone
from kc_bridge.settings import Settings
from tests.support.bridge import signing_key

REALM = "http://keycloak.internal:8080/realms/univ/protocol/openid-connect"
ISSUER = "https://sso.univ.test/realms/univ"
FAR = 4102444800  # 2100


@pytest.fixture
def keycloak() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        rsps.get(f"{REALM}/certs", json={"keys": [signing_key("realm").as_dict(private=False)]})
        yield rsps


def id_token(question: Question, signer: str = "realm", **changed: Any) -> str:
    key = signing_key(signer)
    claims = {"iss": ISSUER, "aud": "kc-bridge-web", "exp": FAR, "nonce": question.nonce, "sub": "id"}
    claims |= {"preferred_username": "camille"} | changed
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": key.kid}, kept, key)


def test_the_question_shows_nothing_and_cannot_be_answered_by_others(settings: Settings) -> None:
    oidc = Oidc(settings, RealmKeys(settings))
    first, second = oidc.question(), oidc.question()
    address = urlsplit(first.url)
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}" == "https://sso.univ.test"
    assert asked["prompt"] == "none"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "https://compte.univ.test/oidc/silent"
    assert (asked["state"], asked["nonce"]) == (first.state, first.nonce)
    assert first.verifier not in first.url
    secrets = {first.state, first.nonce, first.verifier, second.state, second.nonce, second.verifier}
    assert len(secrets) == 6
    assert min(map(len, secrets)) >= 43


def test_a_good_answer(settings: Settings, keycloak: responses.RequestsMock) -> None:
    oidc = Oidc(settings, RealmKeys(settings))
    question = oidc.question()
    keycloak.post(f"{REALM}/token", json={"id_token": id_token(question)})
    who = oidc.answer("code", question.nonce, question.verifier)
    assert (who.user_id, who.username) == ("id", "camille")
    sent = parse_qs(keycloak.calls[0].request.body)
    assert (sent["code"], sent["code_verifier"]) == (["code"], [question.verifier])
    assert "client_assertion" in sent


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://sso.univ.test/realms/other"},
        {"aud": "ent"},
        {"exp": 1},
        {"exp": None},
        {"nonce": "another"},
        {"nonce": None},
        {"signer": "stranger"},
    ],
)
def test_a_token_that_is_not_ours(
    settings: Settings, keycloak: responses.RequestsMock, changed: dict[str, Any]
) -> None:
    oidc = Oidc(settings, RealmKeys(settings))
    question = oidc.question()
    keycloak.post(f"{REALM}/token", json={"id_token": id_token(question, **changed)})
    with pytest.raises(KeycloakUnavailable):
        oidc.answer("code", question.nonce, question.verifier)


def test_a_code_that_is_spent(settings: Settings, keycloak: responses.RequestsMock) -> None:
    keycloak.post(f"{REALM}/token", status=400, json={"error": "invalid_grant"})
    with pytest.raises(LoginGone):
        Oidc(settings, RealmKeys(settings)).answer("code", "nonce", "verifier")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "json": {}},
        {"status": 401, "json": {"error": "invalid_client"}},
        {"status": 200, "json": {"id_token": "a.b.c"}},
        {"status": 200, "body": "<html>"},
        {"status": 503},
        {"body": requests.ConnectionError()},
    ],
)
def test_no_answer(settings: Settings, keycloak: responses.RequestsMock, answer: dict[str, Any]) -> None:
    """A code may be used once only: the call is not repeated."""
    asked = keycloak.post(f"{REALM}/token", **answer)
    with pytest.raises(KeycloakUnavailable):
        Oidc(settings, RealmKeys(settings)).answer("code", "nonce", "verifier")
    assert asked.call_count == 1


def test_a_login_asks_for_a_step_and_comes_back_to_the_account(
    settings: Settings, keycloak: responses.RequestsMock
) -> None:
    oidc = Oidc(settings, RealmKeys(settings))
    question = oidc.login("en", "kcb-photo-use")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(question.url).query).items()}
    assert "prompt" not in asked
    assert (asked["kc_action"], asked["ui_locales"]) == ("kcb-photo-use", "en")
    assert asked["redirect_uri"] == "https://compte.univ.test/compte/retour"
    assert "kc_action" not in oidc.login("fr").url
    keycloak.post(f"{REALM}/token", json={"id_token": id_token(question), "refresh_token": "refresh-token-1"})
    who = oidc.answer("code", question.nonce, question.verifier, ACCOUNT_RETURN)
    assert who.refresh_token == "refresh-token-1"
    assert "refresh-token-1" not in repr(who)
    sent = parse_qs(keycloak.calls[0].request.body)
    assert sent["redirect_uri"] == [asked["redirect_uri"]]


def test_asking_whether_the_session_lives(settings: Settings, keycloak: responses.RequestsMock) -> None:
    oidc = Oidc(settings, RealmKeys(settings))
    who = LoggedIn("id", "camille", "old", "r1")
    keycloak.post(
        f"{REALM}/token", json={"id_token": id_token(oidc.question(), nonce=None), "refresh_token": "r2"}
    )
    still = oidc.still(who)
    assert (still.user_id, still.username, still.refresh_token) == ("id", "camille", "r2")
    sent = parse_qs(keycloak.calls[0].request.body)
    assert (sent["grant_type"], sent["refresh_token"]) == (["refresh_token"], ["r1"])
    assert "client_assertion" in sent


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        ({"status": 400, "json": {"error": "invalid_grant"}}, LoginGone),
        ({"status": 503}, KeycloakUnavailable),
        ({"body": requests.ConnectionError()}, KeycloakUnavailable),
        ({"status": 401, "json": {"error": "invalid_client"}}, KeycloakUnavailable),
    ],
)
def test_a_session_that_is_over_or_not_told(
    settings: Settings, keycloak: responses.RequestsMock, answer: dict[str, Any], raised: type[Exception]
) -> None:
    keycloak.post(f"{REALM}/token", **answer)
    with pytest.raises(raised):
        Oidc(settings, RealmKeys(settings)).still(LoggedIn("id", "camille", "old", "r1"))


def test_somebody_elses_session_is_not_ones_own(settings: Settings, keycloak: responses.RequestsMock) -> None:
    oidc = Oidc(settings, RealmKeys(settings))
    keycloak.post(f"{REALM}/token", json={"id_token": id_token(oidc.question(), sub="another")})
    with pytest.raises(LoginGone):
        oidc.still(LoggedIn("id", "camille", "old", "r1"))


def test_logging_out_comes_back_to_us(settings: Settings) -> None:
    address = urlsplit(Oidc(settings, RealmKeys(settings)).logout_url("token"))
    asked = parse_qs(address.query)
    assert address.netloc == "sso.univ.test"
    assert asked["id_token_hint"] == ["token"]
    assert asked["post_logout_redirect_uri"] == ["https://compte.univ.test/oidc/logged-out"]
