"""People who have lost their password: accounts that may be written to, and the walk to a new one."""

from __future__ import annotations

import re
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from sqlalchemy import delete, select

from kc_bridge.domain.link import new_token, token_digest
from kc_bridge.mailer import send_waiting
from kc_bridge.services import Services
from kc_bridge.store.activation import Link
from kc_bridge.store.decisions import SecurityAnswer
from kc_bridge.store.models import Person
from kc_bridge.store.web import RateWindow
from required_actions import links
from required_actions.secret_answers import hashed
from tests.support.entrances import active_person
from tests.support.stack import Stack
from tests.support.walker import Page, Walker

__all__ = [
    "ANSWER",
    "ASKED",
    "CHANGED",
    "ENDED",
    "NEW_PASSWORD",
    "QUESTION",
    "QUESTION_PAGE",
    "ask",
    "gives_answer",
    "later",
    "lost_link",
    "mailed",
    "owner",
    "profile_with",
    "prove",
    "recovery_links",
    "to_new_password",
]

QUESTION = "Quel objet ai-je perdu dans le train ?"
ANSWER = "Une valise à roulettes"
ASKED = "Consultez votre messagerie"
QUESTION_PAGE = "Votre question joker"
NEW_PASSWORD = "Choisissez un nouveau mot de passe"
CHANGED = "Votre mot de passe est changé"
ENDED = "Ce lien n'est plus valable"


def profile_with(folder: Path, recovery: str) -> str:
    """The shipped profile with lost passwords replaced in that way: its path."""
    text = (files("required_actions.profiles") / "default.toml").read_text("utf-8")
    text, set_otherwise = re.subn(r'(?m)^recovery = ".*"$', f'recovery = "{recovery}"', text)
    assert set_otherwise == 1
    path = folder / f"{recovery}.toml"
    path.write_text(text)
    return str(path)


def prove(kcb: Services, person: Person, now: datetime) -> None:
    """The person came by a link mailed to their backup mail, as most do."""
    with kcb.sessions.begin() as db:
        db.add(
            Link(
                person_id=person.id,
                purpose=links.ACTIVATION,
                sent_to=person.personal_mail,
                token_sha256=token_digest(new_token()),
                generation=0,
                journey="activation",
                created_at=now,
                expires_at=now,
                state="finished",
                finished_at=now,
            )
        )


def gives_answer(kcb: Services, person: Person, now: datetime, answer: str = ANSWER) -> None:
    """The person has chosen a secret question."""
    with kcb.sessions.begin() as db:
        kept = SecurityAnswer(person_id=person.id, question=QUESTION, answer_hash=hashed(answer), set_at=now)
        db.merge(kept)


def owner(stack: Stack, *, question: bool = False, **user: object) -> Person:
    """Somebody whose account works and whose backup mail is theirs."""
    person = active_person(stack, **user)
    prove(stack.services, person, stack.clock())
    if question:
        gives_answer(stack.services, person, stack.clock())
    return person


def ask(stack: Stack, walker: Walker, typed: str) -> Page:
    """Types an identifier where the lost password is asked for."""
    page = walker.send(walker.get(f"{stack.url}/mot-de-passe-oublie"), identifier=typed)
    assert page.title == ASKED, page
    return page


def mailed(stack: Stack, person: Person) -> list[str]:
    """Has the waiting mails sent; all links for a lost password the person was ever mailed, newest first."""
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    mails = stack.mails.newest_first(person.personal_mail or "")
    lost = [mail for mail in mails if mail.subject.startswith(NEW_PASSWORD)]
    return [next(link for link in mail.links if "/l/" in link) for mail in lost]


def later(kcb: Services) -> None:
    """As if enough time had passed for every limit: the clock of Keycloak cannot be moved along."""
    with kcb.sessions.begin() as db:
        db.execute(delete(RateWindow))


def lost_link(stack: Stack, person: Person) -> str:
    """Asked for and mailed: the link."""
    before = len(mailed(stack, person))
    ask(stack, Walker(), person.login)
    found = mailed(stack, person)
    assert len(found) == before + 1
    return found[0]


def to_new_password(walker: Walker, link: str) -> Page:
    """Presses the link's button: the password page."""
    page = walker.send(walker.get(link))
    assert page.title == NEW_PASSWORD, page
    return page


def recovery_links(kcb: Services, person: Person) -> list[str]:
    """States of the person's links for a lost password, oldest first."""
    with kcb.sessions() as db:
        wanted = Link.person_id == person.id, Link.purpose == links.RECOVERY
        return list(db.scalars(select(Link.state).where(*wanted).order_by(Link.created_at)))
