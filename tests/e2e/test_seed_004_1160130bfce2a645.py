"""The procedure « Personnel - Activer son ENT » of the UPHF, stage for stage and in its words, and a student's own way in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from kc_bridge.mailer import send_waiting
from kc_bridge.store.activation import CharterAcceptance
from kc_bridge.store.decisions import Consent, SecurityAnswer
from kc_bridge.store.models import Identifier, Person
from required_actions.secret_answers import matches
from tests.e2e.visitor import Visitor
from tests.support.stack import GOOD_PASSWORD, Stack

Visit = Callable[..., Visitor]
BORN = date(1979, 2, 28)
FORMER = ("Ancienne-Bougie-81-cactus", "Vieille-Fenetre-64-moulin", "Vieux-Chapeau-37-grenier")
"""Passwords the account had before."""
SYMBOLS = '! " # $ % & ( ) * + , - . / : ; < = > ? @ [ ] ^ _ ` { | } ~'
RULES = (
    "Doit comporter entre 12 et 30 caractères dont au moins :"
    f" une minuscule une majuscule un chiffre et un caractère spécial : ( {SYMBOLS} )"
    " Ne doit comporter aucun espace Ne doit pas contenir votre login"
    " Doit être différent des 3 derniers mots de passe que vous avez choisis"
)
SMS = (
    "Acceptez-vous de recevoir des messages SMS en provenance de l'université dans le cadre du plan de sécurité de"
    " l'établissement (plan vigipirate, alerte météorologique,...) ?"
)


@pytest.fixture(scope="module")
def uphf(stacks: Callable[..., Stack]) -> Stack:
    """A realm of its own, as ``kcb setup`` makes it from the shipped profile."""
    return stacks(profile="uphf")


def enrolled(stack: Stack, population: str, kind: str, number: str) -> Person:
    """Somebody with a number and a birth date, who has a mailbox elsewhere."""
    person = stack.person()
    with stack.services.sessions.begin() as db:
        known = db.get_one(Person, person.id)
        known.population, known.birth_date = population, BORN
        db.add(Identifier(person_id=person.id, kind=kind, value=number))
    return person


def had_passwords(stack: Stack, person: Person) -> None:
    for former in FORMER:
        body = {"type": "password", "value": former, "temporary": False}
        stack.realm.call("PUT", f"users/{person.keycloak_id}/reset-password", body)


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def stands_at(visitor: Visitor, percent: int) -> None:
    bar = visitor.page.locator("progress")
    assert (bar.get_attribute("value"), bar.get_attribute("max")) == (str(percent), "100")
    assert visitor.page.locator(".progress p").inner_text() == f"{percent} %"


def errors(visitor: Visitor) -> list[str]:
    return visitor.page.locator(".error-summary li").all_inner_texts()


def try_password(visitor: Visitor, password: str) -> list[str]:
    """What the page says of it."""
    visitor.page.get_by_label("Nouveau mot de passe").fill(password)
    visitor.page.get_by_label("Confirmation", exact=True).fill(password)
    visitor.press("Valider")
    return errors(visitor)


def summary_of(visitor: Visitor) -> dict[str, str]:
    rows = visitor.page.locator("dl.rows > div")
    return {
        row.locator("dt").inner_text(): row.locator("dd").inner_text().split("\n")[0] for row in rows.all()
    }


def test_seed_004_1160130bfce2a645(uphf: Stack, visit: Visit) -> None:
    person = enrolled(uphf, "staff", "staff_number", "P00417")
    had_passwords(uphf, person)
    visitor = visit()
    page = visitor.page

    # Cliquez sur l'onglet Aide, puis sur « Activer mon compte »
    visitor.open(uphf.url)
    visitor.follow("main a[href='/aide']")
    visitor.press("Activer mon compte")
    visitor.sees("Activer mon compte")
    assert [words(text) for text in page.locator("main > p").all_inner_texts()] == [
        "Vous pouvez activer votre compte par l'intermédiaire des 4 informations ci-dessous. Celles-ci permettent de"
        " vous identifier au sein de notre système d'information. Votre date de naissance vous sera aussi demandée.",
        "Si vous êtes :",
    ]
    assert page.locator("main > ul:not(.tiles) li").all_inner_texts() == [
        "étudiant : vous pouvez utiliser votre numéro d'étudiant ou votre INE.",
        "personnel : vous pouvez utiliser votre matricule personnel.",
        "externe : vous pouvez utiliser l'identifiant unique qui vous a été fourni.",
    ]
    card = "Il figure sur votre carte multiservice."
    assert [words(text) for text in page.locator(".tiles a").all_inner_texts()] == [
        f"Numéro étudiant Vous l'avez obtenu à la fin de la procédure d'inscription. {card}",
        "Numéro INE Il figure par exemple sur votre relevé de notes du baccalauréat ainsi que sur votre carte multiservice.",
        f"Numéro personnel Numéro d'identification dans la base de gestion du personnel. {card}",
        "UID UID (Identifiant Unique). Le service qui vous accueille vous l'a fourni.",
    ]
    visitor.inspect("uphf-tiles")

    # Entrez votre Numéro personnel, votre Date de naissance ; Valider
    visitor.follow(page.locator(".tiles a", has_text="Numéro personnel"))
    page.get_by_label("Numéro personnel").fill("P00417")
    page.get_by_label("Date de naissance").fill(f"{BORN:%d/%m/%Y}")
    visitor.inspect("uphf-number")
    visitor.press("Valider")

    # 60 % : Sélectionnez Votre question et entrez Votre réponse ; Valider
    visitor.sees("Votre question joker")
    stands_at(visitor, 60)
    assert "une question parmi celles qui vous sont proposées ou en créer une." in visitor.text
    assert (
        "répondez à votre question joker. Vous pourrez ainsi rapidement modifier votre mot de passe."
        in visitor.text
    )
    visitor.inspect("uphf-question")
    visitor.press("Valider")
    assert errors(visitor) == ["Choisissez une question.", "Saisissez votre réponse."]
    page.get_by_label("Votre question", exact=True).select_option(
        "Quel est le nom de jeune fille de votre mère ?"
    )
    page.get_by_label("Votre réponse").fill("Forêt-Noire")
    visitor.press("Valider")

    # 80 % : Cochez la case que vous souhaitez ; si vous acceptez, entrez votre numéro de téléphone ; Valider
    visitor.sees("Messages SMS de l'université")
    stands_at(visitor, 80)
    assert page.locator("legend").inner_text() == SMS
    assert "Vous pourrez toujours changer d'avis plus tard en modifiant votre adhésion" in visitor.text
    assert not page.locator("#sms_consent input:checked").count(), "nobody decides for them"
    assert page.get_by_label("Non, je refuse").is_visible()
    telephone = page.get_by_label("Numéro de téléphone mobile")
    assert not telephone.is_visible()
    visitor.inspect("uphf-sms")
    page.get_by_label("Oui, j'accepte").check()
    telephone.fill("06 12 34 56 78")
    visitor.press("Valider")

    # 90 % : Nouveau mot de passe, Confirmation, et le règlement intérieur ; Valider
    visitor.sees("Votre mot de passe et le règlement intérieur")
    stands_at(visitor, 90)
    shown = words(page.locator("#rules ul").inner_text())
    assert shown.startswith(RULES), shown
    assert page.locator("#rules p").inner_text() == "Pour être valide, votre mot de passe :"
    assert page.get_by_role("link", name="Règlement intérieur").get_attribute("href") == "/charte"
    visitor.inspect("uphf-password")
    login = person.login.partition("@")[0]
    for typed, said in {
        f"{login} é": ["1 lettre majuscule", "sans espace", "sans votre identifiant"],
        "Court'": ["12 caractères", "1 chiffre", f"spécial parmi {SYMBOLS}"],
        "Bougie-fenêtre-81-cactus-moulin": ["au plus 30 caractères"],
    }.items():
        refused = try_password(visitor, typed)
        assert refused[-1] == "Cochez la case pour accepter ce texte et continuer."
        for rule in said:
            assert [text for text in refused if rule in text], f"{typed}: « {rule} » not in {refused}"
    visitor.inspect("uphf-password-refused")
    page.get_by_label("Je reconnais avoir pris connaissance du règlement intérieur").check()
    for former in FORMER:
        assert try_password(visitor, former) == [
            "Il doit être différent des 3 derniers mots de passe choisis."
        ]
    page.locator("#password").fill(GOOD_PASSWORD)
    judged = page.locator("#rules li[data-state]")
    assert judged.count() == page.locator("#rules li[data-state=met]").count() == 7
    assert try_password(visitor, GOOD_PASSWORD) == []

    # Voilà, votre compte est activé
    visitor.sees("Votre compte est maintenant activé")
    assert page.locator("main h2").first.inner_text() == "Informations de connexion"
    assert list(summary_of(visitor).items())[:7] == [
        ("Identifiant/login de connexion (ENT, mail, etc.)", person.login),
        ("Identifiant numérique unique (uid)", person.uid),
        ("Mot de passe", "Correctement enregistré"),
        ("Question Joker", "Correctement enregistré"),
        ("Choix pour les SMS", "Correctement enregistré : oui"),
        ("Choix d'usage de la photo", "Correctement enregistré : non, tant que vous ne l'acceptez pas"),
        ("Adresse de messagerie", person.mail),
    ]
    assert (
        "D'ici quelques minutes, vous pourrez accéder à l'ENT, au wifi et aux services numériques."
        in visitor.text
    )
    assert (
        "Vous pouvez vous connecter au sésame afin de modifier votre mot de passe, votre question joker"
        in visitor.text
    )
    assert page.get_by_role("link", name="Mon compte").get_attribute("href") == "/compte"
    assert "Un email de confirmation vous a été envoyé." in visitor.text
    visitor.inspect("uphf-summary")

    assert_what_is_kept(uphf, person)
    assert_confirmed_by_mail(uphf, person)

    visitor.press("Continuer vers ENT démo")
    page.wait_for_url(f"{uphf.ent_url}/")
    visitor.press("Se déconnecter")
    visitor.press("Se connecter")
    visitor.log_in(person.login, GOOD_PASSWORD)
    visitor.sees("Bonjour Camille")


def assert_what_is_kept(stack: Stack, person: Person) -> None:
    user = stack.user(person)
    assert user["requiredActions"] == []
    assert user["attributes"]["kcbSmsConsent"] == ["true"]
    assert user["attributes"]["supannTelephonePrive"] == ["{MOBPERSO}+33612345678"]
    assert user["attributes"]["kcbPhotoUse"] == ["false"]
    assert "P00417" not in str(user), "identification data stays in the bridge"
    with stack.services.sessions() as db:
        known = db.get_one(Person, person.id)
        assert (known.state, known.phone) == ("SupannActif", "+33612345678")
        answer = db.get_one(SecurityAnswer, person.id)
        consents = db.scalars(select(Consent).where(Consent.person_id == person.id)).all()
        accepted = db.scalars(select(CharterAcceptance).where(CharterAcceptance.person_id == person.id)).one()
    assert answer.question == "Quel est le nom de jeune fille de votre mère ?"
    assert answer.answer_hash.startswith("$argon2id$")
    assert matches(answer.answer_hash, "foret noire")
    assert {row.use: (row.given, row.reason) for row in consents} == {
        "sms_consent": (True, None),
        "photo_use": (False, "not_asked"),
    }
    assert (accepted.version, accepted.language) == (stack.services.profile.charter.version, "fr")


def assert_confirmed_by_mail(stack: Stack, person: Person) -> None:
    """In the mailbox of the university and in the one given at the enrolment, once each."""
    for _twice in range(2):
        send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    for address in (person.mail, person.personal_mail or ""):
        (mail,) = stack.mails.newest_first(address)
        assert mail.subject == "Votre compte UPHF est activé"
        assert f"Votre compte {person.login} a été activé le" in mail.text
        assert not [link for link in mail.links if "/l/" in link], "no link of it opens an account"


def test_a_student_by_their_ine(uphf: Stack, visit: Visit) -> None:
    """The INE in small letters and with spaces, the date without strokes, a question of one's own, no SMS."""
    person = enrolled(uphf, "student", "ine", "0A1B2C3D4E5")
    visitor = visit()
    page = visitor.page
    visitor.open(uphf.url)
    visitor.follow("main a[href='/premiere-connexion']")
    visitor.press("Activer mon compte")
    visitor.follow(page.locator(".tiles a", has_text="Numéro INE"))
    page.get_by_label("Numéro INE").fill(" 0a1b 2c3d 4e5 ")
    page.get_by_label("Date de naissance").fill(f"{BORN:%d%m%Y}")
    visitor.press("Valider")
    page.get_by_label("Votre question", exact=True).select_option("Écrire ma propre question")
    page.get_by_label("Écrivez votre question").fill("Quel objet ai-je perdu dans le train ?")
    page.get_by_label("Votre réponse").fill("un parapluie")
    visitor.press("Valider")
    page.get_by_label("Non, je refuse").check()
    visitor.press("Valider")
    page.get_by_label("Je reconnais avoir pris connaissance du règlement intérieur").check()
    assert try_password(visitor, GOOD_PASSWORD) == []
    visitor.sees("Votre compte est maintenant activé")
    assert summary_of(visitor)["Choix pour les SMS"] == "Correctement enregistré : non"
    user = uphf.user(person)
    assert user["attributes"]["kcbSmsConsent"] == ["false"]
    assert "supannTelephonePrive" not in user["attributes"]

    # « Vous pouvez vous connecter au sésame afin de modifier… »
    visitor.press("Mon compte")
    visitor.log_in(person.login, GOOD_PASSWORD)
    visitor.sees("Mon compte")
    changes = page.locator("dl.rows.changes dt").all_inner_texts()
    wanted = {"Mot de passe", "Question Joker", "Visibilité dans l'annuaire", "Choix d'usage de la photo"}
    assert wanted <= set(changes), changes
