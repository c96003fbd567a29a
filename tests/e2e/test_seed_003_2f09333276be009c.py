"""Seed 003: « Problème de connexion », stage by stage; then the former address says « ce n'est pas moi »."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from playwright.sync_api import Page

from kc_bridge.demo.mailbox import Mail
from kc_bridge.mailer import send_waiting
from kc_bridge.store.models import Identifier, Person
from tests.e2e.leaflets import PARIS, attributes, end_of_that_day, latest_link, link_in, newest_mail, said
from tests.e2e.visitor import Visitor
from tests.support.activation import logs_in
from tests.support.identify import number
from tests.support.stack import GOOD_PASSWORD, Stack

BORN = date(2007, 3, 31)
SPACED = re.compile(r"\s+")


def student(um: Stack) -> tuple[Person, str]:
    """Enrolled, with an INE and a birth date, and a backup mail nobody reads."""
    person, ine = um.person(), number()
    with um.services.sessions.begin() as db:
        known = db.get_one(Person, person.id)
        known.birth_date = BORN
        known.identifiers.append(Identifier(kind="ine", value=ine))
    return person, ine


def send_mails(um: Stack) -> None:
    send_waiting(um.realm.settings, um.services.sessions, um.clock)


def valid(um: Stack, since: datetime) -> list[str]:
    """What the page may say of a link asked for since then: minutes count in the last half hour of a day only."""
    now = um.clock()
    passed = int((now - since).total_seconds() // 60)
    return [_valid(since + timedelta(minutes=n)) for n in range(passed + 1)] + [_valid(now)]


def _valid(asked_at: datetime) -> str:
    end = end_of_that_day(asked_at)
    today = end.astimezone(PARIS).date() == asked_at.astimezone(PARIS).date()
    return "ce lien est valide " + ("le jour même jusqu'à 23 h 59" if today else f"jusqu'au {said(end)}")


def end_of(um: Stack, person: Person) -> str:
    """What a mail says of the link in it."""
    link = latest_link(um, person)
    assert link.expires_at == end_of_that_day(link.created_at)
    return said(link.expires_at)


def items(page: Page) -> list[str]:
    return [SPACED.sub(" ", text) for text in page.locator("main li").all_inner_texts()]


def undo_in(mail: Mail) -> str:
    return next(link for link in mail.links if "/refus/" in link)


def test_seed_003_2f09333276be009c(um: Stack, visit: Callable[..., Visitor]) -> None:
    person, ine = student(um)
    former, new = person.personal_mail or "", f"nouvelle-{person.uid[-6:]}@courriel.example"
    visitor = visit()

    # « Veuillez suivre la procédure ci-dessous si vous êtes dans un des cas ci-dessous »
    visitor.open(f"{um.url}/").press("Problème de connexion Mail non reçu, délai passé, mot de passe oublié")
    visitor.sees("Problème de connexion")
    assert items(visitor.page)[:3] == [
        "Vous n'avez pas activé votre compte informatique durant le délai imparti ;",
        "Vous n'avez pas fourni de mail lors de votre inscription administrative ;",
        "Vous n'avez pas reçu le mail d'activation.",
    ]
    assert "Votre identifiant, de la forme prenom.nom@…, est nécessaire" in visitor.words
    visitor.inspect("problem")
    visitor.press("Aller sur la page d'authentification")

    # Etape 1 : Saisie de votre identifiant; capitals and the missing domain are forgiven
    visitor.sees("Saisie de votre identifiant")
    assert "Étape 1" in visitor.words
    visitor.press("Suivant")
    visitor.inspect("problem-identifier-refused")
    visitor.page.get_by_label("Identifiant").fill(person.login.partition("@")[0].upper())
    asked_from = um.clock()
    visitor.press("Suivant")

    # Etapes 2 and 3 : « Redirection automatique » to one page for everybody, Envoi du mail d'activation
    visitor.sees("Envoi du mail d'activation")
    assert "Étape 3. Si un compte à activer correspond à l'identifiant" in visitor.words
    assert any(words in visitor.words for words in valid(um, asked_from))
    assert "reprendre la procédure à l'étape 1" in visitor.words
    visitor.inspect("problem-sent")
    mail = newest_mail(um, former)
    assert end_of(um, person) in mail.text.replace("\u00a0", " ")

    # Etape 3-1 : Renvoi du mail d'activation, five minutes later
    visitor.press("Envoyer à nouveau le mail")
    send_mails(um)
    assert len(list(um.mails.newest_first(former))) == 1
    with um.clock.ahead(minutes=5):
        visitor.press("Envoyer à nouveau le mail")
        visitor.sees("Envoi du mail d'activation")
        first_link = link_in(newest_mail(um, former))
    assert len(list(um.mails.newest_first(former))) == 2

    # Etape 4 : Modification de l'adresse mail de secours (Authentification à partir de l'INE)
    visitor.press("Modifier l'adresse mail de secours")
    visitor.sees("Modification de l'adresse mail de secours")
    assert "authentification à partir de l'INE" in visitor.words
    visitor.inspect("problem-proof")
    visitor.page.get_by_label("Numéro INE").fill(ine)
    visitor.page.get_by_label("Date de naissance").fill("01/01/2001")
    visitor.press("Suivant")
    assert "Nous n'avons pas pu vérifier que ce compte est le vôtre" in visitor.words
    assert former.partition("@")[2] not in visitor.words
    visitor.inspect("problem-proof-refused")
    visitor.page.get_by_label("Numéro INE").fill(f"{ine[:3]} {ine[3:6]}-{ine[6:].lower()}")
    visitor.page.get_by_label("Date de naissance").fill("31/03/2007")
    visitor.press("Suivant")

    # Etape 4-1 : the address known is shown now, masked
    visitor.sees("Modification de l'adresse mail de secours")
    assert "un mail de secours (adresse mail personnelle) doit être saisi" in visitor.words
    assert f"{former[0]}•••••{former.partition('@')[0][-1]}@perso.example" in visitor.words
    assert former not in visitor.words
    visitor.inspect("problem-address")
    visitor.page.get_by_label("Adresse mail de secours").fill("camille")
    visitor.press("Suivant")
    assert "Saisissez une adresse mail complète" in visitor.words
    visitor.page.get_by_label("Adresse mail de secours").fill(new)
    asked_from = um.clock()
    visitor.press("Suivant")

    # Etape 5 : Envoi du mail d'activation sur l'adresse mail de secours
    visitor.sees("Envoi du mail d'activation sur l'adresse mail de secours")
    assert new in visitor.words
    assert any(words in visitor.words for words in valid(um, asked_from))
    visitor.inspect("problem-address-sent")
    told, activating = newest_mail(um, former), newest_mail(um, new)
    assert end_of(um, person) in activating.text.replace("\u00a0", " ")
    visit().open(first_link).sees("Un lien plus récent remplace celui-ci")

    # « Vous pouvez suivre la procédure d'activation de compte », on a phone of its own
    phone = visit().open(link_in(activating))
    phone.sees("Activez votre compte")
    phone.press("Activer mon compte")
    phone.sees("Acceptation de la charte informatique")  # the address just read needs no page
    phone.page.get_by_label("Je reconnais avoir pris connaissance de la charte informatique").check()
    phone.press("Suivant")
    phone.sees("Messagerie universitaire")
    phone.press("Suivant")
    phone.choose_password()
    phone.sees("Confirmation, informations importantes")
    phone.press("Continuer vers ENT démo")
    phone.sees("Bonjour Camille")
    assert attributes(um, person)["supannMailPrive"] == [f"{{SECOURS}}{new}"]
    assert um.reread(person).personal_mail == new

    # Never in the seed, and owed to it: the former address was told, and its owner says « ce n'est pas moi »
    assert "Une autre adresse a été donnée" in told.text
    owner = visit().open(undo_in(told))
    owner.sees("Ce n'est pas moi")
    assert new not in owner.text
    owner.inspect("refusal")
    owner.press("Ce n'est pas moi : annuler ce changement")
    owner.sees("Le changement est annulé")
    assert "Présentez-vous à votre service de scolarité" in owner.words
    owner.inspect("refused")
    assert um.reread(person).activated_at is None
    assert not logs_in(um, person, GOOD_PASSWORD)
    phone.open(f"{um.ent_url}/connexion").page.wait_for_selector("#username, #password")

    # for a week the same words open nothing
    visitor.open(f"{um.url}/probleme-de-connexion/verification")
    visitor.page.get_by_label("Numéro INE").fill(ine)
    visitor.page.get_by_label("Date de naissance").fill("31/03/2007")
    visitor.press("Suivant")
    assert "un changement de son adresse de secours a été refusé" in visitor.words
