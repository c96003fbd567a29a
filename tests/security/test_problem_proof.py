"""3, 5, 7, 9: what an INE and a birth date open on « Problème de connexion », for how long, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from kc_bridge.store.activation import AddressChange
from kc_bridge.store.models import AuditEntry, Identifier, OutboxMessage, Person
from required_actions.links import issue
from tests.support.addresses import go_in, press, value_of
from tests.support.bridge import FakeRealm, FixedClock, make_app, services_of
from tests.support.counts import count
from tests.support.identify import address, birthday, number, words
from tests.support.problem import (
    ADDRESS,
    NEW,
    PROFILE,
    PROOF,
    Postbox,
    enrolled,
    give,
    identify,
    prove,
    proved,
    reread,
)
from tests.support.visitor import Visitor

BOX = f"{ADDRESS}/mail"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=PROFILE)


def at_proof(app: Flask, person: Person) -> Visitor:
    visitor = Visitor(app)
    identify(visitor, person.login)
    return visitor


def mails(app: Flask) -> int:
    with services_of(app).sessions() as db:
        return db.scalar(select(func.count()).select_from(OutboxMessage)) or 0


def test_the_new_address_is_the_persons_once_its_link_is_opened(app: Flask, realm: FakeRealm) -> None:
    person, ine = enrolled(app)
    former = person.personal_mail
    visitor, post = proved(app, person, ine), Postbox(app)
    assert give(visitor).location == BOX
    assert NEW in words(visitor.get(BOX))
    link = post.newest(NEW)
    assert reread(app, person).personal_mail == former
    phone = Visitor(app)
    phone.get(link)
    assert reread(app, person).personal_mail == former
    page = go_in(app, realm, phone, press(phone, link), person, acts=["kcb-backup-mail", "kcb-charter"])
    assert reread(app, person).personal_mail == NEW
    assert "charte" in words(page)  # nobody is asked for the address they have just been written to
    phone.post("/activation/charter", {"accept": "y"})
    assert {"supannMailPrive": [f"{{SECOURS}}{NEW}"]}.items() <= realm.completed[-1]["attributes"].items()


def test_without_any_address(app: Flask) -> None:
    person, ine = enrolled(app, personal_mail=None)
    visitor = proved(app, person, ine)
    assert "Aucune adresse mail de secours n'est connue" in words(visitor.get(ADDRESS))
    give(visitor)
    assert len(Postbox(app).round()) == 1


def test_the_address_known_is_shown_masked_and_only_after_the_proof(app: Flask) -> None:
    person, ine = enrolled(app, personal_mail="camille.perso@courriel.example")
    visitor = at_proof(app, person)
    before = [visitor.get(PROOF), prove(visitor, ine, birthday()), visitor.get(ADDRESS)]
    assert not any("courriel.example" in words(page) for page in before)
    prove(visitor, ine, person.birth_date)
    page = words(visitor.get(ADDRESS))
    assert "c•••••o@courriel.example" in page
    assert "camille.perso" not in page


@pytest.mark.parametrize(
    "typed", ["123456789BB", "123 456 789 bb", "123-456-789-BB", "\u200b123456789bb", "123.456.789.BB"]
)
def test_an_ine_is_read_as_people_write_it(app: Flask, typed: str) -> None:
    person, _ine = enrolled(app)
    with services_of(app).sessions.begin() as db:
        db.add(Identifier(person_id=person.id, kind="former_ine", value="123456789BB"))
    assert prove(at_proof(app, person), typed, person.birth_date).location == ADDRESS


def test_a_former_ine_is_its_present_holders_alone(app: Flask) -> None:
    """An INE given to somebody by mistake, then corrected: it opens whose it is."""
    (former, _own), (holder, ine) = enrolled(app), enrolled(app)
    with services_of(app).sessions.begin() as db:
        db.add(Identifier(person_id=former.id, kind="former_ine", value=ine))
    assert prove(at_proof(app, former), ine, former.birth_date).status_code == 422
    assert prove(at_proof(app, holder), ine, holder.birth_date).location == ADDRESS


def test_exactly_five_tries_an_hour_also_with_the_other_page(app: Flask, clock: FixedClock) -> None:
    """9. Wherever from, and right words count as wrong ones do."""
    person, ine = enrolled(app)
    answers = [prove(at_proof(app, person), ine, birthday()).status_code for _ in range(3)]
    answers += [prove(at_proof(app, person), ine, person.birth_date).status_code for _ in range(3)]
    assert answers == [422, 422, 422, 303, 303, 429]
    clock.advance(minutes=59, seconds=59)
    assert prove(at_proof(app, person), ine, person.birth_date).status_code == 429
    clock.advance(seconds=1)
    assert prove(at_proof(app, person), ine, person.birth_date).status_code == 303


def test_one_place_and_one_birth_date(app: Flask) -> None:
    """9. 30 in five minutes from one address; one date swept over many numbers is held, and told."""
    visitor, at = Visitor(app), address()
    identify(visitor, "personne")
    assert [prove(visitor, number(), birthday(), at=at).status_code for _ in range(31)] == [422] * 30 + [429]
    born = date(1987, 6, 5)
    assert [prove(visitor, number(), born).status_code for _ in range(42)] == [422] * 40 + [429] * 2
    with services_of(app).sessions() as db:
        assert db.scalar(select(func.count()).where(AuditEntry.action == "identify.sweep")) == 1


@pytest.mark.parametrize("right", [False, True])
def test_fifty_guesses_at_once_count_as_fifty(app: Flask, right: bool) -> None:
    """9. INE too."""
    person, ine = enrolled(app)
    n = count(12, 50)
    visitors = [at_proof(app, person) for _ in range(n)]
    for visitor in visitors:
        visitor.get(PROOF)
    born = [person.birth_date if right else birthday() for _ in range(n)]
    together = Barrier(n)

    def guess(index: int) -> int:
        together.wait()
        fields = {"number": ine, "birth_date": f"{born[index]:%d/%m/%Y}"}
        environ = {"REMOTE_ADDR": f"203.0.113.{index}"}
        return visitors[index].post(PROOF, fields, environ_base=environ).status_code

    with ThreadPoolExecutor(n) as pool:
        answers = sorted(pool.map(guess, range(n)))
    assert answers == sorted([303 if right else 422] * 5 + [429] * (n - 5))


def test_it_does_not_lock_the_account(app: Flask, clock: FixedClock) -> None:
    person, ine = enrolled(app)
    for _ in range(6):
        prove(at_proof(app, person), ine, birthday())
    identify(Visitor(app), person.login)
    clock.advance(minutes=5)
    identify(Visitor(app), person.login)
    assert Visitor(app).get(Postbox(app).newest(person.personal_mail)).status_code == 200


def test_the_session_is_renewed_and_the_proof_is_this_browsers(app: Flask) -> None:
    """17. Who planted a session's name, or reads an address, holds nothing."""
    person, ine = enrolled(app)
    visitor = at_proof(app, person)
    planted = visitor.cookie
    prove(visitor, ine, person.birth_date)
    assert visitor.cookie != planted
    for other in (Visitor(app, planted), at_proof(app, person)):
        assert other.get(ADDRESS).location == PROOF
        other.get("/aide")
        assert mails(app) == 0


