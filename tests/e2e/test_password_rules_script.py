"""Rules ticked while typing: the browser judges a password as the bridge does, demand by demand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from kc_bridge.domain.password_demands import Demand
from kc_bridge.domain.password_policy import PasswordPolicy

SCRIPT = Path(__file__).parents[2] / "kc_bridge" / "static" / "enhance.js"
TEXTS = {"[^/]*": {"fr": "…"}, "(?:[a-z]+-)+[0-9]{2}": {"fr": "…"}}
POLICIES = [
    PasswordPolicy(letters=2, forbidden="<>\"'$"),
    PasswordPolicy(special_chars=2, special_among='!"#$%&()*+,-./:;<=>?@[]^_`{|}~', spaces=False),
    PasswordPolicy(regex=list(TEXTS), regex_texts=TEXTS),
]
PASSWORDS = [
    "", "a", "é1", "ab", "éà'", "ж<я", "a b-!", "--", "\\'€§", "[]", "^-", "a\u00a0b", "a\u202f!!", "\u3000",
    "a/b", "mot-mot-12", "mot-mot-123", "🦄🦄", "e\u0301e\u0301", "`~", "{|}", "\t--",
]  # fmt: skip


def show(page: Page, demands: list[Demand], account: str = "zoe.martin@univ.test") -> None:
    rules = "".join(
        f"<li data-rule='{one.id}' data-parameters='{escape(json.dumps(one.parameters))}'>…</li>"
        for one in demands
    )
    page.set_content(
        f"<form><input id=password type=password></form>"
        f"<div data-rules-for=password data-account='{account}' data-status='{{met}}/{{total}}'><ul>{rules}</ul></div>"
        "<div data-rules-status></div>"
    )
    page.add_script_tag(path=SCRIPT)


def ticked(page: Page, password: str) -> list[bool | None]:
    """By rule; None: left to the server."""
    page.fill("#password", password)
    states = page.locator("[data-rule]").evaluate_all("rules => rules.map(rule => rule.dataset.state)")
    return [None if state is None else state == "met" for state in states]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("policy", POLICIES)
def test_browser_and_bridge_judge_alike(page: Page, policy: PasswordPolicy) -> None:
    show(page, policy.demands)
    for password in PASSWORDS:
        typed = password.replace("\t", "")  # nobody types a tab into a field
        expected = [bool(typed) and demand.met(typed) for demand in policy.demands]
        assert ticked(page, typed) == expected, password


@pytest.mark.parametrize(
    ("account", "password", "met"),
    [
        ("zoe.martin@univ.test", "la-Zoe.Martin-1", False),
        ("zoe.martin@univ.test", "la-zoe-martin-1", True),
        ("zmartin", "le-ZMartin-1", False),
        ("zm@univ.test", "le-zm-1", True),
        ("zm@univ.test", "zm@univ.test-1", False),
    ],
)
def test_the_name_in_a_login(page: Page, account: str, password: str, met: bool) -> None:
    """As Keycloak and :meth:`PasswordPolicy.has_login` say together."""
    show(page, [Demand("notContainsUsername", (), "", bool)], account)
    assert ticked(page, password) == [met]
    ours = PasswordPolicy(not_contains_username=True).has_login(password, account)
    assert (ours or account in password.lower()) is not met


def test_what_only_java_understands_is_left_to_the_server(page: Page) -> None:
    show(page, [Demand("pattern", (r"\p{IsAlphabetic}*",), "", bool), POLICIES[0].demands[0]])
    assert ticked(page, "ab") == [None, True]
