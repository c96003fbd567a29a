"""The step « redirection »: optional, its address asked for only where the box is ticked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from kc_bridge.store.activation import StepRecord
from tests.support.addresses import (
    ADDRESS,
    Giver,
    Postman,
    active,
    checks,
    complete_with,
    press,
    value_of,
    words,
)
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import COMPLETE
from tests.support.visitor import Visitor

PAGE = "/activation/mail-forwarding"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=COMPLETE)


def at_the_page(app: Flask, realm: FakeRealm, **person: Any) -> Giver:
    return Giver(app, realm, make_person(app, **person), "kcb-mail-forwarding", "kcb-new-password")


def is_ticked(giver: Giver, field: str) -> bool:
    html = giver.page.get_data(as_text=True)
    (tag,) = [part for part in html.split("<input")[1:] if f'name="{field}"' in part.partition(">")[0]]
    return " checked" in tag.partition(">")[0]


def test_as_first_shown(app: Flask, realm: FakeRealm) -> None:
    giver = at_the_page(app, realm)
    assert "Redirection de vos mails (facultatif)" in words(giver.page)
    assert giver.person.mail in words(giver.page)
    assert not is_ticked(giver, "forwarding")
    assert is_ticked(giver, "forwarding_copy")
    assert value_of(giver.page, "forwarding_address") == giver.person.personal_mail


def test_not_wanted(app: Flask, realm: FakeRealm) -> None:
    """What the fields that then do not count hold is no matter: the address is prefilled and sent all the same."""
    giver = at_the_page(app, realm)
    giver.send(PAGE, forwarding_address="no address at all", forwarding_copy="y")
    assert giver.told["attributes"] == {"mailForwardingAddress": [], "mailDeliveryOption": []}
    assert giver.told["details"] == {"kcb-mail-forwarding": {"forwarding": "off"}}
    assert Postman(app).round() == []


@pytest.mark.parametrize(("sent", "option"), [({"forwarding_copy": "y"}, ["mailbox"]), ({}, [])])
def test_to_the_backup_mail(app: Flask, realm: FakeRealm, sent: dict[str, str], option: list[str]) -> None:
    giver = at_the_page(app, realm)
    address = giver.person.personal_mail or ""
    giver.send(PAGE, forwarding="y", forwarding_address=address, **sent)
    assert giver.told["attributes"] == {"mailForwardingAddress": [address], "mailDeliveryOption": option}
    assert giver.told["details"]["kcb-mail-forwarding"]["verified"] == "backup"
    assert Postman(app).round() == []


def test_elsewhere_waits_for_the_owner(app: Flask, realm: FakeRealm) -> None:
    giver, postman = at_the_page(app, realm), Postman(app)
    giver.send(PAGE, forwarding="y", forwarding_address=ADDRESS)
    assert giver.waits
    assert "Modifier l'adresse de redirection" in words(giver.page)
    assert realm.completed == []
    press(giver.visitor, postman.link())
    giver.get()
    assert "mot de passe" in words(giver.page)
    giver.get(PAGE)
    assert is_ticked(giver, "forwarding")
    assert not is_ticked(giver, "forwarding_copy")
    assert value_of(giver.page, "forwarding_address") == ADDRESS

    # Back, and the copy wanted after all: the address needs no second proof.
    giver.send(PAGE, forwarding="y", forwarding_address=ADDRESS, forwarding_copy="y")
    assert giver.told["attributes"] == {"mailForwardingAddress": [ADDRESS], "mailDeliveryOption": ["mailbox"]}
    assert giver.told["details"]["kcb-mail-forwarding"] == {
        "forwarding": "on", "copy": "kept", "verified": "mail"
    }  # fmt: skip
    assert postman.round() == []


def test_off_while_an_address_waits(app: Flask, realm: FakeRealm) -> None:
    """The link sent meanwhile changes nothing any more."""
    giver, postman = at_the_page(app, realm), Postman(app)
    giver.send(PAGE, forwarding="y", forwarding_address=ADDRESS)
    link = postman.link()
    giver.send(PAGE)
    assert giver.told["attributes"] == {"mailForwardingAddress": [], "mailDeliveryOption": []}
    assert checks(app) == []
    late = press(Visitor(app), link)
    assert late.status_code == 410
    assert "Ce lien ne confirme plus d'adresse" in words(late)
    giver.get(PAGE)
    assert not giver.waits
    assert not is_ticked(giver, "forwarding")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "Saisissez une adresse mail."),
        ("ailleurs", "adresse mail complète"),
        ("camille@etu.univ-demo.fr", "tourneraient en boucle"),
    ],
)
def test_refused_with_everything_kept(app: Flask, realm: FakeRealm, typed: str, reason: str) -> None:
    giver = at_the_page(app, realm)
    page = giver.send(PAGE, forwarding="y", forwarding_address=typed)
    assert page.status_code == 422
    assert reason in words(page)
    assert is_ticked(giver, "forwarding")
    assert not is_ticked(giver, "forwarding_copy")
    assert (value_of(page, "forwarding_address") or "") == typed


def test_prefilled_with_the_backup_mail_of_this_journey(app: Flask, realm: FakeRealm) -> None:
    giver = Giver(app, realm, make_person(app), "kcb-backup-mail", "kcb-mail-forwarding")
    giver.give()
    press(giver.visitor, Postman(app).link())
    giver.get()
    assert value_of(giver.page, "forwarding_address") == ADDRESS
    giver.send(PAGE, forwarding="y", forwarding_address=ADDRESS)
    assert giver.told["details"]["kcb-mail-forwarding"]["verified"] == "backup"


def test_asked_again_it_shows_what_is_in_force(app: Flask, realm: FakeRealm) -> None:
    """« Suivant » on a page that forgot would switch off what nobody asked to switch off."""
    person, postman = active(app), Postman(app)
    giver = Giver(app, realm, person, "kcb-mail-forwarding", aia=True)
    giver.send(PAGE, forwarding="y", forwarding_address=ADDRESS)
    press(giver.visitor, postman.link())
    assert giver.get().location == "/activation/leave"

    later = Giver(app, realm, person, "kcb-mail-forwarding", aia=True)
    assert is_ticked(later, "forwarding")
    assert not is_ticked(later, "forwarding_copy")
    assert value_of(later.page, "forwarding_address") == ADDRESS

    # Taken back, the address is kept nowhere: the notice says « as long as forwarding is on ».
    assert later.send(PAGE).location == "/activation/leave"
    with services_of(app).sessions() as db:
        kept = [record.data for record in db.scalars(select(StepRecord))]
    assert kept == [{"address": None, "copy": False, "details": {"forwarding": "off"}}]
    assert checks(app) == []


class TestUnverified:
    @pytest.fixture
    def app(self, tmp_path: Path, clock: FixedClock) -> Flask:
        more = "[steps.mail_forwarding]\nverify = false"
        return make_app(tmp_path, clock, profile=complete_with(tmp_path, more))

    def test_where_the_university_says_so(self, app: Flask, realm: FakeRealm) -> None:
        giver = at_the_page(app, realm)
        giver.send(PAGE, forwarding="y", forwarding_address=ADDRESS)
        assert giver.told["details"]["kcb-mail-forwarding"]["verified"] == "no"
        assert Postman(app).round() == []


def test_the_summary_says_it(app: Flask, realm: FakeRealm) -> None:
    for sent, said in (
        ({}, "Redirection de vos mails Aucune"),
        ({"forwarding": "y", "forwarding_address": "x@perso.example"}, "Sans copie"),
    ):
        giver = Giver(app, realm, make_person(app, personal_mail="x@perso.example"), "kcb-mail-forwarding")
        giver.send(PAGE, **sent)
        assert said in words(giver.page)
