"""Mails about mail addresses: to confirm one, to tell of a change."""

from __future__ import annotations

from kc_bridge.domain.link import new_token, token_digest
from kc_bridge.mailer import Mail, NothingToSend, Writing, mail_kind
from kc_bridge.store.activation import AddressChange, AddressCheck
from required_actions.address_checks import activates, link_expires_at
from required_actions.links import issue_for_check
from required_actions.logins import ACTIONS
from required_actions.mails.marking import _

__all__ = ["backup_mail_changed", "confirm_address"]


@mail_kind("confirm_address")
def confirm_address(writing: Writing) -> Mail:
    """The link that confirms an address somebody gave in a journey."""
    person, settings = writing.person, writing.settings
    check = writing.db.get(AddressCheck, writing.payload["check"])
    if check is None or check.confirmed_at or check.asked_at.isoformat() != writing.payload["asked"]:
        raise NothingToSend("confirmed, corrected or asked for again meanwhile")
    if check.journey.finished_at or check.journey.generation != person.generation:
        raise NothingToSend("the journey has ended")
    expires_at = link_expires_at(check, writing.profile, settings, writing.now)
    if expires_at <= writing.now:
        raise NothingToSend("the login that waited has ended")
    continues = activates(check, writing.profile)
    name = check.journey.name if continues else ACTIONS
    link = issue_for_check(writing.db, check, name, expires_at, writing.now)
    return Mail(
        to=check.address,
        subject=_("Confirmez votre adresse mail : %(university)s"),
        template="confirm_address",
        context={
            "continues": continues,
            "link": f"{settings.public_url}/l/{link.token}",
            "expires_text": writing.in_words(link.expires_at),
        },
    )


@mail_kind("backup_mail_changed")
def backup_mail_changed(writing: Writing) -> Mail:
    """To the address that was the backup mail, with the link that undoes the change: its owner may not have made it."""
    change = writing.db.get(AddressChange, writing.payload["change"])
    if change is None or change.former is None or change.undone_at or change.undo_until <= writing.now:
        raise NothingToSend("undone, or too late to be")
    token = new_token()
    change.undo_sha256 = token_digest(token)
    return Mail(
        to=change.former,
        subject=_("Votre mail de secours a été changé : %(university)s"),
        template="backup_mail_changed",
        context={
            "active": change.active,
            "changed_text": writing.in_words(change.changed_at),
            "link": f"{writing.settings.public_url}/refus/{token}",
            "expires_text": writing.in_words(change.undo_until),
        },
    )
