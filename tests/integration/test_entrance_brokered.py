"""People of another identity provider: known to Keycloak, not to the bridge, and asked for steps all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from kc_bridge.store.models import AuditEntry, Person
from tests.support.activation import CHARTER, PASSWORD, activations, choose, is_handoff, pending
from tests.support.brokered import IdentityProvider
from tests.support.entrances import ask_for, assert_effect, assign, logs_in_as, told, walk
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker

REFUSED = "Ce compte n'est pas géré ici"


@pytest.fixture(scope="module")
def partner(shared_stack: Stack) -> Iterator[IdentityProvider]:
    partner = IdentityProvider.trusted_by(shared_stack)
    yield partner
    partner.delete()


def known(stack: Stack, user_id: str) -> Person | None:
    with stack.services.sessions() as db:
        return db.scalar(select(Person).where(Person.keycloak_id == user_id))


def test_a_first_login_asks_for_nothing_and_leaves_nothing_here(
    stack: Stack, partner: IdentityProvider
) -> None:
    username, walker = partner.add(), Walker()

    page = partner.enter(walker, username)

    assert page.url.startswith(stack.ent_url), page
    assert "Alix" in page.text
    user = partner.user_here(username)
    assert "kcbKey" not in user.get("attributes", {})
    assert known(stack, user["id"]) is None
    assert not any(is_handoff(address) for address in walker.trail)


def test_a_step_the_application_asks_for(stack: Stack, partner: IdentityProvider) -> None:
    username, walker = partner.add(), Walker()
    partner.enter(walker, username)

    page = ask_for(stack, walker, "kcb-charter")
    assert page.title == CHARTER
    assert username in page.text
    page = walk(stack, walker, page)

    assert page.url.startswith(stack.ent_url)
    assert told(stack, walker)["kc_action_status"] == "success"
    user = partner.user_here(username)
    assert_effect(stack, user["id"], "kcb-charter")
    assert set(user["attributes"]) == {"kcbCharter"}, "nothing else was written, least of all a mark of ours"
    person = known(stack, user["id"])
    assert person is not None
    with stack.services.sessions() as db:
        actions = db.scalars(select(AuditEntry.action).where(AuditEntry.person_id == person.id)).all()
    assert actions == ["steps.done"]
    assert activations(stack, person) == 0


def test_a_step_given_up(stack: Stack, partner: IdentityProvider) -> None:
    username, walker = partner.add(), Walker()
    partner.enter(walker, username)
    page = ask_for(stack, walker, "kcb-charter")
    token = page.form("csrf_token").values["csrf_token"]

    page = walker.post(f"{stack.url}/activation/cancel", csrf_token=token)

    assert page.url.startswith(stack.ent_url)
    assert told(stack, walker)["kc_action_status"] == "cancelled"


def test_steps_an_administrator_assigned(stack: Stack, partner: IdentityProvider) -> None:
    username = partner.add()
    partner.enter(Walker(), username)
    user_id = partner.user_here(username)["id"]
    assign(stack, user_id, "kcb-new-password", "kcb-charter")

    walker = Walker()
    page = partner.enter(walker, username)

    assert page.title == CHARTER
    page = walker.send(page, accept="y")
    assert page.title == PASSWORD
    assert choose(walker, page).url.startswith(stack.ent_url)
    assert partner.user_here(username)["requiredActions"] == []


def test_a_password_of_their_own(stack: Stack, partner: IdentityProvider) -> None:
    """Keycloak can write one for them: from then on they may log in without the partner."""
    username, walker = partner.add(), Walker()
    partner.enter(walker, username)
    user_id = partner.user_here(username)["id"]
    assert not logs_in_as(stack, user_id, username, GOOD_PASSWORD)

    page = walk(stack, walker, ask_for(stack, walker, "kcb-new-password"))

    assert page.url.startswith(stack.ent_url)
    assert logs_in_as(stack, user_id, username, GOOD_PASSWORD)
    assert partner.enter(Walker(), username).url.startswith(stack.ent_url), "the partner's way stays open"


def test_somebody_renamed_by_the_partner(stack: Stack, partner: IdentityProvider) -> None:
    username, walker = partner.add(), Walker()
    partner.enter(walker, username)
    user = partner.user_here(username)
    walk(stack, walker, ask_for(stack, walker, "kcb-charter"))
    stack.realm.call("PUT", f"users/{user['id']}", partner.user_here(username) | {"lastName": "Durand"})

    ask_for(stack, walker, "kcb-charter")

    person = known(stack, user["id"])
    assert person is not None
    assert person.display_name == "Alix Durand"


def test_somebody_enrolled_who_logs_in_by_the_partner(stack: Stack, partner: IdentityProvider) -> None:
    """Linked to an account the bridge owns: their journey, to its end, and an activation."""
    person, walker = stack.person(), Walker()
    partner.link(username := partner.add(), person)

    page = partner.enter(walker, username)

    assert page.title == CHARTER
    assert person.login in page.text
    assert walk(stack, walker, page).url.startswith(stack.ent_url)
    assert activations(stack, person) == 1
    assert pending(stack, person) == []
    assert logs_in_as(stack, person.keycloak_id, person.login, GOOD_PASSWORD)


def test_an_administrator_is_not_served(stack: Stack, partner: IdentityProvider) -> None:
    """Scenarios 15 and 37: refused by Keycloak's part and by ours."""
    username, walker = partner.add(), Walker()
    partner.enter(walker, username)
    user_id = partner.user_here(username)["id"]
    management = stack.realm.client_id("realm-management")
    role = stack.realm.call("GET", f"clients/{management}/roles/view-users")
    stack.realm.call("POST", f"users/{user_id}/role-mappings/clients/{management}", [role])

    page = ask_for(stack, walker, "kcb-charter")
    assert page.url.startswith(stack.ent_url)
    assert told(stack, walker)["kc_action_status"] == "error"

    assign(stack, user_id, "kcb-charter")
    page = partner.enter(Walker(), username)
    assert (page.status, page.title) == (403, REFUSED)
    assert known(stack, user_id) is None
    assert partner.user_here(username)["requiredActions"] == ["kcb-charter"]


def test_somebody_whose_mail_is_that_of_a_person_here(stack: Stack, partner: IdentityProvider) -> None:
    """Two accounts of one mail: the bridge serves the one it knows, and says so to the other."""
    username, walker = partner.add(), Walker()
    partner.enter(walker, username)
    person, user = stack.person(), partner.user_here(username)
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).mail = user["email"]

    page = ask_for(stack, walker, "kcb-charter")

    assert (page.status, page.title) == (403, REFUSED)
    assert known(stack, user["id"]) is None
