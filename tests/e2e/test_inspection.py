"""The inspection itself: a bad page is found bad, so that silence about the others means something."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.e2e.inspection import axe_problems, language_problems, layout_problems
from tests.e2e.visitor import Visitor

BAD = """<!doctype html><html lang="en"><title>Bad</title><main><h1>Votre compte</h1>
<div style="width: 900px">wide</div>
<div style="width: 60px; overflow: hidden; white-space: nowrap">much too long for its place</div>
<form method="post"><input name="login"><button hidden>Go</button></form>
<nav><a href="/" style="font-size: 8px">x</a></nav>
<p style="color: #ccc; background: #fff">faint</p></main>"""


def test_every_fault_of_a_bad_page_is_found(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.set_content(BAD)
    layout = "\n".join(layout_problems(page))
    for fault in (
        "scrolls sideways",
        "leaves the window",
        "is cut off",
        "px high",
        "px wide",
        "no visible button",
    ):
        assert fault in layout, (fault, layout)
    assert language_problems(page, "en") == [
        "« Votre » in « Votre compte »",
        "« compte » in « Votre compte »",
    ]
    assert "<html lang> is « en »" in language_problems(page, "fr")
    axe = "\n".join(axe_problems(page))
    assert "color-contrast" in axe
    assert "label" in axe
    page.close()


def test_what_the_policy_refuses_is_noticed(browser: Browser) -> None:
    visitor = Visitor(browser)
    policy = "default-src 'none'; form-action 'none'"
    body = (
        "<!doctype html><form action='http://elsewhere.test/'><button>go</button></form><img src='/logo.png'>"
    )
    headers = {"content-type": "text/html", "content-security-policy": policy}
    visitor.page.route("**/*", lambda route: route.fulfill(body=body, headers=headers))
    visitor.open("http://page.test/")
    with visitor.page.expect_console_message(lambda message: "form-action refused" in message.text):
        visitor.page.evaluate("document.querySelector('button').click()")
    noticed = "\n".join(visitor.leave())
    assert "policy: img-src refused" in noticed
    assert "policy: form-action refused" in noticed
