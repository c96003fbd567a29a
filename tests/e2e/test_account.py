"""« Mon compte » in Chromium: logged in, a change, back with its notice; a new password; one's data as a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from kc_bridge.mailer import send_waiting
from kc_bridge.store.activation import CharterAcceptance
from kc_bridge.store.models import Affiliation, Identifier, Person
from required_actions.charters import fingerprint
from tests.e2e.visitor import Visitor
from tests.support.activation import sessions
from tests.support.entrances import KNOWN, active_person
from tests.support.stack import GOOD_PASSWORD, Stack

COMPLETE = str(Path(__file__).parents[1] / "support" / "profiles" / "complete.toml")
FORWARD_TO = "camille.ailleurs@perso.example"
Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def university(stacks: Callable[..., Stack]) -> Stack:
    return stacks(profile=COMPLETE)


@pytest.fixture
def person(university: Stack) -> Person:
    """Enrolled this year, with a contract besides, and a charter accepted."""
    person = active_person(university)
    kcb = university.services
    charter = kcb.profile.charter
    with kcb.sessions.begin() as db:
        db.get_one(Person, person.id).account_end = date(2027, 12, 31)
        common = {"person_id": person.id, "source": "test"}
        db.add_all(
            [
                Affiliation(
                    **common, population="student", source_key=f"{person.key}-1", year=2026,
                    label="Licence 1 Informatique", start=date(2026, 9, 1), end=date(2027, 12, 31),
                ),
                Affiliation(
                    **common, population="staff", source_key=f"{person.key}-2",
                    start=date(2026, 9, 1), end=date(2027, 8, 31),
                ),
                Identifier(person_id=person.id, kind="student_number", value=person.uid[-6:].upper()),
                CharterAcceptance(
                    person_id=person.id, version=charter.version, language="fr",
                    text_sha256=fingerprint(charter.text["fr"]), accepted_at=kcb.clock(),
                ),
            ]
        )  # fmt: skip
    return person


def test_a_walk_through_the_account(university: Stack, visit: Visit, person: Person) -> None:
    elsewhere = visit()
    elsewhere.open(f"{university.ent_url}/connexion").log_in(person.login, KNOWN)
    elsewhere.sees("Bonjour Camille")

    visitor = visit().open(university.url)
    page = visitor.page
    visitor.follow(".tiles a[href='/compte']")
    visitor.log_in(person.login, KNOWN)
    visitor.sees("Mon compte")
    assert (
        "Inscription 2026-2027 (Licence 1 Informatique) : jusqu'au 31 décembre 2027"
        in visitor.text.replace("\u00a0", " ")
    )
    visitor.inspect("account")

    page.get_by_role("link", name="Modifier : Redirection de vos mails").click()
    page.wait_for_url("**/activation/mail-forwarding")
    page.check("#forwarding")
    page.fill("#forwarding_address", person.personal_mail or "")
    visitor.follow("main form[data-once] button[type=submit]")
    page.wait_for_url(f"{university.url}/compte")
    assert "Redirection de vos mails" in page.get_by_role("status").inner_text()
    assert (
        page.locator(".changes").get_by_text(person.personal_mail or "").count() == 2
    )  # backup and forwarding
    visitor.inspect("account-changed")

    page.get_by_role("link", name="Modifier : Choix d'usage de la photo").click()
    page.wait_for_url("**/activation/photo-use")
    page.check("#photo_use input[value=yes]")
    visitor.follow("main form[data-once] button[type=submit]")
    page.wait_for_url(f"{university.url}/compte")

    page.get_by_role("link", name="Modifier : Mot de passe").click()
    page.wait_for_url("**/activation/new-password")
    assert page.is_checked("#end_sessions")
    visitor.inspect("account-password")
    visitor.press("Annuler")
    page.wait_for_url(f"{university.url}/compte")
    assert "Annulé" in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="Modifier : Mot de passe").click()
    page.wait_for_url("**/activation/new-password")
    visitor.choose_password(GOOD_PASSWORD)
    page.wait_for_url(f"{university.url}/compte")
    assert "Mot de passe" in page.get_by_role("status").inner_text()
    assert sessions(university, person) == 1
    elsewhere.press("Se déconnecter")
    send_waiting(university.realm.settings, university.services.sessions, university.clock)
    assert (
        "mot de passe a été changé" in next(university.mails.newest_first(person.personal_mail or "")).subject
    )

    visitor.press("Accords")
    visitor.sees("Mes accords")
    assert "Acceptez-vous que votre photo soit visible" in visitor.text
    visitor.inspect("account-agreements")
    visitor.press("Données")
    visitor.sees("Mes données")
    visitor.inspect("account-data")
    with page.expect_download() as started:
        page.get_by_role("link", name="Télécharger le fichier").click()
    document = json.loads(started.value.path().read_text("utf-8"))
    assert document["person"]["login"] == person.login
    assert [consent["use"] for consent in document["consents"]] == ["photo_use"]
    assert "password_changed" in [mail["kind"] for mail in document["mails"]]

    visitor.press("Se déconnecter")
    page.wait_for_url(f"{university.url}/")
    visitor.sees("Votre compte informatique")
    visitor.inspect("home-with-account")
    assert sessions(university, person) == 0
