"""Delivery by SMTP; the only importer of ``smtplib``."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from kc_bridge.domain.errors import BridgeError, MailUnavailable
from kc_bridge.settings import SmtpSettings

__all__ = ["RecipientDeferred", "RecipientRefused", "SmtpMailer", "probe"]


CLOSING = 421
"""The relay's answer to any command when it goes down (RFC 5321 3.8)."""


class RecipientRefused(BridgeError):
    """The relay will never take this message (5xx): trying again is no use."""


class RecipientDeferred(BridgeError):
    """The relay does not take this recipient's mail now (4xx: mailbox full, greylisting); it takes others'."""


class SmtpMailer:
    """Sends messages through the university's relay, one connection each."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def send(self, message: EmailMessage) -> None:
        """Raises :class:`MailUnavailable` to try all later, :class:`RecipientDeferred` to try this one later,
        :class:`RecipientRefused` to give up.
        """
        try:
            with _connect(self._settings) as relay:
                relay.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            refusal = _refusal(code, reason)
            if isinstance(refusal, MailUnavailable) and code != CLOSING:
                raise RecipientDeferred(refusal.reason) from None
            raise refusal from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError as error:  # letters of the address that the relay cannot carry
            raise RecipientRefused(type(error).__name__) from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailUnavailable(type(error).__name__) from None


def probe(settings: SmtpSettings) -> None:
    """Greets the relay and sends nothing; raises :class:`MailUnavailable` with the reason."""
    try:
        with _connect(settings) as relay:
            relay.noop()
    except (smtplib.SMTPException, OSError) as error:
        raise MailUnavailable(f"{settings.host}:{settings.port} {type(error).__name__}: {error}") from None


def _connect(settings: SmtpSettings) -> smtplib.SMTP:
    timeout = settings.timeout.total_seconds()
    if settings.security == "tls":
        relay: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=timeout, context=ssl.create_default_context()
        )
    else:
        relay = smtplib.SMTP(settings.host, settings.port, timeout=timeout)
        if settings.security == "starttls":
            relay.starttls(context=ssl.create_default_context())
    if settings.username and settings.password:
        relay.login(settings.username, settings.password.get_secret_value())
    return relay


def _refusal(code: int, reason: bytes | str) -> BridgeError:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    if 500 <= code < 600:
        return RecipientRefused(f"{code} {text}")
    return MailUnavailable(f"{code} {text}")
