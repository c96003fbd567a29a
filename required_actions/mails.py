"""The mails of the activation."""

from __future__ import annotations

from kc_bridge.domain.calendar import instant_in_words
from kc_bridge.mailer import Mail, NothingToSend, Writing, mail_kind
from required_actions.links import issue

__all__ = ["activation"]


def _(message: str) -> str:
    """Marks a message for extraction; it is translated in the person's language when written."""
    return message


@mail_kind("activation")
def activation(writing: Writing) -> Mail:
    """The link that activates an account, to the personal mail given at enrolment."""
    person, settings = writing.person, writing.settings
    if person.activated_at is not None:
        raise NothingToSend("already activated")
    if not person.personal_mail:
        raise NothingToSend("no personal mail any more")
    journey = writing.profile.journey_for(person.population)
    link = issue(writing.db, person, journey.name, journey.link_lifetime, writing.now)
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
