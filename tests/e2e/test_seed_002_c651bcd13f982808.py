"""Seed 002: « Comment activer mon compte informatique UM » with a SCOL'PASS, stage by stage."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from kc_bridge.store.models import Person
from required_actions.scolpass import commands
from tests.e2e.leaflets import (
    attributes,
    end_of_that_day,
    latest_link,
    link_in,
    newest_mail,
    read_charter,
    said,
    stage,
)
from tests.e2e.visitor import Visitor
from tests.support.stack import GOOD_PASSWORD, Stack

BACKUP = "camille.secours@perso.example"
FORWARD_TO = "camille.redirection@perso.example"
CHARTER = "Charte informatique de l'Université de Montpellier"


def print_scolpass(stack: Stack, person: Person, folder: Path, patch: pytest.MonkeyPatch) -> tuple[str, str]:
    """« disponibles sur le SCOL'PASS qui vous a été remis »: identifier and provisional password, as printed."""
    patch.setattr(commands, "load", lambda: stack.realm.settings)
    patch.setattr(commands, "build", lambda _settings: stack.services)
    sheet = folder / "scolpass.html"
    done = CliRunner().invoke(commands.scolpass, [person.login, "-o", str(sheet)])
    assert done.exit_code == 0, done.output
    text = unescape(sheet.read_text("utf-8"))
    found = re.search(r"<dd[^>]*>(\S+)</dd>.*?<dd class=\"password\">(\S+)</dd>", text, re.S)
    assert found
    return found[1], found[2]


