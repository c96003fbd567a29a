"""Seed 000: « I'm activating my IT account using the email sent to my backup email address », stage by stage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.e2e.leaflets import attributes, latest_link, link_in, newest_mail, read_charter, said, stage
from tests.e2e.visitor import Visitor
from tests.support.stack import GOOD_PASSWORD, Stack

CHARTER = "Charte informatique de l'Université de Montpellier"


def test_seed_000_0edca077193faa5b(um: Stack, visit: Callable[..., Visitor]) -> None:
    person = um.person()
    assert person.login.endswith("@etu.umontpellier.fr")
    backup = person.personal_mail or ""

    # « a link contained in the e-mail […] the link has an expiration date […] shown in the email »
    um.mail_link(person)
    mail = newest_mail(um, backup)
    link = latest_link(um, person)
    assert link.expires_at - link.created_at == timedelta(hours=24)
    assert said(link.expires_at) in mail.text.replace("\u00a0", " ")
    visitor = visit().open(link_in(mail))
    visitor.sees("Activez votre compte")
    assert said(link.expires_at) in visitor.words
    visitor.inspect("um-link")
    visitor.press("Activer mon compte")

    # Step 1: Acceptance of the UM IT Policy Statement; the backup address, just read, needs no page
    stage(visitor, 1, 4, "Acceptation de la charte informatique")
    visitor.inspect("um-charter")
    assert "Votre compte est personnel" in read_charter(visitor, CHARTER)
    visitor.page.get_by_label("Je reconnais avoir pris connaissance de la charte informatique").check()
    visitor.press("Suivant")

    # Step 2: Your ENT university e-mail account
    stage(visitor, 2, 4, "Messagerie universitaire")
    assert "Une boite mail universitaire va être créée à la fin de la procédure" in visitor.words
    # Step 2-1: Forward your ENT emails to another email address (optional)
    heading = visitor.page.get_by_role("heading", level=2)
    assert heading.first.inner_text() == "Rediriger vos mails vers une adresse de messagerie (facultatif)"
    box = visitor.page.get_by_label("Rediriger mes mails vers une autre adresse")
    assert not box.is_checked()
    box.check()
    address = visitor.page.get_by_label("Adresse de redirection")
    assert address.input_value() == backup, "by default it is your personal mail address that will appear"
    visitor.page.get_by_label("Conserver une copie des mails sur ma boite mail universitaire").check()
    visitor.inspect("um-mailbox")
    visitor.press("Suivant")

    # Step 3: Choose a password
    stage(visitor, 3, 4, "Nouveau mot de passe")
    visitor.inspect("um-password")
    visitor.page.get_by_label("Nouveau mot de passe").fill(GOOD_PASSWORD)
    visitor.page.get_by_label("Saisissez-le une seconde fois").fill(GOOD_PASSWORD)
    visitor.press("Suivant")

    # Step 4: Confirmation, important information
    stage(visitor, 4, 4, "Confirmation, informations importantes")
    assert (
        "Votre compte informatique est à présent activé et vous allez pouvoir vous connecter" in visitor.words
    )
    rows = visitor.rows
    assert rows["Identifiant"].startswith(f"{person.mail} Identique à votre adresse mail.")
    assert rows["Adresse mail de redirection"] == backup
    visitor.inspect("um-summary")
    visitor.press("Continuer vers ENT démo")
    visitor.page.wait_for_url(f"{um.ent_url}/")
    visitor.sees("Bonjour Camille")

    kept = attributes(um, person)
    assert kept["mailForwardingAddress"] == [backup]
    assert kept["mailDeliveryOption"] == ["mailbox"]
    assert kept["supannMailPrive"] == [f"{{SECOURS}}{backup}"]
    assert kept["kcbCharter"][0].startswith(f"{um.services.profile.charter.version} fr ")

    # Connection to the UM ENT: « Your university email address […] Your password »
    other = visit().open(f"{um.ent_url}/connexion")
    other.log_in(person.mail, GOOD_PASSWORD)
    other.page.wait_for_url(f"{um.ent_url}/")
    other.sees("Bonjour Camille")

    # the link was for one activation
    visit().open(link_in(mail)).sees("Ce lien a déjà servi")


def test_seed_000_in_english(um: Stack, visit: Callable[..., Visitor]) -> None:
    """The leaflet's own titles, and no forwarding: it is optional."""
    person = um.person(language="en")
    visitor = visit(language="en").open(um.mail_link(person))
    visitor.follow("main form button")
    visitor.page.wait_for_url("**/activation/charter")
    stage(visitor, 1, 4, "Acceptance of the UM IT Policy Statement")
    visitor.accept_charter()
    stage(visitor, 2, 4, "Your ENT university e-mail account")
    assert "A university mailbox will be created at the end of the ENT account validation" in visitor.words
    assert "Forward your ENT emails to another email address (optional)" in visitor.words
    visitor.follow("main form button[type=submit]")
    visitor.page.wait_for_url("**/activation/new-password")
    stage(visitor, 3, 4, "Choose a password")
    visitor.choose_password()
    stage(visitor, 4, 4, "Confirmation, important information")
    assert "Your ENT university account is now activated" in visitor.words
    assert person.mail in visitor.words
    assert "mailForwardingAddress" not in attributes(um, person)
