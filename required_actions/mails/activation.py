"""The mail that begins an activation."""

from __future__ import annotations

from kc_bridge.domain.calendar import instant_in_words
from kc_bridge.domain.link import expiry
from kc_bridge.mailer import Mail, NothingToSend, Writing, mail_kind
from required_actions.links import issue
from required_actions.mails.marking import _

__all__ = ["activation"]


@mail_kind("activation")
def activation(writing: Writing) -> Mail:
    """The link that activates an account, to the personal mail given at enrolment.

    ``asked`` in the payload: not the first one, somebody asked for it; it lives as long as the profile gives those.
    """
    person, settings = writing.person, writing.settings
    if person.activated_at is not None:
        raise NothingToSend("already activated")
    if not person.personal_mail:
        raise NothingToSend("no personal mail any more")
    journey = writing.profile.journey_for(person.population)
    lifetime = journey.lifetime_when_asked if writing.payload.get("asked") else journey.link_lifetime
    expires_at = expiry(lifetime, writing.now, settings.timezone)
    link = issue(writing.db, person, journey.name, expires_at, writing.now, sent_to=person.personal_mail)
    return Mail(
        to=person.personal_mail,
        subject=_("Activez votre compte %(university)s"),
        template="activation",
        context={
            "display_name": person.display_name,
            "account": person.login,
            "link": f"{settings.public_url}/l/{link.token}",
            "expires_text": instant_in_words(link.expires_at, person.language, settings.timezone),
        },
    )
