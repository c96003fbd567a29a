"""kc-bridge: from an enrolment record to a working Keycloak account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from kc_bridge.domain.clock import Clock
    from kc_bridge.settings import Settings

__all__ = ["__version__", "create_app"]

__version__ = "0.1.0"


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """The bridge's WSGI application.

    Raises :class:`kc_bridge.domain.errors.ConfigurationError` when it must not start: old schema, weak secret,
    a profile with faults.
    """
    from kc_bridge import settings as settings_module
    from kc_bridge.web import (
        account,
        errors,
        headers,
        health,
        i18n,
        logs,
        pages,
        security,
        sessions,
        university,
    )
    from required_actions import web as activation
    from required_actions.profile_check import checked

    app = Flask(__name__, static_folder=str(Path(__file__).parent / "static"))
    # Werkzeug's own redirects to the tidy form of an address would name the request's Host.
    app.url_map.merge_slashes = app.url_map.strict_slashes = False
    settings = settings or settings_module.load()
    checked(settings.profile)  # all its faults at once, before anything is opened
    setup_services(app, settings, clock)
    setup_proxies(app, settings)
    logs.setup(app)
    sessions.setup(app)
    security.setup(app)
    i18n.setup(app)
    headers.setup(app)
    errors.setup(app)
    health.setup(app)
    pages.setup(app)
    university.setup(app)
    account.setup(app)
    activation.setup(app)
    return app


def setup_services(app: Flask, settings: Settings, clock: Clock | None) -> None:
    from kc_bridge.services import EXTENSION, build

    app.extensions[EXTENSION] = build(settings, clock)


def setup_proxies(app: Flask, settings: Settings) -> None:
    """Believes ``X-Forwarded-For`` and ``-Proto`` of exactly the proxies we know; never ``-Host``."""
    count = settings.trusted_proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
