"""The mail that begins an activation: who asked for one by an identifier is answered, and its link is made."""

from __future__ import annotations

from sqlalchemy import select

from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.identification import awaits_activation
from kc_bridge.domain.link import expiry
from kc_bridge.mailer import Mail, NothingToSend, Writing, mail_kind
from kc_bridge.store import outbox
from kc_bridge.store.activation import AddressChange
from kc_bridge.store.models import OutboxMessage, Person
from required_actions import links
from required_actions.asking import TOO_OLD, Asked, answers
from required_actions.backup_mails import may_bring_in
from required_actions.mails.marking import _
from required_actions.number_proof import holder, ine_besides_identifier

__all__ = ["activation", "answer"]

KIND = "activation"
LINKED = frozenset({"mail-link", "identifier"})
"""Entrances by a link we mail."""


@answers(KIND)
def answer(asked: Asked) -> None:
    """Writes to whoever waits for a first activation and has a mail. All others are written nothing: the page has told
    everybody what that may mean, and a mail nobody asked for helps nobody."""
    person, db = asked.person, asked.db
    known = holder(asked.profile, person, ine_besides_identifier, asked.now)
    today = local_date(asked.now, asked.settings.timezone)
    if not (awaits_activation(known, today) and known.kinds and person.personal_mail):
        return
    if _was_written_since(asked):
        return
    outbox.enqueue(
        db,
        kind=KIND,
        person_id=person.id,
        dedupe_key=f"{KIND}-asked:{person.id}:{asked.asked_at.isoformat()}",
        payload={"asked": asked.asked_at.isoformat()},
        now=asked.now,
        expires_at=asked.asked_at + TOO_OLD,
    )


def _was_written_since(asked: Asked) -> bool:
    """True when another link has been decided on meanwhile, to an address given since perhaps: this one would end it."""
    since = OutboxMessage.kind == KIND, OutboxMessage.created_at >= asked.asked_at
    wanted = select(OutboxMessage.id).where(OutboxMessage.person_id == asked.person.id, *since)
    return asked.db.scalar(wanted.limit(1)) is not None


@mail_kind(KIND)
def activation(writing: Writing) -> Mail:
    """The link that activates an account, to the personal mail given at enrolment.

    ``asked`` in the payload: not the first one, somebody asked for it; it lives as long as the profile gives those.
    ``change``: to an address given since, which is the person's once this link is opened.
    """
    settings, db = writing.settings, writing.db
    person = links.alone(db, writing.person.id)
    if person.activated_at is not None:
        raise NothingToSend("already activated")
    if person.reset_at is not None and not may_bring_in(db, person):
        raise NothingToSend("the account was somebody's, and nobody has shown to read this mailbox")
    to = _recipient(writing, person)
    if not to:
        raise NothingToSend("no personal mail any more")
    journey = writing.profile.journey_for(person.population)
    if not LINKED & set(journey.entrances):
        raise NothingToSend("this journey is entered without a mailed link")
    lifetime = journey.lifetime_when_asked if writing.payload.get("asked") else journey.link_lifetime
    expires_at = expiry(lifetime, writing.now, settings.timezone)
    anew = "under" not in writing.payload
    link = links.issue(db, person, journey.name, expires_at, writing.now, sent_to=to, anew=anew)
    return Mail(
        to=to,
        subject=_("Activez votre compte %(university)s"),
        template="activation",
        context={
            "link": f"{settings.public_url}/l/{link.token}",
            "expires_text": writing.in_words(link.expires_at),
        },
    )


def _recipient(writing: Writing, person: Person) -> str | None:
    """The backup mail, or the address given to take its place: as long as nothing has ended that."""
    under = writing.payload.get("under")
    if under is not None and person.generation != under:
        raise NothingToSend("another link, or « ce n'est pas moi », ended what asked for it")
    if not (change_id := writing.payload.get("change")):
        return person.personal_mail
    given = writing.db.get(AddressChange, change_id)
    if given is None or given.undone_at is not None:
        raise NothingToSend("the change was undone")
    return given.address
