"""The pages of « Problème de connexion », lost passwords, the consultation and « Mon compte », for who reads English."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from kc_bridge.domain.consultation import university_year
from kc_bridge.mailer import send_waiting
from kc_bridge.store.models import Affiliation, Identifier, Person
from tests.e2e.leaflets import link_in, newest_mail
from tests.e2e.visitor import Visitor
from tests.support.entrances import KNOWN, active_person
from tests.support.identify import number
from tests.support.stack import Stack

BORN = date(2007, 3, 31)
Visit = Callable[..., Visitor]


def numbered(um: Stack, person: Person) -> tuple[str, str]:
    """Gives somebody a birth date, an INE and a student number."""
    ine, student = number(), number()
    with um.services.sessions.begin() as db:
        known = db.get_one(Person, person.id)
        known.birth_date = BORN
        known.identifiers += [
            Identifier(kind="ine", value=ine),
            Identifier(kind="student_number", value=student),
        ]
    return ine, student


def test_a_sign_in_problem(um: Stack, visit: Visit) -> None:
    person = um.person(language="en")
    ine, _student = numbered(um, person)
    visitor = visit(language="en").open(f"{um.url}/probleme-de-connexion")
    page = visitor.page
    visitor.inspect("problem")
    visitor.follow("main .button")
    visitor.press("Next")
    visitor.inspect("problem-identifier-refused")
    page.fill("#identifier", person.login)
    visitor.press("Next")
    visitor.inspect("problem-sent")
    page.goto(f"{um.url}/probleme-de-connexion/verification")
    page.fill("#number", ine)
    page.fill("#birth_date", "01/01/2001")
    visitor.press("Next")
    visitor.inspect("problem-proof-refused")
    page.fill("#number", ine)
    page.fill("#birth_date", "31/03/2007")
    visitor.press("Next")
    visitor.inspect("problem-address")
    page.locator("main input[type=email]").fill(f"new-{person.uid[-6:]}@courriel.example")
    visitor.press("Next")
    visitor.inspect("problem-address-sent")

    mail = newest_mail(um, person.personal_mail or "")
    page.goto(next(link for link in mail.links if "/refus/" in link))
    visitor.inspect("refusal")
    visitor.follow("main form button")
    visitor.inspect("refused")


def test_a_lost_password(um: Stack, visit: Visit) -> None:
    person = um.person(language="en")
    visitor = visit(language="en").open(um.mail_link(person))
    page = visitor.page
    visitor.follow("main form button")  # so that the mailbox is known to be read
    page.check("#accept")
    visitor.press("Next")
    visitor.press("Next")
    visitor.choose_password()
    visitor.inspect("um-summary")

    visitor.open(f"{um.url}/mot-de-passe-oublie")
    visitor.inspect("recovery-identifier")
    page.fill("#identifier", person.login)
    visitor.press("Next")
    visitor.inspect("recovery-asked")
    send_waiting(um.realm.settings, um.services.sessions, um.clock)
    visitor.open(link_in(newest_mail(um, person.personal_mail or "")))
    visitor.inspect("recovery-link")


def test_ones_enrolments_and_account(um: Stack, visit: Visit) -> None:
    person = active_person(um)
    _ine, student = numbered(um, person)
    with um.services.sessions.begin() as db:
        db.add(
            Affiliation(
                person_id=person.id, population="student", source="test", source_key=f"english-{student}",
                year=university_year(um.services.today()), programme="L1", label="Licence 1 Informatique",
            )
        )  # fmt: skip
    visitor = visit(language="en").open(f"{um.url}/consultation")
    page = visitor.page
    visitor.inspect("consultation-form")
    page.fill("#number", student)
    page.fill("#birth_date", "31032007")
    visitor.follow("main form button")
    assert person.login in visitor.text
    visitor.inspect("consultation")

    visitor.open(f"{um.url}/compte")
    visitor.log_in(person.login, KNOWN)
    page.wait_for_url(f"{um.url}/compte")
    visitor.inspect("account")
    for name in ("accords", "donnees"):
        visitor.open(f"{um.url}/compte/{name}")
        visitor.inspect(f"account-{name}")
