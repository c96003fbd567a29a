"""Lost passwords: who asked by an identifier is answered, and the mail with its link."""

from __future__ import annotations

from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.recovery import LIFETIME
from kc_bridge.mailer import Mail, NothingToSend, Writing, mail_kind
from kc_bridge.store import outbox
from required_actions.asking import TOO_OLD, Asked, answers
from required_actions.links import issue_for_recovery
from required_actions.mails.marking import _
from required_actions.recovery import may_be_mailed

__all__ = ["answer", "recovery"]

KIND = "recovery"


@answers(KIND)
def answer(asked: Asked) -> None:
    """Writes to whoever may be; for accounts nobody has activated yet :data:`by_identifier.ALSO` asks for another mail."""
    person, profile = asked.person, asked.profile
    today = local_date(asked.now, asked.settings.timezone)
    if may_be_mailed(asked.db, person, profile, asked.now, today):
        outbox.enqueue(
            asked.db,
            kind=KIND,
            person_id=person.id,
            dedupe_key=f"{KIND}:{person.id}:{asked.asked_at.isoformat()}",
            now=asked.now,
            expires_at=asked.asked_at + TOO_OLD,
        )


@mail_kind(KIND)
def recovery(writing: Writing) -> Mail:
    """The link with which the owner of an active account chooses another password."""
    person, settings, now = writing.person, writing.settings, writing.now
    mail = person.personal_mail
    if mail is None or not may_be_mailed(writing.db, person, writing.profile, now, writing.today()):
        raise NothingToSend("closed, reset or frozen meanwhile")
    link = issue_for_recovery(writing.db, person, mail, now + LIFETIME, now)
    return Mail(
        to=mail,
        subject=_("Choisissez un nouveau mot de passe : %(university)s"),
        template="recovery",
        context={
            "link": f"{settings.public_url}/l/{link.token}",
            "expires_text": writing.in_words(link.expires_at),
        },
    )
