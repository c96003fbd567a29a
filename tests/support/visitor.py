"""A browser at the bridge alone, inside the test's own process."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from kc_bridge.store.models import Person
from tests.support.bridge import FakeRealm, services_of

__all__ = ["PASSWORD", "Visitor"]

PASSWORD = "Printemps-2026-à-Cassis!"
COOKIE = "__Host-kcb-session"


class Visitor:
    """Keeps its cookie by itself, so that tests can take it away, keep it, or plant another."""

    def __init__(self, app: Flask, cookie: str | None = None) -> None:
        self._app = app
        self._base = services_of(app).settings.public_url
        self.cookie = cookie
        self.csrf = ""

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        """One request, redirects not followed; the CSRF token of the page is kept for the next form."""
        headers = dict(options.pop("headers", {}))
        if self.cookie:
            headers["Cookie"] = f"{COOKIE}={self.cookie}"
        client = self._app.test_client(use_cookies=False)
        response = client.open(path, base_url=self._base, method=method, headers=headers, **options)
        for line in response.headers.getlist("Set-Cookie"):
            if COOKIE in (found := SimpleCookie(line)):
                self.cookie = found[COOKIE].value
        if token := re.search(r'name="csrf_token" value="([^"]+)"', response.get_data(as_text=True)):
            self.csrf = token[1]
        return response

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.request("GET", path, **options)

    def post(self, path: str, fields: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """A form of the page seen last."""
        return self.request("POST", path, data={"csrf_token": self.csrf, **(fields or {})}, **options)

    def enter(self, realm: FakeRealm, person: Person | None = None, **claims: Any) -> TestResponse:
        """Arrives from Keycloak and lands on the current page of the wizard."""
        answer = self.get(f"/activation/enter?handoff={realm.handoff(person, **claims)}")
        while answer.status_code == 303 and answer.location.startswith("/"):
            answer = self.get(answer.location)
        return answer

    def finish(self) -> TestResponse:
        """Goes through the whole wizard, from its first page, and leaves it."""
        self.post("/activation/charter", {"accept": "y"})
        self.get("/activation/new-password")
        self.post("/activation/new-password", {"password": PASSWORD, "confirmation": PASSWORD})
        return self.get("/activation/leave")
