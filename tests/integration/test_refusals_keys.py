"""Keys change while people are in the wizard: nobody notices."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jws

from kc_bridge.realm.keys import key_files, load_signing_key, signing_keys
from kc_bridge.realm.setup import rotate_key
from tests.support.activation import (
    CHARTER,
    FINISHED,
    PASSWORD,
    activate,
    choose,
    is_handoff,
    to_charter,
)
from tests.support.stack import Stack
from tests.support.walker import Walker

WEB = "kc-bridge-web"


def signing_kid(stack: Stack) -> str:
    """Which key the realm signs with now."""
    return str(stack.realm.call("GET", "keys")["active"]["RS256"])


def kid_of(handoff: str) -> str:
    """Which key signed the handoff of that address."""
    token = parse_qs(urlsplit(handoff).query)["handoff"][0]
    return str(jws.extract_compact(token.encode()).headers()["kid"])


def rsa_keys(stack: Stack) -> list[dict[str, Any]]:
    query = {"type": "org.keycloak.keys.KeyProvider"}
    return [
        c for c in stack.realm.call("GET", "components", params=query) if c["providerId"] == "rsa-generated"
    ]


def rotate_realm_key(stack: Stack) -> None:
    """A new signing key, and the old ones disabled at once: the hardest case."""
    before, old = signing_kid(stack), rsa_keys(stack)
    stack.realm.call(
        "POST",
        "components",
        {
            "name": "rotated",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": {"priority": ["500"], "enabled": ["true"], "active": ["true"]},
        },
    )
    for component in old:
        config = component["config"] | {"enabled": ["false"], "active": ["false"]}
        stack.realm.call("PUT", f"components/{component['id']}", component | {"config": config})
    assert signing_kid(stack) != before


def test_the_realms_key_changes_in_mid_wizard(stack: Stack) -> None:
    """Scenario 15: the bridge's token was signed by a key that is no more: it gets another and goes on."""
    person = stack.person()
    walker = Walker()
    page = to_charter(walker, stack.mail_link(person))

    rotate_realm_key(stack)
    page = walker.send(page, accept="y")

    assert page.title == PASSWORD
    assert choose(walker, page).title == FINISHED
    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)


def test_the_realms_key_changes_before_a_handoff(stack: Stack) -> None:
    """Scenario 15: a handoff signed by a key never seen: fetched once, then believed."""
    activate(stack, Walker(), stack.mail_link(stack.person()))  # the present key is known by now
    walker = Walker()
    button = walker.get(stack.mail_link(stack.person()))
    rotate_realm_key(stack)

    page = walker.send(button, stop=is_handoff)
    assert kid_of(page.location) == signing_kid(stack)
    page = walker.get(page.location)

    assert page.title == CHARTER


def test_a_client_key_changes_in_mid_wizard(stack: Stack) -> None:
    """Scenario 15: ``kcb keys rotate`` twice, so that the key the wizard began with is gone altogether."""
    person = stack.person()
    walker = Walker()
    page = to_charter(walker, stack.mail_link(person))
    settings = stack.realm.settings
    first = load_signing_key(settings.keys_dir, WEB).kid

    for _ in range(2):
        rotate_key(settings, WEB, stack.realm.setup_admin, lambda _line: None)
    assert first not in {key.kid for key in signing_keys(settings.keys_dir, WEB)}
    stack.services.backchannel.credentials.forget()  # the token of the old key lives for a minute more
    page = walker.send(page, accept="y")

    assert page.title == PASSWORD
    assert choose(walker, page).title == FINISHED


def test_a_process_that_still_signs_with_the_key_before_goes_on(stack: Stack) -> None:
    """Scenario 15: after one rotation, and after ``kcb setup`` besides, the former key is accepted still."""
    walker = Walker()
    page = to_charter(walker, stack.mail_link(stack.person()))
    settings = stack.realm.settings

    rotate_key(settings, WEB, stack.realm.setup_admin, lambda _line: None)
    stack.realm.setup()
    newest = key_files(settings.keys_dir, WEB)[0]
    hidden = newest.rename(newest.with_suffix(".hidden"))
    try:
        stack.services.backchannel.credentials.forget()
        page = walker.send(page, accept="y")
    finally:
        hidden.rename(newest)

    assert page.title == PASSWORD
