"""5. The handoff: every variant that Keycloak did not make for us, now, is refused."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt

from kc_bridge.domain.errors import HandoffRefused
from required_actions.handoff import Handoff, spend, verify
from tests.support.bridge import FakeRealm, FixedClock, make_person, services_of, signing_key

HEADER = {"alg": "RS256", "typ": "kcb-handoff+jwt"}
Verify = Callable[[str], Handoff]


@pytest.fixture
def check(app: Flask, realm: FakeRealm, clock: FixedClock) -> Verify:
    kcb = services_of(app)

    def run(token: str) -> Handoff:
        return verify(token, kcb.realm_keys, kcb.settings.issuer, kcb.settings.keycloak_public_url, clock())

    return run


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_good_one_is_read(check: Verify, app: Flask, realm: FakeRealm) -> None:
    person = make_person(app)
    claims = realm.claims(person, ref="opening", cancel=f"{realm.settings.issuer}/cancel", aia=True)
    handoff = check(realm.handoff(person, **claims))
    assert (handoff.user_id, handoff.ticket, handoff.ret) == (
        person.keycloak_id,
        claims["ticket"],
        claims["ret"],
    )
    assert (handoff.acts, handoff.ref, handoff.aia) == (claims["acts"], "opening", True)


WRONG: dict[str, dict[str, Any]] = {
    "issuer of another realm": {"iss": "https://sso.univ.test/realms/other"},
    "issuer by the internal address": {"iss": "http://keycloak.internal:8080/realms/univ"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "kcb"},
    "several audiences": {"aud": ["kc-bridge-web", "account"]},
    "no audience": {"aud": None},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "subject that is a number": {"sub": 1},
    "subject that is a list": {"sub": ["a"]},
    "no ticket": {"ticket": None},
    "ticket that is a list": {"ticket": ["t"]},
    "no jti": {"jti": None},
    "no acts": {"acts": None},
    "acts that are a string": {"acts": "kcb-charter"},
    "acts that hold a number": {"acts": ["kcb-charter", 1]},
    "no act": {"act": None},
    "no expiry": {"exp": None},
    "expiry in words": {"exp": "tomorrow"},
    "expiry beyond all calendars": {"exp": 10**20},
    "no time of issue": {"iat": None},
    "no client": {"cid": None},
    "no return address": {"ret": None},
    "return to another site": {"ret": "https://evil.test/realms/univ/login-actions/required-action"},
    "return to a longer name": {"ret": "https://sso.univ.test.evil.test/x"},
    "return by userinfo": {"ret": "https://sso.univ.test@evil.test/x"},
    "return to a script": {"ret": "javascript:alert(1)"},
    "return by another scheme": {"ret": "http://sso.univ.test/x"},
    "return relative": {"ret": "//evil.test/x"},
    "cancel to another site": {"cancel": "https://evil.test/x"},
    "ref that is an object": {"ref": {"a": 1}},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG.keys())
def test_wrong_claims(check: Verify, realm: FakeRealm, changed: dict[str, Any]) -> None:
    claims = realm.claims() | changed
    token = jwt.encode(
        HEADER | {"kid": realm.key.kid},
        {name: value for name, value in claims.items() if value is not None},
        realm.key,
    )
    with pytest.raises(HandoffRefused):
        check(token)


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "KCB-HANDOFF+JWT", "", None])
def test_other_kinds_of_token_of_the_realm(check: Verify, realm: FakeRealm, typ: str | None) -> None:
    header = {"alg": "RS256", "kid": realm.key.kid} | ({"typ": typ} if typ is not None else {})
    with pytest.raises(HandoffRefused):
        check(jwt.encode(header, realm.claims(), realm.key))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_unsigned(check: Verify, realm: FakeRealm, algorithm: str) -> None:
    header = b64(HEADER | {"alg": algorithm, "kid": realm.key.kid})
    for signature in ("", b64(b"x" * 256)):
        with pytest.raises(HandoffRefused):
            check(f"{header}.{b64(realm.claims())}.{signature}")


def test_the_public_key_used_as_a_secret(check: Verify, realm: FakeRealm) -> None:
    signed = f"{b64(HEADER | {'alg': 'HS256', 'kid': realm.key.kid})}.{b64(realm.claims())}"
    mac = hmac.digest(realm.key.as_pem(private=False), signed.encode(), "sha256")
    token = f"{signed}.{b64(mac)}"
    with pytest.raises(HandoffRefused):
        check(token)


def test_another_realms_key(check: Verify, realm: FakeRealm) -> None:
    stranger = signing_key("stranger")
    for kid in (realm.key.kid, stranger.kid, "", "../../etc/passwd"):
        with pytest.raises(HandoffRefused):
            check(jwt.encode(HEADER | {"kid": kid}, realm.claims(), stranger))


def test_a_key_inside_the_token(check: Verify, realm: FakeRealm) -> None:
    stranger = signing_key("stranger")
    header = HEADER | {"kid": realm.key.kid, "jwk": stranger.as_dict(private=False)}
    with pytest.raises(HandoffRefused):
        check(jwt.encode(header, realm.claims(), stranger))


def test_tampered_at_every_part(check: Verify, realm: FakeRealm) -> None:
    header, claims, signature = realm.handoff().split(".")
    other = b64(realm.claims() | {"sub": "somebody-else"})
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    for token in (
        f"{header}.{other}.{signature}",
        f"{header}.{claims}.{flipped}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        f"{b64(HEADER | {'kid': realm.key.kid, 'x': 1})}.{claims}.{signature}",
    ):
        with pytest.raises(HandoffRefused):
            check(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "é.é.é",
        "a.b.c",
        "\0",
        "null",
        "{}",
        "W10.W10.W10",
        "bnVsbA.bnVsbA.bnVsbA",
        "A" * 100_000,
    ],
)
def test_what_is_no_token(check: Verify, token: str) -> None:
    with pytest.raises(HandoffRefused):
        check(token)


def test_fresh_for_two_minutes_and_the_clocks_difference(
    check: Verify, realm: FakeRealm, clock: FixedClock
) -> None:
    token = realm.handoff()
    clock.advance(seconds=-6)
    with pytest.raises(HandoffRefused):
        check(token)
    for seconds in (2, 128):
        clock.advance(seconds=seconds)
        check(token)
    clock.advance(seconds=1)
    with pytest.raises(HandoffRefused):
        check(token)


def test_spent_once_as_long_as_it_is_taken_for_fresh(
    check: Verify, app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    sessions = services_of(app).sessions
    handoff = check(realm.handoff())
    assert spend(sessions, handoff, clock())
    for _second in range(130):
        assert not spend(sessions, handoff, clock())
        clock.advance(seconds=1)
