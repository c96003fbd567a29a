"""Every page people can meet, in both languages: sizes, targets, words, axe, console, pictures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.visitor import Visitor
from tests.support.stack import Stack

pytestmark = pytest.mark.parametrize("language", ["fr", "en"])
Visit = Callable[..., Visitor]


def hold_on_leaving(visitor: Visitor) -> None:
    """Keeps the page that moves on by itself on the screen."""

    def without_refresh(route, request) -> None:  # type: ignore[no-untyped-def]
        response = route.fetch()
        headers = {name: value for name, value in response.headers.items() if name != "refresh"}
        route.fulfill(response=response, headers=headers)

    visitor.page.route("**/activation/leave", without_refresh)


def test_the_journey(stack: Stack, visit: Visit, language: str) -> None:
    person = stack.person(language=language)
    visitor = visit(language=language).open(stack.mail_link(person))
    visitor.inspect("link")
    page = visitor.page
    visitor.follow("main form button")
    page.wait_for_url("**/activation/charter")
    page.locator("summary").first.click()
    visitor.inspect("charter")
    visitor.follow("form button[type=submit]")
    visitor.inspect("charter-refused")
    visitor.accept_charter()
    page.wait_for_url("**/activation/new-password")
    visitor.inspect("password")
    visitor.choose_password("a", "b")
    visitor.inspect("password-differs")
    visitor.choose_password("a")
    visitor.inspect("password-refused")
    visitor.choose_password()
    page.wait_for_url("**/activation/summary")
    visitor.inspect("summary")
    hold_on_leaving(visitor)
    visitor.follow(".actions .button")
    page.wait_for_url("**/activation/leave")
    visitor.inspect("leave")
    visitor.follow(".actions .button")
    page.wait_for_url(f"{stack.ent_url}/**")
    assert "Camille" in visitor.text
    visitor.inspect("ent")
