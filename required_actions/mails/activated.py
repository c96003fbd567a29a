"""The mail that says an account has been activated: to its owner, wherever somebody else may be sitting."""

from __future__ import annotations

from datetime import datetime

from kc_bridge.mailer import Mail, NothingToSend, Writing, mail_kind
from required_actions.mail_address import same_mailbox
from required_actions.mails.marking import _

__all__ = ["activated"]


@mail_kind("activated")
def activated(writing: Writing) -> Mail:
    """What was activated, when, and whom to tell if it was not you. No link in it logs anybody in."""
    settings = writing.settings
    activated_at = datetime.fromisoformat(writing.payload["at"])
    application = settings.applications.get(settings.default_application or "")
    return Mail(
        to=_address(writing),
        subject=_("Votre compte %(university)s est activé"),
        template="activated",
        context={
            "activated_text": writing.in_words(activated_at),
            "application": application.name if application else None,
            "login_url": application.login_url if application else settings.public_url,
        },
    )


def _address(writing: Writing) -> str:
    """Where the message goes now: addresses may have been corrected since. Nobody is written to twice."""
    person = writing.person
    if writing.payload["box"] == "university":
        return person.mail
    if not person.personal_mail or same_mailbox(person.personal_mail, person.mail):
        raise NothingToSend("no backup mail")
    return person.personal_mail
