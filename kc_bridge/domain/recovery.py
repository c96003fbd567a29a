"""Lost passwords: to whom a link may be mailed, and whether it asks the secret question besides. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from kc_bridge.domain.account_state import IN_USE

__all__ = ["LIFETIME", "Account", "Mode", "asks_question", "may_be_mailed"]

LIFETIME = timedelta(hours=1)
"""Of a link for a lost password (OWASP Forgot Password: short-lived). Whoever asks is waiting for it: a day, as a first
mail lives, would only leave a key to a working account in a mailbox for longer."""

Mode = Literal["off", "link", "link-and-question"]
"""``UniversityProfile.recovery``."""


@dataclass(frozen=True)
class Account:
    """What is known of an account whose identifier was typed."""

    state: str
    """SUPANN's sub-state."""
    activated: bool
    account_end: date | None
    in_keycloak: bool
    backup_mail: str | None
    mailbox_read: bool
    """Its owner has followed a link mailed to that very address."""
    has_question: bool
    frozen_until: datetime | None
    """Somebody said « ce n'est pas moi » of a change of that address."""


def may_be_mailed(account: Account, mode: Mode, now: datetime, today: date) -> bool:
    """True when a link for a lost password may go to the backup mail.

    An address nobody has proved to read (a slip of the pen at the registrar's desk is a stranger's mailbox) is
    written to only where the secret question is asked as well: then the stranger gets no further.
    """
    return (
        mode != "off"
        and account.activated
        and account.state in IN_USE
        and account.in_keycloak
        and not (account.account_end and account.account_end < today)
        and not (account.frozen_until and now < account.frozen_until)
        and bool(account.backup_mail)
        and (account.mailbox_read or asks_question(mode, account.has_question))
    )


def asks_question(mode: Mode, has_question: bool) -> bool:
    """True when the link alone is not enough for this person."""
    return mode == "link-and-question" and has_question
