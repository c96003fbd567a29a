"""The step « mail de secours »: what it shows, refuses, tells Keycloak and keeps."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from kc_bridge.store.models import Person
from required_actions.links import issue
from tests.support.addresses import (
    ADDRESS,
    Giver,
    Postman,
    active,
    checks,
    complete_with,
    go_in,
    press,
    value_of,
    words,
)
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import COMPLETE
from tests.support.visitor import Visitor

UNVERIFIED = "[steps.backup_mail]\nverify = false\nrefused_domains = ['chu.exemple.fr']"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=COMPLETE)


def mailed_link(app: Flask, person: Person, address: str) -> str:
    """A link of the activation as the outbox makes it, sent to that address."""
    kcb = services_of(app)
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        known = db.get_one(Person, person.id)
        return f"/l/{issue(db, known, 'activation', now + timedelta(hours=1), now, sent_to=address).token}"


def test_the_page(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app)
    page = Giver(app, realm, person).page
    html = page.get_data(as_text=True)
    assert "<h1>Mail de secours</h1>" in html
    assert value_of(page, "backup_mail") == person.personal_mail
    for attribute in ('type="email"', 'autocomplete="email"', 'inputmode="email"'):
        assert attribute in html
    assert "Durée de conservation" in words(page)


def test_every_refusal_keeps_what_was_typed(app: Flask, realm: FakeRealm) -> None:
    giver = Giver(app, realm, make_person(app))
    for typed, reason in (
        ("", "Saisissez une adresse mail."),
        ("camille", "adresse mail complète"),
        ("camille@etu.univ-demo.fr", "hors de l'université"),
        ("camille@UNIV-DEMO.fr", "hors de l'université"),
        ("camille@labo.univ-demo.fr", "hors de l'université"),
        ("camille@ｕniv-demo.fr", "hors de l'université"),
        ("camille@univ-demo.fr.", "adresse mail complète"),
    ):
        page = giver.give(typed)
        assert page.status_code == 422, typed
        assert reason in words(page), typed
        assert (value_of(page, "backup_mail") or "") == typed
    assert checks(app) == []
    assert realm.completed == []


def test_an_address_waits_for_its_owner(app: Flask, realm: FakeRealm) -> None:
    person, postman = make_person(app), Postman(app)
    giver = Giver(app, realm, person)
    giver.give(" Camille@Perso.Example ")
    assert giver.waits
    assert realm.completed == []
    assert giver.reread().personal_mail == person.personal_mail
    press(giver.visitor, postman.link())
    giver.get()
    assert "Charte informatique" in words(giver.page)
    giver.send("/activation/charter", accept="y")
    assert giver.told["done"] == ["kcb-backup-mail", "kcb-charter"]
    assert giver.told["attributes"]["supannMailPrive"] == ["{SECOURS}Camille@perso.example"]
    assert giver.told["details"]["kcb-backup-mail"] == {"verified": "mail"}
    assert giver.reread().personal_mail == "Camille@perso.example"


def test_who_came_by_a_link_to_this_address_is_sent_none(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app, personal_mail="Camille.Roy@Perso.Example")
    visitor = Visitor(app)
    asked = press(visitor, mailed_link(app, person, "Camille.Roy@Perso.Example"))
    page = go_in(
        app, realm, visitor, asked, person, act="kcb-backup-mail", acts=["kcb-backup-mail", "kcb-charter"]
    )
    assert "Si vous en donnez une autre" in words(page)
    answer = visitor.post("/activation/backup-mail", {"backup_mail": "Camille.Roy@perso.example"})
    assert answer.location == "/activation/charter"
    assert Postman(app).round() == []
    assert realm.completed[-1]["details"] == {"kcb-backup-mail": {"verified": "link"}}

    # Any other address waits, were it only a capital letter away.
    again = visitor.post("/activation/backup-mail", {"backup_mail": "camille.roy@perso.example"})
    assert again.location == "/activation/backup-mail"
    assert len(Postman(app).round()) == 1


def test_a_link_to_another_address_proves_nothing_of_this_one(app: Flask, realm: FakeRealm) -> None:
    person, visitor = make_person(app), Visitor(app)
    asked = press(visitor, mailed_link(app, person, "autre@perso.example"))
    go_in(app, realm, visitor, asked, person, act="kcb-backup-mail", acts=["kcb-backup-mail", "kcb-charter"])
    answer = visitor.post("/activation/backup-mail", {"backup_mail": ADDRESS})
    assert answer.location == "/activation/backup-mail"
    assert realm.completed == []


class TestWithOptions:
    @pytest.fixture
    def app(self, tmp_path: Path, clock: FixedClock) -> Flask:
        return make_app(tmp_path, clock, profile=complete_with(tmp_path, UNVERIFIED))

    def test_no_mail_where_none_is_wanted(self, app: Flask, realm: FakeRealm) -> None:
        giver = Giver(app, realm, make_person(app))
        assert "Un mail y sera envoyé" not in words(giver.page)
        giver.give()
        assert "Charte informatique" in words(giver.page)
        assert Postman(app).round() == []
        assert giver.told["details"] == {"kcb-backup-mail": {"verified": "no"}}
        assert giver.reread().personal_mail == ADDRESS

    def test_domains_a_university_refuses_besides(self, app: Flask, realm: FakeRealm) -> None:
        giver = Giver(app, realm, make_person(app))
        page = giver.give("camille@pneumo.CHU.exemple.fr")
        assert page.status_code == 422
        assert "ne sont pas acceptées ici" in words(page)
        assert giver.give("camille@exemple.fr").status_code == 200


def test_alone_for_an_active_account(app: Flask, realm: FakeRealm) -> None:
    """Nothing of the account changes before Keycloak knows it; then whatever else was begun is over."""
    person, postman = active(app), Postman(app)
    giver = Giver(app, realm, person, "kcb-backup-mail", aia=True)
    giver.give()
    press(Visitor(app), postman.link())
    before = giver.reread()
    assert (before.personal_mail, before.generation) == (person.personal_mail, person.generation)
    assert giver.get().location == "/activation/leave"
    after = giver.reread()
    assert (after.personal_mail, after.generation) == (ADDRESS, person.generation + 1)
    assert giver.told["attributes"] == {"supannMailPrive": [f"{{SECOURS}}{ADDRESS}"]}


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "lundi 7 septembre 2026 à 10 h 30"), ("en", "Monday 7 September 2026 at 10:30 AM")],
)
def test_the_former_address_is_told(app: Flask, realm: FakeRealm, language: str, said: str) -> None:
    """Whoever sits at somebody's unlocked screen cannot take the way back from them unseen."""
    person, postman = active(app, language=language), Postman(app)
    giver = Giver(app, realm, person, "kcb-backup-mail", aia=True)
    giver.give()
    press(giver.visitor, postman.link())
    giver.get()
    (letter,) = postman.round()
    assert letter["To"] == person.personal_mail
    body = letter.get_body(("plain",))
    assert body is not None
    assert said in " ".join(body.get_content().split())
    assert ADDRESS not in letter.as_string()
    assert "/l/" not in letter.as_string()


def test_nobody_is_told_of_what_has_not_changed(app: Flask, realm: FakeRealm) -> None:
    person, postman = active(app), Postman(app)
    giver = Giver(app, realm, person, "kcb-backup-mail", aia=True)
    giver.give(person.personal_mail or "")
    press(giver.visitor, postman.link())
    assert giver.get().location == "/activation/leave"
    assert postman.round() == []


def test_the_summary_shows_it(app: Flask, realm: FakeRealm) -> None:
    giver = Giver(app, realm, make_person(app), "kcb-backup-mail")
    giver.give()
    press(giver.visitor, Postman(app).link())
    giver.get()
    assert f"Mail de secours {ADDRESS}" in words(giver.page)