def test_seed_002_c651bcd13f982808(
    um: Stack, visit: Callable[..., Visitor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = um.person()
    with um.services.sessions.begin() as db:
        db.get_one(Person, person.id).personal_mail = None  # enrolled without one
    identifier, provisional = print_scolpass(um, person, tmp_path, monkeypatch)
    assert identifier == person.login

    # « Aller sur la page d'activation »
    visitor = visit().open(f"{um.url}/premiere-connexion")
    visitor.inspect("um-first-connection")
    visitor.press("Activer mon compte avec mon identifiant et mon mot de passe provisoire")

    # Etape 1 : Authentification avec votre identifiant (prenom.nom@etu.umontpellier.fr)
    visitor.sees("Connexion")
    visitor.page.get_by_label("Identifiant").fill(identifier)
    visitor.press("Suivant")

    # Etape 2 : Authentification avec votre mot de passe provisoire
    visitor.page.fill("#password", provisional)
    visitor.page.click("#kc-login")
    visitor.page.wait_for_url("**/activation/backup-mail")

    # Etape 3 : Saisie du mail de secours
    stage(visitor, 3, 8, "Saisie du mail de secours")
    assert (
        "Afin de sécuriser le compte et faciliter sa réactivation en cas de perte du mot de passe"
        in visitor.words
    )
    visitor.inspect("um-backup-mail")
    visitor.page.get_by_label("Adresse mail personnelle").fill(BACKUP)
    visitor.press("Suivant")

    # Etape 4 : Envoi du mail de secours
    stage(visitor, 4, 8, "Envoi du mail de secours")
    mail = newest_mail(um, BACKUP)
    confirming = latest_link(um, person)
    assert confirming.expires_at == end_of_that_day(confirming.created_at), "le jour même jusqu'à 23h59"
    visitor.page.reload()
    for text in (visitor.words, mail.text.replace("\u00a0", " ")):
        assert said(confirming.expires_at) in text
        assert "Passé ce délai, il sera nécessaire de reprendre la procédure à l'étape 1." in text
    assert (
        "il contient un lien qui vous permettra de poursuivre le processus d'activation"
        in visitor.words.lower()
    )
    visitor.inspect("um-backup-mail-waiting")
    visitor.page.goto("about:blank")  # nobody looks at the computer any more

    # « passé ce délai, il sera nécessaire de reprendre la procédure à l'étape 1 »
    late = visit()
    with um.clock.ahead(days=1):
        late.open(link_in(mail))
        late.sees("Ce lien n'est plus valable")
        assert said(confirming.expires_at) in late.words
        assert "Reprenez la procédure à l'étape 1" in late.words
        late.inspect("um-begin-again")
        late.press("Reprendre à l'étape 1")
        late.sees("Connexion")
        assert late.page.get_by_label("Identifiant").is_visible()

    # « Consulter votre adresse mail de secours et cliquer sur le lien »: on a phone, and it goes on there
    phone = visit().open(link_in(mail))
    phone.sees("Confirmez votre adresse mail")
    assert said(confirming.expires_at) in phone.words
    phone.press("Confirmer et continuer")
    phone.page.wait_for_url("**/activation/charter")

    # Etape 5 : Acceptation de la charte informatique
    stage(phone, 5, 8, "Acceptation de la charte informatique")
    assert "Votre compte est personnel" in read_charter(phone, CHARTER)
    phone.page.get_by_label("Je reconnais avoir pris connaissance de la charte informatique").check()
    phone.press("Suivant")

    # Etape 6 : Messagerie universitaire
    stage(phone, 6, 8, "Messagerie universitaire")
    assert (
        "Une boite mail universitaire va être créée à la fin de la procédure de validation de compte informatique et"
        " sera disponible dans votre ENT." in phone.words
    )
    # Etape 6-1 : Rediriger vos mails vers une adresse de messagerie (facultatif)
    assert "Rediriger vos mails vers une adresse de messagerie (facultatif)" in phone.words
    assert (
        "en saisissant une adresse de messagerie valide (par défaut c'est votre mail de secours"
        in phone.words
    )
    phone.page.get_by_label("Rediriger mes mails vers une autre adresse").check()
    address = phone.page.get_by_label("Adresse de redirection")
    assert address.input_value() == BACKUP, "par défaut c'est votre mail de secours qui apparaîtra"
    address.fill(FORWARD_TO)
    phone.page.get_by_label("Conserver une copie des mails sur ma boite mail universitaire").uncheck()
    phone.press("Suivant")

    # Etape 6-2 : an address other than the backup mail is verified by mail
    stage(phone, 6, 8, "Validation de l'adresse mail de redirection")
    phone.inspect("um-forwarding-waiting")
    phone.open(link_in(newest_mail(um, FORWARD_TO)))
    phone.press("Confirmer et continuer")

    # Etape 7 : Nouveau mot de passe
    stage(phone, 7, 8, "Nouveau mot de passe")
    phone.page.get_by_label("Nouveau mot de passe").fill(GOOD_PASSWORD)
    phone.page.get_by_label("Saisissez-le une seconde fois").fill(GOOD_PASSWORD)
    phone.press("Suivant")

    # Etape 8 : Confirmation, informations importantes
    stage(phone, 8, 8, "Confirmation, informations importantes")
    assert (
        "Votre compte informatique est à présent activé et vous allez pouvoir vous connecter à l'ENT de l'Université"
        " de Montpellier." in phone.words
    )
    rows = phone.rows
    assert rows["Identifiant"].startswith(f"{person.mail} Identique à votre adresse mail.")
    assert rows["Adresse mail universitaire"] == person.mail
    assert rows["Adresse mail de redirection"] == FORWARD_TO
    phone.inspect("um-summary-scolpass")
    phone.press("Continuer vers ENT démo")
    phone.page.wait_for_url(f"{um.ent_url}/")
    phone.sees("Bonjour Camille")

    kept = attributes(um, person)
    assert kept["supannMailPrive"] == [f"{{SECOURS}}{BACKUP}"]
    assert kept["mailForwardingAddress"] == [FORWARD_TO]
    assert "mailDeliveryOption" not in kept
    assert kept["kcbCharter"][0].startswith(f"{um.services.profile.charter.version} fr ")
    assert um.reread(person).personal_mail == BACKUP

    # Connexion à l'ENT UM: the identifier and the new password; the provisional one is spent
    other = visit().open(f"{um.ent_url}/connexion")
    other.log_in(person.login, provisional)
    assert "Identifiant ou mot de passe incorrect." in other.text
    other.log_in(person.login, GOOD_PASSWORD)
    other.page.wait_for_url(f"{um.ent_url}/")
    other.sees("Bonjour Camille")
