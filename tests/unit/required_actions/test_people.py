"""People only Keycloak knows: kept at their first handoff, as it names them now, and never activated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select

from kc_bridge.store.models import AuditEntry, Person
from tests.support.bridge import FakeRealm, make_person, services_of
from tests.support.visitor import Visitor

ASKED = {"act": "kcb-charter", "acts": ["kcb-charter"]}
REFUSED = "est pas géré ici"


def stored(app: Flask, user_id: str) -> Person | None:
    with services_of(app).sessions() as db:
        return db.scalar(select(Person).where(Person.keycloak_id == user_id))


def people(app: Flask) -> int:
    with services_of(app).sessions() as db:
        return db.scalar(select(func.count()).select_from(Person)) or 0


def test_the_steps_asked_for_and_no_activation(app: Flask, realm: FakeRealm) -> None:
    user_id = realm.stranger()
    visitor = Visitor(app)

    page = visitor.enter(realm, sub=user_id, **ASKED)

    assert page.request.path == "/activation/charter"
    assert realm.strangers[user_id]["username"] in page.text
    answer = visitor.post("/activation/charter", {"accept": "y"})
    assert answer.location == "/activation/leave"
    person = stored(app, user_id)
    assert person is not None
    assert (person.key, person.uid) == (f"keycloak:{user_id}", f"keycloak:{user_id}")
    assert (person.display_name, person.account_end) == ("Alix Roy", None)
    with services_of(app).sessions() as db:
        actions = db.scalars(select(AuditEntry.action).where(AuditEntry.person_id == person.id)).all()
    assert actions == ["steps.done"]


def test_again_finds_the_same_person_under_the_present_name(app: Flask, realm: FakeRealm) -> None:
    user_id = realm.stranger()
    Visitor(app).enter(realm, sub=user_id, **ASKED)
    first = stored(app, user_id)
    realm.strangers[user_id] |= {"username": "alix.durand", "email": "a@durand.example", "lastName": "Durand"}

    page = Visitor(app).enter(realm, sub=user_id, **ASKED)

    assert "alix.durand" in page.text
    second = stored(app, user_id)
    assert first is not None
    assert second is not None
    assert second.id == first.id
    assert (second.login, second.mail, second.last_name) == ("alix.durand", "a@durand.example", "Durand")
    assert people(app) == 1


def test_two_tabs_at_once(app: Flask, realm: FakeRealm) -> None:
    user_id = realm.stranger()
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: Visitor(app).enter(realm, sub=user_id, **ASKED).status_code, range(8))
        )
    assert answers == [200] * 8
    assert people(app) == 1


def test_without_mail_and_without_name(app: Flask, realm: FakeRealm) -> None:
    users = [realm.stranger(email=None, firstName=None, lastName=None) for _ in range(2)]
    for user_id in users:
        assert Visitor(app).enter(realm, sub=user_id, **ASKED).status_code == 200
        person = stored(app, user_id)
        assert person is not None
        assert person.display_name == realm.strangers[user_id]["username"]
        assert "@" not in person.mail


@pytest.mark.parametrize("column", ["login", "mail"])
def test_a_name_or_mail_of_somebody_known_is_a_dead_end(app: Flask, realm: FakeRealm, column: str) -> None:
    known = make_person(app)
    field = {"login": {"username": known.login}, "mail": {"email": known.mail}}[column]
    user_id = realm.stranger(**field)

    page = Visitor(app).enter(realm, sub=user_id, **ASKED)

    assert page.status_code == 403
    assert REFUSED in page.text
    assert stored(app, user_id) is None


def test_taking_a_known_name_later_is_a_dead_end_too(app: Flask, realm: FakeRealm) -> None:
    known, user_id = make_person(app), realm.stranger()
    Visitor(app).enter(realm, sub=user_id, **ASKED)
    before = stored(app, user_id)
    realm.strangers[user_id] |= {"username": known.login}

    assert Visitor(app).enter(realm, sub=user_id, **ASKED).status_code == 403

    after = stored(app, user_id)
    assert before is not None
    assert after is not None
    assert after.login == before.login


@pytest.mark.parametrize(
    "why", ["administrator", "marked as ours", "somebody else's ticket", "lives in a directory"]
)
def test_who_is_not_served(app: Flask, realm: FakeRealm, why: str) -> None:
    user_id = realm.stranger()
    match why:
        case "administrator":
            del realm.strangers[user_id]
        case "marked as ours":
            realm.strangers[user_id]["owned"] = True
        case "somebody else's ticket":
            realm.strangers[user_id]["userId"] = "somebody-else"
        case _:
            far = f"f:{user_id}:alix"
            realm.strangers[far] = realm.strangers.pop(user_id) | {"userId": far}
            user_id = far

    page = Visitor(app).enter(realm, sub=user_id, **ASKED)

    assert page.status_code == 403
    assert REFUSED in page.text
    assert people(app) == 0


def test_an_administrator_made_since_is_refused(app: Flask, realm: FakeRealm) -> None:
    user_id = realm.stranger()
    assert Visitor(app).enter(realm, sub=user_id, **ASKED).status_code == 200
    del realm.strangers[user_id]
    assert Visitor(app).enter(realm, sub=user_id, **ASKED).status_code == 403
