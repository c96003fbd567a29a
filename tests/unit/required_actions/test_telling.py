"""Receivers and a directory hear of what people do, once it is done, and of nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from kc_bridge.channels.announcements import ACTIVATED, announce
from kc_bridge.channels.settings import LdapWriteback, Webhook
from kc_bridge.domain.link import token_digest
from kc_bridge.store.models import OutboxMessage, Person
from required_actions import address_changes, refusals, resets
from tests.support.addresses import Giver, active
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import COMPLETE
from tests.support.visitor import PASSWORD, Visitor

FORWARDING = "/activation/mail-forwarding"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return told_app(tmp_path, clock)


def told_app(folder: Path, clock: FixedClock, **settings: Any) -> Flask:
    webhook = Webhook(name="badges", url="https://badges.univ.test/", secret_file=folder / "secret")
    directory = LdapWriteback(url="ldaps://ldap.univ.test", base="dc=univ")
    return make_app(folder, clock, webhooks=[webhook], ldap_writeback=directory, **settings)


def queued(app: Flask) -> list[tuple[str, str, dict[str, Any]]]:
    """(channel, kind, what is said) of everything that is no mail, in order."""
    with services_of(app).sessions() as db:
        rows = db.scalars(
            select(OutboxMessage).where(OutboxMessage.channel != "mail").order_by(OutboxMessage.id)
        )
        return [(row.channel, row.kind, row.payload.get("data", {})) for row in rows]


def forget(app: Flask) -> None:
    with services_of(app).sessions.begin() as db:
        db.query(OutboxMessage).delete()


def test_an_activation(app: Flask, realm: FakeRealm) -> None:
    person, visitor = make_person(app), Visitor(app)
    visitor.enter(realm, person)
    visitor.post("/activation/charter", {"accept": "y"})
    assert queued(app) == []
    visitor.post("/activation/new-password", {"password": PASSWORD, "confirmation": PASSWORD})
    said = {"uid": person.uid, "login": person.login, "state": "SupannActif"}
    assert queued(app) == [("webhook.badges", "account.activated", said), ("ldap", "writeback", {})]


@pytest.fixture
def forwarder(tmp_path: Path, clock: FixedClock) -> Flask:
    return told_app(tmp_path, clock, profile=COMPLETE)


class TestForwarding:
    def forwards(self, app: Flask, realm: FakeRealm, person: Person, **sent: str) -> list[dict[str, Any]]:
        """What receivers of webhooks are told when an active person sends this."""
        forget(app)
        Giver(app, realm, person, "kcb-mail-forwarding").send(FORWARDING, **sent)
        told = queued(app)
        assert {kind for channel, kind, _said in told if channel == "ldap"} == (
            {"writeback"} if told else set()
        )
        return [
            {name: value for name, value in said.items() if name in ("forwarding", "copy")}
            for channel, kind, said in told
            if channel == "webhook.badges" and kind == "forwarding.changed"
        ]

    def test_each_change_and_no_other(self, forwarder: Flask, realm: FakeRealm) -> None:
        person = active(forwarder)
        address = person.personal_mail or ""
        on = {"forwarding": "y", "forwarding_address": address}
        assert self.forwards(forwarder, realm, person) == []
        assert self.forwards(forwarder, realm, person, **on) == [{"forwarding": True, "copy": False}]
        assert self.forwards(forwarder, realm, person, **on) == []
        assert self.forwards(forwarder, realm, person, **on, forwarding_copy="y") == [
            {"forwarding": True, "copy": True}
        ]
        assert self.forwards(forwarder, realm, person) == [{"forwarding": False}]
        assert self.forwards(forwarder, realm, person, forwarding_copy="y") == []


def test_validated_again(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    resets.reset(services_of(app), person.id, actor="martine", reason="phishing")
    assert queued(app) == [("ldap", "writeback", {})]


def test_a_change_of_address_that_is_taken_back(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """The directory has the stranger's address by then."""
    person = active(app)
    with services_of(app).sessions.begin() as db:
        row = db.get_one(Person, person.id)
        noted = address_changes.change(db, row, row.personal_mail, "stranger@perso.fr", clock(), active=True)
        row.personal_mail, noted.undo_sha256 = "stranger@perso.fr", token_digest("not me")
    refusals.undo(services_of(app), "not me")
    assert queued(app) == [("ldap", "writeback", {})]


def test_nobody_to_tell(tmp_path: Path, clock: FixedClock) -> None:
    app = told_app(tmp_path, clock)
    settings = services_of(app).settings
    settings.webhooks, settings.ldap_writeback = [], None
    person = make_person(app)
    with services_of(app).sessions.begin() as db:
        announce(db, settings, person, ACTIVATED, clock())
    assert queued(app) == []


def test_people_only_keycloak_knows_are_nobodys_to_tell_of(app: Flask, clock: FixedClock) -> None:
    person = make_person(app, key="keycloak:0d5a")
    with services_of(app).sessions.begin() as db:
        announce(db, services_of(app).settings, person, ACTIVATED, clock())
    assert queued(app) == []
