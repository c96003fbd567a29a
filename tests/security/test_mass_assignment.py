"""16. Keycloak writes allow-listed attributes only; extra fields of forms and extra claims are ignored."""

from __future__ import annotations

from flask import Flask

from tests.support.activation import FINISHED, choose, handoff_claims, to_charter, to_password
from tests.support.bridge import FakeRealm, make_person
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.visitor import Visitor
from tests.support.walker import Walker

EXTRA = {
    "email": "evil@evil.test",
    "username": "admin",
    "uid": "admin",
    "kcbKey": "f" * 64,
    "kcbCharter": "forged",
    "attributes": '{"uid": ["admin"]}',
    "attributes.uid": "admin",
    "attributes[uid]": "admin",
    "done": "kcb-new-password",
    "person_id": "1",
    "ticket": "t",
    "accountEnd": "2099-12-31",
    "enabled": "true",
    "requiredActions": "",
    "eduPersonAffiliation": "employee",
}


def test_extra_fields_reach_neither_keycloak_nor_the_database(stack: Stack) -> None:
    person, walker = stack.person(), Walker()
    before, known = stack.user(person), stack.reread(person)
    page = to_charter(walker, stack.mail_link(person))
    form = page.form("accept")
    form.values |= EXTRA
    page = walker.send(page, accept="y")
    page.form("password").values |= EXTRA
    assert choose(walker, page).title == FINISHED

    after = stack.user(person)
    assert after["attributes"].pop("kcbCharter")[0] != "forged"
    assert after["attributes"].pop("locale") == ["fr"]  # Keycloak's own note of the page's language
    assert after["attributes"] == before["attributes"]
    for name in ("username", "email", "firstName", "lastName", "enabled", "emailVerified"):
        assert after[name] == before[name], name
    now = stack.reread(person)
    for name in ("key", "uid", "login", "mail", "personal_mail", "account_end", "population", "keycloak_id"):
        assert getattr(now, name) == getattr(known, name), name


def test_attributes_outside_the_list_are_named_and_ignored(stack: Stack) -> None:
    """Were the bridge itself taken over, its back channel would still not write what a step may not."""
    person, walker = stack.person(), Walker()
    to_password(walker, stack.mail_link(person))
    before = stack.user(person)["attributes"]
    ticket = handoff_claims(walker)["ticket"]
    body = {
        "done": ["kcb-new-password"],
        "password": GOOD_PASSWORD,
        # Another step's, which this login was not asked for; the charter's own could be corrected.
        "attributes": {name: ["evil"] for name in EXTRA if name != "kcbCharter"}
        | {"supannMailPrive": ["{SECOURS}evil@evil.test"]},
        "email": "evil@evil.test",
        "enabled": False,
    }
    answer = stack.services.backchannel._call("POST", f"tickets/{ticket}/complete", body, repeat=False)

    assert set(answer["ignored"]) == set(body["attributes"])
    after = stack.user(person)
    assert after["attributes"] == before
    assert (after["email"], after["enabled"]) == (person.mail, True)


def test_extra_claims_change_nothing(app: Flask, realm: FakeRealm) -> None:
    person, other = make_person(app), make_person(app)
    visitor = Visitor(app)
    page = visitor.enter(
        realm,
        person,
        person_id=other.id,
        journey="actions",
        login=other.login,
        admin=True,
        attributes={"uid": ["admin"]},
        journey_id="forged",
        link_id="forged",
        opening="forged",
    )
    assert page.status_code == 200
    assert person.login in page.get_data(as_text=True)
    visitor.finish()
    assert [body["done"] for body in realm.completed] == [
        ["kcb-charter"],
        ["kcb-charter", "kcb-new-password"],
        [],
    ]
    assert {name for body in realm.completed for name in body["attributes"]} == {"kcbCharter"}
