"""Keeping a directory informed: of each person a message names, what is true at the moment it is written (ADR 28)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from datetime import date, timedelta
from functools import cache
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.channels.announcements import LDAP
from kc_bridge.channels.delivery import Delivery, Moot, Never, NotNow, deliver
from kc_bridge.channels.settings import LdapWriteback
from kc_bridge.domain.account_state import CREATED, CURRENT, DATA_PURGED, EXPIRED, OPEN, PURGED
from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.clock import Clock
from kc_bridge.domain.ldap_filter import filled
from kc_bridge.domain.writeback import Forwarding, Standing, differences, owned
from kc_bridge.ldap_ports import LdapChange, LdapRefused, LdapWriter
from kc_bridge.store.activation import Journey, StepRecord
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.decisions import Consent
from kc_bridge.store.erasure import ERASED
from kc_bridge.store.models import Person

__all__ = ["Closing", "standing_of", "write_back"]

FORWARDING = "mail_forwarding"
"""The step that asks where mails shall go."""
AGAIN = 3
"""How often somebody's decisions are followed while they are being written; later ones have messages of their own."""


class Closing(LdapWriter, Protocol):
    """A directory that is let go of after each round."""

    def close(self) -> None: ...


def write_back(
    settings: LdapWriteback,
    timezone: str,
    sessions: SessionFactory,
    clock: Clock,
    directory: Callable[[], Closing],
) -> int:
    """One round; returns how many messages were worked off. The directory is opened when there is one to work off."""
    with ExitStack() as stack:
        opened = cache(lambda: stack.enter_context(closing(directory())))
        return deliver(
            LDAP, sessions, clock, lambda delivery: _write(settings, timezone, sessions, opened(), delivery)
        )


def _write(
    settings: LdapWriteback,
    timezone: str,
    sessions: SessionFactory,
    directory: LdapWriter,
    delivery: Delivery,
) -> None:
    standing, names = _read(settings, sessions, delivery.person_id, timezone)
    for _attempt in range(AGAIN):
        _bring_up_to_date(settings, directory, standing, names)
        written = standing
        standing, names = _read(settings, sessions, delivery.person_id, timezone)
        if standing == written:
            return
    raise NotNow("changes faster than it is written")


def _bring_up_to_date(
    settings: LdapWriteback, directory: LdapWriter, standing: Standing, names: Mapping[str, str]
) -> None:
    try:
        filter_ = filled(settings.filter, names)
    except KeyError as error:
        raise Moot(f"has no {error.args[0]}, by which its entry would be found") from None
    wanted = owned(standing, settings.attributes, settings.consents, settings.resource)
    attributes = [part.attribute for part in wanted]
    pages = directory.search(settings.base, filter_, attributes or ["1.1"])
    entries = [entry for page in pages for entry in page]
    if not entries:
        raise NotNow("has no entry (yet)")
    if len(entries) > 1:
        raise Never(f"has {len(entries)} entries by that filter: it must find one")
    (entry,) = entries
    changes = [
        LdapChange(one.attribute, one.delete, one.add) for one in differences(entry.attributes, wanted)
    ]
    if changes:
        try:
            directory.modify(entry.dn, changes)
        except LdapRefused as error:
            raise Never(str(error)) from None


def _read(
    settings: LdapWriteback, sessions: SessionFactory, person_id: str, timezone: str
) -> tuple[Standing, dict[str, str]]:
    with sessions() as db:
        person = db.get(Person, person_id)
        if person is None or person.key.startswith(ERASED):
            raise Moot("is no longer known here")
        numbers = {number.kind: number.value for number in person.identifiers}
        # Who came from a directory has a uid there, whatever ours is.
        names = {"uid": person.uid, "login": person.login, "mail": person.mail} | numbers
        return standing_of(db, person, settings.consents, timezone), names


def standing_of(db: Session, person: Person, uses: Iterable[str], timezone: str) -> Standing:
    """What is true of somebody now; ``uses``: those a directory can say somebody agreed to."""
    erased = person.state in {DATA_PURGED, PURGED}
    return Standing(
        state=person.state,
        start=_since(person, timezone),
        end=person.account_end if person.state in OPEN else None,
        confirmed=person.activated_at is not None or person.reset_at is not None or erased,
        backup_mail=None if erased else person.personal_mail,
        forwarding=Forwarding(None) if erased else _forwarding(db, person.id),
        consents=dict.fromkeys(uses, False) if erased else _consents(db, person.id),
    )


def _since(person: Person, timezone: str) -> date | None:
    if person.state == CURRENT and person.activated_at is not None:
        return local_date(person.activated_at, timezone)
    if person.state == CREATED:
        return local_date(person.created_at, timezone)
    if person.state == EXPIRED and person.account_end is not None:
        return person.account_end + timedelta(days=1)
    return None


def _forwarding(db: Session, person_id: str) -> Forwarding | None:
    kept = db.scalars(
        select(StepRecord.data)
        .join(Journey)
        .where(
            Journey.person_id == person_id,
            Journey.finished_at.is_not(None),
            StepRecord.step == FORWARDING,
        )
        .order_by(StepRecord.done_at.desc())
        .limit(1)
    ).first()
    return Forwarding(kept.get("address"), bool(kept.get("copy", True))) if kept is not None else None


def _consents(db: Session, person_id: str) -> dict[str, bool]:
    """The last word on each use; « non » of somebody nobody asked is one."""
    rows = db.execute(
        select(Consent.use, Consent.given).where(Consent.person_id == person_id).order_by(Consent.id)
    )
    return {use: given for use, given in rows}  # noqa: C416 - rows are no pairs to mypy
