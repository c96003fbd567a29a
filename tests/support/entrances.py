"""Ways into the wizard that begin at Keycloak, and the walk through whatever pages it then shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from kc_bridge.mailer import send_waiting
from kc_bridge.store.decisions import SecurityAnswer
from kc_bridge.store.models import Person
from required_actions.secret_answers import matches
from tests.support.activation import log_in
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Page, Walker

__all__ = [
    "ANSWERS", "CLOSINGS", "KNOWN", "active_person", "ask_for", "assert_effect", "assign", "begin", "close_account",
    "is_inside_wizard", "logs_in_as", "told", "walk",
]  # fmt: skip

KNOWN = "Connu-2026-à-Sète!"
"""Password of somebody whose account works already."""

BACKUP = "secours@courriel.example"
FORWARDED_TO = "redirection@courriel.example"
ANSWERS = {
    "accept": "y",
    "backup_mail": BACKUP,
    "forwarding": "y",
    "forwarding_address": FORWARDED_TO,
    "forwarding_copy": "y",
    "security_question": "own",
    "security_own_question": "Quel objet ai-je perdu dans le train ?",
    "security_answer": "Une valise à roulettes",
    "sms_consent": "yes",
    "sms_phone": "06 39 98 00 00",
    "photo_use": "yes",
    "directory_visibility": "yes",
    "password": GOOD_PASSWORD,
    "confirmation": GOOD_PASSWORD,
}
"""What the walk answers, by field."""
WRITTEN = {
    "kcb-backup-mail": {"supannMailPrive": [f"{{SECOURS}}{BACKUP}"]},
    "kcb-mail-forwarding": {"mailForwardingAddress": [FORWARDED_TO], "mailDeliveryOption": ["mailbox"]},
    "kcb-sms-consent": {"kcbSmsConsent": ["true"], "supannTelephonePrive": ["{MOBPERSO}+33639980000"]},
    "kcb-photo-use": {"kcbPhotoUse": ["true"]},
    "kcb-directory-visibility": {"kcbDirectoryVisibility": ["true"]},
}
"""By action: what those answers come to among the attributes of Keycloak's user."""
CLOSINGS = ("in Keycloak", "in the register")
WAITING = "Consultez votre messagerie"


def active_person(stack: Stack, *, actions: list[str] | None = None, **user: Any) -> Person:
    """Somebody whose account was activated a while ago, with the password :data:`KNOWN`."""
    credentials = [{"type": "password", "value": KNOWN, "temporary": False}, *user.pop("credentials", [])]
    person = stack.person(actions=actions or [], credentials=credentials, **user)
    with stack.services.sessions.begin() as db:
        stored = db.get_one(Person, person.id)
        stored.activated_at, stored.state = stack.clock(), "SupannActif"
    return stack.reread(person)


def assign(stack: Stack, user_id: str | None, *actions: str) -> None:
    """Gives one user required actions as the console does: the user as read, with these added."""
    user = stack.realm.call("GET", f"users/{user_id}")
    user["requiredActions"] = [*user["requiredActions"], *actions]
    stack.realm.call("PUT", f"users/{user_id}", user)


def begin(stack: Stack, walker: Walker, person: Person, password: str = KNOWN) -> Page:
    """Logs in from the application: the first page of the wizard, or the application."""
    return log_in(stack, walker, person.login, password)


def ask_for(stack: Stack, walker: Walker, action: str) -> Page:
    """The application asks for one step of whoever is logged in there (``kc_action``)."""
    return walker.get(f"{stack.ent_url}/connexion?action={action}")


def told(stack: Stack, walker: Walker) -> dict[str, str]:
    """Parameters with which Keycloak sent this browser back to the application the last time."""
    address = next(url for url in reversed(walker.trail) if url.startswith(f"{stack.ent_url}/retour"))
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def close_account(stack: Stack, person: Person, where: str) -> None:
    """Closes an account as one of :data:`CLOSINGS` says; the other side does not know yet."""
    if where == "in Keycloak":
        stack.realm.call("PUT", f"users/{person.keycloak_id}", stack.user(person) | {"enabled": False})
        return
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).account_end = stack.services.today() - timedelta(days=1)


def is_inside_wizard(stack: Stack, page: Page) -> bool:
    return page.url.startswith(f"{stack.url}/activation/")


def walk(stack: Stack, walker: Walker, page: Page, **answers: str) -> Page:
    """Answers page after page, and leaves the wizard: where the person ends up. ``answers`` replace the usual ones."""
    given, seen = ANSWERS | answers, set[str]()
    while is_inside_wizard(stack, page):
        assert page.status == 200, f"{page!r} {page.text}"
        if page.title == WAITING:
            page = walker.send(walker.get(newest_link(stack, given)))
            continue
        path = urlsplit(page.url).path
        form = next((form for form in page.forms if form.method == "post" and form.action == path), None)
        if form is None:
            return walker.get(f"{stack.url}/activation/leave")
        assert path not in seen, f"answered and shown again: {page!r} {page.text}"
        seen.add(path)
        page = walker.post(
            page.url, **form.values | {name: given[name] for name in form.names & given.keys()}
        )
    return page


def newest_link(stack: Stack, given: dict[str, str]) -> str:
    """Has the waiting mails sent; the link in the one sent last to an address given on the way."""
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    mails = (
        next(stack.mails.newest_first(given[name]), None) for name in ("backup_mail", "forwarding_address")
    )
    newest = max((mail for mail in mails if mail), key=lambda mail: mail.id)
    return next(link for link in newest.links if "/l/" in link)


def assert_effect(stack: Stack, user_id: str | None, action: str) -> None:
    """What the walk answered on the page of that action is in force: in Keycloak, or where else it belongs."""
    user = stack.realm.call("GET", f"users/{user_id}")
    assert action not in user["requiredActions"]
    attributes = user.get("attributes", {})
    match action:
        case "kcb-charter":
            assert attributes["kcbCharter"][0].startswith(f"{stack.services.profile.charter.version} fr ")
        case "kcb-new-password":
            assert logs_in_as(stack, user_id, user["username"], GOOD_PASSWORD)
        case "kcb-security-question":
            with stack.services.sessions() as db:
                kept = db.scalars(
                    select(SecurityAnswer).join(Person).where(Person.keycloak_id == user_id)
                ).one()
            assert kept.question == ANSWERS["security_own_question"]
            assert matches(kept.answer_hash, "une valise a roulettes")
        case _:
            assert {name: attributes.get(name) for name in WRITTEN[action]} == WRITTEN[action]


def logs_in_as(stack: Stack, user_id: str | None, username: str, password: str) -> bool:
    """True when these words open the application in a browser that knows nothing."""
    stack.realm.call("DELETE", f"attack-detection/brute-force/users/{user_id}")
    return log_in(stack, Walker(), username, password).url.startswith(stack.ent_url)
