"""CSRF tokens on every POST, and the bounds of a request."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.services import services

__all__ = ["setup"]

MIN_SECRET = 32


def setup(app: Flask) -> None:
    with app.app_context():
        settings = services().settings
    secret = settings.secret_key.get_secret_value()
    if len(secret) < MIN_SECRET:
        raise ConfigurationError(
            f"secret_key has {len(secret)} characters, at least {MIN_SECRET} are needed.",
            'Generate one: python3 -c "import secrets; print(secrets.token_urlsafe(48))" and set KCB_SECRET_KEY.',
        )
    app.config.update(
        SECRET_KEY=secret,
        MAX_CONTENT_LENGTH=64 * 1024,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
        MAX_FORM_PARTS=100,
        WTF_CSRF_TIME_LIMIT=None,  # the session's own end is the limit
        WTF_CSRF_SSL_STRICT=False,  # our own Referrer-Policy is no-referrer, so there is none to compare
    )
    CSRFProtect(app)
