"""Users whose password Keycloak cannot write: choosing one does not exist for them.

The federation here is Kerberos', the one that needs no server to know its people; a directory has tests of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import ENT, GOOD, LANDING, PROVISIONAL, JarRealm

NEW_PASSWORD, CHARTER = "kcb-new-password", "kcb-charter"


@pytest.fixture
def federation(jar: JarRealm) -> Iterator[dict[str, Any]]:
    """A read-only federation; the document can be changed by :func:`change`."""
    config = {"kerberosRealm": ["UNIV.TEST"], "serverPrincipal": ["HTTP/x@UNIV.TEST"], "keyTab": ["/none"]}
    config |= {"editMode": ["READ_ONLY"], "allowPasswordAuthentication": ["true"], "enabled": ["true"]}
    component: dict[str, Any] = {
        "name": f"kerberos-{uuid.uuid4().hex[:6]}",
        "providerId": "kerberos",
        "providerType": "org.keycloak.storage.UserStorageProvider",
        "config": config,
    }
    component["id"] = jar.call("POST", "components", component)
    yield component
    jar.call("DELETE", f"components/{component['id']}")


def change(jar: JarRealm, federation: dict[str, Any], **config: str) -> None:
    federation["config"] |= {name: [value] for name, value in config.items()}
    jar.call("PUT", f"components/{federation['id']}", federation)


def federated(jar: JarRealm, federation: dict[str, Any], *actions: str) -> str:
    """A user of ours who came from the federation; answers Keycloak's id."""
    name = f"u{uuid.uuid4().hex[:10]}"
    user = {
        "username": name,
        "enabled": True,
        "email": f"{name}@univ-demo.fr",
        "firstName": "Camille",
        "lastName": "O'Connor",
        "federationLink": federation["id"],
        "requiredActions": list(actions),
        "attributes": {"kcbKey": ["k"], "KERBEROS_PRINCIPAL": [f"{name}@UNIV.TEST"]},
    }
    # Switched on, it would be asked for every name Keycloak does not know yet, and there is no server to answer.
    change(jar, federation, enabled="false")
    answer = jar.call("POST", "partialImport", {"ifResourceExists": "FAIL", "users": [user]})
    change(jar, federation, enabled="true")
    return str(answer["results"][0]["id"])


def open_link(jar: JarRealm, user_id: str, browser: Browser) -> Any:
    return browser.open_link(jar.web.mint(user_id, [CHARTER]).json()["url"])


def test_step_does_not_exist(jar: JarRealm, federation: dict[str, Any]) -> None:
    user_id, browser = federated(jar, federation, CHARTER, NEW_PASSWORD), Browser(jar)
    unknown = jar.web.mint(user_id, [NEW_PASSWORD])
    assert (unknown.status_code, unknown.json()) == (
        422,
        {"error": "unknown_action", "actions": [NEW_PASSWORD]},
    )

    handoff = open_link(jar, user_id, browser)
    assert handoff.claims["acts"] == [CHARTER]
    assert jar.web.call("GET", f"tickets/{handoff.ticket}").json()["passwordWritable"] is False
    refused = jar.web.complete(handoff.ticket, [NEW_PASSWORD], password=GOOD)
    assert (refused.status_code, refused.json()) == (422, {"error": "not_pending", "actions": [NEW_PASSWORD]})

    answer = jar.web.complete(handoff.ticket, [CHARTER]).json()
    assert answer["pending"] == []
    landed(browser.back(handoff, answer["proof"]), LANDING)

    asked = landed(browser.authorize(kc_action=NEW_PASSWORD), ENT)
    assert (asked["kc_action"], asked["kc_action_status"]) == (NEW_PASSWORD, "error")
    assert "code" in asked


def test_keycloaks_own_step_stays_and_says_why(jar: JarRealm, federation: dict[str, Any]) -> None:
    jar.configure(NEW_PASSWORD, replace_update_password="true")
    try:
        user_id, browser = federated(jar, federation, "UPDATE_PASSWORD"), Browser(jar)
        page = browser.get(jar.web.mint(user_id, [CHARTER]).json()["url"])
        page = browser.submit(page, **{"password-new": GOOD, "password-confirm": GOOD})
    finally:
        jar.configure(NEW_PASSWORD, replace_update_password="false")
    assert "Change password with your Kerberos server" in page.text
    assert jar.pending(user_id) == ["UPDATE_PASSWORD"]


@pytest.mark.parametrize(
    "config",
    [{"editMode": "UNSYNCED"}, {"allowPasswordAuthentication": "false"}],
    ids=["unsynced", "tickets"],
)
def test_federation_that_leaves_passwords_to_keycloak(
    jar: JarRealm, federation: dict[str, Any], config: dict[str, str]
) -> None:
    change(jar, federation, **config)
    user_id, browser = federated(jar, federation, CHARTER, NEW_PASSWORD), Browser(jar)
    handoff = open_link(jar, user_id, browser)
    assert handoff.claims["acts"] == [CHARTER, NEW_PASSWORD]
    assert jar.web.call("GET", f"tickets/{handoff.ticket}").json()["passwordWritable"] is True
    answer = jar.web.complete(handoff.ticket, [CHARTER, NEW_PASSWORD], password=GOOD).json()
    landed(browser.back(handoff, answer["proof"]), LANDING)
    credentials = jar.call("GET", f"users/{user_id}/credentials")
    assert [c["type"] for c in credentials] == ["password"]


def test_federation_that_turns_read_only_in_the_middle(jar: JarRealm, federation: dict[str, Any]) -> None:
    change(jar, federation, editMode="UNSYNCED")
    user_id = federated(jar, federation, CHARTER, NEW_PASSWORD)
    ticket = open_link(jar, user_id, Browser(jar)).ticket
    change(jar, federation, editMode="READ_ONLY")
    refused = jar.web.complete(ticket, [CHARTER, NEW_PASSWORD], password=GOOD)
    assert refused.json() == {"error": "not_pending", "actions": [NEW_PASSWORD]}
    assert jar.pending(user_id) == [CHARTER, NEW_PASSWORD]


def test_local_users_can_always(jar: JarRealm) -> None:
    ticket = Browser(jar).enter(jar.user(actions=[CHARTER])["username"], PROVISIONAL).ticket
    assert jar.web.call("GET", f"tickets/{ticket}").json()["passwordWritable"] is True
