"""A step that waits for an address: the waiting page, its mail, corrections, and the way on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from kc_bridge.adapters.smtp import RecipientDeferred
from kc_bridge.domain.errors import Unavailable
from kc_bridge.store.activation import StepRecord
from kc_bridge.store.models import Person
from required_actions.address_checks import masked
from required_actions.links import issue
from tests.support.addresses import (
    ADDRESS,
    BACKUP,
    Giver,
    Postman,
    active,
    checks,
    go_in,
    press,
    value_of,
    words,
)
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import COMPLETE
from tests.support.visitor import Visitor

OTHER = "camille.autrement@perso.example"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=COMPLETE)


@pytest.fixture
def postman(app: Flask) -> Postman:
    return Postman(app)


@pytest.fixture
def giver(app: Flask, realm: FakeRealm) -> Giver:
    """Somebody who activates their account, at its first page."""
    return Giver(app, realm, make_person(app))


def test_the_waiting_page(giver: Giver, postman: Postman, clock: FixedClock) -> None:
    page = words(giver.give())
    assert "c•••••s@perso.example" in page
    assert ADDRESS not in giver.page.get_data(as_text=True)
    assert "23 h 59" in page  # the journey's links live until the end of the day
    assert "une minute ou deux" in page
    assert "Vous pourrez le redemander à partir de 10 h 35" in page
    assert "Envoyer à nouveau le mail" not in page
    assert "Modifier l'adresse mail de secours" in page
    assert giver.person.login in page
    assert "Étape 1 sur 3" in page
    (letter,) = postman.round()
    assert letter["To"] == ADDRESS
    clock.advance(minutes=5)
    assert "Envoyer à nouveau le mail" in words(giver.get())


def test_the_same_browser_goes_on(giver: Giver, postman: Postman) -> None:
    giver.give()
    answer = press(giver.visitor, postman.link())
    assert (answer.status_code, answer.location) == (303, "/activation/")
    assert "Charte informatique" in words(giver.get())


def test_another_device_goes_on_there_and_the_first_page_too(
    app: Flask, realm: FakeRealm, giver: Giver, postman: Postman
) -> None:
    giver.give()
    assert giver.visitor.get(f"{BACKUP}/state").json == {"waiting": True}
    other = Visitor(app)
    asked = press(other, postman.link())
    assert giver.visitor.get(f"{BACKUP}/state").json == {"waiting": False}
    page = go_in(app, realm, other, asked, giver.person, act="kcb-backup-mail", acts=giver.acts)
    assert "Charte informatique" in words(page)
    assert "Charte informatique" in words(giver.get(BACKUP.replace("/backup-mail", "/")))

    other.post("/activation/charter", {"accept": "y"})
    assert giver.told["attributes"]["supannMailPrive"] == [f"{{SECOURS}}{ADDRESS}"]
    ended = giver.send("/activation/charter", accept="y")
    assert ended.status_code == 410
    assert "Terminé, connectez-vous" in words(ended)


def test_alone_the_page_that_waits_ends_it(app: Flask, realm: FakeRealm, postman: Postman) -> None:
    """For an active account: the other device confirms, only the browser that asked can finish."""
    giver = Giver(app, realm, active(app), "kcb-backup-mail", aia=True)
    giver.give()
    other = Visitor(app)
    answer = press(other, postman.link())
    assert answer.status_code == 200
    assert "Adresse confirmée" in words(answer)
    assert realm.completed == []
    assert giver.visitor.get(f"{BACKUP}/state").json == {"waiting": False}
    assert giver.get(BACKUP).location == "/activation/leave"  # a plain refresh
    assert giver.told["done"] == ["kcb-backup-mail"]


def test_correcting(app: Flask, giver: Giver, postman: Postman) -> None:
    giver.give()
    wrong = postman.link()
    page = giver.visitor.get(f"{BACKUP}?change=1")
    assert value_of(page, "backup_mail") == ADDRESS
    assert f'href="{BACKUP}"' in page.get_data(as_text=True)  # the way back to waiting
    giver.give(OTHER)
    assert giver.waits
    assert "c•••••t@perso.example" in words(giver.page)
    stranger = press(Visitor(app), wrong)
    assert stranger.status_code == 410
    assert "l'adresse a été changée depuis" in words(stranger)
    press(giver.visitor, postman.link())
    giver.get()
    giver.send("/activation/charter", accept="y")
    assert giver.told["attributes"]["supannMailPrive"] == [f"{{SECOURS}}{OTHER}"]


def test_a_correction_before_the_mail_left_sends_one(
    giver: Giver, postman: Postman, clock: FixedClock
) -> None:
    giver.give()
    clock.advance(seconds=1)
    giver.give(OTHER)
    assert [letter["To"] for letter in postman.round()] == [OTHER]


def test_correcting_ends_what_a_stranger_began(
    app: Flask, realm: FakeRealm, giver: Giver, postman: Postman
) -> None:
    """The mistyped address has an owner, who pressed: the correction ends the login they were given."""
    giver.give()
    stranger = Visitor(app)
    asked = press(stranger, postman.link())
    go_in(app, realm, stranger, asked, giver.person, act="kcb-backup-mail", acts=giver.acts)
    giver.give(OTHER)
    assert giver.waits
    refused = stranger.post("/activation/charter", {"accept": "y"})
    assert refused.status_code == 410
    assert realm.completed == []


def test_correcting_on_the_device_the_link_led_to(
    app: Flask, realm: FakeRealm, giver: Giver, postman: Postman
) -> None:
    giver.give()
    other = Visitor(app)
    asked = press(other, postman.link())
    go_in(app, realm, other, asked, giver.person, act="kcb-backup-mail", acts=giver.acts)
    other.get(BACKUP)
    assert other.post(BACKUP, {"backup_mail": OTHER}).location == BACKUP
    assert "Consultez votre messagerie" in words(other.get(BACKUP))
    press(other, postman.link())
    assert "Charte informatique" in words(other.get("/activation/charter"))


def test_back_after_the_confirmation(giver: Giver, postman: Postman) -> None:
    """The same address is not asked for again; another one is, and the step waits again."""
    giver.give()
    press(giver.visitor, postman.link())
    giver.get(BACKUP)
    assert value_of(giver.page, "backup_mail") == ADDRESS
    giver.give()
    assert "Charte informatique" in words(giver.page)
    assert giver.told["details"] == {"kcb-backup-mail": {"verified": "mail"}}
    assert postman.round() == []
    giver.give(OTHER)
    assert giver.waits
    assert "Étape 1 sur 3" in words(giver.get("/activation/charter"))

    # The first address after all: it was confirmed in this journey.
    giver.give()
    assert "Charte informatique" in words(giver.page)
    assert postman.round() == []


def test_the_same_sent_in_twice_sends_one_mail(giver: Giver, postman: Postman) -> None:
    """A double click, a reload of the form, Back."""
    for _ in range(3):
        giver.give()
        assert giver.waits
    assert len(postman.round()) == 1
    (check,) = checks(giver.app)
    assert check.address == ADDRESS


def test_a_new_login_of_the_same_journey_waits_on(
    app: Flask, realm: FakeRealm, giver: Giver, postman: Postman
) -> None:
    giver.give()
    later = Giver(app, realm, giver.person)
    assert later.waits
    press(later.visitor, postman.link())
    assert "Charte informatique" in words(later.get())


def test_the_day_after(
    app: Flask, realm: FakeRealm, giver: Giver, postman: Postman, clock: FixedClock
) -> None:
    giver.give()
    postman.round()
    clock.advance(hours=20)
    later = Giver(app, realm, giver.person)
    assert "Le lien du dernier mail n'est plus valable" in words(later.page)
    assert "valable jusqu'au" not in words(later.page)
    later.resend()
    assert "valable jusqu'au mardi 8 septembre 2026 à 23 h 59" in words(later.page)
    assert press(later.visitor, postman.link()).location == "/activation/"


def test_a_correction_keycloak_would_not_write_is_given_up(
    app: Flask, realm: FakeRealm, postman: Postman
) -> None:
    """Confirmed and written, then corrected; the login ends before the new address is confirmed, and Keycloak does
    not ask again: the first address stays, here as there."""
    giver = Giver(app, realm, make_person(app), "kcb-backup-mail", "kcb-charter", "kcb-new-password")
    giver.give()
    press(giver.visitor, postman.link())
    giver.send("/activation/charter", accept="y")
    giver.give(OTHER)
    late = postman.link()
    later = Giver(app, realm, giver.person, "kcb-new-password")
    assert not later.waits
    assert checks(app) == []
    assert press(Visitor(app), late).status_code == 410
    assert later.reread().personal_mail == ADDRESS


def test_a_mail_that_could_not_leave_in_time_says_nothing_late(
    giver: Giver, postman: Postman, clock: FixedClock
) -> None:
    """The relay deferred it; the person asked again: the older one must not end the younger one's link."""

    class Slow(Postman):
        def send(self, message: object) -> None:
            raise RecipientDeferred("450 greylisted")

    giver.give()
    Slow(giver.app).round()
    clock.advance(minutes=5)
    giver.resend()
    link = postman.link()
    clock.advance(minutes=1)
    assert postman.round() == []
    assert press(giver.visitor, link).location == "/activation/"


