"""« Ce n'est pas moi »: what it undoes, for how long, once, and what nobody gains by it."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
import responses
from flask import Flask
from sqlalchemy import select

from kc_bridge.services import EXTENSION
from kc_bridge.store.activation import AddressChange, Journey, Link
from kc_bridge.store.models import AuditEntry, Identifier, Person
from required_actions.links import issue
from tests.support.addresses import Giver, active, go_in, press
from tests.support.bridge import FakeRealm, FixedClock, make_app, services_of
from tests.support.identify import try_in, words
from tests.support.problem import (
    NEW,
    PROFILE,
    Postbox,
    enrolled,
    give,
    identify,
    prove,
    proved,
    reread,
    text_of,
)
from tests.support.visitor import Visitor

ACTS = ["kcb-backup-mail", "kcb-charter", "kcb-mail-forwarding", "kcb-new-password"]
THIRD = "encore@perso.example"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=PROFILE)


def stolen(app: Flask, clock: FixedClock, **fields: object) -> tuple[Person, str, Visitor, Postbox]:
    """Somebody who knows INE and birth date has given an address of their own; their browser."""
    person, ine = enrolled(app, **fields)
    thief = proved(app, person, ine)
    clock.advance(minutes=1)
    give(thief)
    return person, ine, thief, Postbox(app)


def refuse(app: Flask, link: str) -> str:
    """Presses « ce n'est pas moi »; the page it leads to, as its reader sees it."""
    visitor = Visitor(app)
    assert visitor.get(link).status_code == 200
    answer = visitor.post(link)
    assert answer.location == link, answer.get_data(as_text=True)
    return words(visitor.get(link))


def activated(app: Flask, realm: FakeRealm, person: Person, link: str) -> Visitor:
    """The whole journey, from the mailed link."""
    visitor = Visitor(app)
    go_in(app, realm, visitor, press(visitor, link), person, act=ACTS[0], acts=ACTS)
    visitor.post("/activation/charter", {"accept": "y"})
    visitor.get("/activation/mail-forwarding")
    visitor.post("/activation/mail-forwarding", {})
    visitor.get("/activation/new-password")
    visitor.post(
        "/activation/new-password",
        {"password": "Printemps-2026-à-Cassis!", "confirmation": "Printemps-2026-à-Cassis!"},
    )
    assert reread(app, person).activated_at is not None
    return visitor


