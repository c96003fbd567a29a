"""The file of one's data: everything of its person, no secret, and nothing of anybody else."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from flask import Flask

from kc_bridge.store import audit, outbox
from kc_bridge.store.activation import AddressChange, CharterAcceptance, Journey, Link, StepRecord
from kc_bridge.store.decisions import Consent, SecurityAnswer
from kc_bridge.store.models import Affiliation, Identifier, Person
from tests.support.account import log_in
from tests.support.addresses import active, words
from tests.support.bridge import FakeRealm, services_of
from tests.support.visitor import Visitor


def fill(app: Flask, person: Person, mark: str) -> None:
    """A row of everything, with words of that person's own, and secrets."""
    kcb = services_of(app)
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        journey = Journey(
            person_id=person.id, name=f"actions:ticketdigest-{mark}", generation=1, started_at=now
        )
        journey.steps.append(
            StepRecord(step="mail_forwarding", done_at=now, data={"address": f"fw-{mark}@x.fr"})
        )
        rows = [
            journey,
            Identifier(person_id=person.id, kind="ine", value=f"INE{mark}"),
            Affiliation(person_id=person.id, population="student", source="apogee", source_key=f"key-{mark}", year=2026,
                        programme="L1", start=now.date(), end=date(2027, 12, 31), row_hash=f"rowhash-{mark}"),
            CharterAcceptance(person_id=person.id, version="2026-09", language="fr", text_sha256="t" * 64, accepted_at=now),
            Consent(person_id=person.id, use="photo_use", given=True, language="fr", text_sha256="c" * 64, decided_at=now),
            SecurityAnswer(person_id=person.id, question=f"question-{mark}", answer_hash=f"answerhash-{mark}", set_at=now),
            Link(person_id=person.id, purpose="activation", sent_to=f"to-{mark}@x.fr", token_sha256=f"tokenhash-{mark}",
                 generation=1, journey="activation", opening=f"opening-{mark}", created_at=now, expires_at=now),
            AddressChange(person_id=person.id, former=f"former-{mark}@x.fr", address=f"new-{mark}@x.fr", active=True, changed_at=now,
                          undo_sha256=f"undohash-{mark}", undo_until=now + timedelta(days=7)),
        ]  # fmt: skip
        db.add_all(rows)
        outbox.enqueue(db, kind="activation", person_id=person.id, dedupe_key=f"dedupe-{mark}", now=now)
        audit.record(
            db, now, "jeanne.martin@univ.test", "account.reset", person.id, reason=f"reason-{mark}", other="x"
        )
        db.get_one(Person, person.id).digest = f"digest-{mark}"


def file_of(app: Flask, realm: FakeRealm, person: Person) -> tuple[dict[str, Any], str]:
    response = log_in(Visitor(app), realm, person, "/compte/donnees.json")
    assert response.headers["Content-Disposition"].startswith(
        "attachment; filename=mes-donnees-2026-09-07.json"
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert response.mimetype == "application/json"
    text = response.get_data(as_text=True)
    return json.loads(text), text


def test_the_file_holds_everything_of_its_person_and_nothing_of_another(app: Flask, realm: FakeRealm) -> None:
    alice, bob = active(app, birth_date=date(2007, 3, 12)), active(app)
    fill(app, alice, "alice")
    fill(app, bob, "bob")
    document, text = file_of(app, realm, alice)

    for mine in ("INEalice", "key-alice", "fw-alice@x.fr", "question-alice", "to-alice@x.fr", "former-alice@x.fr",
                 "new-alice@x.fr", "reason-alice", "2007-03-12", alice.login, alice.personal_mail or ""):  # fmt: skip
        assert mine in text, mine
    for theirs in ("bob", bob.login, bob.uid, bob.personal_mail or "", bob.id):
        assert theirs not in text, theirs
    for secret in (
        "answerhash",
        "tokenhash",
        "opening-",
        "undohash",
        "rowhash",
        "ticketdigest",
        "digest-",
        "dedupe-",
    ):
        assert secret not in text, secret
    assert "jeanne.martin" not in text
    assert [entry["actor"] for entry in document["history"]] == ["staff"]
    assert document["history"][0]["details"] == {"reason": "reason-alice"}
    assert document["journeys"][0]["name"] == "actions"
    assert document["mails"][0] == {"kind": "activation", "created_at": "2026-09-07T08:30:00+00:00",
                                    "sent_at": None, "state": "waiting"}  # fmt: skip
    assert set(document["about"]) == set(document) - {
        "about",
        "format",
        "exported_at",
        "university",
        "contact",
        "login",
    }


def test_somebody_the_bridge_has_no_record_of(app: Flask, realm: FakeRealm) -> None:
    now = services_of(app).clock()
    stranger = Person(key="k", uid="alix", keycloak_id="0" * 36, login="alix", mail="alix@ailleurs.example",
                      first_name="Alix", last_name="Roy", population="guest", created_at=now, updated_at=now)  # fmt: skip
    visitor = Visitor(app)
    page = words(log_in(visitor, realm, stranger))
    assert "alix" in page
    assert "Ce compte n'est lié à aucune inscription" in page
    assert "Ce service ne conserve encore rien sur vous" in words(visitor.get("/compte/donnees"))
    document = json.loads(visitor.get("/compte/donnees.json").get_data())
    assert document["login"] == "alix"
    assert "person" not in document
