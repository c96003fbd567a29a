"""Seed 001: the leaflet « Votre environnement numérique de travail », its part « Activez votre compte informatique »."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kc_bridge.domain.promise import PROMISED, longest_wait
from kc_bridge.settings import SourceSettings
from kc_bridge.store.database import open_engine
from kc_bridge.store.models import Person
from sync.commands.runs import engine_of
from sync.scheduler import outbox_job, sync_job
from tests.e2e.leaflets import attributes, latest_link, link_in, said, stage
from tests.e2e.visitor import Visitor
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.sync_world import STUDENTS, student

PERSONAL_MAIL = "zoe.lefevre@perso.example"


@pytest.fixture
def um(stacks: Callable[..., Stack], tmp_path: Path) -> Stack:
    """The Université de Montpellier before its first enrolment."""
    export = SourceSettings(name="apogee", path=tmp_path / "inscriptions.csv", populations=["student"])
    return stacks(profile="um", sources=[export])


def enrol(stack: Stack, year: int) -> datetime:
    """The registrar validates an enrolment and Apogée exports it; when that was."""
    path = stack.realm.settings.sources[0].path
    assert path is not None
    yesterday = stack.services.today() - timedelta(days=1)
    row = student(last="Lefèvre", first="Zoé", mail=PERSONAL_MAIL, year=year, created=f"{yesterday:%d/%m/%Y}")
    path.write_text(f"{STUDENTS}\n{row}\n", encoding="utf-8")
    return stack.clock()


def test_seed_001_85e4c298073e094e(um: Stack, visit: Callable[..., Visitor]) -> None:
    settings, database = um.realm.settings, open_engine(um.realm.settings.database_url)
    today = um.services.today()
    year = today.year if today.month >= 7 else today.year - 1

    # « L'activation de votre compte est obligatoire et sera possible 15 minutes après la validation »: row → mail
    enrolled_at = enrol(um, year)
    sync_job(engine_of(settings, database))()
    outbox_job(settings, database)()
    (mail,) = um.mails.newest_first(PERSONAL_MAIL)
    took = um.clock() - enrolled_at
    print(f"\nrow → mail: {took.total_seconds():.1f} s of work; the scheduler's intervals add at most "
          f"{longest_wait(settings.sync_every, settings.outbox_every)}")  # fmt: skip
    assert longest_wait(settings.sync_every, settings.outbox_every, timedelta(minutes=4)) <= PROMISED
    with um.services.sessions() as db:
        person = db.scalars(select(Person).where(Person.personal_mail == PERSONAL_MAIL)).one()
    assert person.login.endswith("@etu.umontpellier.fr")

    # The login page: IDENTIFIANT, MOT DE PASSE, « 1ère connexion | Problème de connexion »
    visitor = visit().open(f"{um.ent_url}/connexion?lang=fr")
    assert visitor.page.get_by_label("Identifiant").is_visible()
    visitor.inspect("um-login")
    visitor.press("Problème de connexion")
    visitor.sees("Problème de connexion")
    visitor.press("Aide")  # « cliquez sur « Problème de connexion », puis sur Aide »
    visitor.sees("Aide")
    visitor.open(f"{um.ent_url}/connexion?lang=fr")
    visitor.press("1ère connexion")
    visitor.sees("1ère connexion")
    assert "L'activation de votre compte est obligatoire. Elle est possible 15 minutes après" in visitor.words
    # « Si vous n'avez pas reçu le mail d'activation […] cliquer sur 1ère connexion et de vous laisser guider »
    assert "Vous n'avez pas reçu le mail ?" in visitor.words
    assert visitor.control("Voir que faire en cas de problème de connexion").is_visible()

    # « un mail vous a été envoyé sur votre adresse de messagerie personnelle […] Ce lien est valable 24h »
    link = latest_link(um, person)
    assert link.expires_at - link.created_at == timedelta(hours=24)
    assert said(link.expires_at) in mail.text.replace("\u00a0", " ")
    assert person.login in mail.text
    visitor.open(link_in(mail))
    visitor.press("Activer mon compte")
    stage(visitor, 1, 4, "Acceptation de la charte informatique")
    visitor.accept_charter()

    # « Si vous le souhaitez, vous pouvez mettre en place une redirection de vos mails universitaires »: not wished
    stage(visitor, 2, 4, "Messagerie universitaire")
    visitor.press("Suivant")

    # « 8 caractères minimum mais 12 recommandés avec au moins 1 chiffre et 1 lettre […] sauf <, >, ", ', $ »
    stage(visitor, 3, 4, "Nouveau mot de passe")
    assert "Votre mot de passe est personnel et ne doit être connu que de vous-même." in visitor.words
    rules = " ".join(visitor.page.locator("main form").inner_text().split())
    for rule in ("8 caractères", "12 caractères", "1 chiffre", "1 lettre", "< > \" ' $", "dictionnaire"):
        assert rule in rules, rule
    visitor.choose_password("Oiseau-7<")
    visitor.sees("Nouveau mot de passe")
    assert "< > \" ' $" in visitor.page.locator(".error-summary").inner_text()
    visitor.choose_password(GOOD_PASSWORD)

    stage(visitor, 4, 4, "Confirmation, informations importantes")
    assert visitor.rows["Adresse mail de redirection"] == "Aucune"
    # « accessibles jusqu'au 31/12 de l'année universitaire où vous quitterez l'établissement »
    assert f"Votre compte est ouvert jusqu'au 31 décembre {year + 1}" in visitor.words

    # https://ent.umontpellier.fr
    visitor.press("Continuer vers ENT démo")
    visitor.page.wait_for_url(f"{um.ent_url}/")
    visitor.sees("Bonjour Zoé")
    kept = attributes(um, person)
    assert kept["supannMailPrive"] == [f"{{SECOURS}}{PERSONAL_MAIL}"]
    assert "mailForwardingAddress" not in kept
    visitor.press("Se déconnecter")
    visitor.page.wait_for_url(f"{um.ent_url}/")
    visitor.press("Se connecter")
    visitor.log_in(person.login, GOOD_PASSWORD)
    visitor.sees("Bonjour Zoé")
