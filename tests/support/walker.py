"""A browser without a screen: cookies, redirects, refreshes and forms, across bridge, Keycloak and application."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

from tests.integration.jar_browser import CookieSession

__all__ = ["Form", "Page", "Walker"]

Stop = Callable[[str], bool]


class Form:
    """One form of a page: where it goes and what it would send untouched."""

    def __init__(self, action: str, method: str) -> None:
        self.action = action
        self.method = method
        self.values: dict[str, str] = {}
        self.names: set[str] = set()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._open: Form | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag in {"script", "style", "title"}:
            self._silent += 1
        if tag == "form":
            self._open = Form(a.get("action", ""), a.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open and tag in {"input", "button", "select", "textarea"} and a.get("name"):
            self._open.names.add(a["name"])
            if tag == "input" and a.get("type") == "hidden":
                self._open.values[a["name"]] = a.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "title"}:
            self._silent -= 1
        if tag == "form":
            self._open = None

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


class Page:
    """A response, read as a person would."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.url = response.url
        self.location = response.headers.get("Location", "")
        reader = _Reader()
        if "html" in response.headers.get("Content-Type", ""):
            reader.feed(response.text)
        self.forms = reader.forms
        self.text = re.sub(r"\s+", " ", " ".join(reader.words)).strip()

    @property
    def title(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.response.text, re.S)
        return unescape(re.sub(r"<[^>]+>|\s+", " ", found[1]).strip()) if found else ""

    def form(self, *names: str) -> Form:
        """The first form that has all these fields."""
        for form in self.forms:
            if set(names) <= form.names:
                return form
        raise AssertionError(f"no form with {names} on {self.url}: {self.status} « {self.title} »")

    def link(self, text: str) -> str:
        """Where the link with this text leads."""
        found = re.search(rf'<a\b[^>]*\bhref="([^"]*)"[^>]*>\s*{re.escape(text)}\s*</a>', self.response.text)
        assert found, f"no link « {text} » on {self!r}"
        return urljoin(self.url, unescape(found[1]))

    def __repr__(self) -> str:
        return f"<Page {self.status} {self.url.split('?')[0]} « {self.title} »>"


class Walker:
    """One person's browser."""

    def __init__(self) -> None:
        self.http = CookieSession()
        self.trail: list[str] = []
        """Every address visited, in order."""

    def get(self, url: str, stop: Stop | None = None, **headers: str) -> Page:
        return self._follow("GET", url, None, stop, headers)

    def send(self, page: Page, stop: Stop | None = None, **fields: str) -> Page:
        """Fills in and sends the form of the page that has these fields."""
        form = page.form(*fields)
        url = urljoin(page.url, form.action) if form.action else page.url
        return self._follow(form.method.upper(), url, form.values | fields, stop, {})

    def log_in(self, page: Page, login: str, password: str, stop: Stop | None = None) -> Page:
        """Gives Keycloak the two words as it asks for them: on two pages, or on one where a realm has its own flow."""
        words = {"username": login, "password": password}
        while asked := [name for name in words if any(name in form.names for form in page.forms)]:
            page = self.send(page, stop=stop, **{name: words.pop(name) for name in asked})
        return page

    def post(self, url: str, stop: Stop | None = None, **fields: str) -> Page:
        """Sends fields to an address no page led to."""
        return self._follow("POST", url, fields, stop, {})

    def _follow(
        self, method: str, url: str, data: dict[str, str] | None, stop: Stop | None, headers: dict[str, str]
    ) -> Page:
        for _ in range(25):
            self.trail.append(url)
            response = self.http.request(
                method, url, data=data, headers=headers, allow_redirects=False, timeout=60
            )
            target = response.headers.get("Location") or _refresh(response)
            if not target:
                return Page(response)
            target = urljoin(response.url, target)
            if stop is not None and stop(target):
                page = Page(response)
                page.location = target
                return page
            method, url, data = "GET", target, None
        raise AssertionError(f"too many redirects: {self.trail[-6:]}")


def _refresh(response: requests.Response) -> str | None:
    found = re.match(r"\d+;\s*url=(.+)", response.headers.get("Refresh", ""), re.I)
    return found[1] if found else None
