"""The entrance « number and birth date »: whom it opens, in which browser, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from flask import Flask
from sqlalchemy import select

from kc_bridge.services import EXTENSION
from kc_bridge.store.activation import Link
from kc_bridge.store.models import AuditEntry, OutboxMessage, Person
from required_actions.links import issue
from required_actions.profile_check import faults
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.identify import (
    PROFILE,
    address,
    birthday,
    go_in,
    holder,
    is_refused,
    number,
    try_in,
    words,
)
from tests.support.visitor import Visitor


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """A bridge whose people may identify themselves by every kind of number."""
    return make_app(tmp_path, clock, profile=PROFILE)


def with_journey(app: Flask, **changed: Any) -> None:
    """Makes the profile's first journey another."""
    kcb = services_of(app)
    first, *others = kcb.profile.journeys
    journeys = [first.model_copy(update=changed), *others]
    app.extensions[EXTENSION] = replace(kcb, profile=kcb.profile.model_copy(update={"journeys": journeys}))


def links_of(app: Flask, person: Person) -> list[Link]:
    with services_of(app).sessions() as db:
        return list(db.scalars(select(Link).where(Link.person_id == person.id).order_by(Link.created_at)))


def generation(app: Flask, person: Person) -> int:
    with services_of(app).sessions() as db:
        return db.get_one(Person, person.id).generation


def test_a_number_and_a_birth_date_lead_to_the_journey(app: Flask, realm: FakeRealm) -> None:
    person, ine = holder(app)
    visitor = Visitor(app)
    opening = go_in(app, visitor, try_in(visitor, ine, person.birth_date), person)

    page = visitor.enter(realm, person, ref=opening)

    assert page.status_code == 200
    assert person.login in words(page)
    assert visitor.post("/activation/charter", {"accept": "y"}).status_code == 303
    assert realm.completed[0]["done"] == ["kcb-charter"]
    with services_of(app).sessions() as db:
        assert db.scalars(select(OutboxMessage)).all() == []


@pytest.mark.parametrize(
    "typed",
    ["31032007", "31.3.2007", "31 03 2007", " 31-03-2007 ", "2007-03-31", "31/03/2007", "３１/０３/２００７"],
)
def test_a_birth_date_is_read_as_people_write_it(app: Flask, realm: FakeRealm, typed: str) -> None:
    _person, ine = holder(app, birth_date=date(2007, 3, 31))
    assert try_in(Visitor(app), ine, typed).status_code == 303


def test_a_number_is_read_as_people_write_it(app: Flask, realm: FakeRealm) -> None:
    person, ine = holder(app)
    spaced = f"\u200b {ine[:4].lower()}\u00a0{ine[4:].lower()}\t"
    assert try_in(Visitor(app), spaced, person.birth_date).status_code == 303


@pytest.mark.parametrize("typed", ["{uid}", " {uid} ", "{UID}"])
def test_a_uid_is_the_persons_own(app: Flask, realm: FakeRealm, typed: str) -> None:
    person = make_person(app, birth_date=birthday())
    asked = typed.format(uid=person.uid, UID=person.uid.upper())
    assert try_in(Visitor(app), asked, person.birth_date, kind="uid").status_code == 303


def test_a_number_of_another_kind_opens_nothing(app: Flask, realm: FakeRealm) -> None:
    person, ine = holder(app)
    for kind in ("student_number", "staff_number", "uid"):
        assert is_refused(try_in(Visitor(app), ine, person.birth_date, kind=kind))
    assert is_refused(try_in(Visitor(app), person.uid, person.birth_date))


def test_a_number_two_people_answer_to_opens_neither(app: Flask, realm: FakeRealm) -> None:
    """27. One is somebody's uid here, the other's there: nobody is guessed."""
    born = birthday()
    first, value = holder(app, kind="uid", birth_date=born)
    second = make_person(app, uid=value.lower(), birth_date=born)
    assert is_refused(try_in(Visitor(app), value, born, kind="uid"))
    assert links_of(app, first) == links_of(app, second) == []


NOT_OPENED: list[dict[str, Any]] = [
    {"birth_date": None},
    {"activated_at": True, "state": "SupannActif"},
    {"activated_at": True},
    {"state": "SupannExpire"},
    {"state": "SupannPrecree"},
    {"state": "SupannVerrouille"},
    {"account_end": date(2026, 9, 6)},
    {"keycloak_id": None},
]


@pytest.mark.parametrize("fields", NOT_OPENED)
def test_only_accounts_that_wait_for_their_first_activation(
    app: Flask, realm: FakeRealm, clock: FixedClock, fields: dict[str, Any]
) -> None:
    born = birthday()
    known = {"birth_date": born} | fields
    if known.get("activated_at"):
        known["activated_at"] = clock()
    person, ine = holder(app, **known)

    assert is_refused(try_in(Visitor(app), ine, born))

    assert links_of(app, person) == []
    assert generation(app, person) == 1


