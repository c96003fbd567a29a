"""The mail that says a password was changed: to an address its owner reads without it."""

from __future__ import annotations

from datetime import datetime

from kc_bridge.mailer import Mail, NothingToSend, Writing, mail_kind
from required_actions.mails.marking import _
from required_actions.people import ONLY_IN_KEYCLOAK

__all__ = ["password_changed"]

LOST_PASSWORD = "/mot-de-passe-oublie"  # noqa: S105


@mail_kind("password_changed")
def password_changed(writing: Writing) -> Mail:
    """When, and what to do if it was not you. It goes to the backup mail as it was before, else to the university's;
    no link in it logs anybody in."""
    person, settings = writing.person, writing.settings
    to = writing.payload["to"] or person.mail
    if to.startswith(ONLY_IN_KEYCLOAK):
        raise NothingToSend("no mail address")
    changed_at = datetime.fromisoformat(writing.payload["at"])
    lost = writing.profile.recovery != "off"
    return Mail(
        to=to,
        subject=_("Votre mot de passe a été changé : %(university)s"),
        template="password_changed",
        context={
            "changed_text": writing.in_words(changed_at),
            "lost_password_url": settings.public_url + LOST_PASSWORD if lost else None,
        },
    )
