"""What the tests of refusals do and look at again and again: walk the wizard, and see who got in."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, select

from kc_bridge.domain.errors import LoginGone
from kc_bridge.store.activation import Link
from kc_bridge.store.models import AuditEntry, Person
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Page, Walker

CHARTER = "Charte informatique"
PASSWORD = "Choisissez votre mot de passe"
FINISHED = "Votre compte est activé"
SUPERSEDED = "Un lien plus récent remplace celui-ci"
ELSEWHERE = "Terminé, connectez-vous"
OTHER_BROWSER = "Cette page a déjà servi ou vient d'un autre navigateur"
GONE = "Votre connexion a pris fin"
DOWN = "Le service de connexion ne répond pas"


def to_charter(walker: Walker, link: str) -> Page:
    """Presses the link's button: the first page of the wizard."""
    page = walker.send(walker.get(link))
    assert page.title == CHARTER, page
    return page


def to_password(walker: Walker, link: str) -> Page:
    """Accepts the charter too: the password page."""
    page = walker.send(to_charter(walker, link), accept="y")
    assert page.title == PASSWORD, page
    return page


def choose(walker: Walker, page: Page, password: str = GOOD_PASSWORD) -> Page:
    return walker.send(page, password=password, confirmation=password)


def activate(stack: Stack, walker: Walker, link: str, password: str = GOOD_PASSWORD) -> Page:
    """The whole journey, to the application."""
    page = choose(walker, to_password(walker, link), password)
    assert page.title == FINISHED, page
    return walker.get(f"{stack.url}/activation/leave")


def is_handoff(url: str) -> bool:
    """For ``stop``: Keycloak is about to hand the browser over."""
    return "/activation/enter?" in url


def handoff_claims(walker: Walker, url: str | None = None) -> dict[str, Any]:
    """Claims of a handoff's address, by default the last one this browser followed."""
    url = url or next(visited for visited in reversed(walker.trail) if is_handoff(visited))
    payload = parse_qs(urlsplit(url).query)["handoff"][0].split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims


def is_inside(stack: Stack, walker: Walker) -> bool:
    """True when this browser reaches the application without being asked anything."""
    page = walker.get(f"{stack.ent_url}/connexion")
    return page.status == 200 and page.url.startswith(stack.ent_url)


def log_in(stack: Stack, walker: Walker, login: str, password: str) -> Page:
    """From the application to Keycloak's form and wherever it leads."""
    return walker.log_in(walker.get(f"{stack.ent_url}/connexion"), login, password)


def logs_in(stack: Stack, person: Person, password: str) -> bool:
    """True when these words open the application in a browser that knows nothing; wrong ones leave no trace."""
    stack.realm.call("DELETE", f"attack-detection/brute-force/users/{person.keycloak_id}")
    return log_in(stack, Walker(), person.login, password).url.startswith(stack.ent_url)


def login_lives(stack: Stack, ticket: str) -> bool:
    """True while Keycloak still knows the login of a ticket."""
    try:
        stack.services.backchannel.touch(ticket)
    except LoginGone:
        return False
    return True


def sessions(stack: Stack, person: Person) -> int:
    """How many Keycloak sessions the person has."""
    return len(stack.realm.call("GET", f"users/{person.keycloak_id}/sessions"))


def keycloak_state(stack: Stack, person: Person) -> tuple[Any, Any]:
    """All Keycloak holds of a person: compared before and after what must write nothing."""
    return stack.user(person), stack.realm.call("GET", f"users/{person.keycloak_id}/credentials")


def pending(stack: Stack, person: Person) -> list[str]:
    return sorted(stack.user(person)["requiredActions"])


def activations(stack: Stack, person: Person) -> int:
    """How often the account was activated."""
    with stack.services.sessions() as db:
        wanted = AuditEntry.person_id == person.id, AuditEntry.action == "account.activated"
        return db.scalar(select(func.count()).select_from(AuditEntry).where(*wanted)) or 0


def password_changes(stack: Stack, person: Person) -> int:
    """How often Keycloak gave the account a password in a journey."""
    query = {"user": person.keycloak_id, "type": "UPDATE_PASSWORD", "max": 100}
    return len(stack.realm.call("GET", "events", params=query))


def link_states(stack: Stack, person: Person) -> list[str]:
    """States of all the person's links, oldest first."""
    with stack.services.sessions() as db:
        return list(
            db.scalars(select(Link.state).where(Link.person_id == person.id).order_by(Link.created_at))
        )
