"""The mail that says an account has another identifier: to wherever its owner reads."""

from __future__ import annotations

from kc_bridge.domain.errors import KeycloakUnavailable
from kc_bridge.mailer import Mail, NothingToSend, Writing, mail_kind
from required_actions.mails.marking import _

__all__ = ["renamed"]


@mail_kind("renamed")
def renamed(writing: Writing) -> Mail:
    """The old and the new identifier, once Keycloak knows the new one. No link in it logs anybody in."""
    person = writing.person
    if person.login == writing.payload["former"]:
        raise NothingToSend("renamed back")
    if person.keycloak_id is None:
        raise NothingToSend("no account yet: its first mail names it")
    if person.digest is None:
        raise KeycloakUnavailable("the next run tells Keycloak the new name first")
    former_mail = writing.payload["former_mail"]
    return Mail(
        to=person.personal_mail or person.mail,
        subject=_("Votre identifiant %(university)s a changé"),
        template="renamed",
        context={
            "former": writing.payload["former"],
            "mail": person.mail,
            "former_mail": former_mail if former_mail != person.mail else None,
        },
    )