def test_a_proof_lasts_fifteen_minutes(app: Flask, clock: FixedClock) -> None:
    person, ine = enrolled(app)
    visitor = proved(app, person, ine)
    clock.advance(minutes=14)
    assert visitor.get(ADDRESS).status_code == 200
    clock.advance(minutes=1)
    assert visitor.get(ADDRESS).location == PROOF
    assert visitor.post(ADDRESS, {"backup_mail": NEW}).location == PROOF
    assert mails(app) == 0


def newer_link(app: Flask, person: Person) -> None:
    with services_of(app).sessions.begin() as db:
        now = services_of(app).clock()
        issue(db, person, "activation", now + timedelta(hours=1), now)


def becomes(**fields: Any) -> Callable[[Flask, Person], None]:
    def change(app: Flask, person: Person) -> None:
        with services_of(app).sessions.begin() as db:
            for name, value in fields.items():
                setattr(db.get_one(Person, person.id), name, value() if callable(value) else value)

    return change


ENDINGS: dict[str, Callable[[Flask, Person], None]] = {
    "a newer link": newer_link,
    "activated": becomes(activated_at=lambda: FixedClock()(), state="SupannActif"),
    "disabled": becomes(state="SupannVerrouille"),
    "expired": becomes(account_end=date(2026, 9, 6)),
    "frozen": becomes(address_frozen_until=lambda: FixedClock()() + timedelta(days=1)),
}


@pytest.mark.parametrize("ending", list(ENDINGS))
def test_the_account_is_looked_at_again_at_every_step(app: Flask, ending: str) -> None:
    """7. At reading and at commit."""
    person, ine = enrolled(app)
    visitor = proved(app, person, ine)
    visitor.get(ADDRESS)
    ENDINGS[ending](app, person)
    assert visitor.post(ADDRESS, {"backup_mail": NEW}).location == PROOF
    assert visitor.get(ADDRESS).location == PROOF
    assert mails(app) == 0
    with services_of(app).sessions() as db:
        assert db.scalar(select(func.count()).select_from(AddressChange)) == 0