def test_the_relay_down(giver: Giver, postman: Postman, clock: FixedClock) -> None:
    class Down(Postman):
        def send(self, message: object) -> None:
            raise Unavailable("down")

    giver.give()
    Down(giver.app).round()
    assert giver.get(BACKUP).status_code == 200
    clock.advance(minutes=1)
    assert press(giver.visitor, postman.link()).location == "/activation/"


def test_a_link_of_an_active_account_ends_with_the_login_that_waits(
    app: Flask, realm: FakeRealm, postman: Postman, clock: FixedClock
) -> None:
    giver = Giver(app, realm, active(app), "kcb-backup-mail", aia=True)
    clock.advance(minutes=10)
    assert "11 h 30" in words(giver.give())
    link = postman.link()
    clock.advance(minutes=50)
    late = press(Visitor(app), link)
    assert late.status_code == 410
    assert "Il était valable jusqu'au" in words(late)


def test_cancelled(app: Flask, realm: FakeRealm, postman: Postman) -> None:
    """The link must not say that an address is confirmed which nobody will use."""
    person = active(app)
    cancel = f"{realm.settings.issuer}/cancel"
    giver = Giver(app, realm, person, "kcb-backup-mail", aia=True, cancel=cancel)
    giver.give()
    link = postman.link()
    giver.visitor.post("/activation/cancel")
    assert checks(app) == []
    assert press(Visitor(app), link).status_code == 410


