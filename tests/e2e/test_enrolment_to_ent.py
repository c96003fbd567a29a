"""The main job: a line in the register's export becomes somebody logged in to the ENT, and nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kc_bridge.mailer import send_waiting
from kc_bridge.settings import SourceSettings
from kc_bridge.store.database import open_engine
from kc_bridge.store.models import Person
from sync.commands.runs import engine_of
from sync.engine import Report
from tests.e2e.visitor import Visitor
from tests.support.stack import GOOD_PASSWORD, Stack

NUMBER = "22612345"
PERSONAL_MAIL = "zoe.lefevre@perso.example"


@pytest.fixture
def stack(stacks: Callable[..., Stack], tmp_path: Path) -> Stack:
    """A bridge nobody has been enrolled at yet, with the register's export as its source."""
    export = SourceSettings(name="apogee", path=tmp_path / "inscriptions.csv", populations=["student"])
    return stacks(sources=[export])


def write_export(stack: Stack) -> None:
    """One enrolment, as Apogée exports it."""
    now = datetime.now(UTC)
    row = {
        "COD_ETU": NUMBER,
        "COD_NNE_IND": "230007919B",
        "COD_CLE_NNE_IND": "M",
        "LIB_NOM_PAT_IND": "Lefèvre-D'Aubigné",
        "LIB_NOM_USU_IND": "",
        "LIB_PR1_IND": "Zoé",
        "DATE_NAI_IND": "29/02/2008",
        "MAIL_PERSO": PERSONAL_MAIL,
        "NUM_TEL_PORT": "",
        "COD_ANU": str(now.year if now.month >= 7 else now.year - 1),
        "COD_ETP": "L1INF1",
        "LIB_ETP": "Licence 1 Informatique",
        "ETA_IAE": "E",
        "DAT_CRE_IAE": f"{now - timedelta(days=1):%d/%m/%Y}",
    }
    path = stack.realm.settings.sources[0].path
    assert path is not None
    path.write_text(f"{';'.join(row)}\n{';'.join(row.values())}\n", encoding="utf-8")


def sync(stack: Stack) -> Report:
    settings = stack.realm.settings
    return engine_of(settings, open_engine(settings.database_url)).run()


def send_mails(stack: Stack) -> int:
    return send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)


def assert_nothing_to_do(stack: Stack, mails: int) -> None:
    """Another run writes nothing to Keycloak and sends nothing besides the ``mails`` sent so far."""
    users = stack.realm.call("GET", "users")
    again = sync(stack)
    assert again.status == "ok"
    assert not again.plan.tally
    assert not again.outcome.done
    assert send_mails(stack) == 0
    assert stack.realm.call("GET", "users") == users
    assert len(list(stack.mails.newest_first())) == mails


def test_from_the_export_to_the_ent(stack: Stack, visit: Callable[..., Visitor]) -> None:
    write_export(stack)

    assert sync(stack).status == "ok"
    assert send_mails(stack) == 1
    assert_nothing_to_do(stack, mails=1)

    with stack.services.sessions() as db:
        person = db.scalars(select(Person).where(Person.personal_mail == PERSONAL_MAIL)).one()
    user = stack.user(person)
    assert user["enabled"]
    assert user["username"] == person.login
    assert NUMBER not in str(user), "identification data stays in the bridge"
    (mail,) = stack.mails.newest_first(PERSONAL_MAIL)
    assert "Zoé" in mail.text
    (link,) = [link for link in mail.links if "/l/" in link]

    visitor = visit().open(link)
    visitor.sees("Activez votre compte")
    assert person.login in visitor.text
    visitor.press("Activer mon compte")
    visitor.sees("Charte informatique")
    visitor.page.get_by_label("Je reconnais avoir pris connaissance").check()
    visitor.press("Suivant")
    visitor.sees("Choisissez votre mot de passe")
    visitor.choose_password()
    visitor.sees("Votre compte est activé")
    assert person.login in visitor.text
    visitor.press("Continuer vers ENT démo")
    visitor.page.wait_for_url(f"{stack.ent_url}/")
    visitor.sees("Bonjour Zoé")

    visitor.press("Se déconnecter")
    visitor.page.wait_for_url(f"{stack.ent_url}/")
    visitor.sees("L'application de démonstration")
    visitor.press("Se connecter")
    visitor.sees("Connexion")
    visitor.log_in(person.login, GOOD_PASSWORD)
    visitor.sees("Bonjour Zoé")

    assert sync(stack).status == "ok"  # tells Keycloak the new state, once
    assert send_mails(stack) == 2  # the activation is confirmed, here and in the mailbox of the enrolment
    assert_nothing_to_do(stack, mails=3)
