"""4, 5, 6, 7, 22, 23. Links that confirm an address: what they open, for whom, until when, and what of it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from kc_bridge.domain.link import token_digest
from kc_bridge.store.activation import Journey, Link
from kc_bridge.store.models import OutboxMessage, Person
from required_actions.links import issue
from tests.security.test_injection import CORPUS, assert_inert
from tests.security.test_mails import HEADERS, WRONG
from tests.support.addresses import (
    ADDRESS,
    BACKUP,
    Giver,
    Postman,
    active,
    checks,
    go_in,
    press,
    words,
)
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import COMPLETE
from tests.support.visitor import Visitor

SUMMARY = "/activation/summary"
Change = Callable[[Flask, Giver, FixedClock], None]


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=COMPLETE)


@pytest.fixture
def postman(app: Flask) -> Postman:
    return Postman(app)


@pytest.fixture
def giver(app: Flask, realm: FakeRealm) -> Giver:
    return Giver(app, realm, make_person(app))


def is_confirmed(app: Flask) -> bool:
    (check,) = checks(app)
    return check.confirmed_at is not None


def test_reading_it_confirms_nothing(app: Flask, giver: Giver, postman: Postman) -> None:
    """Mail scanners follow links and ask for heads; some run scripts, none presses buttons."""
    giver.give()
    link = postman.link()
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        assert Visitor(app).request(method, link).status_code == 200
    assert Visitor(app).request("POST", link).status_code == 400  # without the page's token
    assert not is_confirmed(app)
    page = words(Visitor(app).get(link))
    assert "c•••••s@perso.example" in page
    assert ADDRESS not in page
    assert giver.person.login in page


def test_pressed_again_it_changes_nothing(app: Flask, giver: Giver, postman: Postman) -> None:
    giver.give()
    link = postman.link()
    press(giver.visitor, link)
    (first,) = checks(app)
    for visitor in (giver.visitor, Visitor(app)):
        assert press(visitor, link).status_code == 303
    (second,) = checks(app)
    assert (second.confirmed_at, second.data) == (first.confirmed_at, first.data)


def test_for_an_active_account_it_never_begins_a_login(
    app: Flask, realm: FakeRealm, postman: Postman
) -> None:
    """Whoever reads the mailbox of an address somebody gave does not own the account."""
    giver = Giver(app, realm, active(app), "kcb-backup-mail", aia=True)
    giver.give()
    link = postman.link()
    other = Visitor(app)
    for _ in range(2):
        answer = press(other, link)
        assert answer.status_code == 200
        assert "continue" not in words(answer)
    for path in ("/activation/", BACKUP, "/activation/leave", "/oidc/silent?error=login_required&state="):
        assert other.get(path).status_code in (400, 410), path
    with services_of(app).sessions() as db:
        assert db.scalars(select(Link.state)).all() == ["new"]


def test_nor_once_the_account_has_become_active(app: Flask, giver: Giver, postman: Postman) -> None:
    """By another way, while the mail was under way: the link of an activation confirms, no more."""
    giver.give()
    link = postman.link()
    with services_of(app).sessions.begin() as db:
        db.execute(update(Person).values(activated_at=services_of(app).clock()))
    other = Visitor(app)
    assert "Adresse confirmée" in words(press(other, link))
    assert other.get("/activation/").status_code == 410


def test_somebody_else_logged_in_here_is_told(app: Flask, giver: Giver, postman: Postman) -> None:
    """During an activation, before anything is opened, Keycloak is asked who is logged in."""
    giver.give()
    asked = press(Visitor(app), postman.link())
    assert asked.status_code == 303
    assert "prompt=none" in asked.location
    with services_of(app).sessions() as db:
        assert db.scalars(select(Link.state)).all() == ["new"]


def test_it_opens_its_own_journey_and_no_other(
    app: Flask, realm: FakeRealm, giver: Giver, postman: Postman
) -> None:
    other = Giver(app, realm, make_person(app))
    other.give("b@perso.example")
    giver.give()
    letters = postman.round()
    assert {letter["To"] for letter in letters} == {ADDRESS, "b@perso.example"}
    with services_of(app).sessions() as db:
        links = db.scalars(select(Link)).all()
    assert {link.person_id for link in links} == {giver.person.id, other.person.id}

    # Pressed where the other person's journey waits: theirs goes on waiting.
    body = next(letter for letter in letters if letter["To"] == ADDRESS).get_body(("plain",))
    path = "/l/" + body.get_content().split("/l/")[1].split()[0]  # type: ignore[union-attr]
    assert "prompt=none" in press(other.visitor, path).location
    assert other.get(BACKUP).status_code == 200
    assert other.waits


def test_a_link_of_the_activation_confirms_no_address(app: Flask, giver: Giver) -> None:
    """Nor does one made for another purpose open anything, were its token known."""
    giver.give()
    kcb = services_of(app)
    with kcb.sessions.begin() as db:
        person = db.get_one(Person, giver.person.id)
        soon = kcb.clock() + timedelta(hours=1)
        token = issue(db, person, "activation", soon, kcb.clock(), sent_to=ADDRESS).token
    press(Visitor(app), f"/l/{token}")
    assert not is_confirmed(app)


@pytest.mark.parametrize("purpose", ["identified", "reset", ""])
def test_another_purpose_is_no_link_at_all(app: Flask, giver: Giver, postman: Postman, purpose: str) -> None:
    giver.give()
    link = postman.link()
    with services_of(app).sessions.begin() as db:
        db.execute(update(Link).values(purpose=purpose))
    assert Visitor(app).get(link).status_code == 404


def newer_mail(app: Flask, giver: Giver, clock: FixedClock) -> None:
    clock.advance(minutes=5)
    giver.resend()
    Postman(app).round()


def corrected(app: Flask, giver: Giver, clock: FixedClock) -> None:
    clock.advance(seconds=1)
    giver.give("autre@perso.example")


def expired(app: Flask, giver: Giver, clock: FixedClock) -> None:
    clock.advance(hours=15)


def journey_begun_anew(app: Flask, giver: Giver, clock: FixedClock) -> None:
    with services_of(app).sessions.begin() as db:
        person = db.get_one(Person, giver.person.id)
        issue(db, person, "activation", clock() + timedelta(hours=1), clock())


def account_closed(app: Flask, giver: Giver, clock: FixedClock) -> None:
    with services_of(app).sessions.begin() as db:
        db.execute(update(Person).values(account_end=date(2026, 9, 6)))


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (newer_mail, 410, "Un mail plus récent le remplace"),
        (corrected, 410, "l'adresse a été changée depuis"),
        (expired, 410, "Il était valable jusqu'au lundi 7 septembre 2026 à 23 h 59"),
        (journey_begun_anew, 410, "Ce lien ne confirme plus d'adresse"),
        (account_closed, 403, "Votre compte a expiré le 6 septembre 2026"),
    ],
)
def test_dead_ends(
    app: Flask, giver: Giver, postman: Postman, clock: FixedClock, change: Change, status: int, said: str
) -> None:
    """Checked when the page is read and again when the button is pressed."""
    giver.give()
    link, shown_before = postman.link(), Visitor(app)
    shown_before.get(link)
    change(app, giver, clock)
    if clock() - services_of(app).clock() > timedelta(minutes=15):
        shown_before = Visitor(app)
    page = Visitor(app).get(link)
    assert (page.status_code, said in words(page)) == (status, True), words(page)
    pressed = shown_before.post(link)
    if change is not expired:  # its page's session is over as well
        assert (pressed.status_code, said in words(pressed)) == (status, True), words(pressed)
    assert not is_confirmed(app)


def test_expired_between_page_and_button(
    app: Flask, realm: FakeRealm, postman: Postman, clock: FixedClock
) -> None:
    giver = Giver(app, realm, active(app), "kcb-backup-mail", aia=True)
    clock.advance(minutes=14)
    giver.give()
    link, late = postman.link(), Visitor(app)
    clock.advance(minutes=40)
    late.get(link)
    clock.advance(minutes=6)
    assert late.post(link).status_code == 410
    assert not is_confirmed(app)


def test_pressed_once_more_after_everything_is_done(app: Flask, realm: FakeRealm, postman: Postman) -> None:
    """A kind word, not « a newer link »."""
    for giver in (
        Giver(app, realm, make_person(app), "kcb-backup-mail"),
        Giver(app, realm, active(app), "kcb-backup-mail", aia=True),
    ):
        giver.give()
        link = postman.link()
        press(giver.visitor, link)
        giver.get()
        page = Visitor(app).get(link)
        assert page.status_code == 410
        assert "Cette adresse est déjà confirmée" in words(page)
        postman.round()  # the first of them has activated an account, which is confirmed


def test_forwarding_too(app: Flask, realm: FakeRealm, postman: Postman) -> None:
    """Its end raises no generation: the link itself would still be good."""
    giver = Giver(app, realm, active(app), "kcb-mail-forwarding", aia=True)
    giver.send("/activation/mail-forwarding", forwarding="y", forwarding_address=ADDRESS)
    link = postman.link()
    press(giver.visitor, link)
    giver.get()
    with services_of(app).sessions() as db:
        assert db.scalars(select(Journey.finished_at)).one() is not None
    assert "Cette adresse est déjà confirmée" in words(Visitor(app).get(link))


def test_only_its_digest_is_kept(app: Flask, giver: Giver, postman: Postman) -> None:
    giver.give()
    token = postman.link().removeprefix("/l/")
    assert len(token) == 43
    with services_of(app).sessions() as db:
        assert db.scalars(select(Link.token_sha256)).all() == [token_digest(token)]
        (message,) = db.scalars(select(OutboxMessage))
    assert token not in repr(message.payload)
    assert ADDRESS not in repr(message.payload)


def test_no_canary_sings(
    app: Flask, realm: FakeRealm, giver: Giver, postman: Postman, capfd: pytest.CaptureFixture[str]
) -> None:
    giver.give("a@b.fr, evil@evil.test")
    giver.give("canari-refuse@etu.univ-demo.fr")
    giver.give()
    link, other = postman.link(), Visitor(app)
    asked = press(other, link)
    go_in(app, realm, other, asked, giver.person, act="kcb-backup-mail", acts=giver.acts)
    giver.get(f"{link}x")
    giver.give("canari-deux@perso.example")
    press(Visitor(app), link)
    press(giver.visitor, postman.link())
    giver.send("/activation/charter", accept="y")
    said = "".join(capfd.readouterr())
    assert "/l/<token>" in said
    for canary in (ADDRESS, "canari", "evil", link.removeprefix("/l/"), "camille.ailleurs"):
        assert canary not in said, canary


@pytest.mark.parametrize("typed", WRONG)
def test_one_recipient_or_none(
    app: Flask, realm: FakeRealm, giver: Giver, postman: Postman, typed: str
) -> None:
    """23. What is typed as an address becomes neither a header nor a second recipient."""
    page = giver.give(typed)
    letters = postman.round()
    if page.status_code == 422:
        assert letters == []
        assert checks(app) == []
    else:
        (letter,) = letters
        assert letter.keys() == HEADERS
        assert letter["To"] == "a@b.fr"
        assert len(letter["To"].addresses) == 1


@pytest.mark.parametrize("typed", CORPUS)
def test_injected_texts_stay_texts(app: Flask, realm: FakeRealm, giver: Giver, typed: str) -> None:
    page = giver.give(typed)
    assert page.status_code == 422
    assert_inert(page.get_data(as_text=True))


@pytest.mark.parametrize("sent", [["a@b.fr", "evil@evil.test"], {"a": "b"}, 7, None, True, [[]]])
def test_other_shapes_than_promised(app: Flask, realm: FakeRealm, giver: Giver, sent: object) -> None:
    """24. A list where a text is expected."""
    headers = {"X-CSRFToken": giver.visitor.csrf, "Referer": f"https://compte.univ.test{BACKUP}"}
    response = giver.visitor.request("POST", BACKUP, json={"backup_mail": sent}, headers=headers)
    assert response.status_code in (303, 422)
    assert [check.address for check in checks(app)] in ([], ["a@b.fr"])


def test_fields_of_other_steps_are_ignored(app: Flask, giver: Giver) -> None:
    """16. Nothing comes along with an address."""
    giver.send(
        BACKUP,
        backup_mail=ADDRESS,
        forwarding="y",
        forwarding_address="evil@evil.test",
        verify="",
        step="charter",
    )
    (check,) = checks(app)
    assert check.data["attributes"] == {"supannMailPrive": [f"{{SECOURS}}{ADDRESS}"]}
    assert check.step == "backup_mail"