def test_before_the_activation_it_restores_ends_and_freezes(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    person, ine, thief, post = stolen(app, clock)
    link, refusal = post.newest(NEW), post.newest(person.personal_mail, "/refus/")
    other = Visitor(app)
    go_in(app, realm, other, press(other, link), person)
    assert reread(app, person).personal_mail == NEW
    generation = reread(app, person).generation

    page = refuse(app, refusal)

    assert "Votre adresse est de nouveau le mail de secours" in page
    now = reread(app, person)
    assert (now.personal_mail, now.generation) == (person.personal_mail, generation + 1)
    assert other.get("/activation/").status_code == 410
    assert Visitor(app).get(link).status_code == 410
    assert thief.post("/probleme-de-connexion/adresse", {"backup_mail": THIRD}).location.endswith(
        "/verification"
    )
    assert prove(thief, ine, person.birth_date).status_code == 422
    assert realm.resets == []
    clock.advance(minutes=5)
    identify(Visitor(app), person.login)
    assert Visitor(app).get(post.newest(person.personal_mail)).status_code == 200
    clock.advance(days=7)
    assert prove(at_identifier(app, person), ine, person.birth_date).status_code == 303
    with services_of(app).sessions() as db:
        entries = db.execute(select(AuditEntry.actor, AuditEntry.action)).all()
    assert ("former backup mail", "address.undone") in [tuple(entry) for entry in entries]


def at_identifier(app: Flask, person: Person) -> Visitor:
    visitor = Visitor(app)
    identify(visitor, person.login)
    return visitor


def test_a_mail_that_waits_for_the_relay_is_not_sent_any_more(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """The relay took the first mail and not yet the second: what was undone is not mailed."""
    person, _ine, thief, post = stolen(app, clock)
    refusal = post.newest(person.personal_mail, "/refus/")
    clock.advance(minutes=5)
    thief.get("/probleme-de-connexion/adresse/mail")
    thief.post("/probleme-de-connexion/adresse/mail")
    refuse(app, refusal)
    assert len(post.to(NEW)) == 1


def test_an_account_activated_through_the_changed_address_is_reset(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """Nobody has proved to read the former address, a register's slip of the pen perhaps: it is not mailed the account."""
    person, _ine, _thief, post = stolen(app, clock)
    refusal = post.newest(person.personal_mail, "/refus/")
    clock.advance(minutes=1)
    activated(app, realm, person, post.newest(NEW))
    post.round()
    sent = len(post.letters)

    page = refuse(app, refusal)

    now = reread(app, person)
    assert (now.activated_at, now.state, now.personal_mail) == (None, "SupannCree", None)
    assert now.address_frozen_until is not None
    assert [reset["removePassword"] for reset in realm.resets] == [False, True]
    assert {reset["user"] for reset in realm.resets} == {person.keycloak_id}
    assert "Présentez-vous à votre service de scolarité" in page
    assert post.round() == []
    assert len(post.letters) == sent
    for _ in range(2):  # nor by asking for it
        clock.advance(minutes=5)
        identify(Visitor(app), person.login)
        assert post.round() == []


def test_where_its_owner_had_read_the_former_address_it_is_restored_there_too(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """An account reset by the registrar: its backup mail was confirmed once, and is trusted."""
    person, _ine, _thief, post = stolen(app, clock)
    with services_of(app).sessions.begin() as db:
        link_id = issue(
            db, person, "activation", clock(), clock(), sent_to=person.personal_mail, anew=False
        ).id
        read = db.get_one(Link, link_id)
        read.state, read.finished_at = "finished", clock()
        db.query(Link).filter(Link.sent_to == NEW).update({"state": "new"})
    refusal = post.newest(person.personal_mail, "/refus/")
    thief = proved_again(app, person, clock)
    give(thief, THIRD)
    activated(app, realm, person, post.newest(THIRD))
    refuse(app, refusal)
    now = reread(app, person)
    assert (now.activated_at, now.personal_mail) == (None, person.personal_mail)
    post.round()
    assert post.newest(person.personal_mail)


def proved_again(app: Flask, person: Person, clock: FixedClock) -> Visitor:
    clock.advance(minutes=6)
    with services_of(app).sessions() as db:
        ine = db.scalars(select(Identifier.value).where(Identifier.person_id == person.id)).one()
    return proved(app, person, ine)


def test_an_active_account_gets_its_address_back_and_is_logged_out(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """Changed by whoever sat at the owner's screen: sessions end, the account stays active, and for a week nobody changes
    it again from within."""
    person = active(app, state="SupannActif")
    giver, post = Giver(app, realm, person, "kcb-backup-mail", aia=True), Postbox(app)
    giver.give(NEW)
    press(giver.visitor, post.newest(NEW))
    giver.get()
    assert reread(app, person).personal_mail == NEW
    (told,) = post.to(person.personal_mail)
    assert "quelqu'un d'autre est peut-être entré dans votre compte" in text_of(told)
    clock.advance(minutes=6)

    page = refuse(app, post.newest(person.personal_mail, "/refus/"))

    now = reread(app, person)
    assert (now.personal_mail, now.activated_at is not None) == (person.personal_mail, True)
    assert [reset["actions"] for reset in realm.resets] == [[]]
    assert not realm.resets[0]["removePassword"]
    assert "déconnecté partout" in page
    again = Giver(app, realm, person, "kcb-backup-mail", aia=True)
    assert again.give(THIRD).status_code == 422
    assert "a été refusé par son propriétaire" in words(again.page)
    assert again.give(person.personal_mail or "").status_code == 200
    assert post.to(THIRD) == []


def test_whoever_made_the_first_change_undoes_nothing_of_the_undoing(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """The thief's own address was told of the next change: its token is dead with the first one's."""
    person, _ine, thief, post = stolen(app, clock)
    refusal = post.newest(person.personal_mail, "/refus/")
    other = Visitor(app)
    go_in(app, realm, other, press(other, post.newest(NEW)), person)
    clock.advance(minutes=1)
    give(thief, THIRD)
    thiefs = post.newest(NEW, "/refus/")
    refuse(app, refusal)
    assert "Le changement est annulé" in words(Visitor(app).get(thiefs))
    late = Visitor(app)
    late.get("/probleme-de-connexion/identifiant")
    assert late.post(thiefs).status_code == 303
    assert reread(app, person).personal_mail == person.personal_mail


def test_reading_undoes_nothing_and_it_is_done_once(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """Mail scanners follow links; people press twice."""
    person, _ine, _thief, post = stolen(app, clock)
    refusal, visitor = post.newest(person.personal_mail, "/refus/"), Visitor(app)
    for method in ("GET", "HEAD"):
        assert visitor.request(method, refusal).status_code == 200
    generation = reread(app, person).generation
    visitor.get(refusal)
    assert visitor.request("POST", refusal).status_code == 400
    assert reread(app, person).generation == generation
    visitor.get(refusal)
    together = Barrier(6)
    tabs = [Visitor(app, visitor.cookie) for _ in range(6)]

    def tap(tab: Visitor) -> int:
        tab.csrf = visitor.csrf
        together.wait()
        return tab.post(refusal).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(tap, tabs)) == {303}
    assert reread(app, person).generation == generation + 1
    assert "Le changement est annulé" in words(visitor.get(refusal))
    visitor.post(refusal)
    assert reread(app, person).generation == generation + 1


def test_it_may_be_said_for_a_week(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    person, _ine, _thief, post = stolen(app, clock)
    refusal, generation = post.newest(person.personal_mail, "/refus/"), reread(app, person).generation
    clock.advance(days=6, hours=23)
    assert Visitor(app).get(refusal).status_code == 200
    clock.advance(hours=1)
    visitor = Visitor(app)
    late = visitor.get(refusal)
    assert late.status_code == 410
    assert "service de scolarité" in words(late)
    visitor.get("/probleme-de-connexion/identifiant")
    visitor.post(refusal)
    assert reread(app, person).generation == generation


def test_its_token_is_kept_as_a_digest_and_opens_no_other_door(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """2 and 5."""
    person, _ine, _thief, post = stolen(app, clock)
    refusal, link = post.newest(person.personal_mail, "/refus/"), post.newest(NEW)
    token = refusal.rpartition("/")[2]
    assert len(token) == 43
    with services_of(app).sessions() as db:
        (change,) = db.scalars(select(AddressChange)).all()
    assert change.undo_sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert Visitor(app).get(f"/l/{token}").status_code == 404
    assert Visitor(app).get(f"/refus/{link.rpartition('/')[2]}").status_code == 404
    assert Visitor(app).get(f"/refus/{change.undo_sha256}").status_code == 404
    assert Visitor(app).get(f"/refus/{change.id}").status_code == 404


def test_while_keycloak_is_down_nothing_is_undone_and_it_may_be_pressed_again(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """31. An active account: its sessions end first."""
    person = active(app, state="SupannActif")
    giver, post = Giver(app, realm, person, "kcb-backup-mail", aia=True), Postbox(app)
    giver.give(NEW)
    press(giver.visitor, post.newest(NEW))
    giver.get()
    refusal, visitor = post.newest(person.personal_mail, "/refus/"), Visitor(app)
    visitor.get(refusal)
    with responses.RequestsMock():
        down = visitor.post(refusal)
    assert down.status_code == 503
    assert reread(app, person).personal_mail == NEW
    refuse(app, refusal)
    assert reread(app, person).personal_mail == person.personal_mail


def test_a_reset_that_failed_half_way_is_made_good_by_the_next_press(
    app: Flask, realm: FakeRealm, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, _ine, _thief, post = stolen(app, clock)
    refusal = post.newest(person.personal_mail, "/refus/")
    clock.advance(minutes=1)
    activated(app, realm, person, post.newest(NEW))
    visitor = Visitor(app)
    visitor.get(refusal)
    with monkeypatch.context() as patched:
        patched.setattr(services_of(app).backchannel, "version", down)
        assert visitor.post(refusal).status_code == 503
    assert reread(app, person).personal_mail is None
    assert reread(app, person).activated_at is not None
    refuse(app, refusal)
    assert reread(app, person).activated_at is None


def down() -> None:
    from kc_bridge.domain.errors import KeycloakUnavailable

    raise KeycloakUnavailable("down")


def test_while_the_account_is_being_activated_it_waits(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """A claim under way is neither overtaken nor lost: « réessayez », then the account is reset."""
    person, _ine, _thief, post = stolen(app, clock)
    refusal, other, visitor = post.newest(person.personal_mail, "/refus/"), Visitor(app), Visitor(app)
    go_in(app, realm, other, press(other, post.newest(NEW)), person)
    with services_of(app).sessions.begin() as db:
        journey = db.scalars(select(Journey).where(Journey.person_id == person.id)).one()
        journey.finishing_at, journey.finishing_by = clock(), "somebody"
    visitor.get(refusal)
    assert visitor.post(refusal).status_code == 503
    assert reread(app, person).personal_mail == NEW
    clock.advance(minutes=2)
    refuse(app, refusal)
    assert reread(app, person).personal_mail == person.personal_mail


def test_frozen_for_every_page_that_takes_numbers(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """The thief goes round by « 1ère connexion », where a university offers that."""
    kcb = services_of(app)
    journeys = [
        journey.model_copy(update={"entrances": [*journey.entrances, "identify"], "identify_by": ["ine"]})
        for journey in kcb.profile.journeys
    ]
    app.extensions[EXTENSION] = replace(kcb, profile=kcb.profile.model_copy(update={"journeys": journeys}))
    person, ine, _thief, post = stolen(app, clock)
    assert try_in(Visitor(app), ine, person.birth_date).status_code == 303
    refuse(app, post.newest(person.personal_mail, "/refus/"))
    assert try_in(Visitor(app), ine, person.birth_date).status_code == 422


def test_a_change_never_opened_is_dropped_and_takes_nothing_back(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """Activated meanwhile by other means, with another address: that stays."""
    person, _ine, _thief, post = stolen(app, clock)
    refusal = post.newest(person.personal_mail, "/refus/")
    with services_of(app).sessions.begin() as db:
        known = db.get_one(Person, person.id)
        known.activated_at, known.state, known.personal_mail = clock(), "SupannActif", THIRD
    refuse(app, refusal)
    now = reread(app, person)
    assert (now.personal_mail, now.activated_at is not None) == (THIRD, True)
    assert [reset["removePassword"] for reset in realm.resets] == [False]


def test_the_page_shows_neither_address(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """A mailbox noted by mistake is a stranger's: it learns the name of the account, as its first mail told it."""
    person, _ine, _thief, post = stolen(app, clock)
    page = words(Visitor(app).get(post.newest(person.personal_mail, "/refus/")))
    assert person.login in page
    assert f"Vous n'êtes pas {person.display_name}" in page
    assert NEW not in page
    assert "•" not in page
