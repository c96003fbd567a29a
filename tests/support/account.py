"""People at « Mon compte », at the bridge alone."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

from werkzeug.test import TestResponse

from kc_bridge.store.models import Person
from tests.support.bridge import FakeRealm
from tests.support.visitor import Visitor

__all__ = ["HOME", "answer", "asked", "come_back", "log_in"]

HOME = "/compte"


def asked(response: TestResponse) -> dict[str, str]:
    """What the bridge asks Keycloak with a redirect."""
    assert response.status_code == 303, response.get_data(as_text=True)
    return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}


def answer(realm: FakeRealm, person: Person, question: dict[str, str], **more: str) -> str:
    """The address Keycloak sends that person's browser back to."""
    code = secrets.token_urlsafe(16)
    realm.logged_in[code], realm.nonces[code] = person, question["nonce"]
    path = urlsplit(question["redirect_uri"]).path
    return f"{path}?{urlencode({'state': question['state'], 'code': code, **more})}"


def come_back(
    visitor: Visitor, realm: FakeRealm, person: Person, question: TestResponse, **more: str
) -> TestResponse:
    """Follows Keycloak's answer to wherever the bridge leads."""
    response = visitor.get(answer(realm, person, asked(question), **more))
    while response.status_code == 303 and response.location.startswith("/"):
        response = visitor.get(response.location)
    return response


def log_in(visitor: Visitor, realm: FakeRealm, person: Person, path: str = HOME) -> TestResponse:
    """From a page of the account through Keycloak's login back to it."""
    return come_back(visitor, realm, person, visitor.get(path))
