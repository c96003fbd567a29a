"""The Université de Montpellier's two ways in: a mailed link, and a SCOL'PASS whose backup mail is asked for first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from kc_bridge.domain.journey import keycloak_actions
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.store import outbox
from kc_bridge.store.activation import Link, StepRecord
from kc_bridge.store.models import Person
from required_actions.profile_check import checked
from required_actions.registry import StepContext, get
from tests.support.addresses import ADDRESS, Giver, Postman, go_in, press, value_of, words
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.visitor import Visitor

ACTS = ["kcb-backup-mail", "kcb-charter", "kcb-mail-forwarding", "kcb-new-password"]
CHARTER = "Acceptation de la charte informatique"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile="um")


@pytest.fixture
def um(app: Flask) -> UniversityProfile:
    return services_of(app).profile


@pytest.fixture
def postman(app: Flask) -> Postman:
    return Postman(app)


def ask_for_mail(app: Flask, person: Person, **payload: Any) -> None:
    now = services_of(app).clock()
    with services_of(app).sessions.begin() as db:
        key = f"activation:{person.id}:{now}"
        outbox.enqueue(db, kind="activation", person_id=person.id, dedupe_key=key, payload=payload, now=now)


def latest(app: Flask, person: Person) -> Link:
    wanted = select(Link).where(Link.person_id == person.id).order_by(Link.created_at.desc()).limit(1)
    with services_of(app).sessions() as db:
        return db.scalars(wanted).one()


def by_mail(app: Flask, realm: FakeRealm, postman: Postman, person: Person) -> tuple[Visitor, TestResponse]:
    """Opens the activation mail's link: the first page of the wizard."""
    ask_for_mail(app, person)
    visitor = Visitor(app)
    asked = press(visitor, postman.link())
    return visitor, go_in(app, realm, visitor, asked, person, act=ACTS[0], acts=ACTS)


def test_every_population_has_a_journey_and_every_text_two_languages() -> None:
    profile = checked("um")
    assert keycloak_actions(profile.journey_for("student")) == ACTS
    for population in ("student", "staff", "guest"):
        journey = profile.journey_for(population)
        assert population in journey.populations
        assert (journey.link_lifetime, journey.lifetime_when_asked) == (timedelta(hours=24), "end-of-day")
        assert "mail-link" in journey.entrances
        for page in journey.pages:
            assert all(set(given) in (set(), {"fr", "en"}) for given in (page.title, page.waiting_title))


def test_by_the_mailed_link_the_backup_mail_has_no_page(
    app: Flask, realm: FakeRealm, postman: Postman
) -> None:
    person = make_person(app)
    visitor, page = by_mail(app, realm, postman, person)
    assert CHARTER in words(page)
    assert "Étape 1 sur 4" in words(page)
    assert "Retour" not in words(page)
    visitor.post("/activation/charter", {"accept": "y"})
    told = realm.completed[-1]
    assert told["done"] == ["kcb-backup-mail", "kcb-charter"]
    assert told["attributes"]["supannMailPrive"] == [f"{{SECOURS}}{person.personal_mail}"]
    assert told["details"]["kcb-backup-mail"] == {"verified": "link"}
    forwarding = visitor.get("/activation/mail-forwarding")
    assert value_of(forwarding, "forwarding_address") == person.personal_mail
    # It cannot be reached by its address either: nothing in this journey changes what was proved.
    assert visitor.get("/activation/backup-mail").location == "/activation/"
    visitor.post("/activation/backup-mail", {"backup_mail": ADDRESS})
    with services_of(app).sessions() as db:
        kept = db.scalars(select(StepRecord).where(StepRecord.step == "backup_mail")).one()
    assert kept.data["address"] == person.personal_mail


def test_by_the_provisional_password_it_is_stage_3_and_waiting_stage_4(
    app: Flask, realm: FakeRealm, postman: Postman
) -> None:
    giver = Giver(app, realm, make_person(app, personal_mail=None), *ACTS)
    assert "Saisie du mail de secours" in words(giver.page)
    assert "Étape 3 sur 8" in words(giver.page)
    giver.give()
    assert "Envoi du mail de secours" in words(giver.page)
    assert "Étape 4 sur 8" in words(giver.page)
    press(giver.visitor, postman.link())
    assert "Étape 5 sur 8" in words(giver.get())


def test_known_only_to_whom_it_was_proved(app: Flask, um: UniversityProfile) -> None:
    """The address the register has, read in this very login, of an account being activated, and none of our own."""
    step = get("backup_mail")
    unless_proved = step.options.model_validate({"asked": "unless-proved", "refused_domains": ["chu.fr"]})
    now = services_of(app).clock()

    def known(mine: str | None, proved: str | None, **more: Any) -> bool:
        person = Person(personal_mail=mine, login="c@etu.umontpellier.fr", mail="c@etu.umontpellier.fr")
        usual = {"person": person, "profile": um, "language": "fr", "now": now, "today": now.date()}
        ctx = StepContext(**{**usual, "options": unless_proved, "proved_address": proved, **more})
        with app.test_request_context():
            outcome = step.known(ctx)
        assert outcome is None or outcome.verify is None, "a step without a page waits for nothing"
        return outcome is not None

    assert known("moi@perso.example", "moi@perso.example")
    assert known("moi@perso.example", "moi@PERSO.example")
    assert not known("moi@perso.example", None), "a provisional password, a number and a birth date"
    assert not known("moi@perso.example", "redirection@perso.example"), "the link of a forwarding address"
    assert not known("nouveau@perso.example", "moi@perso.example"), "the register has another one since"
    assert not known(None, "moi@perso.example")
    assert not known("moi@etu.umontpellier.fr", "moi@etu.umontpellier.fr")
    assert not known("moi@chu.fr", "moi@chu.fr")
    assert not known("moi@perso.example", "moi@perso.example", activates=False), (
        "who asks for it wants its page"
    )
    always = step.options.model_validate({})
    assert not known("moi@perso.example", "moi@perso.example", options=always)


