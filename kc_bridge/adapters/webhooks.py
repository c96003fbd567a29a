"""Signed requests by the Standard Webhooks specification."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from pathlib import Path

import requests
from standardwebhooks.webhooks import Webhook as Signer

from kc_bridge.adapters.patience import be_patient
from kc_bridge.channels.settings import Webhook
from kc_bridge.domain.errors import ConfigurationError, Unavailable

__all__ = ["WebhookGone", "WebhookRefused", "WebhookUnavailable", "post", "secrets_of"]

BUSY = frozenset({408, 425, 429})
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret, by the specification."""


class WebhookUnavailable(Unavailable):
    """The receiver is down, slow, busy or broken: all its messages wait."""


class WebhookRefused(Unavailable):
    """The receiver does not take this message, and may take others; tried again, since somebody may mend it."""


class WebhookGone(Exception):
    """The receiver says that it wants nothing more (410)."""


def post(webhook: Webhook, message_id: str, body: bytes, now: datetime) -> None:
    """Sends once; ``now``, in UTC, is the time of this attempt. Raises the errors above, and
    :class:`ConfigurationError` for a secret that is none."""
    signatures = " ".join(
        Signer(secret).sign(message_id, now, body.decode()) for secret in secrets_of(webhook.secret_file)
    )
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "kc-bridge",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures,
    }
    with requests.Session() as session:
        session.trust_env = False  # neither a proxy of the environment nor a password of ~/.netrc
        be_patient(session)
        session.verify = str(webhook.ca_file) if webhook.ca_file else True
        try:
            answer = session.post(
                webhook.url,
                data=body,
                headers=headers,
                timeout=webhook.timeout.total_seconds(),
                allow_redirects=False,
                stream=True,  # what it says besides the status is nobody's concern, however long
            )
        except requests.exceptions.SSLError as error:
            raise WebhookUnavailable(f"certificate or TLS: {_reason(error)}") from None
        except (requests.RequestException, OSError) as error:
            raise WebhookUnavailable(type(error).__name__) from None
        status = answer.status_code
        answer.close()
    if status == 410:
        raise WebhookGone
    if status >= 500 or status in BUSY:
        raise WebhookUnavailable(f"status {status}")
    if not 200 <= status < 300:
        raise WebhookRefused(
            f"status {status}" + (", and redirects are not followed" if status < 400 else "")
        )


def secrets_of(path: Path) -> list[bytes]:
    """Each line's secret. Raises :class:`ConfigurationError`, which does not quote it."""
    try:
        lines = path.read_text("ascii").split()
        found = [base64.b64decode(line.removeprefix("whsec_"), validate=True) for line in lines]
    except (OSError, UnicodeError, binascii.Error) as error:
        raise ConfigurationError(
            f"The webhook's secret in {path} cannot be used: {type(error).__name__}.",
            "Write the base64 of 24 to 64 random bytes into it, for instance: openssl rand -base64 32",
        ) from None
    if not found or any(not SHORTEST <= len(secret) <= LONGEST for secret in found):
        raise ConfigurationError(
            f"The webhook's secret in {path} is not 24 to 64 bytes long.",
            "Make another one, for instance: openssl rand -base64 32",
        )
    return found


def _reason(error: requests.exceptions.SSLError) -> str:
    inner = error.args[0] if error.args else error
    cause = getattr(inner, "reason", None) or inner
    verify_message = getattr(getattr(cause, "args", [cause])[0], "verify_message", None)
    return str(verify_message or type(cause).__name__)
