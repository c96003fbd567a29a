"""The page that waits for a mail, in a browser whose clock the test moves: it asks, moves on, rests, gives up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

SCRIPT = Path(__file__).parents[2] / "kc_bridge" / "static" / "enhance.js"
PAGE = """<!doctype html><title>Waiting</title>
<p role="status" hidden data-waiting="/state" data-next="/next" data-over="Confirmed" data-unknown="Gave up">Waits</p>
<script src="/enhance.js"></script>"""
ANSWERS = """
const ask = window.fetch;
window.answered = Promise.resolve();
window.fetch = (...what) => {
  const answer = ask(...what);
  window.answered = answer.then((one) => one.clone().text()).catch(() => {});
  return answer;
};"""
"""Lets a test wait for the answer to what the page asked last."""
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
STATUS = "[role=status]"


@dataclass
class Bridge:
    """What the page asks for, and what it is answered."""

    answer: Callable[[Route], None] = field(default=lambda route: route.fulfill(json={"waiting": True}))
    asked: int = 0

    def serve(self, route: Route) -> None:
        path = route.request.url.removeprefix("http://bridge.test")
        if path == "/state":
            self.asked += 1
            self.answer(route)
        elif path == "/enhance.js":
            route.fulfill(path=SCRIPT, content_type="text/javascript")
        else:
            route.fulfill(body=PAGE if path == "/" else path, content_type="text/html")


@pytest.fixture
def bridge() -> Bridge:
    return Bridge()


@pytest.fixture
def page(browser: Browser, bridge: Bridge) -> Iterator[Page]:
    page = browser.new_page()
    page.add_init_script(ANSWERS)
    page.clock.install()
    page.route("**/*", bridge.serve)
    page.goto("http://bridge.test/")
    yield page
    page.close()


def await_answer(page: Page) -> None:
    page.evaluate("() => window.answered")


def pass_time(page: Page, seconds: int) -> None:
    """Lets the page's clock run, and the answers it waited for arrive."""
    for _ in range(seconds):
        page.clock.run_for(1000)
        await_answer(page)


def test_it_says_that_it_waits_and_moves_on_when_the_link_was_opened(page: Page, bridge: Bridge) -> None:
    assert page.locator(STATUS).is_visible()
    pass_time(page, 11)
    assert bridge.asked == 2
    bridge.answer = lambda route: route.fulfill(json={"waiting": False})
    page.clock.run_for(5000)
    page.wait_for_url("**/next")


def test_it_rests_while_nobody_looks_and_asks_at_once_when_somebody_does(page: Page, bridge: Bridge) -> None:
    page.evaluate(HIDE, True)
    pass_time(page, 30)
    assert bridge.asked == 0
    page.evaluate(HIDE, False)
    await_answer(page)
    assert bridge.asked == 1


def test_it_forgives_a_few_failures_and_then_says_that_it_gave_up(page: Page, bridge: Bridge) -> None:
    bridge.answer = lambda route: route.fulfill(status=503)
    pass_time(page, 21)
    assert page.locator(STATUS).inner_text() == "Waits"
    bridge.answer = lambda route: route.fulfill(json={"waiting": True})
    pass_time(page, 5)
    bridge.answer = lambda route: route.abort()
    pass_time(page, 21)
    assert page.locator(STATUS).inner_text() == "Waits", "one answer in between starts the count again"
    pass_time(page, 5)
    page.locator(STATUS, has_text="Gave up").wait_for()
    asked = bridge.asked
    pass_time(page, 30)
    assert bridge.asked == asked