def first_mail(app: Flask, person: Person) -> None:
    ask_for_mail(app, person)


def asked_again(app: Flask, person: Person) -> None:
    ask_for_mail(app, person, asked=True)


@pytest.mark.parametrize(
    ("ask", "sent_at", "ends_at", "shown"),
    [
        (first_mail, datetime(2026, 9, 7, 8, 30), datetime(2026, 9, 8, 8, 30), "mardi 8 septembre 2026 à 10 h 30"),
        (asked_again, datetime(2026, 9, 7, 8, 30), datetime(2026, 9, 7, 21, 59, 59), "lundi 7 septembre 2026 à 23 h 59"),
        # 24 hours are 24 hours, though the night of 24 October lasts one more; « 23:59 » is read on the wall.
        (first_mail, datetime(2026, 10, 24, 10), datetime(2026, 10, 25, 10), "dimanche 25 octobre 2026 à 11 h 00"),
        (asked_again, datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 22, 59, 59), "dimanche 25 octobre 2026 à 23 h 59"),
        # At 23:58 half an hour, and the mail says so.
        (asked_again, datetime(2027, 3, 28, 21, 58), datetime(2027, 3, 28, 22, 28), "lundi 29 mars 2027 à 00 h 28"),
    ],
)  # fmt: skip
def test_how_long_each_link_lives(
    app: Flask,
    clock: FixedClock,
    postman: Postman,
    ask: Callable[[Flask, Person], None],
    sent_at: datetime,
    ends_at: datetime,
    shown: str,
) -> None:
    clock.now = sent_at.replace(tzinfo=UTC)
    person = make_person(app)
    ask(app, person)
    (letter,) = postman.round()
    assert latest(app, person).expires_at == ends_at.replace(tzinfo=UTC)
    for kind in ("plain", "html"):
        body = letter.get_body((kind,))
        assert body is not None
        assert shown in body.get_content().replace("\u00a0", " ").replace("&nbsp;", " ")


def test_the_link_of_an_address_ends_the_same_day(
    app: Flask, realm: FakeRealm, postman: Postman, clock: FixedClock
) -> None:
    """Also that of a forwarding address in a journey begun by a mailed link of 24 hours."""
    visitor, _page = by_mail(app, realm, postman, make_person(app))
    visitor.post("/activation/charter", {"accept": "y"})
    visitor.post("/activation/mail-forwarding", {"forwarding": "y", "forwarding_address": ADDRESS})
    link = postman.link()
    waiting = words(visitor.get("/activation/mail-forwarding"))
    assert "Validation de l'adresse mail de redirection" in waiting
    assert "Étape 2 sur 4" in waiting
    assert "lundi 7 septembre 2026 à 23 h 59" in waiting
    clock.now = datetime(2026, 9, 7, 22, 0, tzinfo=UTC)
    assert Visitor(app).get(link).status_code == 410


def test_after_midnight_the_procedure_begins_again_at_stage_1(
    app: Flask, realm: FakeRealm, postman: Postman, clock: FixedClock
) -> None:
    """Scenario 7: the page was read in time, the button pressed too late."""
    giver = Giver(app, realm, make_person(app, personal_mail=None), *ACTS)
    giver.give()
    link, phone = postman.link(), Visitor(app)
    clock.now = datetime(2026, 9, 7, 21, 58, tzinfo=UTC)
    assert phone.get(link).status_code == 200
    clock.advance(minutes=3)
    late = phone.post(link)
    assert late.status_code == 410
    said = words(late)
    assert "Il était valable jusqu'au lundi 7 septembre 2026 à 23 h 59." in said
    assert (
        "Reprenez la procédure à l'étape 1 : votre identifiant, puis votre mot de passe provisoire." in said
    )
    login_url = services_of(app).settings.applications["ent"].login_url
    assert f'href="{login_url}"' in late.get_data(as_text=True), "where that is"
    assert giver.reread().personal_mail is None

    # The next morning, from step 1: the address is not asked twice, its mail is sent again.
    clock.now = datetime(2026, 9, 8, 6, 0, tzinfo=UTC)
    again = Giver(app, realm, giver.person, *ACTS)
    assert "Étape 4 sur 8" in words(again.page)
    assert "Le lien du dernier mail n'est plus valable : demandez-en un autre ci-dessous." in words(
        again.page
    )
    again.resend()
    assert "mardi 8 septembre 2026 à 23 h 59" in words(again.page)
    press(again.visitor, postman.link())
    assert CHARTER in words(again.get())