def test_no_mail_for_a_login_that_is_over(
    app: Flask, realm: FakeRealm, postman: Postman, clock: FixedClock
) -> None:
    giver = Giver(app, realm, active(app), "kcb-backup-mail", aia=True)
    giver.give()
    clock.advance(hours=1)
    assert postman.round() == []


def test_nothing_is_recorded_before_the_confirmation(app: Flask, giver: Giver) -> None:
    giver.give()
    giver.send("/activation/charter", accept="y")
    with services_of(app).sessions() as db:
        assert db.query(StepRecord).all() == []
    assert giver.realm.completed == []
    assert giver.waits


def test_the_page_asks_without_wearing_keycloak_out(
    app: Flask, realm: FakeRealm, giver: Giver, clock: FixedClock
) -> None:
    giver.give()
    before = realm.touched
    for _ in range(24):
        giver.visitor.get(f"{BACKUP}/state")
        clock.advance(seconds=5)
    assert realm.touched - before <= 3


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("camille@exemple.fr", "c•••••e@exemple.fr"),
        ("abc@b.fr", "a•••••@b.fr"),
        ("a@b.fr", "a•••••@b.fr"),
    ],
)
def test_masked(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_generations(app: Flask, realm: FakeRealm, giver: Giver, postman: Postman, clock: FixedClock) -> None:
    """A new activation link ends the journey and with it the address it waited for."""
    giver.give()
    link = postman.link()
    kcb = services_of(app)
    with kcb.sessions.begin() as db:
        person = db.get_one(Person, giver.person.id)
        issue(db, person, "activation", clock() + timedelta(hours=1), clock())
    assert press(Visitor(app), link).status_code == 410
    assert giver.reread().personal_mail == giver.person.personal_mail