@pytest.mark.parametrize("ending", list(ENDINGS))
def test_also_between_reading_and_commit(app: Flask, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person, ine = enrolled(app)
    visitor = proved(app, person, ine)
    visitor.get(ADDRESS)

    def meanwhile(typed: str | None) -> str:
        ENDINGS[ending](app, person)
        return typed or ""

    monkeypatch.setattr("required_actions.problem.address.usable", meanwhile)
    assert visitor.post(ADDRESS, {"backup_mail": NEW}).location == PROOF
    assert mails(app) == 0


def test_it_ends_what_was_begun_before(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """6. The link to the former address, and the journey it began."""
    person, ine = enrolled(app)
    post, stranger = Postbox(app), Visitor(app)
    identify(Visitor(app), person.login)
    link = post.newest(person.personal_mail)
    assert go_in(app, realm, stranger, press(stranger, link), person).status_code == 200
    clock.advance(minutes=5)
    give(proved(app, person, ine))
    assert stranger.get("/activation/").status_code == 410
    assert Visitor(app).get(link).status_code == 410


def test_corrected_resent_and_counted(app: Flask, clock: FixedClock) -> None:
    """11. One in five minutes to one mailbox, five a day in all; a refresh sends nothing; nothing typed is lost."""
    person, ine = enrolled(app)
    visitor, post = proved(app, person, ine), Postbox(app)
    give(visitor, "faute@perso.example")
    wrong = post.newest("faute@perso.example")
    clock.advance(seconds=1)
    give(visitor, NEW)
    assert Visitor(app).get(wrong).status_code == 410
    for _ in range(5):
        visitor.get(BOX)
        visitor.post(BOX)
    assert len(post.to(NEW)) == 1
    assert "à partir de 10 h 35" in words(visitor.get(BOX)).replace("\u00a0", " ").replace("<strong>", "")
    clock.advance(minutes=5)
    visitor.post(BOX)
    assert len(post.to(NEW)) == 2
    assert Visitor(app).get(post.newest(NEW)).status_code == 200
    give(visitor, "quatre@perso.example")
    give(visitor, "cinq@perso.example")
    held = give(visitor, "six@perso.example")
    assert held.status_code == 429
    assert 0 < int(held.headers["Retry-After"]) <= 86400
    assert value_of(held, "backup_mail") == "six@perso.example"
    assert post.to("six@perso.example") == []
    assert len([letter for letter in post.to(person.personal_mail) if "/refus/" in str(letter)]) == 4


@pytest.mark.parametrize(
    "typed",
    ["", "camille", "camille@", "camille@etu.umontpellier.fr", "camille@sub.umontpellier.fr", "é@perso.example", "a@b.fr\nBcc: c@d.fr"],
)  # fmt: skip
def test_an_address_is_one_the_step_would_take(app: Flask, typed: str) -> None:
    person, ine = enrolled(app)
    refused = give(proved(app, person, ine), typed)
    assert refused.status_code == 422
    assert '<p class="error">' in refused.get_data(as_text=True)
    assert mails(app) == 0


def test_the_address_known_given_again_changes_nothing_but_the_link(app: Flask) -> None:
    person, ine = enrolled(app)
    give(proved(app, person, ine), (person.personal_mail or "").replace("perso.example", "PERSO.example"))
    (letter,) = Postbox(app).round()
    assert letter["To"] == person.personal_mail
    with services_of(app).sessions() as db:
        assert db.scalar(select(func.count()).select_from(AddressChange)) == 0


def test_only_the_link_there_makes_it_the_persons(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """A thief gives an address and never opens it, the owner asks for a link at Etape 1: it goes where it always did,
    and the other one is dead."""
    person, ine = enrolled(app)
    post = Postbox(app)
    give(proved(app, person, ine), "voleur@perso.example")
    stolen = post.newest("voleur@perso.example")
    clock.advance(minutes=5)
    identify(Visitor(app), person.login)
    visitor = Visitor(app)
    go_in(app, realm, visitor, press(visitor, post.newest(person.personal_mail)), person)
    assert Visitor(app).get(stolen).status_code == 410
    assert reread(app, person).personal_mail == person.personal_mail


def test_the_ine_opens_nothing_else(app: Flask) -> None:
    """5. A profile that identifies by no number offers none, and the proof is of one identifier."""
    person, ine = enrolled(app)
    assert Visitor(app).get("/identification/ine").status_code == 404
    other = at_proof(app, enrolled(app)[0])
    assert prove(other, ine, person.birth_date).status_code == 422
