"""A bridge without a Keycloak: the real application and a real database, the back channel told by each test."""

from __future__ import annotations

import json
import re
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import responses
from flask import Flask
from joserfc import jwt
from joserfc.jwk import RSAKey
from requests import PreparedRequest

from kc_bridge import create_app
from kc_bridge.realm.keys import save_key
from kc_bridge.services import EXTENSION, Services
from kc_bridge.settings import Application, Settings
from kc_bridge.store.models import Person
from tests.support.people import enrolled
from tests.support.quick import empty_database, keep_templates

__all__ = [
    "ENT",
    "FakeRealm",
    "FixedClock",
    "make_app",
    "make_person",
    "make_settings",
    "services_of",
    "signing_key",
]

ENT = "https://ent.univ.test/connexion"
LENGTH = 12
"""The one rule of the fake realm's password policy."""


class FixedClock:
    """A moment that passes when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


def make_settings(folder: Path, **values: Any) -> Settings:
    """Settings of a bridge whose database and keys are in ``folder``."""
    usual: dict[str, Any] = {
        "realm": "univ",
        "public_url": "https://compte.univ.test",
        "keycloak_public_url": "https://sso.univ.test",
        "keycloak_internal_url": "http://keycloak.internal:8080",
        "database_url": f"sqlite:///{folder / 'kcb.db'}",
        "keys_dir": folder / "keys",
        "secret_key": "k" * 40,
        "applications": {"ent": Application(name="ENT", login_url=ENT)},
        "default_application": "ent",
    }
    return Settings(**(usual | values))


def make_app(folder: Path, clock: FixedClock, **values: Any) -> Flask:
    """The application on a new database."""
    (folder / "kcb.db").write_bytes(empty_database())
    return keep_templates(create_app(make_settings(folder, **values), clock))


def services_of(app: Flask) -> Services:
    found: Services = app.extensions[EXTENSION]
    return found


def make_person(app: Flask, **fields: Any) -> Person:
    """See :func:`tests.support.people.enrolled`."""
    person = enrolled(services_of(app).clock(), **fields)
    with services_of(app).sessions.begin() as db:
        db.add(person)
    return person


@cache
def signing_key(name: str) -> RSAKey:
    """A key pair by name, made once a run: small, because making one is slow."""
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"})
    key.ensure_kid()
    return key


class FakeRealm:
    """What the bridge hears from its realm: keys, tokens, and a back channel that agrees to all but a short password."""

    def __init__(self, app: Flask) -> None:
        self.settings = services_of(app).settings
        self.clock = services_of(app).clock
        self.key = signing_key("realm")
        self.completed: list[dict[str, Any]] = []
        """Bodies of every ``complete``, in order."""
        self.resets: list[dict[str, Any]] = []
        """Bodies of every ``reset``, in order, with whose it was (``user``)."""
        self.ended: list[str] = []
        """Tickets whose login the bridge ended."""
        self.touched = 0
        """How often the bridge said that somebody is still there."""
        self.checked: list[str] = []
        """Passwords the bridge asked about without setting them."""
        self.strangers: dict[str, dict[str, Any]] = {}
        """By Keycloak's id: what it tells of users the bridge does not know; nothing of an administrator."""
        self.logged_in: dict[str, Person] = {}
        """By code, then by refresh token: who Keycloak says logged in at « Mon compte »; taken away, their session ended."""
        self.nonces: dict[str, str] = {}
        """By code: the nonce of the question it answers."""
        self._left: dict[str, list[str]] = {}
        self._whose: dict[str, str] = {}
        if not (self.settings.keys_dir / "kc-bridge-web-1.pem").exists():
            save_key(self.settings.keys_dir, "kc-bridge-web", signing_key("kc-bridge-web"))

    def claims(self, person: Person | None = None, **changed: Any) -> dict[str, Any]:
        """Claims of a handoff as the JAR makes them; None leaves one out."""
        now = int(self.clock().timestamp())
        ticket = secrets.token_urlsafe(32)
        usual = {
            "iss": self.settings.issuer,
            "aud": "kc-bridge-web",
            "sub": person.keycloak_id if person else "nobody",
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(16),
            "act": "kcb-charter",
            "acts": ["kcb-charter", "kcb-new-password"],
            "ticket": ticket,
            "tab": "tab",
            "ret": f"{self.settings.issuer}/login-actions/required-action?execution=kcb-charter&tab_id=tab",
            "cid": "ent",
            "locale": "fr",
            "aia": False,
        }
        return {name: value for name, value in (usual | changed).items() if value is not None}

    def handoff(self, person: Person | None = None, **changed: Any) -> str:
        """A handoff for that person, signed by the realm."""
        claims = self.claims(person, **changed)
        ticket = claims.get("ticket", "")
        self._left[ticket], self._whose[ticket] = list(claims.get("acts", [])), claims.get("sub", "")
        return jwt.encode({"alg": "RS256", "kid": self.key.kid, "typ": "kcb-handoff+jwt"}, claims, self.key)

    def stranger(self, **fields: Any) -> str:
        """Keycloak's id of a user of its own, brokered or made by hand."""
        user_id = str(uuid.uuid4())
        name = f"alix-{user_id[:8]}"
        usual = {
            "username": name,
            "email": f"{name}@ailleurs.example",
            "firstName": "Alix",
            "lastName": "Roy",
        }
        marks = {"userId": user_id, "owned": False, "passwordWritable": True}
        self.strangers[user_id] = usual | marks | fields
        return user_id

    def answer(self, rsps: responses.RequestsMock) -> None:
        """Answers the bridge's calls until the mock ends."""
        realm = f"{self.settings.keycloak_url}/realms/{self.settings.realm}"
        oidc, kcb = f"{realm}/protocol/openid-connect", f"{realm}/kcb"
        keys = {"keys": [self.key.as_dict(private=False)]}
        rsps.get(f"{oidc}/certs", json=keys)
        rsps.add_callback(responses.POST, f"{oidc}/token", self._tokens, content_type="application/json")
        rsps.get(f"{kcb}/version", json={"version": "0.1.0", "keycloak": "26.7.5"})
        rsps.get(f"{kcb}/password-policy", json={"policies": [{"id": "length", "value": LENGTH}]})
        rsps.add_callback(responses.POST, f"{kcb}/password-check", self._check)
        rsps.post(f"{kcb}/activation-links", json={"url": f"{realm}/login-actions/action-token?key=k"})
        users = re.compile(re.escape(f"{kcb}/users/") + "[^/]+/reset$")
        rsps.add_callback(responses.POST, users, self._reset, content_type="application/json")
        tickets = re.compile(re.escape(f"{kcb}/tickets/"))
        rsps.add_callback(responses.POST, tickets, self._ticket, content_type="application/json")
        rsps.add_callback(responses.GET, tickets, self._user)
        rsps.add_callback(responses.DELETE, tickets, self._end)

    def _tokens(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        """For the bridge itself, and for people who log in: a code counts once, a refresh token as long as they stay."""
        asked = {name: values[0] for name, values in parse_qs(str(request.body)).items()}
        if asked["grant_type"] == "client_credentials":
            return 200, {}, json.dumps({"access_token": "a.b.c", "expires_in": 60})
        code = asked.get("code")
        person = self.logged_in.pop(code, None) if code else self.logged_in.get(asked["refresh_token"])
        if person is None:
            return 400, {}, json.dumps({"error": "invalid_grant"})
        refresh = asked.get("refresh_token") or secrets.token_urlsafe(16)
        self.logged_in[refresh] = person
        claims = {
            "iss": self.settings.issuer,
            "aud": "kc-bridge-web",
            "sub": person.keycloak_id,
            "exp": int(time.time()) + 60,
            "preferred_username": person.login,
            **({"nonce": self.nonces.pop(code)} if code else {}),
        }
        id_token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return 200, {}, json.dumps({"id_token": id_token, "refresh_token": refresh})

    def _ticket(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        ticket, verb = (request.url or "").rsplit("/", 2)[1:]
        if verb == "touch":
            self.touched += 1
            return 200, {}, json.dumps({"expires_in": 1800})
        body = json.loads(request.body or "{}")
        self.completed.append(body)
        if violations := _violations(body.get("password")):
            return 422, {}, json.dumps({"error": "password_policy", "violations": violations})
        left = self._left[ticket] = [act for act in self._left[ticket] if act not in body["done"]]
        answer: dict[str, Any] = {"done": body["done"], "pending": left, "login": "continues", "ignored": []}
        return 200, {}, json.dumps(answer if left else answer | {"proof": f"proof-{secrets.token_hex(8)}"})

    def _reset(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        body = json.loads(request.body or "{}")
        if violations := _violations(body.get("password")):
            return 422, {}, json.dumps({"error": "password_policy", "violations": violations})
        self.resets.append(body | {"user": (request.url or "").rsplit("/", 2)[1]})
        return 204, {}, ""

    def _check(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.checked.append(json.loads(request.body or "{}")["password"])
        violations = _violations(self.checked[-1])
        return 200, {}, json.dumps({"valid": not violations, "violations": violations})

    def _user(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        found = self.strangers.get(self._whose[(request.url or "").rsplit("/", 1)[1]])
        return (200, {}, json.dumps(found)) if found else (403, {}, json.dumps({"error": "not_owned"}))

    def _end(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.ended.append((request.url or "").rsplit("/", 1)[1])
        return 204, {}, ""


def _violations(password: str | None) -> list[dict[str, Any]]:
    if password is None or len(password) >= LENGTH:
        return []
    return [{"policy": "length", "message": "invalidPasswordMinLengthMessage", "parameters": [LENGTH]}]
