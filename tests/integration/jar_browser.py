"""A browser for tests of the JAR: a cookie jar and the patience to follow Keycloak's redirects, nothing more."""

from __future__ import annotations

import html
import re
import uuid
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet
from requests.cookies import get_cookie_header

from tests.integration.jar_realm import ENT, PROVISIONAL, STEP_URL, WRONG, JarRealm


@dataclass(frozen=True)
class Handoff:
    """A verified handoff: its header, its claims, and the token itself."""

    header: dict[str, Any]
    claims: dict[str, Any]
    token: str

    @property
    def ticket(self) -> str:
        return str(self.claims["ticket"])


class CookieSession(requests.Session):
    """Sends ``Secure`` cookies to http://localhost, which Keycloak and real browsers count as a secure context.

    ``requests`` copies the jar for each request and loses its policy on the way; hence the header made here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(secure_protocols=("http", "https")))

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        prepared = super().prepare_request(request)
        prepared.headers.pop("Cookie", None)
        header = get_cookie_header(self.cookies, prepared)
        if header:
            prepared.headers["Cookie"] = header
        return prepared


class Browser:
    """One person's browser. Answers are the last response inside Keycloak, whose redirect leads out of it."""

    def __init__(self, realm: JarRealm) -> None:
        self.realm = realm
        self.http = CookieSession()

    def get(self, url: str, **params: str) -> requests.Response:
        return self._follow(self.http.get(url, params=params, allow_redirects=False, timeout=60))

    def submit(self, page: requests.Response, **fields: str) -> requests.Response:
        """Send the first form of a page."""
        match = re.search(r'<form[^>]*\baction="([^"]+)"', page.text)
        assert match, f"no form on {page.url}: {page.status_code} {page.text[:2000]}"
        url = urljoin(page.url, html.unescape(match[1]))
        return self._follow(self.http.post(url, data=fields, allow_redirects=False, timeout=60))

    def authorize(self, client: str = "ent-demo", **params: str) -> requests.Response:
        """Begin a login as an application does."""
        request = {"client_id": client, "redirect_uri": ENT, "response_type": "code", "scope": "openid"}
        return self.get(self.realm.oidc("auth"), **request | {"state": uuid.uuid4().hex} | params)

    def login(self, username: str, password: str = PROVISIONAL, **params: str) -> requests.Response:
        page = self.authorize(**params)
        if 'name="password"' in page.text:
            return self.submit(page, username=username, password=password)
        return self.submit(self.submit(page, username=username), password=password)

    def enter(self, username: str, password: str = PROVISIONAL, **params: str) -> Handoff:
        """Log in, and expect to be handed over."""
        return self.handoff(self.login(username, password, **params))

    def open_link(self, url: str) -> Handoff:
        return self.handoff(self.get(url))

    def back(self, handoff: Handoff, proof: str | None = None) -> requests.Response:
        """Return from the bridge to Keycloak."""
        return self.get(str(handoff.claims["ret"]), **({"kcb_proof": proof} if proof else {}))

    def handoff(self, response: requests.Response) -> Handoff:
        """Verify the handoff in a redirect as the bridge would: by the realm's public keys."""
        target = response.headers.get("Location", "")
        assert target.startswith(STEP_URL), (
            f"not handed over: {response.status_code} {target} {response.text[:1500]}"
        )
        token = parse_qs(urlsplit(target).query)["handoff"][0]
        keys = KeySet.import_key_set(requests.get(self.realm.oidc("certs"), timeout=30).json())
        decoded = jwt.decode(token, keys, algorithms=["RS256"])
        return Handoff(decoded.header, decoded.claims, token)

    def _follow(self, response: requests.Response) -> requests.Response:
        for _ in range(12):
            target = urljoin(response.url, response.headers.get("Location", ""))
            if not response.is_redirect or not target.startswith(self.realm.url):
                return response
            response = self.http.get(target, allow_redirects=False, timeout=60)
        raise AssertionError(f"too many redirects, last {response.url}")


def landed(response: requests.Response, place: str = ENT) -> dict[str, str]:
    """Parameters with which Keycloak sent the browser to an application; fails if it did not."""
    target = response.headers.get("Location", "")
    assert target.startswith(place), f"not at {place}: {response.status_code} {target} {response.text[:1500]}"
    return {key: values[0] for key, values in parse_qs(urlsplit(target).query).items()}


def locked(realm: JarRealm) -> dict[str, Any]:
    """A user whom somebody has guessed at too often, in a realm that counts."""
    user = realm.user()
    for _ in range(3):
        Browser(realm).login(user["username"], WRONG)
    state = realm.call("GET", f"attack-detection/brute-force/users/{user['id']}")
    assert (state["numFailures"], state["disabled"]) == (3, True)
    return user
