"""``prompt=none``: an application asks who is here without showing anything, and learns when something must be shown."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tests.support.activation import CHARTER, is_handoff, pending
from tests.support.entrances import active_person, assign, begin, walk
from tests.support.stack import Stack
from tests.support.walker import Walker


def ask_silently(stack: Stack, walker: Walker, **more: str) -> dict[str, str]:
    """What Keycloak answers the application (OIDC Core 3.1.2.6); fails when it shows anything."""
    back = f"{stack.ent_url}/retour"
    question = {
        "client_id": "ent-demo",
        "redirect_uri": back,
        "response_type": "code",
        "scope": "openid",
        "prompt": "none",
        "state": secrets.token_hex(8),
        "code_challenge": create_s256_code_challenge("v" * 64),
        "code_challenge_method": "S256",
    }
    address = f"{stack.realm.settings.issuer}/protocol/openid-connect/auth"
    url = requests.Request("GET", address, params=question | more).prepare().url or ""
    page = walker.get(url, stop=lambda target: target.startswith(back))
    assert page.location.startswith(back), page
    answer = {name: values[0] for name, values in parse_qs(urlsplit(page.location).query).items()}
    assert answer.pop("state") == question["state"]
    return answer


@pytest.mark.parametrize("actions", [("kcb-charter",), ("kcb-charter", "kcb-new-password")], ids=" ".join)
def test_something_to_do_is_told_and_not_shown(stack: Stack, actions: tuple[str, ...]) -> None:
    person, walker = active_person(stack), Walker()
    assert begin(stack, walker, person).url.startswith(stack.ent_url)
    assert "code" in ask_silently(stack, walker), "nothing to do: the application gets its code"
    assign(stack, person.keycloak_id, *actions)

    answer = ask_silently(stack, walker)

    assert answer["error"] == "interaction_required"
    assert "code" not in answer
    assert not any(is_handoff(address) for address in walker.trail)
    assert pending(stack, person) == sorted(actions)

    page = walker.get(f"{stack.ent_url}/connexion")  # what an application does then
    assert page.title == CHARTER
    assert walk(stack, walker, page).url.startswith(stack.ent_url)
    assert "code" in ask_silently(stack, walker)


def test_a_step_asked_for_silently_is_not_shown_either(stack: Stack) -> None:
    person, walker = active_person(stack), Walker()
    begin(stack, walker, person)

    answer = ask_silently(stack, walker, kc_action="kcb-charter")

    assert "code" not in answer
    assert answer["error"] == "interaction_required"


def test_nobody_is_here(stack: Stack) -> None:
    assert ask_silently(stack, Walker())["error"] == "login_required"


def test_somebody_in_the_middle_of_the_wizard_is_nobody_yet(stack: Stack) -> None:
    """Scenario 15: a login that waits for us answers no application."""
    person, walker = active_person(stack), Walker()
    assign(stack, person.keycloak_id, "kcb-charter")
    page = begin(stack, walker, person)

    assert ask_silently(stack, walker)["error"] == "login_required"

    assert walker.send(page, accept="y").url.startswith(stack.ent_url), "asking has disturbed nothing"
