"""The mail to somebody whose account must be validated again."""

from __future__ import annotations

from kc_bridge.domain.link import expiry
from kc_bridge.mailer import Mail, NothingToSend, Writing, mail_kind
from required_actions.backup_mails import may_bring_in
from required_actions.links import issue
from required_actions.mails.marking import _

__all__ = ["validate_again"]


@mail_kind("validate_again")
def validate_again(writing: Writing) -> Mail:
    """The link that activates the account again, to the backup mail."""
    person, settings = writing.person, writing.settings
    if person.activated_at is not None:
        raise NothingToSend("validated again meanwhile")
    if not person.personal_mail or not may_bring_in(writing.db, person):
        raise NothingToSend("no backup mail any more")
    journey = writing.profile.journey_for(person.population)
    expires_at = expiry(journey.link_lifetime, writing.now, settings.timezone)
    link = issue(writing.db, person, journey.name, expires_at, writing.now, sent_to=person.personal_mail)
    return Mail(
        to=person.personal_mail,
        subject=_("Validez à nouveau votre compte %(university)s"),
        template="validate_again",
        context={
            "link": f"{settings.public_url}/l/{link.token}",
            "expires_text": writing.in_words(link.expires_at),
        },
    )
