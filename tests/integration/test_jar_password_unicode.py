"""What Keycloak makes of a password's Unicode: nothing. Whoever writes it must write it as it will be typed.

Keyboards of Macs and iPhones, Windows and Android all send composed letters (NFC), pasted text may not be.
"""

from __future__ import annotations

import unicodedata

import pytest

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import JarRealm

PASSWORD = "Été-à-Noël-2026!"
NFC, NFD = (unicodedata.normalize(form, PASSWORD) for form in ("NFC", "NFD"))


@pytest.mark.parametrize(("chosen", "other"), [(NFC, NFD), (NFD, NFC)], ids=["NFC", "NFD"])
def test_a_password_is_the_code_points_it_was_chosen_with(jar: JarRealm, chosen: str, other: str) -> None:
    user, browser = jar.user(actions=["kcb-new-password"]), Browser(jar)
    handoff = browser.enter(user["username"])
    answer = jar.web.complete(handoff.ticket, ["kcb-new-password"], password=chosen).json()
    landed(browser.back(handoff, answer["proof"]))

    refused = Browser(jar).login(user["username"], other)
    assert refused.status_code == 200
    assert 'name="password"' in refused.text
    landed(Browser(jar).login(user["username"], chosen))
