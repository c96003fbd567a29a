"""The outbox worker: writes each mail at the moment it is sent, then hands it to the relay.

A mail's link is made here, in the transaction that just precedes sending, so that no token ever waits in the
database. A kind of mail is a function registered under its name; required_actions brings its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from babel.support import NullTranslations
from email_validator import EmailNotValidError, validate_email
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.adapters.smtp import RecipientDeferred, RecipientRefused, SmtpMailer
from kc_bridge.domain.affiliation import DECEASED
from kc_bridge.domain.calendar import instant_in_words, local_date
from kc_bridge.domain.clock import Clock
from kc_bridge.domain.colour import dark_accents, light_accents
from kc_bridge.domain.errors import Unavailable
from kc_bridge.domain.profile import UniversityProfile, load_profile
from kc_bridge.ports import Mailer
from kc_bridge.settings import Settings
from kc_bridge.store import outbox
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.models import Affiliation, OutboxMessage, Person
from kc_bridge.texts import kept_together, translations

__all__ = ["Mail", "NothingToSend", "Writing", "kinds", "mail_kind", "send_waiting"]

log = structlog.get_logger()
ROOT = Path(__file__).parents[1]
BATCH = 200


class NothingToSend(Exception):
    """The reason for the message has gone (account activated or closed meanwhile)."""


@dataclass(frozen=True)
class Writing:
    """What a writer of mails works with."""

    db: Session
    person: Person
    payload: dict[str, Any]
    settings: Settings
    profile: UniversityProfile
    now: datetime

    def in_words(self, instant: datetime) -> str:
        """An instant in the person's language and the university's zone."""
        return instant_in_words(instant, self.person.language, self.settings.timezone)

    def today(self) -> date:
        """The day it is at the university."""
        return local_date(self.now, self.settings.timezone)


@dataclass(frozen=True)
class Mail:
    """A mail as its writer describes it; ``template`` names a ``.txt`` and an ``.html``."""

    to: str
    subject: str
    """French message id; translated with the template."""
    template: str
    context: dict[str, Any]


Writer = Callable[[Writing], Mail]
_writers: dict[str, Writer] = {}


def mail_kind(name: str) -> Callable[[Writer], Writer]:
    """Registers the writer of one kind of outbox message. It raises :class:`NothingToSend` to drop one."""

    def _register(writer: Writer) -> Writer:
        _writers[name] = writer
        return writer

    return _register


def kinds() -> list[str]:
    """Every kind of mail there is a writer of."""
    import_module("required_actions.mails")
    return sorted(_writers)


def send_waiting(
    settings: Settings, sessions: SessionFactory, clock: Clock, mailer: Mailer | None = None
) -> int:
    """Answers who asked for a mail, then sends every message due, at most :data:`BATCH`; returns how many the relay took. Safe to run many at once."""
    mailer = mailer or SmtpMailer(settings.smtp)
    profile = load_profile(settings.profile)
    import_module("required_actions.mails")  # who answers and who writes
    import_module("required_actions.asking").answer_waiting(settings, profile, sessions, clock)
    taken = 0
    for _turn in range(BATCH):
        with sessions() as db:
            message = outbox.claim(db, clock())
            if message is None:
                break
            message_id = message.id
        try:
            taken += _send_one(settings, profile, sessions, clock, mailer, message_id)
        except Unavailable:
            break  # the relay is down: the others wait too, and this round ends
    return taken


def _send_one(
    settings: Settings,
    profile: UniversityProfile,
    sessions: SessionFactory,
    clock: Clock,
    mailer: Mailer,
    message_id: int,
) -> bool:
    now = clock()
    try:
        with sessions.begin() as db:
            message = db.get_one(OutboxMessage, message_id)
            if _has_died(db, message.person_id):
                raise NothingToSend("deceased: whoever reads that mailbox has lost somebody")
            writing = Writing(db, message.person, message.payload, settings, profile, now)
            written = _compose(writing, message)
    except NothingToSend as nothing:
        reason = str(nothing)
        return _settle(sessions, message_id, lambda m: outbox.drop(m, reason))
    except RecipientRefused as error:
        log.warning("mail cannot be addressed", outbox=message_id)
        problem = str(error)
        return _settle(sessions, message_id, lambda m: outbox.dead(m, problem))
    except Unavailable as error:
        problem = str(error)
        return _settle(sessions, message_id, lambda m: outbox.try_later(m, clock(), problem))
    except Exception as error:  # one that cannot be written must not keep the others from leaving
        log.error("mail cannot be written", outbox=message_id, exc_info=error)
        problem = type(error).__name__
        return _settle(sessions, message_id, lambda m: outbox.try_later(m, clock(), problem))
    try:
        mailer.send(written)
    except RecipientRefused as error:
        log.warning("mail refused", outbox=message_id)
        problem = str(error)
        return _settle(sessions, message_id, lambda m: outbox.dead(m, problem))
    except RecipientDeferred as error:
        problem = str(error)
        return _settle(sessions, message_id, lambda m: outbox.try_later(m, clock(), problem))
    except Unavailable as error:
        # The code or type alone: relays like to repeat the recipient's address in their texts.
        log.warning("mail relay unavailable", reason=error.reason.partition(" ")[0])
        problem = str(error)
        _settle(sessions, message_id, lambda m: outbox.try_later(m, clock(), problem))
        raise
    _settle(sessions, message_id, lambda m: outbox.sent(m, clock()))
    return True


def _has_died(db: Session, person_id: str) -> bool:
    """Asked of every mail, whatever queued it, and when: the word may have come after the message."""
    record = Affiliation.person_id == person_id, Affiliation.status == DECEASED
    return db.scalar(select(Affiliation.id).where(*record).limit(1)) is not None


def _settle(sessions: SessionFactory, message_id: int, change: Callable[[OutboxMessage], None]) -> bool:
    with sessions.begin() as db:
        change(db.get_one(OutboxMessage, message_id))
    return False


def _compose(writing: Writing, message: OutboxMessage) -> EmailMessage:
    mail = _writer(message.kind)(writing)
    language, settings, brand = writing.person.language, writing.settings, writing.profile.branding
    translated = translations(writing.profile, language)
    environment = _environment(translated)
    context = {
        "brand": brand,
        "light": light_accents(brand.primary),
        "dark": dark_accents(brand.primary),
        "help": {"mail": brand.help_mail, "url": brand.help_url or f"{settings.public_url}/aide"},
        "locale": language,
        "display_name": writing.person.display_name,
        "account": writing.person.login,
        "subject": translated.gettext(mail.subject) % {"university": brand.short_name},
        **mail.context,
    }
    # The policy refuses line breaks in headers, and addresses are built from parts, never from one string.
    written = EmailMessage(policy=SMTP)
    written["Subject"] = context["subject"]
    written["From"] = Address(brand.short_name, addr_spec=settings.smtp.sender)
    written["To"] = _recipient(mail.to)
    written["Date"] = format_datetime(writing.now)
    written["Message-ID"] = (
        f"<outbox-{message.id}-{message.attempts}@{urlsplit(settings.public_url).hostname}>"
    )
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(environment.get_template(f"mails/{mail.template}.txt").render(context))
    written.add_alternative(
        environment.get_template(f"mails/{mail.template}.html").render(context), subtype="html"
    )
    written["Content-Language"] = language  # last: setting a body takes such headers away
    return written


def _recipient(address: str) -> Address:
    """One address, exactly as given; raises :class:`RecipientRefused` for anything else.

    ``email`` alone would mend what it can, and so write to somebody else: « a@b.fr\\x85c » becomes ``a@b.frc``.
    """
    try:
        valid = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise RecipientRefused("not an address") from None
    if valid.ascii_email is None:
        raise RecipientRefused("letters that relays do not carry before the @")
    return Address(addr_spec=valid.ascii_email)


def _writer(kind: str) -> Writer:
    return _writers[kind]


def _whole(name: str) -> Markup:
    """A name, an address or a date that does not break over two lines where there is room; see ``mails/_layout.html``."""
    return Markup('<span class="whole">{}</span>').format(name)


@cache
def _environment(translated: NullTranslations) -> Environment:
    folders = [ROOT / "kc_bridge" / "templates", ROOT / "required_actions" / "templates"]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(["html"]),
        extensions=["jinja2.ext.i18n"],
    )
    environment.filters |= {"kept_together": lambda html: Markup(kept_together(html)), "whole": _whole}  # noqa: S704 - rendered
    environment.install_gettext_translations(translated, newstyle=True)  # type: ignore[attr-defined]
    return environment
