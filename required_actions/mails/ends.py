"""Mails about the end of an account: before it, and on the day after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from kc_bridge.domain.affiliation import Status
from kc_bridge.domain.calendar import date_in_words
from kc_bridge.mailer import Mail, NothingToSend, Writing, mail_kind
from kc_bridge.store.models import Affiliation
from required_actions.mails.marking import _

__all__ = ["closed", "ends_soon"]


@mail_kind("ends_soon")
def ends_soon(writing: Writing) -> Mail:
    """To the owner of an account that closes in some weeks or days, where they read also afterwards."""
    end = _still(writing)
    if end < writing.today():
        raise NothingToSend("closed meanwhile")
    return Mail(
        to=writing.person.personal_mail or writing.person.mail,
        subject=_("Votre compte %(university)s ferme bientôt"),
        template="ends_soon",
        context=_context(writing, end),
    )


@mail_kind("closed")
def closed(writing: Writing) -> Mail:
    """To the owner of an account that has closed; only elsewhere can they read it."""
    end = _still(writing)
    if end >= writing.today():
        raise NothingToSend("open again")
    if not writing.person.personal_mail:
        raise NothingToSend("no address but that of the account")
    return Mail(
        to=writing.person.personal_mail,
        subject=_("Votre compte %(university)s est fermé"),
        template="closed",
        context=_context(writing, end),
    )


def _still(writing: Writing) -> date:
    """The end this mail is about, if it is still the account's."""
    end = date.fromisoformat(writing.payload["end"])
    if writing.person.account_end != end:
        raise NothingToSend("the end has moved")
    if writing.person.activated_at is None:
        raise NothingToSend("to be validated again")
    return end


def _unpaid(affiliations: Iterable[Affiliation]) -> bool:
    """Whether what keeps the account open, or did, is an enrolment that was not paid for."""
    last = max(affiliations, key=lambda a: a.end or date.max, default=None)
    return last is not None and last.status == Status.UNPAID


def _context(writing: Writing, end: date) -> dict[str, object]:
    person = writing.person
    return {
        "end_text": date_in_words(end, person.language),
        "student": person.population == "student",
        "unpaid": _unpaid(person.affiliations),
    }
