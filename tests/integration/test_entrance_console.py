"""Steps an administrator assigns to one user in Keycloak's console, or asks for by Keycloak's own mail."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from kc_bridge.store.models import AuditEntry, Person
from tests.support.activation import (
    CHARTER,
    PASSWORD,
    activations,
    choose,
    keycloak_state,
    logs_in,
    pending,
    sessions,
)
from tests.support.entrances import KNOWN, active_person, assign, begin, walk
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker


def done(stack: Stack, person: Person) -> list[list[str]]:
    """Steps done outside an activation, a list for each time."""
    wanted = AuditEntry.person_id == person.id, AuditEntry.action == "steps.done"
    with stack.services.sessions() as db:
        return [entry.details["steps"] for entry in db.scalars(select(AuditEntry).where(*wanted))]


def test_one_step_at_the_next_login(stack: Stack) -> None:
    person, walker = active_person(stack), Walker()
    assign(stack, person.keycloak_id, "kcb-charter")

    page = begin(stack, walker, person)

    assert page.title == CHARTER
    assert "Annuler" not in page.text, "what an administrator requires cannot be given up"
    page = walker.send(page, accept="y")
    assert page.url.startswith(stack.ent_url), page
    assert pending(stack, person) == []
    assert done(stack, person) == [["charter"]]
    assert activations(stack, person) == 0, "an account that works is not activated again"


def test_somebody_logged_in_is_asked_when_an_application_asks_who_they_are(stack: Stack) -> None:
    person, walker = active_person(stack), Walker()
    assert begin(stack, walker, person).url.startswith(stack.ent_url)
    assign(stack, person.keycloak_id, "kcb-charter")

    page = walker.get(f"{stack.ent_url}/connexion")

    assert page.title == CHARTER
    assert walker.send(page, accept="y").url.startswith(stack.ent_url)
    assert sessions(stack, person) == 1


@pytest.mark.parametrize(
    "order", [("kcb-charter", "kcb-new-password"), ("kcb-new-password", "kcb-charter")], ids=" ".join
)
def test_two_steps_in_the_order_of_the_journey(stack: Stack, order: tuple[str, str]) -> None:
    """The console has no order of its own: the journey's counts, and each step is kept when it is done."""
    person, walker = active_person(stack), Walker()
    assign(stack, person.keycloak_id, *order)

    page = begin(stack, walker, person)
    assert (page.title, "Étape 1 sur 2" in page.text) == (CHARTER, True)
    page = walker.send(page, accept="y")
    assert (page.title, "Étape 2 sur 2" in page.text) == (PASSWORD, True)
    assert pending(stack, person) == ["kcb-new-password"]

    assert choose(walker, page).url.startswith(stack.ent_url)
    assert pending(stack, person) == []
    assert done(stack, person) == [["charter", "new_password"]]
    assert logs_in(stack, person, GOOD_PASSWORD)
    assert not logs_in(stack, person, KNOWN)


def test_a_step_assigned_in_mid_wizard_comes_too(stack: Stack) -> None:
    person, walker = active_person(stack), Walker()
    assign(stack, person.keycloak_id, "kcb-charter")
    page = begin(stack, walker, person)
    assign(stack, person.keycloak_id, "kcb-new-password")

    page = walker.send(page, accept="y")

    assert page.title == PASSWORD
    assert choose(walker, page).url.startswith(stack.ent_url)
    assert pending(stack, person) == []


def test_a_step_taken_away_in_mid_wizard_ends_that_login(stack: Stack) -> None:
    """Scenario 14: done by another hand, it lets this login pass no more than any other way round would."""
    person, walker = active_person(stack), Walker()
    assign(stack, person.keycloak_id, "kcb-charter")
    page = begin(stack, walker, person)
    stack.realm.call("PUT", f"users/{person.keycloak_id}", stack.user(person) | {"requiredActions": []})

    assert walker.send(page, accept="y").status == 410

    assert sessions(stack, person) == 0
    assert begin(stack, walker, person).url.startswith(stack.ent_url), "logging in anew asks for nothing"


def test_left_and_logged_in_again_elsewhere(stack: Stack) -> None:
    """Scenario 14: what was not done stays pending, however often the login is begun."""
    person = active_person(stack)
    assign(stack, person.keycloak_id, "kcb-charter", "kcb-new-password")
    for _ in range(2):
        assert begin(stack, Walker(), person).title == CHARTER
    assert pending(stack, person) == ["kcb-charter", "kcb-new-password"]
    assert sessions(stack, person) == 0


def keycloaks_mail(stack: Stack, person: Person, *actions: str) -> str:
    """Has Keycloak send its own mail « update your account » by the console's button; the link in it."""
    smtp: dict[str, Any] = {"host": "127.0.0.1", "port": str(stack.realm.settings.smtp.port)}
    realm = {"realm": stack.realm.name, "smtpServer": smtp | {"from": "sso@univ-demo.fr"}}
    stack.realm.call("PUT", "", realm)
    path = f"users/{person.keycloak_id}/execute-actions-email"
    stack.realm.call("PUT", path, list(actions), params={"client_id": "ent-demo", "lifespan": 600})
    mail = next(stack.mails.newest_first(person.mail))
    return next(link for link in mail.links if "/action-token" in link)


def test_keycloaks_own_mail_asks_for_a_step(stack: Stack) -> None:
    person, walker = active_person(stack), Walker()

    page = walker.get(keycloaks_mail(stack, person, "kcb-charter"))
    assert person.keycloak_id not in page.text
    link = re.search(r'href="([^"]*action-token[^"]*)"', page.response.text)
    assert link, page.text
    page = walker.get(link[1].replace("&amp;", "&"))

    assert page.title == CHARTER
    page = walker.send(page, accept="y")
    assert page.status == 200, page
    assert pending(stack, person) == []
    assert done(stack, person) == [["charter"]]
    assert sessions(stack, person) == 0, "a mail alone logs nobody in"


def test_keycloaks_own_mail_for_two_steps_is_spent_by_the_first_to_finish(stack: Stack) -> None:
    """Scenarios 4 and 6: two browsers past one link."""
    person = active_person(stack)
    mailed = keycloaks_mail(stack, person, "kcb-charter", "kcb-new-password")
    pages = []
    for walker in (first := Walker(), second := Walker()):
        page = walker.get(mailed)
        link = re.search(r'href="([^"]*action-token[^"]*)"', page.response.text)
        assert link, page.text
        pages.append(walker.get(link[1].replace("&amp;", "&")))
    walk(stack, first, pages[0])
    assert logs_in(stack, person, GOOD_PASSWORD)
    before = keycloak_state(stack, person)

    late = second.send(pages[1], accept="y")

    assert late.status >= 400, late
    assert keycloak_state(stack, person) == before