def test_the_last_day_of_an_account_counts(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """8. In Paris: at 22:30 UTC of 6 September it is the 7th there."""
    person, ine = holder(app, account_end=date(2026, 9, 7))
    assert try_in(Visitor(app), ine, person.birth_date).status_code == 303
    clock.advance(hours=14)
    assert is_refused(try_in(Visitor(app), ine, person.birth_date))


@pytest.mark.parametrize(
    "journey",
    [
        {"entrances": ["mail-link"], "identify_by": []},
        {"identify_by": ["student_number"]},
    ],
)
def test_a_journey_entered_otherwise(app: Flask, realm: FakeRealm, journey: dict[str, Any]) -> None:
    """The page is there for others; people of another journey are answered as strangers."""
    person, ine = holder(app, population="staff")
    kcb = services_of(app)
    first = kcb.profile.journeys[0]
    others = [
        first.model_copy(update={"populations": ["student"]}),
        first.model_copy(update={"name": "staff", "populations": ["staff"], **journey}),
    ]
    app.extensions[EXTENSION] = replace(kcb, profile=kcb.profile.model_copy(update={"journeys": others}))
    assert is_refused(try_in(Visitor(app), ine, person.birth_date))
    assert links_of(app, person) == []


def test_an_account_that_closes_between_looking_and_opening(
    app: Flask, realm: FakeRealm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """7. Looked at again in the transaction that opens: Keycloak was asked in between."""
    person, ine = holder(app)
    kcb = services_of(app)

    def meanwhile() -> None:
        with kcb.sessions.begin() as db:
            db.get_one(Person, person.id).state = "SupannExpire"

    monkeypatch.setattr(kcb.backchannel, "version", meanwhile)
    assert is_refused(try_in(Visitor(app), ine, person.birth_date))
    assert links_of(app, person) == []


def test_keycloak_down_spends_nothing_but_the_try(app: Flask, clock: FixedClock) -> None:
    """4 and 31. A mailed link of before stays good, and the try has counted."""
    person, ine = holder(app)
    with services_of(app).sessions.begin() as db:
        token = issue(db, person, "activation", clock() + timedelta(hours=1), clock()).token
    FakeRealm(app)  # its keys are there, it is not
    with responses.RequestsMock():
        down = try_in(Visitor(app), ine, person.birth_date)
        assert down.status_code == 503
        assert "rien n'est perdu" in words(down)
    assert [(link.purpose, link.state) for link in links_of(app, person)] == [("activation", "new")]
    assert Visitor(app).get(f"/l/{token}").status_code == 200
    answers = [try_in(Visitor(app), ine, birthday()).status_code for _ in range(5)]
    assert answers == [422, 422, 422, 422, 429]


def test_what_it_opens_is_short_lived_unmailed_and_this_browsers_own(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    person, ine = holder(app)
    visitor = Visitor(app)
    asked = try_in(visitor, ine, person.birth_date)
    (link,) = links_of(app, person)
    assert (link.purpose, link.sent_to) == ("identified", None)
    assert link.expires_at - clock() == timedelta(minutes=60)
    opening = go_in(app, visitor, asked, person)

    assert Visitor(app).enter(realm, person, ref=opening).status_code == 400
    assert Visitor(app).get(f"/l/{link.token_sha256}").status_code == 404
    with services_of(app).sessions() as db:
        actors = db.execute(select(AuditEntry.actor, AuditEntry.action)).all()
    assert ("person", "link.issued") in [tuple(row) for row in actors]


def test_it_ends_the_links_mailed_before_and_what_they_began(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """6. The latest way in is the only one."""
    person, ine = holder(app)
    with services_of(app).sessions.begin() as db:
        token = issue(db, person, "activation", clock() + timedelta(hours=1), clock()).token
    by_mail, by_number = Visitor(app), Visitor(app)
    by_mail.get(f"/l/{token}")
    opening = go_in(app, by_mail, by_mail.post(f"/l/{token}"), person)
    assert by_mail.enter(realm, person, ref=opening).status_code == 200

    opening = go_in(app, by_number, try_in(by_number, ine, person.birth_date), person)

    refused = by_mail.post("/activation/charter", {"accept": "y"})
    assert (refused.status_code, realm.completed) == (410, [])
    assert Visitor(app).get(f"/l/{token}").status_code == 410
    assert by_number.enter(realm, person, ref=opening).status_code == 200


def test_two_identifications_have_one_owner(app: Flask, realm: FakeRealm) -> None:
    """6. In two browsers, however far the first one came: the later one goes on."""
    person, ine = holder(app)
    first, second = Visitor(app), Visitor(app)
    opening = go_in(app, first, try_in(first, ine, person.birth_date), person)
    assert first.enter(realm, person, ref=opening).status_code == 200

    opening = go_in(app, second, try_in(second, ine, person.birth_date), person)

    assert first.post("/activation/charter", {"accept": "y"}).status_code == 410
    assert realm.completed == []
    assert second.enter(realm, person, ref=opening).status_code == 200
    assert second.finish().status_code == 200
    assert first.get("/activation/").status_code == 410


def test_the_session_is_renewed_by_it(app: Flask, realm: FakeRealm) -> None:
    """17. Who planted a session's name beforehand holds nothing."""
    person, ine = holder(app)
    visitor = Visitor(app)
    visitor.get("/identification/ine?lang=en")
    planted = visitor.cookie
    go_in(app, visitor, try_in(visitor, ine, person.birth_date), person)
    assert planted is not None
    assert visitor.cookie != planted
    assert Visitor(app, planted).get("/oidc/silent?state=x").status_code == 410
    assert '<html lang="en"' in visitor.get("/aide").get_data(as_text=True)


def test_the_wizard_of_somebody_else_in_this_browser_is_left(app: Flask, realm: FakeRealm) -> None:
    """Two people at one computer: the first one's journey is not mixed with the second one's."""
    visitor, (person, ine) = Visitor(app), holder(app)
    visitor.enter(realm, make_person(app))
    assert try_in(visitor, ine, person.birth_date).status_code == 303
    assert visitor.get("/activation/charter").status_code == 410


def test_the_kinds_are_those_of_the_journeys(app: Flask) -> None:
    page = Visitor(app).get("/identification").get_data(as_text=True)
    for kind in ("student-number", "ine", "staff-number", "uid"):
        assert f'href="/identification/{kind}"' in page
        assert Visitor(app).get(f"/identification/{kind}").status_code == 200
    for nothing in ("student_number", "INE", "phone", "..", "%00"):
        assert Visitor(app).get(f"/identification/{nothing}").status_code == 404

    with_journey(app, identify_by=["ine"])
    assert Visitor(app).get("/identification").location == "/identification/ine"
    form = Visitor(app).get("/identification/ine").get_data(as_text=True)
    assert 'class="button quiet" href="/premiere-connexion"' in form
    assert Visitor(app).get("/identification/uid").status_code == 404

    with_journey(app, entrances=["mail-link"], identify_by=[])
    for path in ("/identification", "/identification/ine"):
        assert Visitor(app).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/premiere-connexion", "/probleme-de-connexion"])
def test_the_public_pages_lead_there(app: Flask, path: str) -> None:
    assert 'href="/identification"' in Visitor(app).get(path).get_data(as_text=True)
    with_journey(app, entrances=["mail-link"], identify_by=[])
    assert "/identification" not in Visitor(app).get(path).get_data(as_text=True)


def test_the_form_helps_those_who_fill_it_in(app: Flask) -> None:
    page = words(Visitor(app).get("/identification/ine"))
    assert 'autocomplete="bday"' in page
    assert 'autocomplete="off"' in page
    assert "Vos données" in page
    assert "n'est pas conservé" in page
    assert "dpo@univ-demo.fr" in page


@pytest.mark.parametrize(
    ("typed", "born", "errors"),
    [
        ("", "", 2),
        ("   ", "31/03/2007", 1),
        ("\u200b", "31/03/2007", 1),
        ("1" * 65, "31/03/2007", 1),
        ("123456789ZZ", "31/02/2007", 1),
        ("123456789ZZ", "08/09/2026", 1),
        ("123456789ZZ", "31/03/07", 1),
    ],
)
def test_what_is_no_number_or_no_date_is_said_and_not_counted(
    app: Flask, typed: str, born: str, errors: int
) -> None:
    visitor, at = Visitor(app), address()
    for _ in range(31):
        response = try_in(visitor, typed, born, at=at)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert page.count('<p class="error">') == errors
    assert f'value="{typed}"' in page
    assert f'value="{born}"' in page


def test_a_refusal_keeps_what_was_typed_and_names_reasons_and_contact(app: Flask) -> None:
    typed = number()
    page = words(try_in(Visitor(app), typed, "31/03/2007"))
    assert f'value="{typed}"' in page
    assert 'value="31/03/2007"' in page
    for reason in ("15 minutes", "déjà activé", "fermé", "assistance@univ-demo.fr"):
        assert reason in page


def test_a_profile_says_what_it_asks_for_is_used_for(app: Flask) -> None:
    profile = services_of(app).profile
    silent = profile.privacy.model_copy(update={"notices": {}})
    said = [str(fault) for fault in faults(profile.model_copy(update={"privacy": silent}))]
    assert any("privacy.notices.identify" in fault and "the entrance « identify »" in fault for fault in said)
    by_mail = [profile.journeys[0].model_copy(update={"entrances": ["mail-link"], "identify_by": []})]
    others = faults(profile.model_copy(update={"privacy": silent, "journeys": by_mail}))
    assert not [fault for fault in others if fault.place == "privacy.notices.identify"]


def test_who_has_no_mail_is_not_sent_to_it_alone(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """After a pause too long: the page says the way by which this person came."""
    person, ine = holder(app)
    visitor = Visitor(app)
    visitor.enter(realm, person, ref=go_in(app, visitor, try_in(visitor, ine, person.birth_date), person))
    clock.advance(minutes=16)
    ended = visitor.get("/activation/charter")
    assert ended.status_code == 410
    assert "identifiez-vous à nouveau" in words(ended)
    with_journey(app, entrances=["mail-link"], identify_by=[])
    assert "identifiez-vous" not in words(visitor.get("/activation/charter"))
