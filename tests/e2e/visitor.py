"""One person in front of one browser profile: walks the journey, and notes whatever a page gets wrong."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, ViewportSize, expect

from kc_bridge.store.models import Person
from tests.e2e import inspection
from tests.support.stack import GOOD_PASSWORD, Stack

__all__ = ["PATIENCE", "Visitor", "member"]

LOCALES = {"fr": "fr-FR", "en": "en-GB"}
PATIENCE = 60_000
"""Milliseconds until a page counts as not coming; the machine may be busy, and patience costs nothing where all is well."""
# Chromium tells the console of a refusal itself; this also tells which directive of which page it was.
REPORT_REFUSALS = """
document.addEventListener("securitypolicyviolation", (event) => console.error(
  `policy: ${event.effectiveDirective} refused ${event.blockedURI} on ${event.documentURI}`));
"""


def member(stack: Stack) -> Person:
    """Somebody whose account works, with :data:`GOOD_PASSWORD`."""
    return stack.person(actions=[], password=GOOD_PASSWORD)


class Visitor:
    """``page`` is Playwright's own, for whatever the words below do not say."""

    def __init__(
        self,
        browser: Browser,
        *,
        language: str = "fr",
        locale: str | None = None,
        javascript: bool = True,
        viewport: tuple[int, int] = (360, 800),
    ) -> None:
        self.language = language
        self.javascript = javascript
        self.problems: list[str] = []
        self._visited: set[str] = set()
        width, height = viewport
        self.context = browser.new_context(
            locale=locale or LOCALES[language],
            java_script_enabled=javascript,
            viewport=ViewportSize(width=width, height=height),
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        self.context.on("response", self._on_response)
        self.context.add_init_script(REPORT_REFUSALS)
        self.page: Page = self.context.new_page()

    # -- what a page says

    @property
    def title(self) -> str:
        """The page's one question or message."""
        return self.page.locator("h1").first.inner_text().strip()

    @property
    def text(self) -> str:
        return self.page.locator("body").inner_text()

    @property
    def words(self) -> str:
        """The page as one line, its spaces all alike."""
        return re.sub(r"\s+", " ", self.text)

    @property
    def rows(self) -> dict[str, str]:
        """What the page lists, by label."""
        found = [row.inner_text() for row in self.page.locator("dl.rows > div").all()]
        lines = [re.sub(r"\s*\n\s*", "\n", text).partition("\n") for text in found]
        return {label: " ".join(value.split()) for label, _, value in lines}

    def sees(self, title: str) -> None:
        """Fails unless this is the page in front of the person, or becomes it: some pages lead on by themselves."""
        try:
            expect(self.page.locator("h1").first).to_have_text(title, use_inner_text=True)
        except AssertionError:
            found = f"« {self.title} » instead of « {title} » at {self.page.url}\n{self.text}"
            raise AssertionError(found) from None
        self.page.wait_for_load_state("load")

    # -- what a person does

    def open(self, url: str) -> Visitor:
        self.page.goto(url)
        return self

    def press(self, name: str, **options: Any) -> None:
        """Presses the button or link of that name, and waits for the page it leads to."""
        self.follow(self.control(name), **options)

    def follow(self, control: str | Locator, **options: Any) -> None:
        """Clicks what leads to another page, and waits until that one is there whole.

        A click alone returns while the old page still stands, or the new one is half read.
        """
        if isinstance(control, str):
            control = self.page.locator(control).first
        with self.page.expect_navigation(wait_until="load"):
            control.click(**options)

    def speak(self, language: str) -> None:
        """Chooses a language by the page's own switch."""
        self.follow(f".languages a[lang={language}]")
        self.page.locator(f"html[lang={language}]").wait_for(state="attached")

    def press_twice(self, selector: str = "main form button") -> None:
        """Two real clicks, the second before any answer to the first."""
        button = self.page.locator(selector).first
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        self.page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def control(self, name: str) -> Locator:
        button = self.page.get_by_role("button", name=name, exact=True)
        return button.or_(self.page.get_by_role("link", name=name, exact=True)).first

    def choose_password(self, password: str = GOOD_PASSWORD, confirmation: str | None = None) -> None:
        """Types a password twice and sends it."""
        self.page.fill("#password", password)
        self.page.fill("#confirmation", password if confirmation is None else confirmation)
        self.follow("form button[type=submit]")

    def accept_charter(self) -> None:
        self.page.check("#accept")
        self.follow("form button[type=submit]")

    def to_charter(self, link: str) -> Visitor:
        """Opens the mailed link and presses its button."""
        self.open(link).follow("main form button")
        self.page.wait_for_url("**/activation/charter")
        return self

    def to_password(self, link: str) -> Visitor:
        self.to_charter(link).accept_charter()
        self.page.wait_for_url("**/activation/new-password")
        return self

    def log_in(self, login: str, password: str = GOOD_PASSWORD) -> None:
        """Fills in Keycloak's own login, from the page at which it stands: identifier, or password."""
        self.page.wait_for_selector("#username, #password")
        self.page.wait_for_load_state("load")
        if self.page.locator("#username").is_visible():
            self.page.fill("#username", login)
            if not self.page.locator("#password").is_visible():
                self.follow("#kc-login")
        self.page.fill("#password", password)
        self.follow("#kc-login")

    # -- what a test looks at

    def inspect(self, name: str, known: frozenset[str] = frozenset()) -> None:
        """Everything every page must hold, in every size and both colour schemes; problems fail the test at its end.

        ``known``: what axe finds in markup that is not ours, each as « rule selector »; it must still be there.
        """
        found = inspection.inspect(self, name, known)
        self.problems += [f"{name} ({self.language}) {problem}" for problem in found]

    def leave(self) -> list[str]:
        """Closes the profile; what was wrong on the way."""
        self.context.close()
        return self.problems

    def _on_response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self._visited.add(response.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # Dead ends have their true status; Chromium writes a line about each. Any other file must be there.
        failed = re.match(r"Failed to load resource: .* status of \d+", message.text)
        if failed and message.location.get("url") in self._visited:
            return
        self.problems.append(
            f"console {message.type}: {message.text} ({message.location.get('url', '')[:120]})"
        )
