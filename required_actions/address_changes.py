"""A backup mail that takes another's place: the former one is told, and may undo it for a week.

Whoever gives an address, reads the mail sent there, or undoes a change holds the person's row (:func:`links.alone`), as
does whoever ends a journey: of two at the same moment, the second sees what the first did. See ADR 16.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.domain.link import token_digest
from kc_bridge.store import audit, outbox
from kc_bridge.store.activation import AddressChange, Link
from kc_bridge.store.models import Person
from required_actions import links
from required_actions.mail_address import same_mailbox

__all__ = ["FREEZE", "UNDO_FOR", "change", "find", "give", "later", "latest", "settle"]

UNDO_FOR = timedelta(days=7)
"""How long the owner of the former address may say « ce n'est pas moi »."""
FREEZE = timedelta(days=7)
"""How long nobody may change the address by giving numbers, once its owner has said so."""
MAIL_LIFETIME = timedelta(hours=1)
"""Of a mail somebody waits for: after a longer failure of the relay it is not sent any more."""


def change(
    db: Session, person: Person, former: str | None, address: str, now: datetime, *, active: bool
) -> AddressChange:
    """Notes that ``address`` takes the place of ``former``, and has that one told.

    ``active``: of an account its owner is logged in to, where it counts at once; otherwise it waits to be read.
    """
    noted = AddressChange(
        person_id=person.id,
        former=former,
        address=address,
        active=active,
        changed_at=now,
        confirmed_at=now if active else None,
        undo_until=now + UNDO_FOR,
    )
    db.add(noted)
    db.flush()
    if former:
        outbox.enqueue(
            db,
            kind="backup_mail_changed",
            person_id=person.id,
            dedupe_key=f"backup-mail-changed:{noted.id}",
            payload={"change": noted.id},
            now=now,
            expires_at=noted.undo_until,
        )
    audit.record(db, now, "person", "address.changed", person.id, active=active)
    return noted


def give(db: Session, person: Person, address: str, now: datetime) -> None:
    """Has an activation link mailed to another address than the one known, or to that one again.

    It ends whatever was begun before, the links and mails on their way to the former address too. The caller holds the
    person's row and has counted the mail. Raises :class:`Unavailable` while another browser is activating the account.
    """
    links.begin_anew(db, person, now)
    outbox.drop_waiting(db, person.id, "activation", "another address was given")
    waiting = latest(db, person.id)
    if same_mailbox(address, person.personal_mail):
        noted = None
    elif waiting is not None and waiting.confirmed_at is None and waiting.address == address:
        noted = waiting  # sent again: the former address has been told
    else:
        noted = change(db, person, person.personal_mail, address, now, active=False)
    outbox.enqueue(
        db,
        kind="activation",
        person_id=person.id,
        dedupe_key=f"activation-given:{person.id}:{secrets.token_hex(8)}",
        payload={"asked": now.isoformat(), "change": noted.id if noted else None, "under": person.generation},
        now=now,
        expires_at=now + MAIL_LIFETIME,
    )


def settle(db: Session, link: Link, now: datetime) -> None:
    """The link mailed to a given address is opened: whoever reads that mailbox has it as backup mail from now on.

    The caller holds the person's row.
    """
    waiting = latest(db, link.person_id)
    if link.purpose != links.ACTIVATION or waiting is None or waiting.confirmed_at is not None:
        return
    if waiting.address == link.sent_to:
        waiting.confirmed_at = now
        link.person.personal_mail = waiting.address
        audit.record(db, now, "person", "address.confirmed", link.person_id)


def find(db: Session, token: str) -> AddressChange | None:
    """The change of a token of « ce n'est pas moi », whatever has become of it."""
    return db.scalar(
        select(AddressChange)
        .where(AddressChange.undo_sha256 == token_digest(token))
        .execution_options(populate_existing=True)
    )


def latest(db: Session, person_id: str) -> AddressChange | None:
    """The person's last change of address, unless it was undone."""
    changes = select(AddressChange).where(
        AddressChange.person_id == person_id, AddressChange.undone_at.is_(None)
    )
    return db.scalars(changes.order_by(AddressChange.changed_at.desc()).limit(1)).first()


def later(db: Session, noted: AddressChange) -> Sequence[AddressChange]:
    """The changes made since, not undone: they go with it, or whoever made the first would undo the undoing."""
    since = AddressChange.person_id == noted.person_id, AddressChange.changed_at >= noted.changed_at
    others = AddressChange.id != noted.id, AddressChange.undone_at.is_(None)
    return db.scalars(select(AddressChange).where(*since, *others)).all()
